package optimize

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
	"testing"

	"golang.org/x/image/webp"

	"github.com/hone-web/hone/site"
)

// drawn returns a picture whose pixels f gives.
func drawn(w, h int, f func(x, y int) color.NRGBA) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, f(x, y))
		}
	}
	return m
}

// inChunk puts a chunk behind IHDR.
func inChunk(b []byte, kind string, data []byte) []byte {
	return slices.Concat(b[:33], appendChunk(nil, kind, data), b[33:])
}

// rawPNG writes rows, each with its filter byte, under a header of our choice.
func rawPNG(w, h int, depth, colorType, interlace byte, palette, trns, rows []byte) []byte {
	b := []byte(pngMagic)
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(w)), uint32(h))
	b = appendChunk(b, "IHDR", append(head, depth, colorType, 0, 0, interlace))
	if palette != nil {
		b = appendChunk(b, "PLTE", palette)
	}
	if trns != nil {
		b = appendChunk(b, "tRNS", trns)
	}
	var z bytes.Buffer
	zw, _ := zlib.NewWriterLevel(&z, 1)
	zw.Write(rows)
	zw.Close()
	return appendChunk(appendChunk(b, "IDAT", z.Bytes()), "IEND", nil)
}

// adam7 orders 8-bit grey pixels in the seven passes of section 8.2.
func adam7(m *image.Gray) (rows []byte) {
	for _, p := range [][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}} {
		for y := p[1]; y < m.Rect.Dy(); y += p[3] {
			if p[0] >= m.Rect.Dx() {
				continue
			}
			rows = append(rows, 0)
			for x := p[0]; x < m.Rect.Dx(); x += p[2] {
				rows = append(rows, m.GrayAt(x, y).Y)
			}
		}
	}
	return rows
}

// pngCases are pictures with the layout they should end in.
func pngCases(t testing.TB) []struct {
	name             string
	b                []byte
	depth, colorType uint8
} {
	gray := func(v uint8) color.NRGBA { return color.NRGBA{v, v, v, 255} }
	wide := image.NewNRGBA64(image.Rect(0, 0, 20, 20))
	fits := image.NewNRGBA64(image.Rect(0, 0, 20, 20))
	gray16 := image.NewGray16(image.Rect(0, 0, 40, 40))
	inter := image.NewGray(image.Rect(0, 0, 37, 23))
	for i := range wide.Pix {
		wide.Pix[i], fits.Pix[i] = uint8(i*7), uint8(i/2*5)
	}
	for i := range gray16.Pix {
		gray16.Pix[i] = uint8(i * i >> 4)
	}
	for i := range inter.Pix {
		inter.Pix[i] = uint8(i * i >> 3)
	}
	indexed := make([]byte, 0, 33*32)
	for y := range 32 {
		indexed = append(indexed, 0)
		for x := range 32 {
			indexed = append(indexed, byte((x*y)%5))
		}
	}
	palette := []byte{255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9, 200, 100, 50, 1, 1, 1}
	return []struct {
		name             string
		b                []byte
		depth, colorType uint8
	}{
		{"photo", stdPNG(t, photo(60, 40)), 8, pngRGB},
		{"chart", stdPNG(t, chart(60, 40)), 4, pngPaletted},
		{"black and white", stdPNG(t, drawn(50, 50, func(x, y int) color.NRGBA { return gray(uint8(x*y%2) * 255) })), 1, pngGray},
		{"four greys", stdPNG(t, drawn(50, 50, func(x, y int) color.NRGBA { return gray(uint8(x*y%4) * 85) })), 2, pngGray},
		{"sixteen greys", stdPNG(t, drawn(90, 90, func(x, y int) color.NRGBA { return gray(uint8(x*y%16) * 17) })), 4, pngGray},
		{"greys", stdPNG(t, drawn(90, 90, func(x, y int) color.NRGBA { return gray(uint8((x*x + y) % 251)) })), 8, pngGray},
		{"grey and alpha", stdPNG(t, drawn(80, 80, func(x, y int) color.NRGBA {
			return color.NRGBA{uint8(x * 3), uint8(x * 3), uint8(x * 3), uint8(y*3 + 1)}
		})), 8, pngGrayAlpha},
		{"colour and alpha", stdPNG(t, drawn(80, 80, func(x, y int) color.NRGBA {
			return color.NRGBA{uint8(x * 3), uint8(y * 3), uint8(x + y), uint8(x*y%250 + 1)}
		})), 8, pngRGBA},
		{"holes in a photo", stdPNG(t, drawn(80, 80, func(x, y int) color.NRGBA {
			if x < 20 {
				return color.NRGBA{uint8(y), 7, 9, 0}
			}
			return color.NRGBA{uint8(x * 3), uint8(y*3 + 1), uint8(x * y), 255}
		})), 8, pngRGB},
		{"one pixel", stdPNG(t, drawn(1, 1, func(x, y int) color.NRGBA { return color.NRGBA{1, 2, 3, 255} })), 8, pngRGB},
		{"clear", stdPNG(t, drawn(30, 30, func(x, y int) color.NRGBA { return color.NRGBA{uint8(x), uint8(y), 0, 0} })), 8, pngGray},
		{"16 bits that fit 8", stdPNG(t, fits), 8, pngRGBA},
		{"16 bits", stdPNG(t, wide), 16, pngRGBA},
		{"16-bit grey", stdPNG(t, gray16), 16, pngGray},
		{"interlaced", rawPNG(37, 23, 8, pngGray, 1, nil, nil, adam7(inter)), 8, pngGray},
		{"palette with tRNS", rawPNG(32, 32, 8, pngPaletted, 0, palette, []byte{255, 128, 0}, indexed), 4, pngPaletted},
	}
}

func TestPNG(t *testing.T) {
	t.Parallel()
	for _, c := range pngCases(t) {
		for _, preset := range []string{"fast", "default", "max"} {
			t.Run(c.name+" "+preset, func(t *testing.T) {
				t.Parallel()
				in := Input{Path: "a.png", Bytes: c.b, Options: &Options{Preset: preset}, Want: []string{".webp"}}
				out := optimizeImage(t, PNG, in)
				if len(out.Diags) > 0 {
					t.Fatal(out.Diags)
				}
				again(t, PNG, in, out)
				checkVariant(t, c.b, out)
				got := c.b
				if out.Bytes != nil {
					got = out.Bytes
					samePNG(t, c.b, got)
				}
				if f, err := parsePNG(got, false); err != nil || out.Bytes != nil && (f.depth != c.depth || f.colorType != c.colorType) {
					t.Errorf("%d bits of type %d, want %d of %d (%v)", f.depth, f.colorType, c.depth, c.colorType, err)
				}
			})
		}
	}
}

// samePNG compares what two files show, 16 bits a sample.
func samePNG(t testing.TB, a, b []byte) {
	t.Helper()
	x, err := png.Decode(bytes.NewReader(a))
	if err != nil {
		t.Fatal(err)
	}
	y, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	sameShown(t, x, y)
}

func sameShown(t testing.TB, a, b image.Image) {
	t.Helper()
	if a.Bounds() != b.Bounds() {
		t.Fatalf("%v became %v", a.Bounds(), b.Bounds())
	}
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			r1, g1, b1, a1 := a.At(x, y).RGBA()
			r2, g2, b2, a2 := b.At(x, y).RGBA()
			if [4]uint32{r1, g1, b1, a1} != [4]uint32{r2, g2, b2, a2} {
				t.Fatalf("pixel %d, %d: %v became %v", x, y, a.At(x, y), b.At(x, y))
			}
		}
	}
}

func checkVariant(t testing.TB, src []byte, out Output) {
	t.Helper()
	size := len(src)
	if out.Bytes != nil {
		size = len(out.Bytes)
	}
	for _, v := range out.Variants {
		if v.Ext != ".webp" || v.Type != "image/webp" || len(v.Bytes) > size-100 || len(v.Bytes) > size-size/20 {
			t.Errorf("variant %s %s of %d bytes beside %d", v.Ext, v.Type, len(v.Bytes), size)
		}
		a, err := png.Decode(bytes.NewReader(src))
		if err != nil {
			t.Fatal(err)
		}
		b, err := webp.Decode(bytes.NewReader(v.Bytes))
		if err != nil {
			t.Fatal(err)
		}
		sameShown(t, a, b)
	}
}

// A variant is made when asked for, and for a picture where it pays.
func TestPNGVariant(t *testing.T) {
	t.Parallel()
	src := stdPNG(t, photo(500, 7)) // too low to be judged, so kept exact
	if out := optimizeImage(t, PNG, Input{Path: "a.png", Bytes: src}); len(out.Variants) != 0 {
		t.Error("a variant nobody asked for")
	}
	if out := optimizeImage(t, PNG, Input{Path: "a.png", Bytes: src, Want: []string{".webp"}}); len(out.Variants) != 1 {
		t.Error("no variant")
	}
}

func TestPNGMetadata(t *testing.T) {
	t.Parallel()
	plain := stdPNG(t, photo(500, 7)) // too low to be judged, so kept exact
	linear := []byte{0, 1, 0x86, 0xa0}
	icc := func(p []byte) []byte {
		var z bytes.Buffer
		zw := zlib.NewWriter(&z)
		zw.Write(p)
		zw.Close()
		return append([]byte("x\x00\x00"), z.Bytes()...)
	}
	tests := []struct {
		name, kind string
		data       []byte
		carried    bool // into the output
		kept       bool // the whole file
	}{
		{"text", "tEXt", []byte("Comment\x00drawn by hand"), false, false},
		{"resolution", "pHYs", make([]byte, 9), false, false},
		{"sRGB", "sRGB", []byte{0}, false, false},
		{"gamma of sRGB", "gAMA", srgbGamma, false, false},
		{"linear gamma", "gAMA", linear, true, false},
		{"chromaticities", "cHRM", bytes.Repeat([]byte{0, 0, 0x7a, 0x26}, 8), true, false},
		{"chromaticities of sRGB", "cHRM", srgbChromaticities, false, false},
		{"the same as Adobe rounds them", "cHRM", []byte{0, 0, 0x7a, 0x25, 0, 0, 0x80, 0x83, 0, 0, 0xf9, 0xff, 0, 0, 0x80, 0xe9, 0, 0, 0x75, 0x30, 0, 0, 0xea, 0x60, 0, 0, 0x3a, 0x98, 0, 0, 0x17, 0x6f}, false, false},
		{"sRGB profile", "iCCP", icc(testProfile(true)), false, false},
		{"wide profile", "iCCP", icc(testProfile(false)), true, false},
		{"broken profile", "iCCP", []byte("x\x00\x00broken"), true, false},
		{"orientation 1", "eXIf", testExif(1), false, false},
		{"orientation 6", "eXIf", testExif(6), false, true},
		{"animated", "acTL", []byte{0, 0, 0, 3, 0, 0, 0, 0}, false, true},
		{"coded colours", "cICP", []byte{9, 16, 0, 1}, false, true},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := Input{Path: "a.png", Bytes: inChunk(plain, c.kind, c.data), Want: []string{".webp"}}
			out := optimizeImage(t, PNG, in)
			if len(out.Diags) > 0 {
				t.Fatal(out.Diags)
			}
			if c.kept {
				wantKept(t, out, "")
				return
			}
			if out.Bytes == nil {
				t.Fatal("kept: ", out.Kept)
			}
			again(t, PNG, in, out)
			if got := bytes.Contains(out.Bytes, appendChunk(nil, c.kind, c.data)); got != c.carried {
				t.Errorf("carried: %v", got)
			}
			if (len(out.Variants) > 0) == c.carried {
				t.Errorf("%d variants", len(out.Variants))
			}
		})
	}
	// A grey profile does not fit a palette, nor an RGB profile greys.
	gray := stdPNG(t, toNRGBA(grayPhoto(60, 60)))
	out := optimizeImage(t, PNG, Input{Path: "a.png", Bytes: inChunk(gray, "iCCP", icc(testProfile(false)))})
	if f, _ := parsePNG(out.Bytes, false); f == nil || f.gray() {
		t.Errorf("a colour profile in a grey picture: %+v, %s %v", f, out.Kept, out.Diags)
	}
}

func TestPNGDamaged(t *testing.T) {
	t.Parallel()
	src := stdPNG(t, chart(40, 30))
	for n := range len(src) {
		out := optimizeImage(t, PNG, Input{Path: "a.png", Bytes: src[:n]})
		if wantKept(t, out, ruleImageCorrupt); t.Failed() {
			t.Fatalf("cut after %d of %d bytes", n, len(src))
		}
		if n >= 33+8 && (out.Facts.Width != 40 || out.Facts.Height != 30) {
			t.Fatalf("cut after %d: facts %+v", n, out.Facts)
		}
	}
	for i := 8; i < len(src); i += 3 {
		bad := bytes.Clone(src)
		bad[i] ^= 0x10
		if out := optimizeImage(t, PNG, Input{Path: "a.png", Bytes: bad}); out.Bytes != nil {
			t.Fatalf("byte %d changed and not noticed", i)
		}
	}
}

func TestNeighbourOrder(t *testing.T) {
	t.Parallel()
	m := drawn(64, 8, func(x, _ int) color.NRGBA { return color.NRGBA{uint8(x * 37), uint8(x * 91), uint8(x), 255} })
	colors := analyse(m).colors
	order := neighbourOrder(m, slices.Sorted(slices.Values(colors)))
	if !slices.Equal(slices.Sorted(slices.Values(order)), slices.Sorted(slices.Values(colors))) {
		t.Fatal("not an order of the colours")
	}
	// In this picture each colour meets two others only: the chain is the row.
	for i := 1; i < len(order); i++ {
		if d := int(order[i]>>8&255) - int(order[i-1]>>8&255); d != 1 && d != -1 {
			t.Fatalf("columns %d and %d stand together", order[i-1]>>8&255, order[i]>>8&255)
		}
	}
}

func FuzzPNG(f *testing.F) {
	for _, c := range pngCases(f) {
		if len(c.b) < 4000 {
			f.Add(c.b)
		}
	}
	f.Add(animation(f, 2))
	f.Fuzz(func(t *testing.T, b []byte) {
		in := Input{Path: "a.png", Bytes: b, Want: []string{".webp"}, Options: &Options{Preset: "fast", Limits: Limits{Pixels: 1 << 14}}}
		out := optimizeImage(t, PNG, in)
		if slices.Contains(rules(out), ruleImageUnverified) {
			t.Error(out.Diags)
		}
		again(t, PNG, in, out)
	})
}

func BenchmarkPNG(b *testing.B) {
	for _, c := range []struct {
		name string
		m    image.Image
	}{{"photo", photo(512, 512)}, {"chart", chart(1024, 768)}} {
		src := stdPNG(b, c.m)
		for _, want := range [][]string{nil, {".webp"}} {
			b.Run(fmt.Sprint(c.name, want), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := PNG.Run(context.Background(), &Input{Path: "a.png", Kind: site.Image, Bytes: src, Want: want}); err != nil {
						b.Fatal(err)
					}
				}
				reportPixels(b, c.m.Bounds())
			})
		}
	}
}

func reportPixels(b *testing.B, r image.Rectangle) {
	b.ReportMetric(float64(r.Dx()*r.Dy())/1e6/(b.Elapsed().Seconds()/float64(b.N)), "MP/s")
}

// A palette of one colour in several strengths must not be merged or shifted
// by a detour over premultiplied colours.
func TestPNGTranslucentPalette(t *testing.T) {
	t.Parallel()
	m := image.NewNRGBA(image.Rect(0, 0, 32, 32))
	for i := range 32 * 32 {
		copy(m.Pix[4*i:], []byte{255, 193, 7, byte(i % 16 * 17)})
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, m); err != nil {
		t.Fatal(err)
	}
	for _, preset := range []string{"fast", "default", "max"} {
		in := &Input{Path: "a.png", Kind: site.Image, Bytes: buf.Bytes(), Options: &Options{Preset: preset, Limits: DefaultLimits}}
		for range 2 {
			out, err := PNG.Run(t.Context(), in)
			if err != nil || len(out.Diags) > 0 {
				t.Fatalf("%s: %v %v", preset, err, out.Diags)
			}
			if out.Bytes == nil {
				break
			}
			back, err := png.Decode(bytes.NewReader(out.Bytes))
			if err != nil {
				t.Fatal(err)
			}
			if !sameNRGBA(toNRGBA(back), clearedCopy(m)) {
				t.Errorf("%s: other pixels", preset)
			}
			in.Bytes = out.Bytes
		}
	}
}

func clearedCopy(m *image.NRGBA) *image.NRGBA {
	c := image.NewNRGBA(m.Rect)
	copy(c.Pix, m.Pix)
	clearHidden(c)
	return c
}
