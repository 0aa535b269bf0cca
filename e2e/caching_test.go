//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/site"
)

// TestReturningVisitor counts what the server of a site is asked when somebody
// comes back, with the cache that Chromium has: after nothing changed, after a
// comment in a style sheet did, and after the style sheet did.
func TestReturningVisitor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		site, name string
		host       host
	}{{"gallery", "hone", ours}, {"docs", "hone", ours}, {"gallery", "nginx", nginx}, {"blog", "nginx", nginx}, {"shop", "nginx", nginx}} {
		t.Run(c.site+"_"+c.name, func(t *testing.T) {
			t.Parallel()
			visitors(t, c.host, filepath.Join(sites, c.site), bases[c.site])
		})
	}
}

// TestReturningVisitorElsewhere does the same for the sites in the folder that
// E2E_CORPUS names.
func TestReturningVisitorElsewhere(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("E2E_CORPUS")
	if dir == "" {
		t.Skip("E2E_CORPUS names no folder of sites")
	}
	names, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		t.Run(n.Name(), func(t *testing.T) {
			visitors(t, nginx, filepath.Join(dir, n.Name()), "")
		})
	}
}

func visitors(t *testing.T, h host, in, base string) {
	d := newDeploys(t, in, h, func(o *pipeline.Options) { o.BaseURL = base })
	first := d.visit(t, "first", d.origin)
	if len(first) < 2 {
		t.Fatalf("the first visit asked for %v", first)
	}
	d.expect(t, "second", d.visit(t, "second", d.origin), nil)

	sheet := d.sheet(t)
	if sheet == "" {
		t.Log("no page has a style sheet whose address follows its bytes")
		return
	}
	before := d.now.Manifest
	renamed := d.edit(t, sheet, func(s string) string { return s + "\n/* a word about nothing */\n" })
	d.deploy(t)
	if c := changed(before, d.now.Manifest); len(c) > 0 && renamed == sheet {
		t.Errorf("a comment in %s changed %v", sheet, slices.Sorted(maps.Keys(c)))
	}
	d.returns(t, "comment", before)

	before = d.now.Manifest
	d.edit(t, renamed, func(s string) string { return s + "\nhtml { outline-color: #123456 }\n" })
	d.deploy(t)
	if len(changed(before, d.now.Manifest)) == 0 {
		t.Fatalf("a rule in %s changed nothing", sheet)
	}
	for p := range d.returns(t, "edit", before) {
		if k := site.KindOf(p); k == site.Image || k == site.Font || k == site.Media {
			t.Errorf("a rule in %s changed %s", sheet, p)
		}
	}
}

// returns lets somebody come back who saw the site as it was, and somebody who
// never did. The latter loads all that the pages name; what of it changed is
// what the former must be sent, and is returned.
func (d *deploys) returns(t *testing.T, visit string, before *site.Manifest) map[site.Path]bool {
	t.Helper()
	news := changed(before, d.now.Manifest)
	again := d.visit(t, visit, d.origin)
	due := map[site.Path]bool{}
	if len(news) > 0 {
		for _, h := range d.visit(t, visit+" newcomer", d.listen(t)) {
			// A worker is looked for at a time of the browser's choice.
			if e := d.entry(h.path); e != nil && news[e.Path] && h.status == http.StatusOK && e.Class != cache.ClassWorker {
				due[e.Path] = true
			}
		}
	}
	d.expect(t, visit, again, due)
	return due
}

// TestUpgrade lets somebody come back after the same site was built by other
// rules, as by a new version of hone: a style sheet whose name its generator
// chose has other bytes then, and the page another hash of it.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	skip := []string{"css"}
	d := newDeploys(t, filepath.Join(sites, "blog"), ours, func(o *pipeline.Options) { o.Skip = skip })
	var before, after *visit
	t.Run("before", func(t *testing.T) { before = open(t, d.origin, "/about.html", desktop) })
	old := d.now.Manifest
	skip = nil
	d.deploy(t)
	t.Run("after", func(t *testing.T) { after = open(t, d.origin, "/about.html", desktop) })
	if before == nil || after == nil {
		t.FailNow()
	}
	if news := changed(old, d.now.Manifest); !slices.ContainsFunc(slices.Collect(maps.Keys(news)), func(p site.Path) bool { return site.KindOf(p) == site.CSS }) {
		t.Fatalf("no style sheet changed: %v", news)
	}
	if got := added(before.problems, after.problems); len(got) > 0 {
		t.Errorf("the new page meets old files: %q", got)
	}
}

// TestReturningVisitorSees checks that the count can fail: a host that says
// nothing of caching is asked for everything again, and one that has all kept
// for good shows people the old site.
func TestReturningVisitorSees(t *testing.T) {
	t.Parallel()
	in := filepath.Join(sites, "gallery")
	t.Run("careless", func(t *testing.T) {
		t.Parallel()
		d := newDeploys(t, in, careless, func(*pipeline.Options) {})
		d.visit(t, "first", d.origin)
		if got := d.surplus(d.visit(t, "second", d.origin), nil); len(got) == 0 {
			t.Error("what is asked for again goes unnoticed")
		}
	})
	t.Run("stubborn", func(t *testing.T) {
		t.Parallel()
		d := newDeploys(t, in, stubborn, func(*pipeline.Options) {})
		d.visit(t, "first", d.origin)
		d.edit(t, "index.html", func(s string) string { return strings.Replace(s, "</body>", "<p>News</p></body>", 1) })
		before := d.now.Manifest
		d.deploy(t)
		news := changed(before, d.now.Manifest)
		if got := d.surplus(d.visit(t, "edit", d.origin), news); !news["index.html"] || len(got) == 0 {
			t.Errorf("a stale page goes unnoticed; %v changed", news)
		}
	})
}

// expect holds the requests of somebody who came back against what is due:
// those files are sent, pages and what must never be stale are asked for and
// are as they were, and nothing else is asked for at all.
func (d *deploys) expect(t *testing.T, visit string, hits []hit, due map[site.Path]bool) {
	t.Helper()
	for _, what := range d.surplus(hits, due) {
		t.Errorf("%s visit: %s", visit, what)
	}
	sent := map[string]int{}
	for _, h := range hits {
		sent[fmt.Sprint(h.status)]++
		sent["bytes"] += h.bytes
	}
	t.Logf("%s visit: %v", visit, sent)
}

func (d *deploys) surplus(hits []hit, due map[site.Path]bool) []string {
	var out []string
	got := map[site.Path]bool{}
	for _, h := range hits {
		e := d.entry(h.path)
		switch {
		case e == nil: // what is not there is asked for again
			if h.status < 400 {
				out = append(out, fmt.Sprintf("%s answered %d and is not in the manifest", h.path, h.status))
			}
		case due[e.Path]:
			got[e.Path] = got[e.Path] || h.status == http.StatusOK
		case h.status == http.StatusNotModified && (e.Class == cache.ClassPage || e.Class == cache.ClassWorker || e.Class == cache.ClassWellKnown || e.Class == cache.ClassChecked):
		default:
			out = append(out, fmt.Sprintf("%s, which did not change, was asked for: %d, %d bytes", h.path, h.status, h.bytes))
		}
	}
	for p := range due {
		if !got[p] {
			out = append(out, fmt.Sprintf("%s changed and was not sent", p))
		}
	}
	slices.Sort(out)
	return out
}

// entry returns the file that answers at a path of the address.
func (d *deploys) entry(path string) *site.Entry {
	p, ok := strings.CutPrefix(path, d.now.Base.Prefix)
	if !ok {
		return nil
	}
	for i := range d.now.Manifest.Entries {
		e := &d.now.Manifest.Entries[i]
		if q := string(e.Path); q == p || strings.TrimSuffix(q, "index.html") == p && strings.HasSuffix("/"+q, "/index.html") {
			return e
		}
	}
	return nil
}

// changed lists the files of now that are new or have other bytes.
func changed(before, now *site.Manifest) map[site.Path]bool {
	was := map[site.Path]site.Digest{}
	for i := range before.Entries {
		was[before.Entries[i].Path] = before.Entries[i].SHA256
	}
	out := map[site.Path]bool{}
	for i := range now.Entries {
		if e := &now.Entries[i]; was[e.Path] != e.SHA256 {
			out[e.Path] = true
		}
	}
	return out
}

// sheet returns the style sheet of the source that the most pages name and that
// reaches them under an address that follows its bytes, or within the page; ""
// if there is none.
func (d *deploys) sheet(t *testing.T) site.Path {
	t.Helper()
	read := func(dir string, p site.Path) string {
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(string(p))))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	stays := map[site.Path]bool{} // sheets that some page goes on naming
	uses := map[site.Path]int{}
	sheets := map[site.Path]string{} // what pages write
	for _, e := range d.now.Manifest.Entries {
		if site.KindOf(e.Path) == site.CSS && slices.Equal(e.From, []site.Path{e.Path}) {
			sheets[e.Path] = e.Path.Base()
		}
	}
	for _, e := range d.now.Manifest.Entries {
		if site.KindOf(e.Path) != site.HTML || len(e.From) == 0 {
			continue
		}
		before, after := read(d.in, e.From[0]), read(d.out, e.Path)
		for p, name := range sheets {
			if strings.Contains(before, name) {
				uses[p]++
				stays[p] = stays[p] || strings.Contains(after, name)
			}
		}
	}
	best, n := site.Path(""), 0
	for _, p := range slices.Sorted(maps.Keys(uses)) {
		follows := func(sum string) bool { return strings.Contains(string(p), sum) }
		if uses[p] > n && (!stays[p] || slices.ContainsFunc(sums([]byte(read(d.in, p))), follows)) {
			best, n = p, uses[p]
		}
	}
	return best
}

// visit goes to every page and returns what the server was asked.
func (d *deploys) visit(t *testing.T, name, origin string) []hit {
	t.Helper()
	d.log.take()
	t.Run(name, func(t *testing.T) {
		for _, e := range d.now.Manifest.Entries {
			if site.KindOf(e.Path) != site.HTML || e.Class != cache.ClassPage {
				continue
			}
			path := d.now.Base.Prefix + string(e.Path)
			if dir, ok := strings.CutSuffix("/"+string(e.Path), "/index.html"); ok {
				path = d.now.Base.Prefix + strings.TrimPrefix(dir+"/", "/")
			}
			t.Run(strings.ReplaceAll(string(e.Path), "/", "_"), func(t *testing.T) {
				call(t, origin+(&url.URL{Path: path}).EscapedPath())
			})
		}
	})
	return d.log.take()
}

// call loads a page with all that it would load in time, and waits until the
// network has nothing to do.
func call(t *testing.T, url string) {
	ctx := tab(t)
	w := &traffic{open: map[network.RequestID]bool{}, calm: make(chan struct{}, 1)}
	chromedp.ListenTarget(ctx, w.event)
	var look any
	err := chromedp.Run(ctx, network.Enable(), page.Enable(), page.SetLifecycleEventsEnabled(true), network.SetBypassServiceWorker(true),
		chromedp.Navigate(url), chromedp.ActionFunc(w.wait), chromedp.Evaluate(settle, &look, promise), chromedp.ActionFunc(w.wait))
	if err != nil {
		t.Fatalf("open %s: %v", url, err)
	}
}

// traffic knows which requests of a tab are under way.
type traffic struct {
	mu   sync.Mutex
	open map[network.RequestID]bool
	idle bool // Chromium saw no traffic for half a second
	calm chan struct{}
}

func (w *traffic) event(ev any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		if strings.HasPrefix(ev.Request.URL, "http://127.0.0.1:") {
			w.open[ev.RequestID] = true
		}
	case *network.EventLoadingFinished:
		delete(w.open, ev.RequestID)
	case *network.EventLoadingFailed:
		delete(w.open, ev.RequestID)
	case *page.EventLifecycleEvent:
		w.idle = w.idle || ev.Name == "networkIdle"
	}
	if w.idle && len(w.open) == 0 {
		select {
		case w.calm <- struct{}{}:
		default:
		}
	}
}

// wait returns when nothing is under way.
func (w *traffic) wait(ctx context.Context) error {
	for {
		w.mu.Lock()
		done := w.idle && len(w.open) == 0
		w.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-w.calm:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// unixDialer dials one socket, whatever is asked for.
func unixDialer(socket string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}
}
