//go:build e2e

package e2e_test

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/internal/serve"
	"github.com/hone-web/hone/site"
)

// hit is one answer of a server.
type hit struct {
	path   string
	status int
	bytes  int
}

// requestLog stands in front of a server and writes down what is asked and answered.
type requestLog struct {
	mu   sync.Mutex
	next http.Handler
	hits []hit
}

func (l *requestLog) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	next := l.next
	l.mu.Unlock()
	c := &counter{ResponseWriter: w, status: http.StatusOK}
	next.ServeHTTP(c, r)
	l.mu.Lock()
	l.hits = append(l.hits, hit{r.URL.Path, c.status, c.bytes})
	l.mu.Unlock()
}

// take returns what came since it was last asked.
func (l *requestLog) take() []hit {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.hits
	l.hits = nil
	return out
}

func (l *requestLog) to(h http.Handler) {
	l.mu.Lock()
	l.next = h
	l.mu.Unlock()
}

type counter struct {
	http.ResponseWriter
	status, bytes int
}

func (c *counter) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.bytes += n
	return n, err
}

// host answers for a deploy as some server would.
type host func(t *testing.T, d *deploys) http.Handler

// deploys is a site that is built again and again into one folder, at one
// address.
type deploys struct {
	in, out, meta string
	options       func(*pipeline.Options)
	host          host
	log           requestLog
	origin        string
	now           *pipeline.Result
}

// newDeploys copies the site in folder in, so that it may be edited, and
// deploys it.
func newDeploys(t *testing.T, in string, h host, options func(*pipeline.Options)) *deploys {
	t.Helper()
	dir := t.TempDir()
	d := &deploys{in: filepath.Join(dir, "in"), out: filepath.Join(dir, "out"), meta: filepath.Join(dir, "meta"), options: options, host: h}
	if err := os.CopyFS(d.in, os.DirFS(in)); err != nil {
		t.Fatal(err)
	}
	d.origin = d.listen(t)
	d.deploy(t)
	return d
}

// listen opens another address of the same site: a visitor who comes there has
// nothing of it yet.
func (d *deploys) listen(t *testing.T) string {
	s := httptest.NewServer(&d.log)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s.URL
}

// deploy builds what is in the folder now and puts it in the place of the last.
func (d *deploys) deploy(t *testing.T) {
	t.Helper()
	o := pipeline.Options{In: d.in, Out: d.out, Meta: d.meta, Jobs: 2, Encode: []string{"br", "gzip"},
		Esbuild: guard.InProcess{}, AVIF: avif, Now: time.Unix(1_700_000_000, 0)}
	d.options(&o)
	r, err := pipeline.Build(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Failed {
		t.Fatalf("findings stopped the build: %v", r.Findings)
	}
	d.now = r
	d.log.to(d.host(t, d))
}

// ours answers as hone's preview does, with the fields of the emitted _headers.
func ours(t *testing.T, d *deploys) http.Handler {
	root, err := os.OpenRoot(d.out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	s := &served{out: d.out}
	return &serve.Site{Root: root, Prefix: d.now.Base.Prefix, Header: s.headers(t)}
}

// careless answers with the right bytes and no word about caching.
func careless(t *testing.T, d *deploys) http.Handler {
	h := ours(t, d).(*serve.Site)
	h.Header = nil
	return h
}

// stubborn has everything kept for good.
func stubborn(t *testing.T, d *deploys) http.Handler {
	h := ours(t, d).(*serve.Site)
	h.Header = func(string) http.Header { return http.Header{"Cache-Control": {"max-age=31536000, immutable"}} }
	return h
}

// nginx answers with the configuration that was emitted for it.
func nginx(t *testing.T, d *deploys) http.Handler {
	exe, err := exec.LookPath("nginx")
	if err != nil {
		exe, err = exec.LookPath("/usr/sbin/nginx")
	}
	if err != nil {
		if os.Getenv("SERVERS_REQUIRED") == "1" {
			t.Fatal("nginx is required and not installed")
		}
		t.Skip("nginx is not installed")
	}
	dir := t.TempDir()
	root := filepath.Join(dir, "root")
	mount := filepath.Join(root, filepath.FromSlash(d.now.Base.Prefix))
	if err := os.MkdirAll(filepath.Dir(mount), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(d.out, mount); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;" // or the worker could not read these folders
	}
	text := fmt.Sprintf("daemon off; %[1]s worker_processes 1; pid %[2]s/pid; error_log stderr crit;\nevents {}\nhttp {\naccess_log off; client_body_temp_path %[2]s/b; proxy_temp_path %[2]s/p; fastcgi_temp_path %[2]s/f; uwsgi_temp_path %[2]s/u; scgi_temp_path %[2]s/c;\n"+
		"server {\nlisten unix:%[3]s;\nroot %[4]s;\nabsolute_redirect off;\ninclude %[5]s;\n}\n}\n", user, dir, socket, root, filepath.Join(d.meta, "hosts", "nginx.conf"))
	conf := filepath.Join(dir, "main.conf")
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return proxy(t, socket, exe, "-p", dir, "-c", conf, "-e", "stderr")
}

// proxy starts a server and hands requests on to its socket.
func proxy(t *testing.T, socket, exe string, args ...string) http.Handler {
	var said strings.Builder
	c := exec.Command(exe, args...)
	c.Stderr = &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	dead := make(chan struct{})
	go func() {
		c.Wait()
		close(dead)
	}()
	t.Cleanup(func() {
		c.Process.Signal(os.Interrupt)
		<-dead
		if t.Failed() {
			t.Logf("%s says: %s", exe, &said)
		}
	})
	dial := unixDialer(socket)
	for end := time.Now().Add(20 * time.Second); ; {
		if conn, err := dial(t.Context(), "", ""); err == nil {
			conn.Close()
			break
		}
		select {
		case <-dead:
			t.Fatalf("%s ended: %s", exe, &said)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(end) {
			t.Fatalf("%s does not answer: %s", exe, &said)
		}
	}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: r.In.Host})
			r.Out.Host = r.In.Host
		},
		Transport: &http.Transport{DialContext: dial, DisableCompression: true},
	}
}

// edit changes a file of the site, and its hashes in others and in its own
// name, as the generator would. It returns the name that it has then.
func (d *deploys) edit(t *testing.T, p site.Path, change func(string) string) site.Path {
	t.Helper()
	name := filepath.Join(d.in, filepath.FromSlash(string(p)))
	old, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text := []byte(change(string(old)))
	if err := os.WriteFile(name, text, 0o644); err != nil {
		t.Fatal(err)
	}
	was, is := sums(old), sums(text)
	var pairs []string
	for i := range was {
		pairs = append(pairs, was[i], is[i])
	}
	mend := strings.NewReplacer(pairs...)
	err = filepath.WalkDir(d.in, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !site.KindOf(site.Path(e.Name())).IsText() {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if after := mend.Replace(string(text)); after != string(text) {
			return os.WriteFile(name, []byte(after), 0o644)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	to := site.Path(mend.Replace(string(p)))
	if err := os.Rename(name, filepath.Join(d.in, filepath.FromSlash(string(to)))); err != nil {
		t.Fatal(err)
	}
	return to
}

// sums are the hashes of a text as integrity attributes, lists of service
// workers and names have them.
func sums(text []byte) []string {
	s256, s384, s512, m := sha256.Sum256(text), sha512.Sum384(text), sha512.Sum512(text), md5.Sum(text)
	b64 := base64.StdEncoding.EncodeToString
	return []string{b64(s256[:]), b64(s384[:]), b64(s512[:]), hex.EncodeToString(m[:]), hex.EncodeToString(s256[:])}
}
