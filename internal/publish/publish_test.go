package publish

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// tree is a folder: slash-separated name → text.
type tree map[string]string

func writeTree(t testing.TB, dir string, files tree) {
	t.Helper()
	for name, text := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func readTree(t testing.TB, dir string) tree {
	t.Helper()
	files := tree{}
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		b, err := os.ReadFile(p)
		files[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func acquire(t testing.TB, out string) *Dir {
	t.Helper()
	d, err := Acquire(out)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func stage(t testing.TB, d *Dir, files tree) *Stage {
	t.Helper()
	s, err := d.Stage()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := s.Write(name, []byte(files[name])); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// alone checks that nothing but the named entries lies in a folder.
func alone(t testing.TB, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s holds %q, want %q", dir, got, want)
	}
}

var (
	oldTree = tree{"index.html": "old", "a/b/c.css": "old", "gone.js": "old"}
	newTree = tree{"index.html": "new", "a/b/c.css": "new", "a/d.css": "new", "größe \n.js": "new"}
)

func TestCommit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out := filepath.Join(dir, "x", "out")
	for _, files := range []tree{oldTree, newTree, {}, oldTree} {
		d := acquire(t, out)
		if err := stage(t, d, files).Commit(); err != nil {
			t.Fatal(err)
		}
		d.Release()
		if got := readTree(t, out); !maps.Equal(got, files) {
			t.Errorf("published %v, want %v", got, files)
		}
		alone(t, filepath.Dir(out), "out")
	}
	fi, err := os.Stat(out)
	if err != nil || fi.Mode().Perm() != 0o755 {
		t.Errorf("the folder has mode %v, %v", fi.Mode(), err)
	}
}

func TestAbort(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	writeTree(t, out, oldTree)
	d := acquire(t, out)
	s := stage(t, d, newTree)
	s.Abort()
	if got := readTree(t, out); !maps.Equal(got, oldTree) {
		t.Errorf("the output holds %v", got)
	}
	d.Release()
	alone(t, dir, "out")
}

func TestWriteStaysInside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := acquire(t, filepath.Join(dir, "out"))
	defer d.Release()
	s := stage(t, d, nil)
	defer s.Abort()
	for _, name := range []string{"../x", "a/../../x", "/x", ".."} {
		if err := s.Write(name, nil); err == nil {
			t.Errorf("%q was written", name)
		}
		if s.Reuse(name) {
			t.Errorf("%q was reused", name)
		}
	}
	if err := s.Write("twice", nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Write("twice", nil); err == nil {
		t.Error("one name was written twice")
	}
	if err := s.Write("twice/below", nil); err == nil {
		t.Error("a file below a file was written")
	}
}

func TestReuse(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "out")
	writeTree(t, out, oldTree)
	before, err := os.Stat(filepath.Join(out, "a/b/c.css"))
	if err != nil {
		t.Fatal(err)
	}
	d := acquire(t, out)
	defer d.Release()
	s := stage(t, d, tree{"index.html": "new"})
	if !s.Reuse("a/b/c.css") {
		t.Fatal("a file of the old output is not reused")
	}
	if s.Reuse("never.css") {
		t.Error("a file that was never there is reused")
	}
	if err := s.Commit(); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(filepath.Join(out, "a/b/c.css"))
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("the file was copied: %v", err)
	}
	if got, want := readTree(t, out), (tree{"index.html": "new", "a/b/c.css": "old"}); !maps.Equal(got, want) {
		t.Errorf("published %v", got)
	}
}

// TestSwapByJournal publishes where folders cannot be exchanged.
// TestLater: a file that takes the place of another is younger by a second or
// more, or servers would say of it that it did not change.
func TestLater(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "out")
	writeTree(t, out, tree{"old": "1", "young": "1"})
	now := time.Now()
	times := map[string]time.Time{"old": now.Add(-time.Hour), "young": now.Add(time.Minute)}
	for name, at := range times {
		if err := os.Chtimes(filepath.Join(out, name), time.Time{}, at); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		d := acquire(t, out)
		s, err := d.Stage()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"old", "young", "new"} {
			if err := s.Write(name, []byte("2")); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Commit(); err != nil {
			t.Fatal(err)
		}
		d.Release()
		for _, name := range []string{"old", "young", "new"} {
			fi, err := os.Stat(filepath.Join(out, name))
			if err != nil {
				t.Fatal(err)
			}
			if before, ok := times[name]; ok && fi.ModTime().Unix() <= before.Unix() {
				t.Errorf("%s is of %v, what was there of %v", name, fi.ModTime(), before)
			}
			times[name] = fi.ModTime()
		}
	}
}

func TestSwapByJournal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	writeTree(t, out, oldTree)
	d := acquire(t, out)
	if err := d.swapByJournal(stage(t, d, newTree).dir); err != nil {
		t.Fatal(err)
	}
	d.Release()
	if got := readTree(t, out); !maps.Equal(got, newTree) {
		t.Errorf("published %v", got)
	}
	alone(t, dir, "out")
}

// TestRecover dies after each step of the swap by journal. The next run finds
// the old tree or the new one, whole, and clears the rest away.
func TestRecover(t *testing.T) {
	t.Parallel()
	type place struct{ out, journal, backup, stage string }
	write := func(t *testing.T, p place) {
		if err := os.WriteFile(p.journal, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	move := func(t *testing.T, a, b string) {
		if err := os.Rename(a, b); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name string
		die  func(*testing.T, place)
		want tree
	}{
		{"staged", func(*testing.T, place) {}, oldTree},
		{"journal written", write, oldTree},
		{"old tree moved away", func(t *testing.T, p place) { write(t, p); move(t, p.out, p.backup) }, oldTree},
		{"new tree moved in", func(t *testing.T, p place) { write(t, p); move(t, p.out, p.backup); move(t, p.stage, p.out) }, newTree},
		{"half of the backup removed", func(t *testing.T, p place) {
			write(t, p)
			move(t, p.out, p.backup)
			move(t, p.stage, p.out)
			os.Remove(filepath.Join(p.backup, "index.html"))
		}, newTree},
		{"backup removed", func(t *testing.T, p place) {
			write(t, p)
			move(t, p.out, p.backup)
			move(t, p.stage, p.out)
			os.RemoveAll(p.backup)
		}, newTree},
		{"output deleted by hand", func(t *testing.T, p place) { write(t, p); os.RemoveAll(p.out) }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			out := filepath.Join(dir, "out")
			writeTree(t, out, oldTree)
			d := acquire(t, out)
			s := stage(t, d, newTree)
			tt.die(t, place{out, d.name("journal"), d.name("backup"), s.dir})
			d.lock.Unlock() // as the system does for a dead process

			d = acquire(t, out)
			if tt.want != nil {
				if got := readTree(t, out); !maps.Equal(got, tt.want) {
					t.Errorf("after the crash the output holds %v, want %v", got, tt.want)
				}
			}
			if err := stage(t, d, newTree).Commit(); err != nil {
				t.Fatal(err)
			}
			d.Release()
			if got := readTree(t, out); !maps.Equal(got, newTree) {
				t.Errorf("the next run publishes %v", got)
			}
			alone(t, dir, "out")
		})
	}
}

func TestStaleStage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeTree(t, dir, tree{".out.hone-stage-123/a/b": "x", ".other.hone-stage-1/a": "x", ".out.hone-notes": "mine"})
	acquire(t, filepath.Join(dir, "out")).Release()
	alone(t, dir, ".other.hone-stage-1", ".out.hone-notes")
}

func TestLock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	d := acquire(t, out)
	if _, err := Acquire(out); !errors.Is(err, ErrLocked) {
		t.Errorf("a second run: %v", err)
	}
	acquire(t, filepath.Join(dir, "other")).Release()
	d.Release()
	acquire(t, out).Release()
	alone(t, dir)
}

// TestSymlink publishes into the folder that a link leads to and keeps the
// link, and both names share one lock.
func TestSymlink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	real, link := filepath.Join(dir, "disk", "real"), filepath.Join(dir, "out")
	writeTree(t, real, oldTree)
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	d := acquire(t, link)
	if _, err := Acquire(real); !errors.Is(err, ErrLocked) {
		t.Errorf("the folder behind the link: %v", err)
	}
	if err := stage(t, d, newTree).Commit(); err != nil {
		t.Fatal(err)
	}
	d.Release()
	if to, err := os.Readlink(link); err != nil || to != real {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	if got := readTree(t, real); !maps.Equal(got, newTree) {
		t.Errorf("published %v", got)
	}
	alone(t, filepath.Dir(real), "real")
}

func TestAllowed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeTree(t, dir, tree{"site/in/index.html": "x", "full/x": "x", "file": "x"})
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"tosite": "site/in", "tofull": "full"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		in, out              string
		replace, force, ours bool
		want                 string // what the hint names; "" is allowed
	}{
		{in: "site/in", out: "new"},
		{in: "site/in", out: "new/deeper"},
		{in: "site/in", out: "empty"},
		{in: "site/in", out: "site/in-honed"}, // beside, with the input's name in front
		{in: "site/in", out: "full", want: "--force"},
		{in: "site/in", out: "full", force: true},
		{in: "site/in", out: "full", ours: true},
		{in: "site/in", out: "tofull", want: "--force"},
		{in: "site/in", out: "file", want: "--out"},
		{in: "site/in", out: "file", force: true, want: "--out"},
		{in: "site/in", out: "site/in", want: "--replace"},
		{in: "site/in", out: "site/in", force: true, ours: true, want: "--replace"},
		{in: "site/in", out: "site/in/.", replace: true},
		{in: "site/in", out: "tosite", want: "--replace"},
		{in: "tosite", out: "site/in", replace: true},
		{in: "site/in", out: "site/in/out", force: true, want: "--out"},
		{in: "site/in", out: "tosite/out", force: true, want: "--out"},
		{in: "site/in", out: "site", force: true, want: "--out"},
		{in: "site/in", out: ".", force: true, ours: true, want: "--out"},
		{in: "site/in", out: "new", replace: true, want: "use one"},
	}
	for _, tt := range tests {
		err := Allowed(filepath.Join(dir, tt.in), filepath.Join(dir, tt.out), tt.replace, tt.force, tt.ours)
		name := fmt.Sprintf("%s to %s (replace %v, force %v, ours %v)", tt.in, tt.out, tt.replace, tt.force, tt.ours)
		var refused *RefusedError
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case tt.want != "" && !errors.As(err, &refused):
			t.Errorf("%s: allowed (%v)", name, err)
		case tt.want != "" && !strings.Contains(refused.Hint, tt.want):
			t.Errorf("%s: the hint is %q, want %q in it", name, refused.Hint, tt.want)
		}
	}
	alone(t, dir, "empty", "file", "full", "site", "tofull", "tosite")
}
