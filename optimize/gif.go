package optimize

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image/gif"
	"slices"

	"github.com/hone-web/hone/site"
)

// GIF drops what no browser shows from GIF pictures: comments, plain-text
// blocks, application data other than loop counts and colour profiles, and
// bytes after the end. Picture data is not touched, but offered as WebP, which
// stays animated.
var GIF = &Optimizer{
	Name:    "gif",
	Doc:     "GIF: comments and other hidden data dropped; animated WebP beside it",
	Version: 4,
	Kinds:   []site.Kind{site.Image},
	Match:   matchImage("gif"),
	Run:     runImage("gif", optimizeGIF),
}

func optimizeGIF(ctx context.Context, in *Input, _ header) (Output, error) {
	stripped, walk, err := walkGIF(in.Bytes)
	if err != nil {
		return Output{}, err
	}
	out, size := Output{Kept: "nothing hidden in it"}, len(in.Bytes)
	switch {
	case len(stripped) >= len(in.Bytes):
	case walk.area > animationPixels:
		out.Kept = "too many pixels to check"
	default:
		if err := sameGIF(in.Bytes, stripped); err != nil {
			return Output{}, err
		}
		out, size = Output{Bytes: stripped}, len(stripped)
	}
	if len(in.Want) == 0 || in.Lossless {
		return out, nil
	}
	f := gifFilm(in.Bytes, walk)
	if f != nil && f.frames == 1 {
		out.Variants, err = stillVariants(ctx, in, f, size)
	} else {
		out.Variants, err = filmVariant(ctx, in, f, size)
	}
	return out, err
}

// stillVariants makes other encodings of a GIF of one frame.
func stillVariants(ctx context.Context, in *Input, f *film, size int) ([]Variant, error) {
	m, _, err := f.open()()
	if err != nil {
		return nil, err
	}
	s := &seen{m: m, alpha: !m.Opaque(), graphic: isGraphic(m), source: len(in.Bytes)}
	return s.variants(ctx, in, size)
}

// animationPixels bounds the pixels of all frames that are decoded at once.
const animationPixels = 100e6

type gifWalk struct {
	width, height int
	frames        int
	area          int64 // pixels of all frames
	alpha         bool
	ambiguous     bool // browsers and image/gif disagree on some of it

	disposal byte // of the last graphic control
	control  bool // there was one before the next image
}

// extension notes what an extension says.
func (w *gifWalk) extension(b []byte) {
	switch {
	case b[1] == 0xf9 && len(b) > 3:
		w.alpha = w.alpha || b[3]&1 != 0
		w.control, w.disposal = true, b[3]>>2&7
	case b[1] == 0xff && len(b) >= 14 && string(b[3:14]) == "ANIMEXTS1.0":
		w.ambiguous = true // image/gif does not know this way to tell a loop count
	}
}

// image notes that an image begins.
func (w *gifWalk) image() {
	// image/gif goes on with the last disposal where an image has no control.
	w.ambiguous = w.ambiguous || !w.control && w.disposal > 1
	w.control = false
	w.frames++
}

// walkGIF reads the blocks of a GIF (GIF89a specification) and returns them
// without those that are not shown.
func walkGIF(b []byte) (kept []byte, w gifWalk, err error) {
	if len(b) < 13 {
		return nil, w, errTruncated
	}
	w.width, w.height = int(binary.LittleEndian.Uint16(b[6:])), int(binary.LittleEndian.Uint16(b[8:]))
	pos := 13 + gifColors(b[10])
	if pos > len(b) {
		return nil, w, errTruncated
	}
	kept = append(make([]byte, 0, len(b)), b[:pos]...)
	for {
		if pos >= len(b) {
			return nil, w, errTruncated
		}
		start, keep := pos, true
		switch b[pos] {
		case 0x3b: // trailer, section 27
			if w.frames == 0 {
				return nil, w, errTruncated
			}
			return append(kept, 0x3b), w, nil
		case 0x2c: // image, section 20
			if pos+10 >= len(b) {
				return nil, w, errTruncated
			}
			w.image()
			w.area += int64(binary.LittleEndian.Uint16(b[pos+5:])) * int64(binary.LittleEndian.Uint16(b[pos+7:]))
			pos += 10 + gifColors(b[pos+9]) + 1
		case 0x21: // extension, section 23
			if pos+2 >= len(b) {
				return nil, w, errTruncated
			}
			keep = keepExtension(b[pos:])
			w.extension(b[pos:])
			pos += 2
		default:
			return nil, w, fmt.Errorf("unknown block %#x", b[pos])
		}
		for { // data sub-blocks, section 15
			if pos >= len(b) {
				return nil, w, errTruncated
			}
			n := int(b[pos])
			pos += 1 + n
			if n == 0 {
				break
			}
		}
		if keep {
			kept = append(kept, b[start:pos]...)
		}
	}
}

// gifColors returns the bytes of the colour table that a packed field
// announces.
func gifColors(packed byte) int {
	if packed&0x80 == 0 {
		return 0
	}
	return 3 << (packed&7 + 1)
}

// keepExtension reports whether an extension matters to browsers: graphic
// control, loop count, colour profile. Plain text (0x01) they skip, but the
// graphic control before it would then meet the next image: it stays.
func keepExtension(b []byte) bool {
	switch b[1] {
	case 0xfe: // comment
		return false
	case 0xff: // application
		if len(b) < 14 || b[2] != 11 {
			return true
		}
		return slices.Contains([]string{"NETSCAPE2.0", "ANIMEXTS1.0", "ICCRGBG1012"}, string(b[3:14]))
	}
	return true
}

func sameGIF(a, b []byte) error {
	x, err := gif.DecodeAll(bytes.NewReader(a))
	if err != nil {
		return err
	}
	y, err := gif.DecodeAll(bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("%w (%w)", errUnverified, err)
	}
	same := len(x.Image) == len(y.Image) && x.LoopCount == y.LoopCount && x.BackgroundIndex == y.BackgroundIndex &&
		slices.Equal(x.Delay, y.Delay) && slices.Equal(x.Disposal, y.Disposal)
	for i := 0; same && i < len(x.Image); i++ {
		p, q := x.Image[i], y.Image[i]
		same = p.Rect == q.Rect && bytes.Equal(p.Pix, q.Pix) && slices.Equal(p.Palette, q.Palette)
	}
	if !same {
		return errUnverified
	}
	return nil
}

// gifHeader reads the facts of a GIF, frames counted.
func gifHeader(b []byte) (header, error) {
	if len(b) < 13 {
		return header{}, errTruncated
	}
	_, w, err := walkGIF(b)
	if errors.Is(err, errTruncated) && w.frames > 0 {
		err = nil // the size stands; the optimizer reports what is wrong
	}
	return header{width: w.width, height: w.height, orientation: 1, frames: w.frames, alpha: w.alpha}, err
}
