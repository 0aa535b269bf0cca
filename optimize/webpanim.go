package optimize

import (
	"context"
	"encoding/binary"
	"errors"
	"image"
	"io"

	"github.com/hone-web/hone/optimize/internal/libwebp"
)

// animFrame is a frame of an animated WebP (RFC 9649, section 2.7.1.3).
type animFrame struct {
	rect    image.Rectangle
	blend   bool // onto what is shown, else in its place
	dispose bool // its rectangle becomes transparent when its time is over
	ms      int
	data    []byte // of a VP8L chunk
}

// maxFrameTime is the longest a frame of WebP is shown, in milliseconds.
const maxFrameTime = 1<<24 - 1

// encodeFilm writes f as lossless animated WebP, in at most so many bytes;
// nil if it takes more.
func encodeFilm(ctx context.Context, in *Input, f *film, most int) ([]byte, error) {
	if f.width > libwebp.MaxSide || f.height > libwebp.MaxSide || f.width*f.height > webpPixels || f.plays > 65535 {
		return nil, nil
	}
	e := &filmEncoder{effort: 75, shown: image.NewNRGBA(image.Rect(0, 0, f.width, f.height)), thorough: in.Options.preset() != "fast"}
	if in.Options.preset() == "max" {
		e.effort = 100
	}
	next := f.open()
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m, ms, err := next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || ms > maxFrameTime || e.add(m, ms) != nil || e.size > most {
			return nil, nil // the source serves
		}
	}
	b := e.file(f)
	if len(b) > most {
		return nil, nil
	}
	return b, nil
}

// filmEncoder chooses for each frame what to write of it.
type filmEncoder struct {
	webp     libwebp.Encoder
	effort   int
	thorough bool         // tries all the ways
	shown    *image.NRGBA // after the last frame
	cleared  *image.NRGBA // the same, were the last frame taken off
	frames   []animFrame
	size     int  // bytes of frames
	alpha    bool // something is transparent in a frame or between them
}

// add appends a frame that shows m.
func (e *filmEncoder) add(m *image.NRGBA, ms int) error {
	keep := differ(e.shown, m)
	if n := len(e.frames); n > 0 && keep.n == 0 {
		if last := &e.frames[n-1]; ms > shortFrame && last.ms > shortFrame && last.ms+ms <= maxFrameTime {
			last.ms += ms
			return nil
		}
	}
	best, err := e.smallest(m, keep)
	if err != nil {
		return err
	}
	if n := len(e.frames); n > 0 && keep.n > 0 {
		last := &e.frames[n-1]
		if e.cleared == nil {
			e.cleared = image.NewNRGBA(e.shown.Rect)
		}
		copy(e.cleared.Pix, e.shown.Pix)
		clearRect(e.cleared, last.rect)
		// Worth a try where less differs then, as where something moves over
		// nothing.
		if off := differ(e.cleared, m); off.n < keep.n {
			other, err := e.smallest(m, off)
			if err != nil {
				return err
			}
			if len(other.data) < len(best.data) {
				best, last.dispose, e.alpha = other, true, true
			}
		}
	}
	best.ms = ms
	e.frames = append(e.frames, best)
	e.size += len(best.data) + 32
	e.alpha = e.alpha || len(e.frames) == 1 && best.rect != m.Rect
	copy(e.shown.Pix, m.Pix)
	return nil
}

// smallest returns the frame that turns what d was made from into m.
func (e *filmEncoder) smallest(m *image.NRGBA, d frameDiff) (animFrame, error) {
	whole := cropped(m, d.rect)
	opaque := whole.Opaque()
	best := animFrame{rect: d.rect}
	same := d.rect.Dx()*d.rect.Dy() - d.n
	mayBlend := d.opaque && same > 0 && len(e.frames) > 0
	if !mayBlend || e.thorough || 2*same < d.n {
		b, err := e.encode(whole)
		if err != nil {
			return best, err
		}
		best.data = b
	}
	if mayBlend && (e.thorough || best.data == nil) {
		b, err := e.encode(changedOnly(whole, d))
		if err != nil {
			return best, err
		}
		if best.data == nil || len(b) < len(best.data) {
			best.data, best.blend, opaque = b, true, false
		}
	}
	e.alpha = e.alpha || !opaque
	return best, nil
}

// encode returns the VP8L data of a picture.
func (e *filmEncoder) encode(m *image.NRGBA) ([]byte, error) {
	b, err := e.webp.EncodeLossless(m, 4, e.effort)
	if err != nil {
		return nil, err
	}
	chunks, err := webpChunks(b)
	if err != nil || len(chunks) != 1 || chunks[0].kind != "VP8L" {
		return nil, errWebP
	}
	return chunks[0].data, nil
}

// file puts the frames together (sections 2.7.1.1 and 2.7.1.2).
func (e *filmEncoder) file(f *film) []byte {
	flags := byte(vp8xAnim)
	if e.alpha {
		flags |= vp8xAlpha
	}
	head := append([]byte{flags, 0, 0, 0}, uint24(nil, f.width-1, f.height-1)...)
	anim := binary.LittleEndian.AppendUint16([]byte{0, 0, 0, 0}, uint16(f.plays)) // on nothing
	chunks := []webpChunk{{"VP8X", head}, {"ANIM", anim}}
	for _, a := range e.frames {
		b := uint24(nil, a.rect.Min.X/2, a.rect.Min.Y/2, a.rect.Dx()-1, a.rect.Dy()-1, a.ms)
		var how byte
		if !a.blend {
			how |= anmfReplace
		}
		if a.dispose {
			how |= anmfDispose
		}
		b = append(b, how)
		b = append(b, "VP8L"...)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(a.data)))
		b = append(b, a.data...)
		if len(a.data)&1 != 0 {
			b = append(b, 0)
		}
		chunks = append(chunks, webpChunk{"ANMF", b})
	}
	return writeWebP(chunks, 0)
}

// The flags of a frame.
const (
	anmfDispose = 1
	anmfReplace = 2
)

func uint24(b []byte, v ...int) []byte {
	for _, v := range v {
		b = append(b, byte(v), byte(v>>8), byte(v>>16))
	}
	return b
}
