//go:build unix

package cache

import (
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hone-web/hone/site"
)

// brotliModule is where Debian keeps the module that sends .br files.
const brotliModule = "/usr/lib/nginx/modules/ngx_http_brotli_static_module.so"

// nginxBrotli reports whether nginx can send .br files.
func nginxBrotli() bool {
	_, err := os.Stat(brotliModule)
	return err == nil
}

// startNginx serves root with the given text in its server block and returns
// the address.
func startNginx(t *testing.T, root, server string) string {
	t.Helper()
	exe := program(t, "nginx")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	addr := l.Addr().String()
	socket, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	dir := t.TempDir()
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;" // or the worker could not read this folder
	}
	if nginxBrotli() {
		user += "load_module " + brotliModule + ";"
	}
	text := user + fmt.Sprintf("daemon off; worker_processes 1; pid %[1]s/pid; error_log stderr crit;\nevents {}\nhttp {\naccess_log off; client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;\n"+
		"server {\nlisten %[2]s;\nroot %[3]s;\ninclude %[1]s/site.conf;\n}\n}\n", dir, addr, root)
	for name, text := range map[string]string{"main.conf": text, "site.conf": server} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// nginx takes over a socket that listens already, so that nobody need wait
	// for it to start.
	var log strings.Builder
	c := exec.Command(exe, "-p", dir, "-c", filepath.Join(dir, "main.conf"), "-e", "stderr")
	c.Env, c.ExtraFiles, c.Stderr = append(os.Environ(), "NGINX=3;"), []*os.File{socket}, &log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	dead := make(chan struct{})
	go func() {
		c.Wait()
		close(dead)
	}()
	t.Cleanup(func() {
		c.Process.Signal(syscall.SIGTERM)
		<-dead
		if t.Failed() {
			t.Logf("nginx says:\n%s\nto\n%s", &log, server)
		}
	})
	return addr
}

// realSite writes a small site with strange names, some of it compressed, and
// returns its folder and manifest.
func realSite(t *testing.T) (string, *site.Manifest) {
	t.Helper()
	root := filepath.Join(t.TempDir(), "out")
	m := &site.Manifest{}
	add := func(p site.Path, class, text string, gz bool) {
		e := site.Entry{Path: p, Type: site.TypeOf(p), Class: class, Encodings: []string{}}
		name := filepath.Join(root, string(p))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Skipf("this file system has no %q: %v", p, err)
		}
		if gz {
			e.Encodings = []string{"br", "gzip"}
			// No server looks into it.
			if err := os.WriteFile(name+".br", []byte("br of "+text), 0o644); err != nil {
				t.Fatal(err)
			}
			f, err := os.Create(name + ".gz")
			if err != nil {
				t.Fatal(err)
			}
			z := gzip.NewWriter(f)
			io.WriteString(z, text)
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
		m.Entries = append(m.Entries, e)
	}
	long := strings.Repeat("text ", 1000)
	add("index.html", "", long, true)
	add("sub/index.html", "", "small", false)
	add("_headers", "", "secret", false)
	for _, ext := range []string{"htm", "xhtml", "css", "js", "mjs", "svg", "json", "webmanifest", "xml", "rss", "txt", "md", "vtt", "csv", "png", "jpg", "webp", "avif", "ico", "woff2", "ttf", "mp4", "pdf", "wasm", "unknown", "css.unknown", "css.map", "yml", "CSS"} {
		p := site.Path("types/x." + ext)
		add(p, "", long, site.KindOf(p).IsText())
	}
	for i, name := range strangeNames {
		stem := fmt.Sprintf("strange/%d%s", i, strings.ReplaceAll(name, "/", ""))
		add(site.Path(stem+".css"), ClassFingerprinted, long, true)
		add(site.Path(stem+".js"), "", long, false)
	}
	add("app.1234567890.js", ClassFingerprinted, long, true)
	add("folder.js/index.html", "", long, true)
	add("sw.js", "", long, true)
	add("no-extension", "", long, false)
	add("404.html", "", long, true)
	add(".well-known/security.txt", "", long, false)
	add("club/index.html", "", long, true)
	m.Entries[len(m.Entries)-1].Zone = "club"
	if err := loud.Apply(m); err != nil {
		t.Fatal(err)
	}
	return root, m
}

// TestRealServers compares what servers answer with the manifest, for every
// file of a small site with strange names, plain and compressed.
func TestRealServers(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		target *Target
		start  func(t *testing.T, root, text string) string
	}{{Nginx, startNginx}, {Apache, startApache}, {Caddy, startCaddy}} {
		t.Run(s.target.Name, func(t *testing.T) {
			t.Parallel()
			root, m := realSite(t)
			outs, _ := s.target.Emit(m, Site{Prefix: "/"})
			addr := s.start(t, root, string(outs[0].Bytes))
			resolve, err := s.target.Resolve(outs)
			if err != nil {
				t.Fatal(err)
			}
			client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
			for _, e := range m.Entries {
				if s.target == Caddy && strings.Contains(string(e.Path), `\`) {
					continue // its file matcher reads a backslash as an escape
				}
				if s.target == Apache && strings.Contains(string(e.Path), "?") {
					e.Encodings = nil // its rewriting refuses the name
				}
				for _, accept := range []string{"identity", "gzip"} {
					for _, method := range []string{"GET", "HEAD"} {
						check(t, client, method, addr, &e, accept)
					}
					if want := resolve("/" + string(e.Path)).Get("Cache-Control"); e.Class != ClassConfig && want != e.Header["Cache-Control"] {
						t.Errorf("%q: read back as %q", e.Path, want)
					}
				}
			}
			// What answers under the name of its folder is sent as the file is.
			for _, e := range m.Entries {
				if dir, ok := strings.CutSuffix(string(e.Path), "index.html"); ok {
					e.Path = site.Path(dir)
					for _, accept := range []string{"identity", "gzip"} {
						check(t, client, "GET", addr, &e, accept)
					}
				}
			}
			missing(t, client, addr)
		})
	}
}

// missing asks for a file that is not there under a name that would be kept
// for good.
func missing(t *testing.T, client *http.Client, addr string) {
	t.Helper()
	r, err := client.Get("http://" + addr + "/gone.0123456789.css")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusNotFound || strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("what is not there: %s, Cache-Control %q", r.Status, r.Header.Get("Cache-Control"))
	}
}

// check asks for a file, and whether it changed.
func check(t *testing.T, client *http.Client, method, addr string, e *site.Entry, accept string) {
	t.Helper()
	u, err := url.Parse("http://" + addr + "/" + site.Escape(string(e.Path)))
	if err != nil {
		t.Fatal(err)
	}
	request := &http.Request{Method: method, URL: u, Header: http.Header{"Accept-Encoding": {accept}}}
	r, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	r.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	if e.Class == ClassConfig {
		if r.StatusCode != http.StatusNotFound && r.StatusCode != http.StatusForbidden || strings.Contains(string(body), "secret") {
			t.Errorf("%q: %s %q", e.Path, r.Status, body)
		}
		return
	}
	coding := ""
	if accept == "gzip" && len(e.Encodings) > 0 {
		coding = "gzip"
	}
	if r.StatusCode != http.StatusOK || r.Header.Get("Content-Encoding") != coding {
		t.Errorf("%q by %s: %s, Content-Encoding %q, want %q", e.Path, accept, r.Status, r.Header.Get("Content-Encoding"), coding)
	}
	for name, want := range e.Header {
		got := r.Header.Values(name)
		if len(got) != 1 || !strings.EqualFold(got[0], want) {
			t.Errorf("%q by %s %s: %s is %q, want %q", e.Path, method, accept, name, got, want)
		}
	}
	tag := r.Header.Get("ETag")
	if method != "GET" || tag == "" {
		return
	}
	request.Header.Set("If-None-Match", tag)
	if r, err = client.Do(request); err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusNotModified || r.Header.Get("Cache-Control") != e.Header["Cache-Control"] {
		t.Errorf("%q by %s, unchanged: %s, Cache-Control %q", e.Path, accept, r.Status, r.Header.Get("Cache-Control"))
	}
}
