// Package avif encodes and decodes AVIF without cgo: libavif and aom compiled
// to WebAssembly run in wazero. Nothing starts before the first picture.
//
// The bytes depend on the pixels and the options alone.
package avif

import (
	"context"
	"errors"
	"fmt"
	"image"
	"sync"
)

// Options say how a picture is encoded.
type Options struct {
	Quality      int  // of the colours, 1 to 100; 0 means 57
	QualityAlpha int  // of the alpha plane, 1 to 100; 0 means 90
	Speed        int  // of aom: 1, slowest, to 10; 0 means 8
	Subsample444 bool // keep the colour of every pixel: for text and line art
}

func (o Options) filled() Options {
	if o.Quality <= 0 {
		o.Quality = 57
	}
	if o.QualityAlpha <= 0 {
		o.QualityAlpha = 90
	}
	if o.Speed <= 0 {
		o.Speed = 8
	}
	o.Quality, o.QualityAlpha, o.Speed = min(o.Quality, 100), min(o.QualityAlpha, 100), min(o.Speed, 10)
	return o
}

// Encoder encodes and decodes. It may be used by many goroutines at once.
type Encoder struct {
	cacheDir string
	mu       sync.Mutex // guards what follows while it starts and stops
	run      *machine
	closed   bool
}

// NewEncoder returns an encoder that keeps its compiled code in cacheDir, or
// in memory alone if cacheDir is "". Compiling takes seconds, reading the
// compiled code a fraction of one. The code is run as it stands: cacheDir must
// be a folder that others cannot write to.
func NewEncoder(cacheDir string) *Encoder { return &Encoder{cacheDir: cacheDir} }

var (
	errClosed = errors.New("avif: the encoder is closed")
	errEncode = errors.New("avif: not encoded")
	errDecode = errors.New("avif: not a valid AVIF")
	errMemory = errors.New("avif: out of memory")
)

// MaxPixels is the largest picture that Encode takes.
const MaxPixels = 16 << 20

// Memory returns how many bytes encoding a picture of n pixels takes, beside
// the picture and 60 MB for the compiled code. Measured from 0.3 to 4
// megapixels: 4 MB and, for each pixel, 34 bytes, 53 with the colour of every
// pixel, 48 at speeds under 8, and 67 with both.
func (o Options) Memory(n int64) int64 {
	o = o.filled()
	each := int64(36)
	if o.Subsample444 {
		each += 20
	}
	if o.Speed < 8 {
		each += 16
	}
	return 5<<20 + each*n
}

// Encode returns m as an AVIF. A picture without transparent pixels gets no
// alpha plane. When ctx ends, the work stops.
func (e *Encoder) Encode(ctx context.Context, m *image.NRGBA, o Options) ([]byte, error) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	switch {
	case w <= 0 || h <= 0:
		return nil, fmt.Errorf("avif: a picture of %d × %d", w, h)
	case w > 65536 || h > 65536 || int64(w)*int64(h) > MaxPixels:
		return nil, fmt.Errorf("avif: %d × %d is more than %d million pixels", w, h, MaxPixels>>20)
	}
	in, err := e.instance(ctx, o.Memory(int64(w)*int64(h)))
	if err != nil {
		return nil, err
	}
	defer in.close()
	return in.encode(m, o.filled())
}

// Decode returns the first picture of an AVIF, in 8 bits, if it has no more
// than maxPixels.
func (e *Encoder) Decode(ctx context.Context, data []byte, maxPixels int64) (*image.NRGBA, error) {
	in, err := e.instance(ctx, 0)
	if err != nil {
		return nil, err
	}
	defer in.close()
	return in.decode(data, maxPixels)
}

// instance starts the machine if need be and returns a fresh instance of it
// with room bytes of memory set aside.
func (e *Encoder) instance(ctx context.Context, room int64) (*instance, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	run, err := e.machine()
	if err != nil {
		return nil, err
	}
	return run.instance(ctx, room)
}

func (e *Encoder) machine() (*machine, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, errClosed
	}
	if e.run == nil {
		run, err := start(e.cacheDir)
		if err != nil {
			return nil, err
		}
		e.run = run
	}
	return e.run, nil
}

// Close frees the compiled code. Calls that still run fail.
func (e *Encoder) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	if e.run == nil {
		return nil
	}
	run := e.run
	e.run = nil
	return run.close()
}
