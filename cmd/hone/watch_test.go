package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program is hone at work in a folder of its own.
type program struct {
	t    *testing.T
	dir  string
	cmd  *exec.Cmd
	errs chan string // lines of standard error
	outs chan string
}

// program starts the test binary as hone.
func startHone(t *testing.T, dir string, args ...string) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	hone := filepath.Join(t.TempDir(), "hone")
	if err := os.Link(self, hone); err != nil {
		text, err := os.ReadFile(self)
		if err == nil {
			err = os.WriteFile(hone, text, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	p := &program{t: t, dir: dir, errs: make(chan string, 1000), outs: make(chan string, 1000)}
	p.cmd = exec.Command(hone, args...)
	p.cmd.Args[0] = "hone"
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), "CI=", "HOME="+dir)
	var pipes sync.WaitGroup
	for c, open := range map[chan string]func() (io.ReadCloser, error){p.errs: p.cmd.StderrPipe, p.outs: p.cmd.StdoutPipe} {
		r, err := open()
		if err != nil {
			t.Fatal(err)
		}
		pipes.Go(func() {
			defer close(c)
			s := bufio.NewScanner(r)
			s.Buffer(nil, 1<<20)
			for s.Scan() {
				c <- s.Text()
			}
		})
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.cmd.Process.Kill(); pipes.Wait(); p.cmd.Wait() })
	return p
}

// line waits for a line of standard error, or standard output, and returns it.
func (p *program) line(c chan string, pattern string) string {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	late := time.After(time.Minute)
	var seen []string
	for {
		select {
		case l, ok := <-c:
			if !ok {
				p.t.Fatalf("ended without %q; it wrote\n%s", pattern, strings.Join(seen, "\n"))
			}
			if re.MatchString(l) {
				return l
			}
			seen = append(seen, l)
		case <-late:
			p.t.Fatalf("no line %q; it wrote\n%s", pattern, strings.Join(seen, "\n"))
		}
	}
}

// end interrupts the program, which ends cleanly and in time.
func (p *program) end() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		p.t.Fatal(err)
	}
	began := time.Now()
	for range p.errs {
	}
	for range p.outs {
	}
	err := p.cmd.Wait()
	if err != nil {
		p.t.Errorf("ended with %v", err)
	}
	if took := time.Since(began); took > 10*time.Second { // the promise is 2 s, on a machine with nothing else to do
		p.t.Errorf("took %v to end", took)
	}
	left, err := filepath.Glob(filepath.Join(p.dir, ".*.hone-*"))
	if err != nil || len(left) > 0 {
		p.t.Errorf("left behind: %q, %v", left, err)
	}
}

func needSignals(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be interrupted from outside here")
	}
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const testPage = `<!doctype html><html lang="en"><head><title>A page</title><link rel="stylesheet" href="app.css"></head><body><p>Text</p></body></html>`

func testSite(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	put(t, dir+"/public/index.html", testPage)
	put(t, dir+"/public/app.css", "body { color : red }\n\n\n")
	put(t, dir+"/.git/HEAD", "")
	return dir
}

// TestWatch: an edit, a generator that writes its folder anew, a finding, a
// configuration that is wrong for a while.
func TestWatch(t *testing.T) {
	t.Parallel()
	needSignals(t)
	dir := testSite(t)
	p := startHone(t, dir, "watch", "public")
	p.line(p.errs, "^watching public; Ctrl-C ends it")
	put(t, dir+"/public/index.html", strings.Replace(testPage, "Text", "Other", 1))
	p.line(p.errs, `published public-honed \(.*\): .*index\.html`)
	if got := read(t, dir+"/public-honed/index.html"); !strings.Contains(got, "Other") || strings.Contains(got, "__hone") {
		t.Errorf("the output is %s", got)
	}

	// A comment changes no byte of the output.
	put(t, dir+"/public/app.css", "/* said */ body { color : red }\n\n\n")
	p.line(p.errs, `unchanged: public-honed already holds this result`)

	if err := os.RemoveAll(dir + "/public"); err != nil {
		t.Fatal(err)
	}
	p.line(p.errs, "public is gone")
	p.line(p.errs, "the last output stays")
	read(t, dir+"/public-honed/index.html")
	put(t, dir+"/public/index.html", strings.Replace(testPage, "Text", "Again", 1))
	put(t, dir+"/public/app.css", "body { color : blue }\n\n\n")
	put(t, dir+"/public/new/page.html", testPage)
	for !exists(dir + "/public-honed/new/page.html") { // the first batch may be a part
		p.line(p.errs, "published public-honed")
	}

	put(t, dir+"/hone.toml", "preset = \"fats\"\n")
	p.line(p.errs, `hone.toml:1:1: preset: "fats" is none of .*did you mean "fast"`)
	p.line(p.errs, "building on with the configuration of before")
	p.line(p.errs, "unchanged")
	put(t, dir+"/hone.toml", "exclude = [\"index.html\"]\n")
	p.line(p.errs, "the configuration was read anew")
	p.line(p.errs, `published public-honed .*index\.html`)
	p.end()
	if html := read(t, dir+"/.hone/report.html"); !strings.Contains(html, "2 pages") {
		t.Error("report.html is not of the last build")
	}
}

func TestWatchJSON(t *testing.T) {
	t.Parallel()
	needSignals(t)
	dir := testSite(t)
	p := startHone(t, dir, "watch", "--json", "--poll", "public")
	type line struct {
		Type      string `json:"message_type"`
		Published bool
		Changed   struct{ Changed, Gone []string }
	}
	next := func() (l line) {
		t.Helper()
		if err := json.Unmarshal([]byte(p.line(p.outs, ".")), &l); err != nil {
			t.Fatal(err)
		}
		return l
	}
	if l := next(); l.Type != "build" || !l.Published || len(l.Changed.Changed) != 0 {
		t.Errorf("first: %+v", l)
	}
	put(t, dir+"/public/two.html", testPage)
	if l := next(); !l.Published || strings.Join(l.Changed.Changed, " ") != "two.html" {
		t.Errorf("a new page: %+v", l)
	}
	if err := os.Remove(dir + "/public/two.html"); err != nil {
		t.Fatal(err)
	}
	if l := next(); strings.Join(l.Changed.Gone, " ") != "two.html" {
		t.Errorf("a page that went: %+v", l)
	}
	p.end()
}

// TestServe: the page that a browser sees follows the edits; what goes wrong
// reaches it, and the last good page stays.
func TestServe(t *testing.T) {
	t.Parallel()
	needSignals(t)
	dir := testSite(t)
	p := startHone(t, dir, "serve", "--port", "0", "--fail-on", "warn", "public")
	url := strings.TrimSuffix(regexp.MustCompile(`http://\S+`).FindString(p.line(p.errs, "^serving public-honed at ")), "/")
	url = strings.Replace(url, "localhost", "127.0.0.1", 1)
	p.line(p.errs, "^watching public")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	fetch := func(path string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx, "GET", url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { res.Body.Close() })
		return res
	}
	body := func(path string) string {
		t.Helper()
		text, err := io.ReadAll(fetch(path).Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	events := bufio.NewScanner(fetch("/__hone/events").Body)
	event := func(want string) {
		t.Helper()
		for events.Scan() {
			if strings.HasPrefix(events.Text(), "data: ") && strings.Contains(events.Text(), want) {
				return
			}
		}
		t.Fatalf("no event %s: %v", want, events.Err())
	}
	event(`"status":"ok"`)
	if got := body("/"); !strings.Contains(got, "Text") || !strings.Contains(got, "/__hone/live.js") {
		t.Errorf("served: %s", got)
	}
	put(t, dir+"/public/index.html", strings.Replace(testPage, "Text", "Other", 1))
	event(`"status":"ok"`)
	if got := body("/"); !strings.Contains(got, "Other") {
		t.Errorf("served after the edit: %s", got)
	}
	put(t, dir+"/public/index.html", strings.Replace(testPage, "app.css", "ap.css", 1))
	event(`"status":"error"`)
	p.line(p.errs, "^warn: index.html:1:")
	if got := body("/"); !strings.Contains(got, "Other") {
		t.Errorf("the last good page went: %s", got)
	}
	put(t, dir+"/public/index.html", testPage)
	event(`"status":"ok"`)
	for _, name := range []string{"index.html", "manifest"} {
		if text, err := os.ReadFile(dir + "/public-honed/" + name); err == nil && strings.Contains(string(text), "__hone") {
			t.Errorf("%s of the output holds the script", name)
		}
	}
	p.end() // with the stream of events open
}

func TestPreview(t *testing.T) {
	t.Parallel()
	needSignals(t)
	dir := testSite(t)
	var css strings.Builder
	for i := range 200 {
		fmt.Fprintf(&css, ".a%d { color : #%03x }\n", i, i)
	}
	put(t, dir+"/public/app.css", css.String())
	put(t, dir+"/public/_redirects", "/old/* /:splat 301\n")
	put(t, dir+"/public/404.html", "<!doctype html><title>Lost</title>")
	b := startHone(t, dir, "build", "public")
	b.line(b.errs, "published")
	if err := b.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	p := startHone(t, dir, "serve", "--preview", "--port", "0", "public")
	url := strings.TrimSuffix(regexp.MustCompile(`http://\S+`).FindString(p.line(p.errs, "^serving public-honed at ")), "/")
	url = strings.Replace(url, "localhost", "127.0.0.1", 1)
	names, err := filepath.Glob(dir + "/public-honed/app.*.css")
	if err != nil || len(names) != 1 {
		t.Fatalf("%q, %v", names, err)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for path, want := range map[string][]string{
		"/":                           {"200", "text/html; charset=utf-8", "must-revalidate", ""},
		"/" + filepath.Base(names[0]): {"200", "text/css; charset=utf-8", "immutable", "br"},
		"/old/x":                      {"301", "", "", ""},
		"/nothing":                    {"404", "text/html; charset=utf-8", "", ""},
		"/__hone/live.js":             {"404", "text/html; charset=utf-8", "", ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", "br")
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		h := res.Header
		if err != nil || !strings.HasPrefix(res.Status, want[0]) || h.Get("Content-Type") != want[1] || !strings.Contains(h.Get("Cache-Control"), want[2]) || path != "/" && h.Get("Content-Encoding") != want[3] {
			t.Errorf("%s: %s %v, %v", path, res.Status, h, err)
		}
		if strings.Contains(string(text), "live.js") {
			t.Errorf("%s holds the script of the live server", path)
		}
	}
	p.end()
}

// TestWatchNews tells of a finding when it comes, counts it while it stays, and
// tells of it again when it comes back.
func TestWatchNews(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	page := filepath.Join(dir, "in", "index.html")
	write := func(body string) {
		t.Helper()
		if err := os.WriteFile(page, []byte("<!doctype html><html lang=en><title>x</title><body>"+body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Dir(page), 0o700); err != nil {
		t.Fatal(err)
	}
	gone := `warn: index\.html.*gone\.png`
	write("<img src=gone.png alt=''>")
	p := startHone(t, dir, "watch", "in", "-o", "out")
	p.line(p.errs, gone)
	p.line(p.errs, "watching in")
	write("<img src=gone.png alt=''> <p>edit")
	if l := p.line(p.errs, gone+`|published`); !strings.HasSuffix(l, "; 1 finding as before") {
		t.Errorf("told %q", l)
	}
	write("<p>edit")
	if l := p.line(p.errs, `published`); strings.Contains(l, "finding") {
		t.Errorf("told %q", l)
	}
	write("<p>edit <img src=gone.png alt=''>")
	p.line(p.errs, gone)
	p.end()
}
