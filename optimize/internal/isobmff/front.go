package isobmff

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
)

// ErrInFront says that nothing is to be done.
var ErrInFront = errors.New("already starts with its index")

// errChanged says that the moved file would not play the same data.
var errChanged = errors.New("its index leads to data that is not there")

// MoveToFront returns a copy of a film or sound with the moov box in front of
// its data, so that a player can begin before it has the whole file (section
// 6.2.3 recommends it). The boxes are the same, in another order; the offsets
// in moov follow the data. Any other error says in a few words why a file
// has to stay as it is.
func MoveToFront(b []byte) ([]byte, error) {
	m, err := parse(b)
	if err != nil {
		return nil, err
	}
	if m.moov.Start < m.data[0].Start {
		return nil, ErrInFront
	}
	if !m.sound() {
		return nil, errChanged
	}
	out := make([]byte, 0, len(b))
	out = append(out, b[:m.insert]...)
	out = append(out, b[m.moov.Start:m.moov.End]...)
	out = append(out, b[m.insert:m.moov.Start]...)
	out = append(out, b[m.moov.End:]...)
	for i := range m.tracks {
		if !m.shift(&m.tracks[i], out) {
			return nil, errUnusual
		}
	}
	if err := m.verify(out); err != nil {
		return nil, err
	}
	return out, nil
}

// sound reports whether every chunk lies in the data, and all of them together
// are no more than there is: chunks of a real file do not overlap, and
// comparing those that do would take forever.
func (m *movie) sound() bool {
	left := uint64(len(m.b))
	for i := range m.tracks {
		ok := m.tracks[i].eachChunk(m.b, func(_ int, off, n uint64) bool {
			if n > left || !m.inside(off, n) {
				return false
			}
			left -= n
			return true
		})
		if !ok {
			return false
		}
	}
	return true
}

// moved returns where what stood at off stands once moov is in front.
func (m *movie) moved(off uint64) uint64 {
	if off < uint64(m.insert) || off >= uint64(m.moov.End) {
		return off
	}
	return off + uint64(m.moov.End-m.moov.Start)
}

// shift writes the new offsets of a track into the moved moov box.
func (m *movie) shift(t *track, out []byte) bool {
	at := t.at - m.moov.Start + m.insert
	for k := range t.chunks {
		to := m.moved(t.offset(m.b, k))
		if t.wide {
			binary.BigEndian.PutUint64(out[at+8*k:], to)
			continue
		}
		if to > math.MaxUint32 {
			return false
		}
		binary.BigEndian.PutUint32(out[at+4*k:], uint32(to))
	}
	return true
}

// verify reads the moved file as a player would, and compares every chunk and
// every box but the offsets with the source.
func (m *movie) verify(out []byte) error {
	n, err := parse(out)
	if err != nil || len(out) != len(m.b) || len(n.tracks) != len(m.tracks) || n.moov.Start != m.insert {
		return errors.Join(errChanged, err)
	}
	if !n.sound() {
		return errChanged
	}
	gap := m.moov.Start - n.moov.Start
	last := n.moov.Start
	for i := range n.tracks {
		was, is := &m.tracks[i], &n.tracks[i]
		if is.at != was.at-gap || is.chunks != was.chunks || is.wide != was.wide {
			return errChanged
		}
		same := is.eachChunk(out, func(k int, off, size uint64) bool {
			from := was.offset(m.b, k)
			return m.inside(from, size) && bytes.Equal(out[off:off+size], m.b[from:from+size])
		})
		if !same || is.offsets.Data < last || !bytes.Equal(out[last:is.at], m.b[last+gap:is.at+gap]) {
			return errChanged
		}
		last = is.offsets.End
	}
	if !bytes.Equal(out[last:n.moov.End], m.b[last+gap:m.moov.End]) {
		return errChanged
	}
	return nil
}
