package optimize

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"slices"
)

// film is an animation as a row of whole pictures.
type film struct {
	width, height int
	frames        int
	plays         int // 0 is for ever
	// open starts at the first frame. Each call of next gives a frame and for
	// how many milliseconds it is shown, io.EOF after the last. The picture is
	// overwritten by the next one; what is fully transparent in it is black.
	open func() (next func() (*image.NRGBA, int, error))
}

// shortFrame is up to how many milliseconds a frame may take to be shown for
// 100 instead, as browsers do in all formats: such frames must stay apart.
const shortFrame = 10

// filmVariant offers an animation as lossless WebP if that is a tenth smaller
// than size bytes and was asked for.
func filmVariant(ctx context.Context, in *Input, f *film, size int) ([]Variant, error) {
	if f == nil || in.Lossless || !slices.Contains(in.Want, ".webp") || f.frames < 2 {
		return nil, nil
	}
	limits := in.Options.limits()
	if f.frames > limits.Frames || int64(f.width)*int64(f.height)*int64(f.frames) > limits.Pixels {
		return nil, nil
	}
	b, err := encodeFilm(ctx, in, f, size-max(100, size/10))
	if err != nil || b == nil {
		return nil, err
	}
	back, err := webpFilm(b)
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", errUnverified, err)
	}
	if err := sameFilm(ctx, f, back); err != nil {
		return nil, err
	}
	return []Variant{{Ext: ".webp", Type: "image/webp", Bytes: b, Note: "lossless animated WebP"}}, nil
}

// sameFilm reports an error unless b shows the pictures of a, each as long and
// all as often. Frames of b may stand for several equal ones of a.
func sameFilm(ctx context.Context, a, b *film) error {
	if a.width != b.width || a.height != b.height || a.plays != b.plays {
		return errUnverified
	}
	var held *image.NRGBA
	left := 0 // milliseconds for which held is still shown
	nextA, nextB := a.open(), b.open()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		m, ms, err := nextA()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if left == 0 {
			if held, left, err = nextB(); err != nil {
				return fmt.Errorf("%w (%w)", errUnverified, err)
			}
			if ms <= shortFrame && ms != left {
				return errUnverified
			}
		} else if ms <= shortFrame {
			return errUnverified
		}
		if ms > left || !sameNRGBA(m, held) {
			return errUnverified
		}
		left -= ms
	}
	if _, _, err := nextB(); left != 0 || !errors.Is(err, io.EOF) {
		return errUnverified
	}
	return nil
}
