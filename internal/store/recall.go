package store

import (
	"encoding"
	"encoding/json"
	"sync"
	"unsafe"

	"github.com/hone-web/hone/site"
)

// Recall keeps results of actions in memory, decoded, for the next build of
// the same process: a watcher builds a site again and again, of which little
// changes. It holds what recent builds asked for, up to a bound; what it does
// not hold is read from the store. Safe for concurrent use.
type Recall struct {
	mu    sync.Mutex
	limit int64
	size  int64
	round int
	kept  map[ActionID]*recalled
	blobs map[site.Digest]int64
}

type recalled struct {
	value any   // a pointer
	size  int64 // estimate of what it takes
	round int   // the last build that asked for it
}

const (
	// decoded is how many times its encoding a value takes in memory.
	decoded = 4
	// rounds is how many builds a value is kept without being asked for. A
	// build that was cut short asks for a part only.
	rounds = 4
	// blobRounds is how many builds pass until it is looked again which blobs
	// are there, and those that are no longer of use are forgotten.
	blobRounds = 64
)

// NewRecall returns an empty memory for about limit bytes of results.
func NewRecall(limit int64) *Recall {
	return &Recall{limit: limit, kept: map[ActionID]*recalled{}, blobs: map[site.Digest]int64{}}
}

// Forget empties the memory.
func (r *Recall) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.size = 0
	clear(r.kept)
	clear(r.blobs)
}

// Size returns the estimate of the bytes that are held.
func (r *Recall) Size() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.size
}

// next drops what the last builds did not ask for.
func (r *Recall) next() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, e := range r.kept {
		if r.round-e.round >= rounds {
			r.size -= e.size
			delete(r.kept, id)
		}
	}
	r.round++
	if r.round%blobRounds == 0 {
		clear(r.blobs)
	}
}

func (r *Recall) get(id ActionID) any {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.kept[id]
	if e == nil {
		return nil
	}
	e.round = r.round
	return e.value
}

func (r *Recall) put(id ActionID, value any, encoded int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	size := decoded*int64(encoded) + 128
	if old := r.kept[id]; old != nil {
		r.size -= old.size
		delete(r.kept, id)
	}
	if r.size+size > r.limit {
		return
	}
	r.size += size
	r.kept[id] = &recalled{value, size, r.round}
}

func (r *Recall) hasBlob(d site.Digest, size int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, ok := r.blobs[d]
	return ok && n == size
}

func (r *Recall) noteBlob(d site.Digest, size int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.blobs[d] = size
}

// Remember makes the store answer from r where it can. One build at a time may
// use r.
func (s *Store) Remember(r *Recall) {
	s.recall = r
	r.next()
}

// Load returns the result of an action, nil if there is none. With a Recall,
// it is shared with other builds: callers must not change it.
func Load[T any](s *Store, id ActionID) *T {
	if s.recall != nil {
		if v, ok := s.recall.get(id).(*T); ok {
			s.hits.Add(1)
			return v
		}
	}
	v := new(T)
	n, ok := s.get(id, v)
	if !ok {
		return nil
	}
	if s.recall != nil {
		s.recall.put(id, v, n)
	}
	return v
}

// Keep keeps the result of an action as Put does, and in memory. The caller
// must not change v afterwards.
func Keep[T any](s *Store, id ActionID, v *T) error {
	n, err := s.put(id, v)
	if err == nil && s.recall != nil {
		s.recall.put(id, v, n)
	}
	return err
}

// Altered returns the ids of results in memory that are no longer what the
// store holds: somebody changed what is shared. For tests.
func (s *Store) Altered() []ActionID {
	s.recall.mu.Lock()
	defer s.recall.mu.Unlock()
	var ids []ActionID
	for id, e := range s.recall.kept {
		var now []byte
		var err error
		if m, binary := e.value.(encoding.BinaryMarshaler); binary {
			now, err = m.MarshalBinary()
		} else {
			now, err = json.Marshal(e.value)
		}
		if was, ok := s.lookup(id); err != nil || ok && string(was) != string(now) {
			ids = append(ids, id)
		}
	}
	return ids
}

// Recalled returns what Note noted, nil if it is not known.
func Recalled[T any](s *Store, id ActionID) *T {
	if s.recall == nil {
		return nil
	}
	v, _ := s.recall.get(id).(*T)
	return v
}

// Note keeps a small value that is cheap to find again in memory only.
func Note[T any](s *Store, id ActionID, v *T) {
	if s.recall != nil {
		s.recall.put(id, v, int(unsafe.Sizeof(*v)))
	}
}
