package optimize

import (
	"context"
	"image"
	"io"

	"github.com/hone-web/hone/optimize/internal/apng"
)

// animatedPNG offers an animated PNG as WebP; its own bytes stay.
func animatedPNG(ctx context.Context, in *Input, f *pngFile) (Output, error) {
	out := Output{Kept: "animated PNG"}
	if len(in.Want) == 0 || in.Lossless || f.managed() != nil {
		return out, nil
	}
	a, err := apng.Parse(in.Bytes)
	if err != nil { // browsers show its still
		return out, nil
	}
	out.Variants, err = filmVariant(ctx, in, pngFilm(a), len(in.Bytes))
	return out, err
}

// pngFilm returns what an animated PNG shows, nil if WebP cannot say it.
func pngFilm(a *apng.Animation) *film {
	if a.Plays > 65535 {
		return nil
	}
	area := int64(0)
	for i := range a.Frames {
		area += int64(a.Frames[i].Rect.Dx()) * int64(a.Frames[i].Rect.Dy())
	}
	if area > animationPixels {
		return nil
	}
	f := &film{width: a.Width, height: a.Height, frames: len(a.Frames), plays: a.Plays}
	times := pngTimes(a.Frames)
	f.open = func() func() (*image.NRGBA, int, error) {
		p := &pngPlayer{a: a, times: times, canvas: image.NewNRGBA(image.Rect(0, 0, a.Width, a.Height))}
		return p.next
	}
	return f
}

// pngTimes returns for how many milliseconds each frame is shown. Fractions
// are carried over to the next frame, so that they do not add up.
func pngTimes(frames []apng.Frame) []int {
	out := make([]int, len(frames))
	carry := int64(0) // microseconds
	for i, f := range frames {
		us := int64(f.Num) * 1_000_000 / int64(f.Den)
		if us <= 1000*shortFrame { // a length of its own kind
			out[i] = int(us / 1000)
			continue
		}
		ms := max((us+carry+500)/1000, shortFrame+1)
		carry += us - 1000*ms
		out[i] = int(ms)
	}
	return out
}

// pngPlayer composes the frames of an animated PNG (section 11.3.6.2).
type pngPlayer struct {
	a      *apng.Animation
	times  []int
	i      int
	canvas *image.NRGBA
	before []byte // the canvas before a frame that is to be taken off again
}

func (p *pngPlayer) next() (*image.NRGBA, int, error) {
	if p.i == len(p.a.Frames) {
		return nil, 0, io.EOF
	}
	if p.i > 0 {
		switch last := &p.a.Frames[p.i-1]; last.Dispose {
		case apng.Background:
			clearRect(p.canvas, last.Rect)
		case apng.Previous:
			copy(p.canvas.Pix, p.before)
		}
	}
	f := &p.a.Frames[p.i]
	if f.Dispose == apng.Previous {
		p.before = append(p.before[:0], p.canvas.Pix...)
	}
	decoded, err := p.a.Decode(p.i)
	if err != nil {
		return nil, 0, err
	}
	shown := &pngPicture{}
	if shown.load(decoded); shown.pixels == nil || shown.pixels.Rect.Size() != f.Rect.Size() {
		return nil, 0, errPNG // 16 bits a sample
	}
	drawFrame(p.canvas, shown.pixels, f.Rect.Min, f.Over)
	p.i++
	return p.canvas, p.times[p.i-1], nil
}
