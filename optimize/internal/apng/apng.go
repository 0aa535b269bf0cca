// Package apng takes animated PNG apart (PNG specification, third edition,
// sections 4.9 and 11.3.6). It gives each frame as it is stored; putting them
// onto one another is left to the caller.
package apng

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/png"
)

// ErrFormat says that a file is not an animated PNG as the specification has
// it. Browsers then show a still.
var ErrFormat = errors.New("apng: not a valid animated PNG")

// Dispose says what becomes of a frame's rectangle when its time is over.
type Dispose byte

// The values of dispose_op (section 11.3.6.2).
const (
	Keep Dispose = iota
	Background
	Previous
)

// Animation is an animated PNG.
type Animation struct {
	Width, Height int
	Plays         int // 0 is for ever
	Frames        []Frame

	head   []byte // data of IHDR
	common []byte // the chunks that all frames share
}

// Frame is a frame as it is stored.
type Frame struct {
	Rect     image.Rectangle
	Num, Den int // it is shown for so many seconds, Num/Den; Den is never 0
	Dispose  Dispose
	Over     bool // blended onto what is shown, else in its place

	parts [][]byte // compressed data
}

const magic = "\x89PNG\r\n\x1a\n"

// Parse reads the chunks of b. The animation refers to b.
func Parse(b []byte) (*Animation, error) {
	if !bytes.HasPrefix(b, []byte(magic)) {
		return nil, ErrFormat
	}
	r := reader{a: &Animation{}}
	for rest := b[len(magic):]; len(rest) >= 12; {
		n := binary.BigEndian.Uint32(rest)
		if uint64(n)+12 > uint64(len(rest)) || crc32.ChecksumIEEE(rest[4:8+n]) != binary.BigEndian.Uint32(rest[8+n:]) {
			return nil, ErrFormat
		}
		kind := string(rest[4:8])
		if kind == "IEND" {
			return r.end()
		}
		if err := r.chunk(kind, rest[8:8+n], rest[:12+n]); err != nil {
			return nil, err
		}
		rest = rest[12+n:]
	}
	return nil, ErrFormat
}

// reader keeps what the order of chunks depends on.
type reader struct {
	a        *Animation
	count    uint32 // of frames, as announced
	animated bool
	data     bool   // IDAT was seen
	sequence uint32 // the next number
}

func (r *reader) chunk(kind string, data, whole []byte) error {
	a := r.a
	if (kind == "IHDR") != (a.head == nil) {
		return ErrFormat
	}
	switch kind {
	case "IHDR":
		if len(data) != 13 {
			return ErrFormat
		}
		w, h := binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[4:])
		if w == 0 || h == 0 || w > 1<<31-1 || h > 1<<31-1 {
			return ErrFormat
		}
		a.head, a.Width, a.Height = data, int(w), int(h)
	case "PLTE", "tRNS":
		a.common = append(a.common, whole...)
	case "acTL":
		if len(data) != 8 || r.animated || r.data {
			return ErrFormat
		}
		plays := binary.BigEndian.Uint32(data[4:])
		if plays > 1<<31-1 {
			return ErrFormat
		}
		r.animated, r.count, a.Plays = true, binary.BigEndian.Uint32(data), int(plays)
	case "fcTL":
		return r.control(data)
	case "IDAT":
		r.data = true
		if len(a.Frames) > 1 {
			return ErrFormat
		}
		if len(a.Frames) == 1 { // else the picture is no part of the animation
			return r.add(data)
		}
	case "fdAT":
		if len(data) < 4 || !r.data || len(a.Frames) == 0 || !r.next(data) {
			return ErrFormat
		}
		return r.add(data[4:])
	}
	return nil
}

// next takes the next number of the sequence off data.
func (r *reader) next(data []byte) bool {
	ok := binary.BigEndian.Uint32(data) == r.sequence
	r.sequence++
	return ok
}

// add appends compressed data to the last frame.
func (r *reader) add(data []byte) error {
	f := &r.a.Frames[len(r.a.Frames)-1]
	f.parts = append(f.parts, data)
	return nil
}

// control reads fcTL.
func (r *reader) control(data []byte) error {
	a := r.a
	if len(data) != 26 || !r.animated || uint64(len(a.Frames)) >= uint64(r.count) || !r.next(data) {
		return ErrFormat
	}
	if n := len(a.Frames); n > 0 && a.Frames[n-1].parts == nil { // the last one is empty
		return ErrFormat
	}
	w, h := uint64(binary.BigEndian.Uint32(data[4:])), uint64(binary.BigEndian.Uint32(data[8:]))
	x, y := uint64(binary.BigEndian.Uint32(data[12:])), uint64(binary.BigEndian.Uint32(data[16:]))
	if w == 0 || h == 0 || x+w > uint64(a.Width) || y+h > uint64(a.Height) || data[24] > 2 || data[25] > 1 {
		return ErrFormat
	}
	f := Frame{
		Rect: image.Rect(int(x), int(y), int(x+w), int(y+h)),
		Num:  int(binary.BigEndian.Uint16(data[20:])), Den: int(binary.BigEndian.Uint16(data[22:])),
		Dispose: Dispose(data[24]), Over: data[25] == 1,
	}
	if f.Den == 0 {
		f.Den = 100
	}
	if !r.data && f.Rect != image.Rect(0, 0, a.Width, a.Height) { // it is the still
		return ErrFormat
	}
	a.Frames = append(a.Frames, f)
	return nil
}

func (r *reader) end() (*Animation, error) {
	a := r.a
	n := len(a.Frames)
	if !r.animated || !r.data || n == 0 || uint64(n) != uint64(r.count) || a.Frames[n-1].parts == nil {
		return nil, ErrFormat
	}
	return a, nil
}

// Decode returns the pixels of frame i as image/png does, the upper left one
// at 0, 0.
func (a *Animation) Decode(i int) (image.Image, error) {
	f := &a.Frames[i]
	head := bytes.Clone(a.head)
	binary.BigEndian.PutUint32(head, uint32(f.Rect.Dx()))
	binary.BigEndian.PutUint32(head[4:], uint32(f.Rect.Dy()))
	b := appendChunk([]byte(magic), "IHDR", head)
	b = append(b, a.common...)
	b = appendChunk(b, "IDAT", f.parts...)
	return png.Decode(bytes.NewReader(appendChunk(b, "IEND")))
}

func appendChunk(b []byte, kind string, parts ...[]byte) []byte {
	start := len(b)
	b = append(b, "\x00\x00\x00\x00"...)
	b = append(b, kind...)
	for _, p := range parts {
		b = append(b, p...)
	}
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start-8))
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[start+4:]))
}
