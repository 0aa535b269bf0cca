//go:build emulators

package cache_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/site"
)

// emulators are the servers by which hosts let people look at a site at home.
// make emulators installs them from npm.
var emulators = []struct {
	name   string
	target *cache.Target
	needs  string // a file below cache/emulators
	// command starts the emulator for the folder out with what hone wrote for
	// the host in the folder hosts; it may write into the folder of the first.
	command func(t *testing.T, dir, modules, port string) []string
}{
	{"netlify", cache.Netlify, "node_modules/@netlify/dev/package.json", func(t *testing.T, dir, modules, port string) []string {
		return []string{"node", filepath.Join(filepath.Dir(modules), "netlify.mjs"), dir, port}
	}},
	{"cloudflare-pages", cache.Cloudflare, "node_modules/.bin/wrangler", func(t *testing.T, dir, modules, port string) []string {
		return []string{filepath.Join(modules, ".bin/wrangler"), "pages", "dev", "out", "--ip", "127.0.0.1", "--port", port, "--inspector-port", "0", "--compatibility-date", "2025-01-01"}
	}},
	{"cloudflare-workers", cache.Cloudflare, "node_modules/.bin/wrangler", func(t *testing.T, dir, modules, port string) []string {
		write(t, filepath.Join(dir, "wrangler.json"), `{"name":"site","compatibility_date":"2025-01-01","assets":{"directory":"out","not_found_handling":"404-page"}}`)
		return []string{filepath.Join(modules, ".bin/wrangler"), "dev", "--ip", "127.0.0.1", "--port", port, "--inspector-port", "0"}
	}},
	{"firebase", cache.Firebase, "node_modules/.bin/superstatic", func(t *testing.T, dir, modules, port string) []string {
		text, err := os.ReadFile(filepath.Join(dir, "meta", "hosts", "firebase.json"))
		var conf struct{ Hosting map[string]any }
		if err == nil {
			err = json.Unmarshal(text, &conf)
		}
		if err != nil {
			t.Fatal(err)
		}
		conf.Hosting["public"] = "out"
		text, _ = json.Marshal(conf.Hosting)
		write(t, filepath.Join(dir, "superstatic.json"), string(text))
		return []string{filepath.Join(modules, ".bin/superstatic"), ".", "--host", "127.0.0.1", "--port", port, "-c", "superstatic.json"}
	}},
	{"azure", cache.Azure, "node_modules/.bin/swa", func(t *testing.T, dir, modules, port string) []string {
		return []string{filepath.Join(modules, ".bin/swa"), "start", "out", "--host", "127.0.0.1", "--port", port, "--swa-config-location", "meta/hosts"}
	}},
}

// TestEmulators asks the emulators of hosts for every address of an optimized
// site: the file must come, with the fields of the manifest that the host can
// be told.
func TestEmulators(t *testing.T) {
	here, err := filepath.Abs("emulators")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range emulators {
		t.Run(e.name, func(t *testing.T) {
			if _, err := os.Stat(filepath.Join(here, e.needs)); err != nil {
				if os.Getenv("EMULATORS_REQUIRED") == "1" {
					t.Fatal(e.name + " is not installed: npm ci in cache/emulators")
				}
				t.Skip(e.name + " is not installed: make emulators")
			}
			dir := t.TempDir()
			r, err := pipeline.Build(t.Context(), pipeline.Options{In: "../fixtures/sites/blog", Out: filepath.Join(dir, "out"), Meta: filepath.Join(dir, "meta"),
				Jobs: 2, Encode: []string{"br", "gzip"}, Esbuild: guard.InProcess{}, Image: pipeline.ImageOptions{AVIF: "off"}, FailOn: pipeline.FailNever,
				Now: time.Unix(1_700_000_000, 0), Hosts: []string{e.target.Name}})
			if err != nil {
				t.Fatal(err)
			}
			a := &emulated{T: t, out: filepath.Join(dir, "out"), fields: e.target.Fields}
			a.start(dir, e.command(t, dir, filepath.Join(here, "node_modules"), a.port()))
			for i := range r.Manifest.Entries {
				a.entry(&r.Manifest.Entries[i])
			}
			if a.found < len(r.Manifest.Entries)/2 {
				t.Errorf("only %d answers are files, of %d entries", a.found, len(r.Manifest.Entries))
			}
			t.Logf("%d requests, %d files", a.asked, a.found)
		})
	}
}

// TestVercelBuild holds what hone writes for Vercel's Build Output API against
// what vercel build makes of the vercel.json that hone writes.
func TestVercelBuild(t *testing.T) {
	exe, err := filepath.Abs("emulators/node_modules/.bin/vercel")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(exe); err != nil {
		if os.Getenv("EMULATORS_REQUIRED") == "1" {
			t.Fatal("vercel is not installed: npm ci in cache/emulators")
		}
		t.Skip("vercel is not installed: make emulators")
	}
	dir := t.TempDir()
	out, hosts := filepath.Join(dir, "out"), filepath.Join(dir, "meta", "hosts")
	if _, err := pipeline.Build(t.Context(), pipeline.Options{In: "../fixtures/sites/blog", Out: out, Meta: filepath.Join(dir, "meta"), Jobs: 2,
		Esbuild: guard.InProcess{}, Image: pipeline.ImageOptions{AVIF: "off"}, FailOn: pipeline.FailNever, Now: time.Unix(1_700_000_000, 0),
		Hosts: []string{"vercel", "vercel-output"}}); err != nil {
		t.Fatal(err)
	}
	rules, err := os.ReadFile(filepath.Join(hosts, "vercel.json"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(out, "vercel.json"), string(rules))
	if err := os.Mkdir(filepath.Join(out, ".vercel"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(out, ".vercel", "project.json"), `{"projectId":"prj_x","orgId":"team_x","settings":{"framework":null}}`)
	c := exec.Command(exe, "build", "--token", "x", "--yes")
	c.Dir, c.Env = out, append(os.Environ(), "HOME="+dir, "VERCEL_TELEMETRY_DISABLED=1")
	if said, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	var routes [2][]any
	for i, name := range []string{filepath.Join(out, ".vercel", "output", "config.json"), filepath.Join(hosts, "vercel-output.json")} {
		var conf struct {
			Version int
			Routes  []any
		}
		text, err := os.ReadFile(name)
		if err == nil {
			err = json.Unmarshal(text, &conf)
		}
		if err != nil || conf.Version != 3 || len(conf.Routes) < 4 {
			t.Fatalf("%s: %v, version %d, %d routes", name, err, conf.Version, len(conf.Routes))
		}
		routes[i] = conf.Routes
	}
	if !reflect.DeepEqual(routes[0], routes[1]) {
		t.Errorf("vercel build makes\n%v\nhone\n%v", routes[0], routes[1])
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// emulated asks one emulator.
type emulated struct {
	*testing.T
	out, addr    string
	fields       []string
	asked, found int
}

func (a *emulated) port() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		a.Fatal(err)
	}
	defer l.Close()
	a.addr = l.Addr().String()
	_, port, _ := net.SplitHostPort(a.addr)
	return port
}

// start runs the emulator in a process group of its own: they start children.
func (a *emulated) start(dir string, args []string) {
	a.Helper()
	var log bytes.Buffer
	c := exec.Command(args[0], args[1:]...)
	c.Dir, c.Stdout, c.Stderr = dir, &log, &log
	c.Env = append(os.Environ(), "HOME="+dir, "CI=1", "NO_COLOR=1", "WRANGLER_SEND_METRICS=false", "SWA_CLI_DEBUG=silent", "DO_NOT_TRACK=1")
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.WaitDelay = 5 * time.Second
	if err := c.Start(); err != nil {
		a.Fatal(err)
	}
	dead := make(chan struct{})
	go func() {
		c.Wait()
		close(dead)
	}()
	a.Cleanup(func() {
		syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		<-dead
		if a.Failed() {
			a.Logf("%s says:\n%s", args[0], log.String())
		}
	})
	for end := time.Now().Add(time.Minute); ; {
		if r, err := http.Get("http://" + a.addr + "/"); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-dead:
			a.Fatalf("it ended: %s", log.String())
		case <-time.After(100 * time.Millisecond):
		}
		if time.Now().After(end) {
			a.Fatalf("it does not answer")
		}
	}
}

func (a *emulated) ask(method, path string, header ...string) *answer {
	a.Helper()
	as := &asker{TB: a.T, addr: a.addr, client: &http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	a.asked++
	return as.ask(method, path, header...)
}

// entry asks for a file at each of its addresses: at one at least it is, at the
// others it is too, or people are sent on to it, or nothing is.
func (a *emulated) entry(e *site.Entry) {
	a.Helper()
	want, err := os.ReadFile(filepath.Join(a.out, filepath.FromSlash(string(e.Path))))
	if err != nil {
		a.Fatal(err)
	}
	if e.Class == cache.ClassConfig {
		if r := a.ask("GET", site.Escape("/"+string(e.Path))); r.StatusCode == http.StatusOK && bytes.Equal(r.body, want) {
			a.Errorf("%s: given to everybody, although it is for the host alone", e.Path)
		}
		return
	}
	files := 0
	for _, u := range e.URLs {
		r := a.ask("GET", u, "Accept-Encoding", "identity")
		switch {
		case r.StatusCode == http.StatusOK || e.Class == cache.ClassError && r.StatusCode == http.StatusNotFound && bytes.Equal(r.body, want):
			files++
			a.found++
			if !bytes.Equal(r.body, want) {
				a.Errorf("GET %s: %d bytes, want %d", u, len(r.body), len(want))
			}
			if r.StatusCode == http.StatusOK { // an error page has the fields of errors
				a.told(e, r, "GET "+u)
				a.told(e, a.ask("HEAD", u, "Accept-Encoding", "identity"), "HEAD "+u)
			}
			if tag := r.Header.Get("ETag"); tag != "" && r.StatusCode == http.StatusOK {
				if same := a.ask("GET", u, "Accept-Encoding", "identity", "If-None-Match", tag); same.StatusCode != http.StatusNotModified && same.StatusCode != http.StatusOK {
					a.Errorf("GET %s, unchanged: %s", u, same.Status)
				}
			}
		case r.StatusCode >= 300 && r.StatusCode < 400:
			to, err := r.Location()
			if err != nil || !slices.ContainsFunc(e.URLs, func(other string) bool { p, err := url.PathUnescape(other); return err == nil && p == to.Path }) {
				a.Errorf("GET %s: sent on to %q, which is not this file", u, r.Header.Get("Location"))
			}
		case r.StatusCode != http.StatusNotFound:
			a.Errorf("GET %s: %s", u, r.Status)
		}
		if r.StatusCode != http.StatusOK && strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
			a.Errorf("GET %s: %s may be kept for good", u, r.Status)
		}
	}
	if files == 0 {
		a.Errorf("%s answers at none of %q", e.Path, e.URLs)
	}
}

// told holds an answer against the fields that the host was told. How a text is
// coded, and what its type is called, is the host's own.
func (a *emulated) told(e *site.Entry, r *answer, what string) {
	a.Helper()
	for name, want := range e.Header {
		if a.fields != nil && !slices.Contains(a.fields, name) || name == "Vary" || name == "Content-Type" {
			continue
		}
		if got := r.Header.Values(name); len(got) != 1 || !strings.EqualFold(got[0], want) {
			a.Errorf("%s: %s is %q, want %q (%s)", what, name, got, want, fmt.Sprint(e.Class))
		}
	}
}
