package optimize

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"testing"
)

func TestFewestPNG(t *testing.T) {
	t.Parallel()
	in := &Input{Options: &Options{}}
	m := quantized(photo(120, 90))
	b, err := fewestPNG(t.Context(), in, m)
	if err != nil {
		t.Fatal(err)
	}
	f, err := parsePNG(b, false)
	if err != nil || f.colorType != pngPaletted && f.colorType != pngGray {
		t.Fatalf("colour type %d, %v", f.colorType, err)
	}
	samePNG(t, stdPNG(t, m), b)
	few := toNRGBA(chart(60, 40)) // few colours: exact
	if !sameNRGBA(quantized(few), few) {
		t.Error("a picture in few colours changed")
	}
}

// cutOut is a round part of a photograph with a soft edge, on nothing or on
// white.
func cutOut(w, h int, alpha bool) *image.NRGBA {
	p := photo(w, h)
	return drawn(w, h, func(x, y int) color.NRGBA {
		c := p.NRGBAAt(x, y)
		a := 20 * (0.38 - math.Hypot(float64(x)/float64(w)-0.5, float64(y)/float64(h)-0.5))
		a = min(1, max(0, a))
		if alpha {
			c.A = uint8(255 * a)
			return c
		}
		on := func(v uint8) uint8 { return uint8(255 - a*(255-float64(v))) }
		return color.NRGBA{on(c.R), on(c.G), on(c.B), 255}
	})
}

// lively is a photograph whose channels have little in common.
func lively(w, h int) *image.NRGBA {
	p := photo(w, h)
	return drawn(w, h, func(x, y int) color.NRGBA {
		return color.NRGBA{p.NRGBAAt(x, y).R, p.NRGBAAt(w-1-x, y).G, p.NRGBAAt(x, h-1-y).B, 255}
	})
}

func TestLossyPNG(t *testing.T) {
	t.Parallel()
	noise := drawn(100, 80, func(x, y int) color.NRGBA {
		h := uint32(x*7919+y*104729) * 2654435761
		return color.NRGBA{uint8(h >> 24), uint8(h >> 16), uint8(h >> 8), 255}
	})
	wide := stdPNG(t, photo(160, 120))
	for _, c := range []struct {
		name  string
		in    Input
		lossy bool
	}{
		{"photograph", Input{Bytes: wide}, true},
		{"lively", Input{Bytes: stdPNG(t, lively(160, 120))}, true},
		{"lively, high", Input{Bytes: stdPNG(t, lively(160, 120)), Options: &Options{Quality: "high"}}, false},
		{"drawing", Input{Bytes: stdPNG(t, cutOut(200, 150, false))}, true},
		{"soft edge", Input{Bytes: stdPNG(t, cutOut(200, 150, true))}, true},
		{"forbidden", Input{Bytes: wide, Lossless: true}, false},
		{"few colours", Input{Bytes: stdPNG(t, chart(160, 120))}, false},
		{"noise of all colours", Input{Bytes: stdPNG(t, noise)}, false},
		{"without a score", Input{Bytes: stdPNG(t, photo(400, 7))}, false},
		{"gamma", Input{Bytes: inChunk(wide, "gAMA", []byte{0, 1, 0x86, 0xa0})}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := c.in
			in.Path = "a.png"
			out := optimizeImage(t, PNG, in)
			if out.Facts.Lossy != c.lossy || len(out.Diags) > 0 {
				t.Fatalf("lossy: %v, score %.1f, %v", out.Facts.Lossy, out.Facts.Score, out.Diags)
			}
			again(t, PNG, in, out)
			if !c.lossy {
				if out.Bytes != nil {
					samePNG(t, in.Bytes, out.Bytes)
				}
				return
			}
			target := in.Options.target()
			src, err := png.Decode(bytes.NewReader(in.Bytes))
			if err != nil {
				t.Fatal(err)
			}
			if isGraphic(toNRGBA(src)) {
				target = max(target, scoreDrawn)
			}
			back, err := png.Decode(bytes.NewReader(out.Bytes))
			if err != nil {
				t.Fatal(err)
			}
			score := scoreOf(toNRGBA(src), toNRGBA(back))
			if score < target || math.Abs(score-out.Facts.Score) > 1e-6 || out.Facts.Note == "" {
				t.Errorf("scores %.2f, reported %.2f as %q, target %.0f", score, out.Facts.Score, out.Facts.Note, target)
			}
			in.Lossless = true
			exact := optimizeImage(t, PNG, in)
			if n := len(exact.Bytes); n > 0 && len(out.Bytes)*10 > n*9 {
				t.Errorf("%d bytes, without loss %d", len(out.Bytes), n)
			}
		})
	}
}
