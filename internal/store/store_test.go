package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hone-web/hone/site"
)

// The test binary is its own second process: with this argument it fills the
// store at the folder that follows.
const childArg = "store-child"

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == childArg {
		if err := fill(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

var epoch = time.Unix(1_700_000_000, 0)

func open(t testing.TB, dir string, now time.Time) *Store {
	t.Helper()
	s, err := Open(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type value struct {
	N    int
	Text string
	List []string `json:",omitempty"`
}

func id(i int) ActionID { return NewKey("test").Value(i).ID() }

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, epoch)
	var got value
	if s.Get(id(1), &got) {
		t.Fatal("an empty store answers")
	}
	want := value{7, "größe\x00\n", []string{"a", ""}}
	if err := s.Put(id(1), want); err != nil {
		t.Fatal(err)
	}
	d, err := s.PutBlob([]byte("blob"))
	if err != nil || d != site.Sum([]byte("blob")) {
		t.Fatal(d, err)
	}
	if again, err := s.PutBlob([]byte("blob")); err != nil || again != d {
		t.Fatal(again, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, epoch)
	if !s.Get(id(1), &got) || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v", got)
	}
	if b, err := s.Blob(d); err != nil || string(b) != "blob" {
		t.Errorf("blob %q, %v", b, err)
	}
	if !s.HasBlob(d, 4) || s.HasBlob(d, 5) || s.HasBlob(site.Digest{}, 0) {
		t.Error("HasBlob is wrong")
	}
	if _, err := s.Blob(site.Digest{}); !errors.Is(err, ErrNoBlob) {
		t.Errorf("a blob that was never there: %v", err)
	}
	if h, m := s.Stats(); h != 1 || m != 0 {
		t.Errorf("%d hits and %d misses", h, m)
	}
}

// binary is kept in its own form.
type binary struct{ b []byte }

func (v binary) MarshalBinary() ([]byte, error) { return append([]byte{0xfe}, v.b...), nil }
func (v *binary) UnmarshalBinary(b []byte) error {
	if len(b) == 0 || b[0] != 0xfe {
		return errors.New("not mine")
	}
	v.b = bytes.Clone(b[1:])
	return nil
}

func TestBinaryValues(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), epoch)
	if err := s.Put(id(1), binary{[]byte("\x00\xff")}); err != nil {
		t.Fatal(err)
	}
	var got binary
	if !s.Get(id(1), &got) || string(got.b) != "\x00\xff" {
		t.Errorf("got %q", got.b)
	}
	if err := s.Put(id(2), value{}); err != nil {
		t.Fatal(err)
	}
	if s.Get(id(2), &got) {
		t.Error("a value of another type counts as an answer")
	}
}

// TestKeys: no two lists of parts have one id.
func TestKeys(t *testing.T) {
	t.Parallel()
	ids := map[ActionID]string{}
	for name, k := range map[string]*Key{
		"nothing":     NewKey("a"),
		"other kind":  NewKey("b"),
		"one":         NewKey("a").Str("xy"),
		"two":         NewKey("a").Str("x").Str("y"),
		"other split": NewKey("a").Str("").Str("xy"),
		"value":       NewKey("a").Value("xy"),
		"kind joined": NewKey("axy"),
		"digest":      NewKey("a").Digest(site.Digest{}),
		"zeros":       NewKey("a").Bytes(make([]byte, 31)),
		"list":        NewKey("a").Value([]string{"x", "y"}),
		"list joined": NewKey("a").Value([]string{"x,y"}),
	} {
		if other, ok := ids[k.ID()]; ok {
			t.Errorf("%s and %s have one id", name, other)
		}
		ids[k.ID()] = name
	}
	if a, b := NewKey("a").Str("b").ID(), NewKey("a").Str("b").ID(); a != b {
		t.Error("the same parts give two ids")
	}
	a := NewKey("a")
	before := a.ID()
	if a.ID() != before || a.Str("x").ID() == before {
		t.Error("asking for an id changes the key, or adding a part does not")
	}
}

// files lists the files of a store, its stamp left out.
func files(t testing.TB, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != "pruned" {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestDamage flips every bit, cuts at every length and lengthens: the answer
// is the right one or a miss, and after a miss the entry can be written anew.
func TestDamage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, epoch)
	want := value{N: 3, Text: "seven"}
	if err := s.Put(id(1), want); err != nil {
		t.Fatal(err)
	}
	d, err := s.PutBlob([]byte("some blob"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files(t, dir) {
		whole, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var damaged [][]byte
		for i := range 8 * len(whole) {
			b := bytes.Clone(whole)
			b[i/8] ^= 1 << (i % 8)
			damaged = append(damaged, b)
		}
		for n := range len(whole) {
			damaged = append(damaged, whole[:n])
		}
		damaged = append(damaged, append(bytes.Clone(whole), 0), append(bytes.Clone(whole), whole...))
		for i, b := range damaged {
			if err := os.WriteFile(name, b, 0o600); err != nil {
				t.Fatal(err)
			}
			var got value
			if strings.Contains(name, "/a/") {
				if s.Get(id(1), &got) {
					t.Fatalf("damage %d: answered %v", i, got)
				}
			} else if b, err := s.Blob(d); !errors.Is(err, ErrNoBlob) {
				t.Fatalf("damage %d: blob %q, %v", i, b, err)
			}
			if _, err := os.Stat(name); err == nil {
				t.Fatalf("damage %d: the damaged file stays", i)
			}
		}
	}
	if err := s.Put(id(1), want); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutBlob([]byte("some blob")); err != nil {
		t.Fatal(err)
	}
	var got value
	if b, err := s.Blob(d); !s.Get(id(1), &got) || got.Text != want.Text || err != nil || string(b) != "some blob" {
		t.Error("the entries could not be written anew")
	}
}

// TestDoubt: a blob of the right size and the wrong bytes is not noticed by a
// look at its size; in doubt the bytes are read.
func TestDoubt(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), epoch)
	d, err := s.PutBlob([]byte("right"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.file("b", d), []byte("wrong"), 0o600); err != nil {
		t.Fatal(err)
	}
	if !s.HasBlob(d, 5) {
		t.Error("HasBlob reads without need")
	}
	s.Doubt()
	if s.HasBlob(d, 5) {
		t.Error("HasBlob takes wrong bytes for right")
	}
	if err := os.WriteFile(s.file("b", d), []byte("wrong"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutBlob([]byte("right")); err != nil {
		t.Fatal(err)
	}
	if b, err := s.Blob(d); err != nil || string(b) != "right" {
		t.Errorf("blob %q, %v", b, err)
	}
}

// fill writes and reads what every writer of the test does.
func fill(dir string) error {
	s, err := Open(dir, epoch)
	if err != nil {
		return err
	}
	for i := range 60 {
		text := strings.Repeat(fmt.Sprint(i), 2000)
		if err := s.Put(id(i), value{N: i, Text: text}); err != nil {
			return err
		}
		d, err := s.PutBlob([]byte(text))
		if err != nil {
			return err
		}
		var got value
		if !s.Get(id(i), &got) || got.Text != text {
			return fmt.Errorf("entry %d: %d bytes", i, len(got.Text))
		}
		if b, err := s.Blob(d); err != nil || string(b) != text {
			return fmt.Errorf("blob %d: %d bytes, %w", i, len(b), err)
		}
	}
	return s.Close()
}

// TestSharing lets goroutines and processes write and read the same entries.
func TestSharing(t *testing.T) {
	t.Parallel()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	errs := make([]error, 6)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			if i%2 == 0 {
				errs[i] = fill(dir)
			} else if out, err := exec.Command(exe, childArg, dir).CombinedOutput(); err != nil {
				errs[i] = fmt.Errorf("%w: %s", err, out)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	names := files(t, dir)
	for _, name := range names {
		if strings.HasPrefix(filepath.Base(name), "tmp-") {
			t.Errorf("left over: %s", name)
		}
	}
	if len(names) != 120 {
		t.Errorf("%d files, want 120", len(names))
	}
}

// TestPrune moves the clock: what is used stays, what is not goes, at most
// once a day.
func TestPrune(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(days float64, f func(*Store)) {
		t.Helper()
		s := open(t, dir, epoch.Add(time.Duration(days*24*float64(time.Hour))))
		f(s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	var used, unused site.Digest
	at(0, func(s *Store) {
		for i := range 2 {
			if err := s.Put(id(i), value{N: i}); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		if used, err = s.PutBlob([]byte("used")); err == nil {
			unused, err = s.PutBlob([]byte("unused"))
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files(t, dir) {
			if err := os.Chtimes(name, epoch, epoch); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "b", "tmp-1"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(dir, "b", "tmp-1"), epoch, epoch); err != nil {
			t.Fatal(err)
		}
	})
	if n := len(files(t, dir)); n != 5 {
		t.Fatalf("%d files on the first day, want 5", n)
	}
	var v value
	at(0.5, func(s *Store) {})
	if n := len(files(t, dir)); n != 5 {
		t.Errorf("%d files after half a day: swept too often", n)
	}
	at(10, func(s *Store) {
		if !s.Get(id(0), &v) || !s.HasBlob(used, 4) {
			t.Error("an entry of ten days is gone")
		}
	})
	if n := len(files(t, dir)); n != 4 {
		t.Errorf("%d files after ten days, want 4: the writer that died left one", n)
	}
	at(20, func(s *Store) {})
	s := open(t, dir, epoch)
	if !s.Get(id(0), &v) || !s.HasBlob(used, 4) {
		t.Error("what was used ten days ago is gone")
	}
	if s.Get(id(1), &v) || s.HasBlob(unused, 6) {
		t.Error("what was unused for twenty days is still there")
	}
}

func TestTemp(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	s, err := Temp(dir, epoch)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Put(id(1), value{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

// TestDeletedAtAnyTime: the folder may vanish under an open store.
func TestDeletedAtAnyTime(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "store")
	s := open(t, dir, epoch)
	if err := s.Put(id(1), value{}); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	var v value
	if s.Get(id(1), &v) {
		t.Error("a deleted entry answers")
	}
	if err := s.Put(id(1), value{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutBlob([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if !s.Get(id(1), &v) {
		t.Error("what was written after the deletion is not there")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func BenchmarkGet(b *testing.B) {
	s := open(b, b.TempDir(), epoch)
	if err := s.Put(id(1), value{Text: strings.Repeat("x", 4096)}); err != nil {
		b.Fatal(err)
	}
	var v value
	b.ReportAllocs()
	for b.Loop() {
		if !s.Get(id(1), &v) {
			b.Fatal("missed")
		}
	}
}
