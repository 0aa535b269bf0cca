package serve

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// liveSite serves a folder live, over real HTTP.
func liveSite(t *testing.T, files map[string]string) (*Live, *httptest.Server) {
	t.Helper()
	l := NewLive("t")
	f := &Folder{Dir: folder(t, files).Name(), Absent: l.Absent(), Open: func(root *os.Root) *Site { return &Site{Root: root, Page: l.Page} }}
	l.Serve(f)
	s := httptest.NewServer(Hosts(l, []string{"dev.example"}))
	t.Cleanup(func() { l.Close(); s.Close(); f.Close() })
	return l, s
}

func get(t *testing.T, url string, header ...string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "identity") // the codings of the fixture are none
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text), res.Header
}

func TestLivePages(t *testing.T) {
	t.Parallel()
	_, s := liveSite(t, files)
	const tag = `<script src="/__hone/live.js" data-build="t.0" async></script>`
	for url, want := range map[string]struct {
		status int
		text   string
	}{
		"/": {200, "home" + tag}, "/docs/": {200, "docs" + tag}, "/app.js": {200, "plain"}, "/lost": {404, "lost" + tag},
		"/__hone/other": {404, "404 page not found\n"},
	} {
		status, text, h := get(t, s.URL+url)
		if status != want.status || text != want.text || h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %d %q %v", url, status, text, h)
		}
		if strings.Contains(text, tag) && (h.Get("Cache-Control") != "no-store" || h.Get("ETag") != "" || h.Get("Content-Encoding") != "") {
			t.Errorf("%s may be kept: %v", url, h)
		}
	}
	if status, text, h := get(t, s.URL+"/__hone/live.js"); status != 200 || !strings.Contains(text, "EventSource") || !strings.HasPrefix(h.Get("Content-Type"), "text/javascript") {
		t.Errorf("the script: %d %v", status, h)
	}
	for _, url := range []string{"/", "/__hone/events", "/__hone/live.js"} {
		res, err := http.Post(s.URL+url, "text/plain", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d", url, res.StatusCode)
		}
	}
}

func TestAbsentAnd404(t *testing.T) {
	t.Parallel()
	l := NewLive("t")
	dir := filepath.Join(t.TempDir(), "out")
	f := &Folder{Dir: dir, Absent: l.Absent(), Open: func(root *os.Root) *Site { return &Site{Root: root, Page: l.Page} }}
	defer f.Close()
	l.Serve(f)
	w := httptest.NewRecorder()
	l.ServeHTTP(w, httptest.NewRequest("GET", "/x", nil))
	if w.Code != 503 || !strings.Contains(w.Body.String(), "hone is building") || !strings.Contains(w.Body.String(), "live.js") {
		t.Errorf("before the first build: %d %s", w.Code, w.Body)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	w = httptest.NewRecorder()
	l.ServeHTTP(w, httptest.NewRequest("GET", "/x", nil))
	if w.Code != 404 || !strings.Contains(w.Body.String(), "live.js") {
		t.Errorf("a page that is missing does not come when it is made: %d %s", w.Code, w.Body)
	}
	f.Absent = nil
	f.Dir += "-other"
	w = httptest.NewRecorder()
	l.ServeHTTP(w, httptest.NewRequest("GET", "/x", nil))
	if w.Code != 503 {
		t.Errorf("no folder: %d", w.Code)
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	_, s := liveSite(t, files)
	for host, want := range map[string]int{
		"localhost": 200, "LOCALHOST:80": 200, "localhost.:1": 200, "site.localhost:4663": 200, "127.0.0.1": 200, "[::1]:4663": 200, "192.168.1.5:80": 200,
		"dev.example:80": 200, "evil.example": 403, "localhost.evil.example": 403, "127.0.0.1.evil.example": 403, "notlocalhost": 403, "dev.example.org": 403,
	} {
		for _, path := range []string{"/", "/__hone/live.js"} {
			if got, _, _ := get(t, s.URL+path, "Host", host); got != want {
				t.Errorf("Host %s, %s: %d, want %d", host, path, got, want)
			}
		}
	}
}

// TestEvents: a page learns the state when it connects and at each change, and
// the stream ends with the server.
func TestEvents(t *testing.T) {
	t.Parallel()
	l, s := liveSite(t, files)
	for _, h := range [][]string{{"Origin", "http://evil.example"}, {"Sec-Fetch-Site", "cross-site"}, {"Origin", "null"}} {
		if status, _, _ := get(t, s.URL+"/__hone/events", h...); status != http.StatusForbidden {
			t.Errorf("%v: %d", h, status)
		}
	}
	res, err := http.Get(s.URL + "/__hone/events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	next := func() (st State) {
		t.Helper()
		for lines.Scan() {
			if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				if err := json.Unmarshal([]byte(text), &st); err != nil {
					t.Fatal(err)
				}
				return st
			}
		}
		t.Fatal("the stream ended")
		return st
	}
	if st := next(); st.Status != "building" || st.Build != "t.0" {
		t.Errorf("at first: %+v", st)
	}
	l.Published()
	if st := next(); st.Status != "ok" || st.Build != "t.1" {
		t.Errorf("published: %+v", st)
	}
	var many []Problem
	for i := range 30 {
		many = append(many, Problem{Level: "error", Text: fmt.Sprint("no </script> ", i)})
	}
	l.Failed("oh", many)
	if st := next(); st.Status != "error" || st.Build != "t.1" || len(st.Problems) != maxProblems+1 || st.Problems[0].Text != "no </script> 0" {
		t.Errorf("failed: %+v", st)
	}
	l.Fine()
	if st := next(); st.Status != "ok" || st.Build != "t.1" || st.Problems != nil {
		t.Errorf("mended: %+v", st)
	}
	l.Close()
	l.Published() // after the end it changes nothing that anybody hears
	for lines.Scan() {
	}
	if err := lines.Err(); err != nil {
		t.Errorf("the stream broke off: %v", err)
	}
}

// TestFolderSwap: while the folder is swapped again and again, every answer
// is whole and from one of the two trees.
func TestFolderSwap(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	fill := func(name, text string) {
		for f := range files {
			p := filepath.Join(base, name, f)
			if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	fill("out", "0")
	f := &Folder{Dir: filepath.Join(base, "out"), Open: func(root *os.Root) *Site { return &Site{Root: root} }}
	defer f.Close()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				w := httptest.NewRecorder()
				f.ServeHTTP(w, httptest.NewRequest("GET", "/docs/", nil))
				// Between two renames there is no folder: 503. A page of it is
				// never missing.
				if w.Code != 200 && w.Code != 503 {
					t.Errorf("%d %q", w.Code, w.Body)
					return
				}
			}
		})
	}
	for i := range 100 {
		fill("next", fmt.Sprint(i))
		if err := os.Rename(filepath.Join(base, "out"), filepath.Join(base, "old")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(base, "next"), filepath.Join(base, "out")); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(filepath.Join(base, "old")); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	wg.Wait()
	w := httptest.NewRecorder()
	f.ServeHTTP(w, httptest.NewRequest("GET", "/docs/", nil))
	if w.Body.String() != "99" {
		t.Errorf("after the last swap %q is served", w.Body)
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	rules := ParseRedirects([]byte(`# a comment
/old            /docs/          301
/blog/*         /news/:splat
/user/:id/:tab  /u?id=:id&tab=:tab 307
/app/*          /index.html     200
/gone           /404.html       410
/home           /docs/          301!
/index.html     /docs/          302!
/api/*          https://api.example/:splat 200
/ext            https://example.com/:x 308
/de/*           /d/:splat       302 Country=de
/odd            /x              999
/evil/*         /:splat         301
nonsense
`))
	s := &Site{Root: folder(t, files), Redirects: rules}
	for url, want := range map[string]struct {
		status int
		to     string
	}{
		"/old": {301, "/docs/"}, "/old/": {301, "/docs/"}, "/old?a=1": {301, "/docs/?a=1"}, "/blog/a/b": {302, "/news/a/b"}, "/blog": {302, "/news/"},
		"/user/7/info?z": {307, "/u?id=7&tab=info"}, "/user/7": {404, ""}, "/app/any/thing": {200, "home"}, "/gone": {410, "lost"}, "/home": {301, "/docs/"},
		"/index.html": {302, "/docs/"}, "/about": {200, "about"}, "/api/x": {404, "lost"}, "/ext": {308, "https://example.com/:x"}, "/de/x": {404, "lost"}, "/odd": {404, "lost"},
		"/evil//evil.example/": {301, "/evil.example"}, "/blog/%0d%0aX:y": {302, "/news/%0D%0AX:y"},
	} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", url, nil))
		got := w.Header().Get("Location")
		if want.status < 300 || want.status >= 400 {
			got = w.Body.String()
		}
		if w.Code != want.status || want.to != "" && got != want.to {
			t.Errorf("%s: %d %q, want %d %q", url, w.Code, got, want.status, want.to)
		}
	}
}

func FuzzRedirects(f *testing.F) {
	f.Add("/a/* /b/:splat 301", "/a/x/y")
	f.Add("/:a/:b /x/:b/:a/:c 200", "/1/2")
	f.Add("/* :splat", "//evil")
	f.Fuzz(func(t *testing.T, rules, path string) {
		rs := ParseRedirects([]byte(rules))
		if len(rs) > maxRedirects {
			t.Fatal("too many rules")
		}
		for i := range rs {
			if to, ok := rs[i].match(parts(path)); ok && strings.ContainsAny(to, "\r\n") {
				t.Fatalf("%q leads to %q", path, to)
			}
		}
	})
}
