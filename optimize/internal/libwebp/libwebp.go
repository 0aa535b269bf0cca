// Package libwebp is the encoder of libwebp 1.6, translated from C
// to WebAssembly to Go by github.com/gen2brain/webp v0.6.4, whose file
// libwebp.go is here unchanged but for its package clause.
//
// It is a copy because that module, imported, loads a system libwebp through
// purego when it finds one: the bytes would then depend on the machine, every
// start would search for the library, and Linux binaries would need a dynamic
// loader. Only a build tag turns that off, and a plain go build must do.
package libwebp

import (
	"bytes"
	"errors"
	"image"
)

// MaxSide is the largest width or height of a WebP picture.
const MaxSide = 16383

// ErrEncode says that libwebp gave no output, mostly for want of memory.
var ErrEncode = errors.New("libwebp: cannot encode")

// EncodeLossless writes m, whose stride must be four bytes a pixel, as
// lossless WebP. The colour of fully transparent pixels is not kept. Method
// and quality (0 to 6, 1 to 100) trade time for size.
func EncodeLossless(m *image.NRGBA, method, quality int) ([]byte, error) {
	return encode(m, method, quality, 1)
}

// EncodeLossy writes m, whose stride must be four bytes a pixel, as lossy
// WebP with exact alpha. Quality is 0 to 100; method, 0 to 6, trades time for
// size.
func EncodeLossy(m *image.NRGBA, method, quality int) ([]byte, error) {
	return encode(m, method, quality, 0)
}

func encode(m *image.NRGBA, method, quality int, lossless int32) ([]byte, error) {
	var e Encoder
	return e.encode(m, method, quality, lossless)
}

// Encoder encodes many pictures one after the other, which is cheaper than
// each on its own if they are small. It keeps the memory that the largest
// took. The zero value is ready.
type Encoder struct{ mod *module }

// EncodeLossless is as the function of that name, with the same result.
func (e *Encoder) EncodeLossless(m *image.NRGBA, method, quality int) ([]byte, error) {
	return e.encode(m, method, quality, 1)
}

func (e *Encoder) encode(m *image.NRGBA, method, quality int, lossless int32) ([]byte, error) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	if w <= 0 || h <= 0 || w > MaxSide || h > MaxSide || m.Stride != 4*w || len(m.Pix) != 4*w*h {
		return nil, ErrEncode
	}
	if e.mod == nil {
		mod := newModuleRaw(&wasiHost{})
		// The module's memory grows step by step, each time by a copy. With
		// room for what it came to on photographs (52 bytes a pixel) the peak
		// is a third.
		mod.memory = append(make([]byte, 0, 8<<20+56*w*h), mod.memory...)
		mod.X_initialize()
		e.mod = mod
	}
	mod := e.mod
	e.mod = nil // not to be used again after an error
	in := mod.Xmalloc(int32(len(m.Pix)))
	size := mod.Xmalloc(8)
	if in <= 0 || size <= 0 || int(in)+len(m.Pix) > len(mod.memory) || int(size)+8 > len(mod.memory) {
		return nil, ErrEncode
	}
	copy(mod.memory[in:], m.Pix)
	clear(mod.memory[size:][:8]) // its size_t has but four
	const rgba, exact = 0, 0
	out := mod.Xencode(in, int32(w), int32(h), size, rgba, int32(quality), int32(method), lossless, exact)
	n := load64(mod.memory[size:])
	if out <= 0 || n == 0 || n > uint64(len(mod.memory)) || uint64(out)+n > uint64(len(mod.memory)) {
		return nil, ErrEncode
	}
	b := bytes.Clone(mod.memory[out : uint64(out)+n])
	for _, p := range []int32{out, size, in} {
		mod.Xfree(p)
	}
	e.mod = mod
	return b, nil
}

// wasiHost gives the module the two system calls it imports. It uses them for
// messages only, which are dropped.
type wasiHost struct{ mod *module }

func (h *wasiHost) Init(m any) { h.mod = m.(*module) }

func (h *wasiHost) Xfd_close(int32) int32 { return 0 }

func (h *wasiHost) Xfd_write(_, iovs, count, written int32) int32 {
	var n uint32
	for i := range count {
		n += load32(h.mod.memory[iovs+i*8+4:])
	}
	store32(h.mod.memory[written:], n)
	return 0
}
