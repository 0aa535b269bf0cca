// Package store is the build cache: what an action made, kept on disk under
// the hash of everything that went into it. Values are checked when read, so
// a torn or altered file is a miss and never a wrong answer. Many processes
// may use one store; deleting it at any time is safe.
//
// Layout: a/ holds action results, b/ holds blobs, each under two hexadecimal
// digits of its name.
package store

import (
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/hone-web/hone/site"
)

// Format is part of every action id; raise it when the meaning of a stored
// value changes.
const Format = "hone store 2"

// ActionID identifies an action by everything that decides its result.
type ActionID [sha256.Size]byte

// Key builds an ActionID from labelled parts. Each part is preceded by its
// length, so no two lists of parts collide.
type Key struct{ h hash.Hash }

// NewKey starts a key for the named kind of action.
func NewKey(kind string) *Key {
	k := &Key{sha256.New()}
	return k.Str(Format).Str(kind)
}

// Str adds a string.
func (k *Key) Str(s string) *Key { return k.Bytes([]byte(s)) }

// Bytes adds bytes.
func (k *Key) Bytes(b []byte) *Key {
	var n [8]byte
	for i, v := 0, uint64(len(b)); i < 8; i, v = i+1, v>>8 {
		n[i] = byte(v)
	}
	k.h.Write(n[:])
	k.h.Write(b)
	return k
}

// Digest adds a digest.
func (k *Key) Digest(d site.Digest) *Key { return k.Bytes(d[:]) }

// Value adds the canonical JSON of v.
func (k *Key) Value(v any) *Key {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("store: key part %T: %v", v, err))
	}
	return k.Bytes(b)
}

// ID returns the finished id.
func (k *Key) ID() (id ActionID) {
	k.h.Sum(id[:0])
	return id
}

// Store is a build cache in one folder.
type Store struct {
	dir          string
	temp         bool
	now          time.Time
	doubt        bool
	hits, misses atomic.Int64
	recall       *Recall // nil: every answer is read from disk
}

// Open opens the store in dir, making the folder if needed. now is the time
// of the build, which ages entries.
func Open(dir string, now time.Time) (*Store, error) {
	for _, d := range []string{dir, filepath.Join(dir, "a"), filepath.Join(dir, "b")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("open store: %w", err)
		}
	}
	return &Store{dir: dir, now: now}, nil
}

// Temp opens a store in a fresh folder inside dir; Close removes it.
func Temp(dir string, now time.Time) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	d, err := os.MkdirTemp(dir, "nocache-")
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s, err := Open(d, now)
	if err != nil {
		return nil, err
	}
	s.temp = true
	return s, nil
}

// Stats returns how many lookups were answered and how many were not.
func (s *Store) Stats() (hits, misses int64) { return s.hits.Load(), s.misses.Load() }

// Close prunes what nobody used for long.
func (s *Store) Close() error {
	if s.temp {
		return os.RemoveAll(s.dir)
	}
	return s.prune()
}

func (s *Store) file(kind string, id [32]byte) string {
	h := hex.EncodeToString(id[:])
	return filepath.Join(s.dir, kind, h[:2], h)
}

// Get reads the result of an action into v and reports whether there was one.
func (s *Store) Get(id ActionID, v any) bool {
	_, ok := s.get(id, v)
	return ok
}

// get also returns the length of the value's encoding.
func (s *Store) get(id ActionID, v any) (int, bool) {
	b, ok := s.lookup(id)
	if ok {
		if u, binary := v.(encoding.BinaryUnmarshaler); binary {
			ok = u.UnmarshalBinary(b) == nil
		} else {
			ok = json.Unmarshal(b, v) == nil
		}
	}
	if ok {
		s.hits.Add(1)
	} else {
		s.misses.Add(1)
	}
	return len(b), ok
}

func (s *Store) lookup(id ActionID) ([]byte, bool) {
	name := s.file("a", id)
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, false
	}
	if len(raw) < sha256.Size || sha256.Sum256(raw[sha256.Size:]) != [sha256.Size]byte(raw) {
		os.Remove(name) // torn or altered
		return nil, false
	}
	s.touch(name)
	return raw[sha256.Size:], true
}

// Put keeps the result of an action: in the form of its
// encoding.BinaryMarshaler if it is one, as JSON otherwise.
func (s *Store) Put(id ActionID, v any) error {
	_, err := s.put(id, v)
	return err
}

func (s *Store) put(id ActionID, v any) (int, error) {
	var b []byte
	var err error
	if m, binary := v.(encoding.BinaryMarshaler); binary {
		b, err = m.MarshalBinary()
	} else {
		b, err = json.Marshal(v)
	}
	if err != nil {
		return 0, fmt.Errorf("store %T: %w", v, err)
	}
	sum := sha256.Sum256(b)
	if err := s.write(s.file("a", id), append(sum[:], b...)); err != nil {
		return 0, fmt.Errorf("store %T: %w", v, err)
	}
	return len(b), nil
}

// Doubt makes the store read blobs where it otherwise looks at their size
// alone: a blob was found to be altered, so others may be.
func (s *Store) Doubt() {
	s.doubt = true
	if s.recall != nil {
		s.recall.Forget()
	}
}

// PutBlob keeps bytes under their digest.
func (s *Store) PutBlob(b []byte) (site.Digest, error) {
	d := site.Sum(b)
	name := s.file("b", d)
	if s.HasBlob(d, int64(len(b))) {
		return d, nil
	}
	if err := s.write(name, b); err != nil {
		return d, fmt.Errorf("store blob: %w", err)
	}
	return d, nil
}

// ErrNoBlob says that a blob is missing or was altered. The caller makes it
// again.
var ErrNoBlob = errors.New("blob not in store")

// Blob returns the bytes with digest d.
func (s *Store) Blob(d site.Digest) ([]byte, error) {
	name := s.file("b", d)
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoBlob
	}
	if err != nil {
		return nil, fmt.Errorf("read blob: %w", err)
	}
	if site.Sum(b) != d {
		os.Remove(name)
		return nil, ErrNoBlob
	}
	s.touch(name)
	return b, nil
}

// HasBlob reports whether a blob of this digest and size is there, without
// reading it.
func (s *Store) HasBlob(d site.Digest, size int64) bool {
	if s.recall != nil && s.recall.hasBlob(d, size) {
		return true
	}
	fi, err := os.Stat(s.file("b", d))
	if err != nil || fi.Size() != size {
		return false
	}
	if s.doubt {
		if _, err = s.Blob(d); err != nil {
			return false
		}
	} else {
		s.touchInfo(s.file("b", d), fi)
	}
	if s.recall != nil {
		s.recall.noteBlob(d, size)
	}
	return true
}

// write puts b at name so that readers see all of it or nothing.
func (s *Store) write(name string, b []byte) error {
	dir := filepath.Dir(name)
	f, err := os.CreateTemp(dir, "tmp-")
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(dir, 0o700); err == nil {
			f, err = os.CreateTemp(dir, "tmp-")
		}
	}
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
