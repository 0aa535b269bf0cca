package optimize

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"runtime"
	"testing"

	"github.com/hone-web/hone/site"
)

// photo returns a picture with shading, edges and noise, as photographs have.
func photo(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	seed := uint32(1)
	for y := range h {
		for x := range w {
			seed = seed*1664525 + 1013904223
			n := float64(seed>>24)/16 - 8
			u, v := float64(x)/float64(w), float64(y)/float64(h)
			k := 110 + 80*math.Sin(7*u+3*v) + 30*math.Sin(31*u*v) + n
			if math.Hypot(u-0.6, v-0.4) < 0.2 {
				k += 50
			}
			c := func(d float64) uint8 { return uint8(max(0, min(255, k+d))) }
			m.SetNRGBA(x, y, color.NRGBA{c(40 * u), c(0), c(-40 * v), 255})
		}
	}
	return m
}

func stdJPEG(t testing.TB, m image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func stdPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func optimizeImage(t testing.TB, o *Optimizer, in Input) Output {
	t.Helper()
	in.Kind = site.Image
	before := bytes.Clone(in.Bytes)
	out, err := o.Run(context.Background(), &in)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, in.Bytes) {
		t.Error("the input was written to")
	}
	if out.Bytes != nil && len(out.Bytes) >= len(in.Bytes) {
		t.Errorf("%d bytes became %d", len(in.Bytes), len(out.Bytes))
	}
	if out.Bytes == nil && out.Kept == "" {
		t.Error("kept without a reason")
	}
	return out
}

// again checks that optimizing an output changes nothing.
func again(t testing.TB, o *Optimizer, in Input, out Output) {
	t.Helper()
	if out.Bytes == nil {
		return
	}
	in.Bytes = out.Bytes
	if o := optimizeImage(t, o, in); o.Bytes != nil {
		t.Errorf("a second run made %d bytes of %d", len(o.Bytes), len(in.Bytes))
	}
}

func rules(out Output) (r []string) {
	for _, d := range out.Diags {
		r = append(r, d.Rule)
	}
	return r
}

func wantKept(t testing.TB, out Output, rule string) {
	t.Helper()
	if out.Bytes != nil || len(out.Variants) > 0 {
		t.Error("was rewritten")
	}
	if r := rules(out); rule == "" && len(r) > 0 || rule != "" && (len(r) != 1 || r[0] != rule) {
		t.Errorf("diagnostics %v, want %q", out.Diags, rule)
	}
}

func TestImageLimits(t *testing.T) {
	t.Parallel()
	lyingPNG := stdPNG(t, photo(8, 8))
	binary.BigEndian.PutUint32(lyingPNG[16:], 65536)
	binary.BigEndian.PutUint32(lyingPNG[20:], 65536)
	lyingJPEG := stdJPEG(t, photo(8, 8), 90)
	i := bytes.Index(lyingJPEG, []byte{0xff, 0xc0})
	copy(lyingJPEG[i+5:], []byte{0x7f, 0xff, 0x7f, 0xff})
	hollowJPEG := bytes.Clone(lyingJPEG)
	copy(hollowJPEG[i+5:], []byte{0x1f, 0xff, 0x1f, 0xff})
	many := animation(t, 5)
	for _, c := range []struct {
		name, path string
		o          *Optimizer
		b          []byte
		limits     Limits
		rule       string
	}{
		{"PNG of 4 gigapixels", "a.png", PNG, lyingPNG, Limits{}, ruleImageLimit},
		{"JPEG of 1 gigapixel", "a.jpg", JPEG, lyingJPEG, Limits{}, ruleImageLimit},
		{"side", "a.png", PNG, stdPNG(t, photo(40, 8)), Limits{Side: 39}, ruleImageLimit},
		{"pixels", "a.png", PNG, stdPNG(t, photo(40, 8)), Limits{Pixels: 319}, ruleImageLimit},
		{"frames", "a.gif", GIF, many, Limits{Frames: 4}, ruleImageLimit},
		{"JPEG named PNG", "a.png", PNG, stdJPEG(t, photo(8, 8), 90), Limits{}, ruleImageType},
		{"PNG named JPEG", "a.jpg", JPEG, stdPNG(t, photo(8, 8)), Limits{}, ruleImageType},
		{"text named PNG", "a.png", PNG, []byte("<html>not found"), Limits{}, ruleImageCorrupt},
		{"empty", "a.gif", GIF, nil, Limits{}, ruleImageCorrupt},
		// Within the limits, but without data: refused before memory is taken.
		{"JPEG without data", "a.jpg", JPEG, hollowJPEG, Limits{}, ruleImageCorrupt},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := Input{Path: site.Path(c.path), Bytes: c.b, Options: &Options{Limits: c.limits}}
			wantKept(t, optimizeImage(t, c.o, in), c.rule)
		})
	}
}

// Facts are those of the true picture even where the file is kept.
func TestMismatchFacts(t *testing.T) {
	t.Parallel()
	out := optimizeImage(t, PNG, Input{Path: "a.png", Bytes: stdJPEG(t, photo(24, 16), 80)})
	if out.Facts.Width != 24 || out.Facts.Height != 16 {
		t.Errorf("facts %+v", out.Facts)
	}
}

// A panic of a decoder keeps the file.
func TestDecoderPanic(t *testing.T) {
	t.Parallel()
	run := runImage("png", func(context.Context, *Input, header) (Output, error) { panic("index out of range") })
	out, err := run(context.Background(), &Input{Path: "a.png", Bytes: stdPNG(t, photo(8, 8))})
	if err != nil {
		t.Fatal(err)
	}
	wantKept(t, out, ruleImageCorrupt)
	if out.Facts.Width != 8 {
		t.Errorf("facts %+v", out.Facts)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := PNG.Run(ctx, &Input{Path: "a.png", Bytes: stdPNG(t, photo(8, 8))}); err == nil {
		t.Error("no error")
	}
}

// Not parallel: it sets the number of processors of the whole test.
func TestImagesDeterministic(t *testing.T) {
	inputs := []struct {
		o    *Optimizer
		path site.Path
		b    []byte
	}{
		{JPEG, "a.jpg", stdJPEG(t, photo(200, 150), 95)},
		{PNG, "a.png", stdPNG(t, photo(64, 48))},
		{PNG, "b.png", stdPNG(t, chart(120, 90))},
	}
	old := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(old)
	for _, in := range inputs {
		var first Output
		for i, procs := range []int{1, 2} {
			runtime.GOMAXPROCS(procs)
			out := optimizeImage(t, in.o, Input{Path: in.path, Bytes: in.b, Want: []string{".webp"}})
			if i == 0 {
				first = out
			} else if !bytes.Equal(first.Bytes, out.Bytes) || len(first.Variants) != len(out.Variants) ||
				len(out.Variants) > 0 && !bytes.Equal(first.Variants[0].Bytes, out.Variants[0].Bytes) {
				t.Errorf("%s: %d processors, other bytes", in.path, procs)
			}
		}
	}
}

// chart returns a picture of few colours.
func chart(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	colors := []color.NRGBA{{255, 255, 255, 255}, {20, 60, 200, 255}, {220, 30, 30, 255}, {40, 40, 40, 255}, {200, 200, 200, 255}}
	for y := range h {
		for x := range w {
			c := colors[0]
			switch {
			case x%16 == 0:
				c = colors[4]
			case y > h/2+int(20*math.Sin(float64(x)/9)):
				c = colors[1+x/16%2]
			case y%20 < 2:
				c = colors[3]
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

// animation returns a GIF of n frames that loops.
func animation(t testing.TB, n int) []byte {
	t.Helper()
	g := &gif.GIF{}
	for f := range n {
		p := image.NewPaletted(image.Rect(0, 0, 20, 10), color.Palette{color.Black, color.White, color.Transparent})
		for i := range p.Pix {
			p.Pix[i] = uint8((i + f) % 3)
		}
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, 5)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
