package watch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
)

// write fills a file. Two states of a file differ in size: the clock of a file
// system may be too coarse to tell them apart.
func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func do(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func start(t testing.TB, o Options) *Watcher {
	t.Helper()
	w, err := New(o)
	do(t, err)
	t.Cleanup(w.Close)
	return w
}

// until takes batches until all the paths were named, or count was lost.
func until(t *testing.T, w *Watcher, want ...string) (all bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		b, err := w.Next(ctx)
		if err != nil {
			t.Fatalf("waiting for %q: %v", want, err)
		}
		want = slices.DeleteFunc(want, func(p string) bool { return slices.Contains(b.Paths, p) || slices.Contains(b.Files, p) })
		if len(want) == 0 || b.All {
			return b.All
		}
	}
}

// TestNext: a small batch ends soon, a large one when the generator is done,
// one without end in time.
func TestNext(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		change func(w *Watcher) // happens in the background
		after  time.Duration
		check  func(b Batch) bool
	}{
		"one file": {func(w *Watcher) { w.changed("a", false) }, 20 * ms, func(b Batch) bool { return slices.Equal(b.Paths, []string{"a"}) && !b.All }},
		"an editor": {func(w *Watcher) { w.changed("b", false); time.Sleep(10 * ms); w.changed("a", false) }, 30 * ms,
			func(b Batch) bool { return slices.Equal(b.Paths, []string{"a", "b"}) }},
		"a file went":   {func(w *Watcher) { w.changed("a", true) }, 200 * ms, func(b Batch) bool { return len(b.Paths) == 1 }},
		"count is lost": {func(w *Watcher) { w.lost() }, 200 * ms, func(b Batch) bool { return b.All }},
		"configuration": {func(w *Watcher) { w.fileChanged("hone.toml") }, 20 * ms, func(b Batch) bool { return len(b.Paths) == 0 && slices.Equal(b.Files, []string{"hone.toml"}) }},
		"a generator": {func(w *Watcher) {
			for i := range 50 {
				w.changed(fmt.Sprint(i), false)
				time.Sleep(15 * ms)
			}
		}, 49*15*ms + 200*ms, func(b Batch) bool { return len(b.Paths) == 50 && !b.All }},
		"very many": {func(w *Watcher) {
			for i := range 10_000 {
				w.changed(fmt.Sprint(i), false)
			}
		}, 200 * ms, func(b Batch) bool { return b.All && len(b.Paths) == maxPaths }},
		"without end": {func(w *Watcher) {
			for range 400 {
				w.changed("log", false)
				time.Sleep(10 * ms)
			}
		}, 3 * time.Second, func(b Batch) bool { return len(b.Paths) == 1 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &Watcher{wake: make(chan struct{}, 1), paths: map[string]bool{}, files: map[string]bool{}}
				w.o.defaults()
				began := time.Now()
				go c.change(w)
				b, err := w.Next(t.Context())
				took := time.Since(began)
				time.Sleep(time.Minute) // fake: until change returned
				if err != nil || took != c.after || !c.check(b) {
					t.Errorf("after %v of %v: %+v, error %v", took, c.after, b, err)
				}
			})
		})
	}
}

func TestNextCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &Watcher{wake: make(chan struct{}, 1), paths: map[string]bool{}, files: map[string]bool{}}
		w.o.defaults()
		w.changed("a", true)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if b, err := w.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("%+v, %v", b, err)
		}
		if b, err := w.Next(t.Context()); err != nil || len(b.Paths) != 1 {
			t.Errorf("the change was forgotten: %+v, %v", b, err)
		}
	})
}

// TestChanges goes through what editors and generators do to a folder, told by
// the system and by polling.
func TestChanges(t *testing.T) {
	t.Parallel()
	for _, polled := range []bool{false, true} {
		for name, c := range map[string]struct {
			change func(t *testing.T, dir string)
			want   []string
		}{
			"edit":        {func(t *testing.T, dir string) { write(t, dir+"/index.html", "other") }, []string{"index.html"}},
			"new":         {func(t *testing.T, dir string) { write(t, dir+"/new.html", "x") }, []string{"new.html"}},
			"remove":      {func(t *testing.T, dir string) { do(t, os.Remove(dir+"/index.html")) }, []string{"index.html"}},
			"new folders": {func(t *testing.T, dir string) { write(t, dir+"/x/y/z/page.html", "x") }, []string{"x", "x/y/z/page.html"}},
			"atomic save": {func(t *testing.T, dir string) {
				write(t, dir+"/.index.html.swp", "other one")
				do(t, os.Rename(dir+"/.index.html.swp", dir+"/index.html"))
			}, []string{"index.html"}},
			"folder from elsewhere": {func(t *testing.T, dir string) {
				write(t, dir+"-made/deep/er/page.html", "x")
				do(t, os.Rename(dir+"-made", dir+"/moved"))
			}, []string{"moved/deep/er/page.html"}},
			"folder goes": {func(t *testing.T, dir string) { do(t, os.RemoveAll(dir+"/blog")) }, []string{"blog"}},
		} {
			t.Run(fmt.Sprintf("%s polled=%v", name, polled), func(t *testing.T) {
				t.Parallel()
				dir := filepath.Join(t.TempDir(), "public")
				write(t, dir+"/index.html", "home")
				write(t, dir+"/blog/a.html", "a")
				w := start(t, Options{Dir: dir, Poll: polled, Every: 5 * time.Millisecond})
				c.change(t, dir)
				until(t, w, c.want...)
			})
		}
	}
}

// TestLater: after a folder was renamed, replaced or removed, changes in it are
// still told.
func TestLater(t *testing.T) {
	t.Parallel()
	for _, polled := range []bool{false, true} {
		for name, change := range map[string]func(t *testing.T, dir string){
			"rename inside": func(t *testing.T, dir string) {
				do(t, os.Rename(dir+"/blog", dir+"/notes"))
				write(t, dir+"/notes/a.html", "new")
				do(t, os.Rename(dir+"/notes", dir+"/blog"))
			},
			"rename and make anew": func(t *testing.T, dir string) {
				do(t, os.Rename(dir+"/blog", dir+"/old"))
				write(t, dir+"/blog/a.html", "new")
			},
			"delete and rewrite": func(t *testing.T, dir string) {
				do(t, os.RemoveAll(dir))
				write(t, dir+"/blog/a.html", "new")
			},
			"swap": func(t *testing.T, dir string) {
				write(t, dir+"-next/blog/a.html", "new")
				do(t, os.Rename(dir, dir+"-was"))
				do(t, os.Rename(dir+"-next", dir))
			},
			"the folder above too": func(t *testing.T, dir string) {
				do(t, os.RemoveAll(filepath.Dir(dir)))
				write(t, dir+"/blog/a.html", "new")
			},
			"a link": func(t *testing.T, dir string) {
				write(t, dir+"-next/blog/a.html", "new")
				do(t, os.RemoveAll(dir))
				do(t, os.Symlink(dir+"-next", dir))
			},
		} {
			t.Run(fmt.Sprintf("%s polled=%v", name, polled), func(t *testing.T) {
				t.Parallel()
				dir := filepath.Join(t.TempDir(), "project", "public")
				write(t, dir+"/blog/a.html", "a")
				w := start(t, Options{Dir: dir, Poll: polled, Every: 5 * time.Millisecond})
				for round := range 3 {
					change(t, dir)
					until(t, w, "blog/a.html")
					// The batch named the file or said that count was lost;
					// from here on the new folder is watched.
					name := fmt.Sprintf("blog/%d.html", round)
					write(t, filepath.Join(dir, name), "later")
					until(t, w, name)
					do(t, os.RemoveAll(dir+"-was"))
					do(t, os.RemoveAll(dir+"/old"))
				}
			})
		}
	}
}

// TestAbsent: the folder need not be there yet.
func TestAbsent(t *testing.T) {
	t.Parallel()
	for _, polled := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "public")
		w := start(t, Options{Dir: dir, Poll: polled, Every: 5 * time.Millisecond})
		write(t, dir+"/index.html", "x")
		until(t, w, "index.html")
		write(t, dir+"/a/b.html", "x")
		until(t, w, "a/b.html")
	}
}

// TestFiles: the configuration beside the folder, however it is written.
func TestFiles(t *testing.T) {
	t.Parallel()
	for _, polled := range []bool{false, true} {
		dir := t.TempDir()
		file := filepath.Join(dir, "hone.toml")
		do(t, os.Mkdir(dir+"/public", 0o755))
		w := start(t, Options{Dir: dir + "/public", Files: []string{file}, Poll: polled, Every: 5 * time.Millisecond})
		write(t, dir+"/other.toml", "x")
		write(t, file, "a = 1")
		until(t, w, file)
		write(t, dir+"/.tmp", "a = 22")
		do(t, os.Rename(dir+"/.tmp", file))
		until(t, w, file)
		do(t, os.Remove(file))
		until(t, w, file)
	}
}

// TestSkip: what is written into a folder of one's own causes nothing.
func TestSkip(t *testing.T) {
	t.Parallel()
	for _, polled := range []bool{false, true} {
		dir := t.TempDir()
		write(t, dir+"/.hone/store/a", "x")
		w := start(t, Options{Dir: dir, Skip: []string{dir + "/.hone"}, Poll: polled, Every: 5 * time.Millisecond})
		write(t, dir+"/.hone/store/b", "x")
		write(t, dir+"/.hone/report.json", "x")
		write(t, dir+"/index.html", "x")
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if b, err := w.Next(ctx); err != nil || !slices.Equal(b.Paths, []string{"index.html"}) {
			t.Errorf("polled=%v: %+v, %v", polled, b, err)
		}
	}
}

// TestBurst: ten thousand files at once.
func TestBurst(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := start(t, Options{Dir: dir})
	for i := range 10_000 {
		name := filepath.Join(dir, fmt.Sprint(i%100))
		if i < 100 {
			do(t, os.Mkdir(name, 0o755))
		}
		do(t, os.WriteFile(filepath.Join(name, fmt.Sprint(i)), []byte("x"), 0o644))
	}
	for !until(t, w, "nothing has this name") {
		t.Log("a batch")
	}
	write(t, dir+"/last", "x")
	until(t, w, "last")
}

// TestOverflow: when the system lost count, everything may have changed, and
// watching goes on.
func TestOverflow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := &Watcher{o: Options{Dir: dir}, done: make(chan struct{}), wake: make(chan struct{}, 1), paths: map[string]bool{}, files: map[string]bool{}}
	w.o.defaults()
	n, err := newNotify(w)
	do(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	w.cancel = cancel
	go w.run(ctx, n)
	defer w.Close()
	n.fs.Errors <- fsnotify.ErrEventOverflow
	if !until(t, w, "no such file") {
		t.Error("an overflow does not count as a change of everything")
	}
	write(t, dir+"/a", "x")
	until(t, w, "a")
}

// TestClose: nothing is left of a watcher.
func TestClose(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/a/b/c", "x")
	count := func() (int, int) {
		fds, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("no /proc here")
		}
		return runtime.NumGoroutine(), len(fds)
	}
	start(t, Options{Dir: dir}).Close()
	goroutines, files := count()
	for i := range 50 {
		w, err := New(Options{Dir: dir, Poll: i%2 == 0})
		do(t, err)
		write(t, dir+"/a/b/c", strings.Repeat("x", i))
		w.Close()
	}
	// A goroutine that was told to end does so when it is next run: ask until
	// the count is right, and fail only where it stays wrong.
	deadline := time.Now().Add(10 * time.Second)
	for {
		g, f := count()
		if g <= goroutines && f <= files {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines and %d files after, %d and %d before", g, f, goroutines, files)
		}
		runtime.Gosched()
	}
}

func BenchmarkRescan(b *testing.B) {
	dir := b.TempDir()
	for i := range 1000 {
		do(b, os.MkdirAll(filepath.Join(dir, fmt.Sprint(i%40), fmt.Sprint(i)), 0o755))
	}
	w := &Watcher{o: Options{Dir: dir}, wake: make(chan struct{}, 1), paths: map[string]bool{}, files: map[string]bool{}}
	w.o.defaults()
	n, err := newNotify(w)
	do(b, err)
	defer n.fs.Close()
	b.ReportAllocs()
	for b.Loop() {
		do(b, n.rescan())
	}
}
