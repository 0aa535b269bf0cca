// Package isobmff reads films and sound in the ISO base media file format
// (ISO/IEC 14496-12: MP4, QuickTime) as far as needed to put their index in
// front of their data. It never decodes a sample, keeps no copy of what it
// reads, and takes time linear in the size of the file whatever the file
// says.
package isobmff

import (
	"encoding/binary"
	"errors"
)

// Box is a box: a piece of a file with a length and a kind (section 4.2).
type Box struct {
	Kind  string
	Start int  // of its header
	Data  int  // of what it holds
	End   int  // just behind it
	Open  bool // its length is written as "to the end of the file"
}

// ErrDamaged says that boxes do not fill what holds them.
var ErrDamaged = errors.New("its boxes do not add up")

// walk calls f for each box between two offsets of b, until f returns an
// error. A box may say that it reaches to the end of the file only where top
// is set.
func walk(b []byte, from, to int, top bool, f func(Box) error) error {
	for at := from; at < to; {
		if to-at < 8 {
			return ErrDamaged
		}
		x := Box{Kind: string(b[at+4 : at+8]), Start: at, Data: at + 8}
		size := uint64(binary.BigEndian.Uint32(b[at:]))
		switch size {
		case 0:
			if !top {
				return ErrDamaged
			}
			size, x.Open = uint64(to-at), true
		case 1:
			if to-at < 16 {
				return ErrDamaged
			}
			size, x.Data = binary.BigEndian.Uint64(b[at+8:]), at+16
		}
		if size < uint64(x.Data-at) || size > uint64(to-at) {
			return ErrDamaged
		}
		x.End = at + int(size)
		if err := f(x); err != nil {
			return err
		}
		at = x.End
	}
	return nil
}

// child returns the one box of a kind inside x; ok is false if there is none,
// or more than one.
func child(b []byte, x Box, kind string) (found Box, ok bool, err error) {
	n := 0
	err = walk(b, x.Data, x.End, false, func(c Box) error {
		if c.Kind == kind {
			found, n = c, n+1
		}
		return nil
	})
	return found, n == 1, err
}

// table reads the head of a box that holds a version, flags and a number of
// entries of a fixed size, and returns where the entries begin.
func table(b []byte, x Box, entry int) (at, n int, ok bool) {
	if x.End-x.Data < 8 {
		return 0, 0, false
	}
	count := binary.BigEndian.Uint32(b[x.Data+4:])
	if uint64(count) > uint64(x.End-x.Data-8)/uint64(entry) {
		return 0, 0, false
	}
	return x.Data + 8, int(count), true
}
