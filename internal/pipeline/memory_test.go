package pipeline

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hone-web/hone/internal/store"
)

// TestMemory edits a site again and again. What a build makes that remembers
// the ones before it is what a build makes that knows nothing.
func TestMemory(t *testing.T) {
	t.Parallel()
	files := sampleSite(6)
	p := newPlace(t, files)
	memory := NewMemory(64 << 20)
	write := func(name, text string) func() {
		return func() { files[name] = text; writeTree(t, p.in, files, []string{name}) }
	}
	remove := func(name string) func() {
		return func() {
			delete(files, name)
			if err := os.Remove(filepath.Join(p.in, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	again := func() {}
	for _, step := range []struct {
		name string
		edit func()
		// what may be left to do
		scanned, compiled int64
	}{
		{"first", again, 1 << 30, 1 << 30},
		{"nothing", again, 0, 0},
		{"nothing again", again, 0, 0},
		{"a page", write("blog/p2.html", strings.Replace(files["blog/p2.html"], "</body>", "<p>more</p></body>", 1)), 2, 1},
		{"a comment", write("css/main.css", "/* another comment */\n"+files["css/main.css"]), 1, 2},
		{"a sheet", write("css/main.css", files["css/main.css"]+"h1 { color: blue }\n"), 1 << 30, 2},
		{"a picture", write("img/logo.png", pngOf(40, 30, 9)), 1 << 30, 2},
		{"a script", write("js/b.js", files["js/b.js"]+"console.log( 1 );\n"), 1 << 30, 5},
		{"a page less", remove("blog/p3.html"), 1 << 30, 1 << 30},
		{"the store is gone", func() {
			if err := os.RemoveAll(filepath.Join(p.meta, "store")); err != nil {
				t.Fatal(err)
			}
		}, 1 << 30, 1 << 30},
		{"the output was altered", func() {
			for _, n := range readTree(t, p.out).names() {
				if strings.HasSuffix(n, ".html") {
					if err := os.WriteFile(filepath.Join(p.out, n), []byte("x"), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
		}, 1 << 30, 1 << 30},
		{"nothing at the end", again, 0, 0},
	} {
		step.edit()
		o := options(p.in, p.out, p.meta)
		o.Memory, o.Now = memory, time.Now().Add(time.Hour) // so that what was written just now counts as settled
		r, err := Build(t.Context(), o)
		if err != nil || r.Failed {
			t.Fatalf("%s: %v %v", step.name, err, r)
		}
		if r.Work.Scanned > step.scanned || r.Work.Compiled > step.compiled {
			t.Errorf("%s: worked too much: %+v", step.name, r.Work)
		}
		fresh := newPlace(t, files)
		_, want := fresh.build(t, nil)
		if d := want.diff(readTree(t, p.out)); d != "" {
			t.Fatalf("%s: the output differs:\n%s", step.name, d)
		}
		if d := records(t, fresh.meta).diff(records(t, p.meta)); d != "" {
			t.Fatalf("%s: the records differ:\n%s", step.name, d)
		}
		s, err := store.Open(filepath.Join(p.meta, "store"), o.Now)
		if err != nil {
			t.Fatal(err)
		}
		s.Remember(memory.recall)
		if ids := s.Altered(); len(ids) > 0 {
			t.Fatalf("%s: %d results in memory were changed", step.name, len(ids))
		}
	}
	if memory.recall.Size() == 0 || len(memory.input.kept) < len(files)-5 || len(memory.output.kept) < len(files) {
		t.Error("nothing is remembered")
	}
}

// TestStamps alters a file without changing its size or its time.
func TestStamps(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "x")
	look := func() os.FileInfo {
		fi, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		return fi
	}
	write := func(text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	was := look()
	var s stamps
	s.about("in")
	s.note("x", was, [32]byte{1}, time.Now())
	if _, ok := s.digest("x", look()); ok {
		t.Error("a file of this moment is trusted")
	}
	s.note("x", was, [32]byte{1}, time.Now().Add(time.Hour))
	_, trusted := s.digest("x", look())
	for look().ModTime().Equal(was.ModTime()) {
		write("two") // until the clock of the file system moved on
	}
	if err := os.Chtimes(name, was.ModTime(), was.ModTime()); err != nil {
		t.Fatal(err)
	}
	if is := look(); !is.ModTime().Equal(was.ModTime()) || is.Size() != was.Size() {
		t.Skip("the file system does not keep times exactly")
	}
	if _, ok := s.digest("x", look()); ok {
		t.Error("a file whose time was set back counts as unchanged")
	}
	s.about("elsewhere")
	if _, ok := s.digest("x", was); ok {
		t.Error("what is known of one folder is taken for another")
	}
	if !trusted && sameChange(was, was) {
		t.Error("a file that did not change is not trusted")
	}
}
