//go:build unix

package pipeline

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hone-web/hone/internal/publish"
)

// The test binary is its own other process: with this argument it builds in
// the folder that it was started in, under the umask named.
const childArg = "pipeline-child"

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == childArg {
		var mask int
		fmt.Sscanf(os.Args[2], "%o", &mask)
		syscall.Umask(mask)
		o := options("in", "out", "meta")
		o.Jobs = 1
		o.Now = time.Now()
		if r, err := Build(ctx(), o); err != nil || r.Failed {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestSameBytes builds one site in many ways. The output, the manifest and the
// files for hosts are the same bytes each time.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	files := sampleSite(6)
	first := newPlace(t, files)
	_, want := first.build(t, nil)
	if len(want) < 40 {
		t.Fatalf("only %d files: %q", len(want), want.names())
	}
	wantMeta := records(t, first.meta)
	compare := func(t *testing.T, p place) {
		t.Helper()
		if d := want.diff(readTree(t, p.out)); d != "" {
			t.Errorf("the output differs:\n%s", d)
		}
		if d := wantMeta.diff(records(t, p.meta)); d != "" {
			t.Errorf("the records differ:\n%s", d)
		}
	}
	for _, jobs := range []int{0, 1, 8} {
		t.Run(fmt.Sprintf("%d jobs", jobs), func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, files)
			p.build(t, func(o *Options) { o.Jobs = jobs })
			compare(t, p)
		})
	}
	t.Run("little memory", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, files)
		p.build(t, func(o *Options) { o.Jobs, o.MemoryLimit = 4, 1000 })
		compare(t, p)
	})
	t.Run("codings in another order", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, files)
		p.build(t, func(o *Options) { o.Encode = []string{"gzip", "br"} })
		compare(t, p)
	})
	t.Run("warm and into a new folder", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, files)
		p.build(t, func(o *Options) { o.Out += "-old" })
		p.build(t, nil)
		compare(t, p)
	})
	t.Run("without a store", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, files)
		p.build(t, func(o *Options) { o.NoCache = true })
		compare(t, p)
	})
	t.Run("created in another order, long ago", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, nil)
		order := files.names()
		rand.New(rand.NewPCG(5, 5)).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		writeTree(t, p.in, files, order)
		for i, name := range order {
			old := epoch.Add(-time.Duration(i) * 1000 * time.Hour)
			if err := os.Chtimes(filepath.Join(p.in, name), old, old); err != nil {
				t.Fatal(err)
			}
		}
		p.build(t, nil)
		compare(t, p)
	})
	t.Run("over the output of another site", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, files)
		other := newPlace(t, sampleSite(2))
		other.out, other.meta = p.out, p.meta
		other.build(t, nil)
		p.build(t, nil)
		compare(t, p)
	})
	t.Run("another process, folder, zone and umask", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, files)
		exe, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		c := exec.Command(exe, childArg, "027")
		c.Dir = filepath.Dir(p.in)
		c.Env = append(os.Environ(), "TZ=Pacific/Kiritimati", "LANG=tr_TR.UTF-8")
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		compare(t, p)
		fi, err := os.Stat(filepath.Join(p.out, "index.html"))
		if err != nil || fi.Mode().Perm() != 0o640 {
			t.Errorf("under umask 027 a file has mode %v, %v", fi.Mode(), err)
		}
	})
}

// records reads what is kept about a build, paths of this machine left out.
func records(t *testing.T, meta string) tree {
	t.Helper()
	all := readTree(t, meta)
	for name := range all {
		if strings.HasPrefix(name, "store/") || name == "outputs.json" {
			delete(all, name)
		}
	}
	if len(all) < 2 {
		t.Fatalf("records: %q", all.names())
	}
	return all
}

// TestIdempotent builds hone's own output, known by nothing but its names.
func TestIdempotent(t *testing.T) {
	t.Parallel()
	p := newPlace(t, sampleSite(4))
	r, want := p.build(t, nil)
	if r.Finished || r.Unchanged || !r.Published {
		t.Errorf("first: finished %v, unchanged %v, published %v", r.Finished, r.Unchanged, r.Published)
	}
	again := place{p.out, p.out + "2", p.meta + "2"}
	r, got := again.build(t, nil)
	if d := want.diff(got); d != "" {
		t.Errorf("the output is not finished:\n%s", d)
	}
	if !r.Finished {
		t.Error("it does not say so")
	}
	finished := 0
	for _, f := range r.Files {
		if f.Kept == "already finished" {
			finished++
		}
	}
	if finished < 15 {
		t.Errorf("only %d files were left alone as finished", finished)
	}
	if d := want.diff(readTree(t, p.out)); d != "" {
		t.Errorf("its input was touched:\n%s", d)
	}
}

// TestUnchanged runs twice: the second run encodes, minifies and compresses
// nothing, and leaves every file in place.
func TestUnchanged(t *testing.T) {
	t.Parallel()
	files := sampleSite(4)
	p := newPlace(t, files)
	r, want := p.build(t, nil)
	if r.Work.Compiled == 0 || r.Work.Compressed == 0 || r.Work.Scanned == 0 {
		t.Errorf("first: %+v", r.Work)
	}
	before, err := os.Stat(p.out)
	if err != nil {
		t.Fatal(err)
	}
	r, got := p.build(t, nil)
	if r.Work.Compiled+r.Work.Compressed+r.Work.Scanned != 0 || r.Work.Reused == 0 || r.Misses != 0 {
		t.Errorf("second: %+v, %d misses", r.Work, r.Misses)
	}
	if !r.Unchanged || r.Published {
		t.Errorf("unchanged %v, published %v", r.Unchanged, r.Published)
	}
	after, err := os.Stat(p.out)
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("the folder was replaced: %v", err)
	}
	if d := want.diff(got); d != "" {
		t.Errorf("the output changed:\n%s", d)
	}
	if d := files.diff(readTree(t, p.in)); d != "" {
		t.Errorf("the input was touched:\n%s", d)
	}
	// One page changes: that page alone is made anew, the rest stays the very
	// same file.
	kept, err := os.Stat(filepath.Join(p.out, "blog/p1.html"))
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(p.in, "blog/p2.html")
	if err := os.WriteFile(name, []byte(strings.Replace(files["blog/p2.html"], "<p>", "<p>More:", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	r, got = p.build(t, nil)
	if r.Work.Compiled != 1 || !r.Published {
		t.Errorf("after one page: %+v", r.Work)
	}
	if now, err := os.Stat(filepath.Join(p.out, "blog/p1.html")); err != nil || !os.SameFile(kept, now) {
		t.Errorf("another page was written anew: %v", err)
	}
	if !strings.Contains(got["blog/p2.html"], "More:") {
		t.Error("the change is not in the output")
	}
	if d := strings.Split(want.diff(got), "\n"); slices.ContainsFunc(d, func(s string) bool { return !strings.Contains(s, "blog/p2.html") }) {
		t.Errorf("more than the page changed: %q", d)
	}
}

// TestOptionsReachTheStore: other options make other bytes out of a warm store.
func TestOptionsReachTheStore(t *testing.T) {
	t.Parallel()
	p := newPlace(t, sampleSite(1))
	_, a := p.build(t, nil)
	for name, change := range map[string]func(*Options){
		"quality": func(o *Options) { o.Image.JPEGQuality = 20 },
		"skip":    func(o *Options) { o.Skip = []string{"css"} },
		"preset":  func(o *Options) { o.Preset = "default" },
		"exclude": func(o *Options) { o.Exclude = []string{"css/**"} },
	} {
		r, b := p.build(t, change)
		if a.diff(b) == "" {
			t.Errorf("%s changes nothing", name)
		}
		if !r.Published {
			t.Errorf("%s: not published", name)
		}
	}
	if _, again := p.build(t, nil); a.diff(again) != "" {
		t.Errorf("back to the first options:\n%s", a.diff(again))
	}
}

// TestDamagedStore alters every file of the store: the next run makes anew what
// it needs and gives the right bytes.
func TestDamagedStore(t *testing.T) {
	t.Parallel()
	p := newPlace(t, sampleSite(2))
	_, want := p.build(t, nil)
	for _, kind := range []string{"a", "b", ""} {
		dir := filepath.Join(p.meta, "store", kind)
		for name, text := range readTree(t, dir) {
			b := []byte(text)
			if len(b) > 0 {
				b[len(b)/2] ^= 0x20
			}
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.RemoveAll(p.out); err != nil {
			t.Fatal(err)
		}
		if _, got := p.build(t, nil); want.diff(got) != "" {
			t.Errorf("with damage to %q:\n%s", kind, want.diff(got))
		}
	}
}

// TestLocked: two runs do not share an output.
func TestLocked(t *testing.T) {
	t.Parallel()
	p := newPlace(t, tree{"index.html": "<p>x"})
	d, err := publish.Acquire(p.out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Build(ctx(), options(p.in, p.out, p.meta)); err == nil || !strings.Contains(err.Error(), publish.ErrLocked.Error()) {
		t.Errorf("a second run: %v", err)
	}
	d.Release()
	p.build(t, nil)
}
