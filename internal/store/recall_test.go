package store

import (
	"os"
	"path/filepath"
	"testing"
)

// TestRecall asks a store in rounds. What recent rounds asked for comes from
// memory, within the bound.
func TestRecall(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := NewRecall(4000)
	round := func() *Store {
		s := open(t, dir, epoch)
		s.Remember(r)
		return s
	}
	s := round()
	v := &value{N: 1}
	if err := Keep(s, id(1), v); err != nil {
		t.Fatal(err)
	}
	d, err := s.PutBlob([]byte("blob"))
	if err != nil || !s.HasBlob(d, 4) {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	s = round()
	if got := Load[value](s, id(1)); got != v {
		t.Error("it was not remembered")
	}
	if Load[int](s, id(1)) != nil || Load[value](s, id(2)) != nil {
		t.Error("something else was remembered")
	}
	if !s.HasBlob(d, 4) || s.HasBlob(d, 5) {
		t.Error("blobs are not remembered")
	}
	s.Doubt()
	if Load[value](s, id(1)) != nil || s.HasBlob(d, 4) || r.Size() != 0 {
		t.Error("a doubted store answers from memory")
	}
	s = round()
	for i := range 100 {
		if err := Keep(s, id(i), &value{N: i, Text: "some words"}); err != nil {
			t.Fatal(err)
		}
	}
	if n := r.Size(); n > 4000 || n < 2000 {
		t.Errorf("%d bytes are held", n)
	}
	for range rounds {
		s = round()
		Load[value](s, id(0))
	}
	s = round()
	if len(r.kept) != 1 || Load[value](s, id(99)) == nil {
		t.Errorf("%d results are held, of which one was asked for", len(r.kept))
	}
	for range blobRounds {
		round()
	}
	if len(r.blobs) != 0 {
		t.Error("blobs are held for ever")
	}
}

// TestAltered changes what is shared.
func TestAltered(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "store"), epoch)
	s.Remember(NewRecall(1 << 20))
	v := &value{N: 1}
	if err := Keep(s, id(1), v); err != nil {
		t.Fatal(err)
	}
	Note(s, id(2), v)
	if len(s.Altered()) != 0 {
		t.Error("nothing was changed")
	}
	if Recalled[value](s, id(2)) != v || Recalled[value](s, id(3)) != nil {
		t.Error("what was noted is not known")
	}
	v.N = 2
	if got := s.Altered(); len(got) != 1 || got[0] != id(1) {
		t.Errorf("altered: %v", got)
	}
}
