package optimize

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"slices"
	"testing"

	"github.com/gen2brain/jpegli"

	"github.com/hone-web/hone/site"
)

// testExif returns EXIF data with an orientation.
func testExif(orientation int) []byte { return orientationSegment(orientation)[10:] }

// withSegment puts an application segment behind SOI.
func withSegment(b []byte, marker byte, data []byte) []byte {
	head := binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(2+len(data)))
	return slices.Concat(b[:2], head, data, b[2:])
}

// testProfile returns an ICC profile of matrix and curves: sRGB, or with
// other primaries.
func testProfile(srgb bool) []byte {
	var tags, data []byte
	add := func(name string, d []byte) {
		tags = append(tags, name...)
		tags = binary.BigEndian.AppendUint32(tags, uint32(132+7*12+len(data)))
		tags = binary.BigEndian.AppendUint32(tags, uint32(len(d)))
		data = append(data, d...)
	}
	fixed := func(v float64) []byte { return binary.BigEndian.AppendUint32(nil, uint32(int32(math.Round(v*65536)))) }
	for _, name := range []string{"rXYZ", "gXYZ", "bXYZ"} {
		d := []byte("XYZ \x00\x00\x00\x00")
		for _, v := range srgbColorants[name] {
			if !srgb {
				v *= 0.9
			}
			d = append(d, fixed(v)...)
		}
		add(name, d)
	}
	curve := []byte("para\x00\x00\x00\x00\x00\x03\x00\x00")
	for _, v := range []float64{2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045} {
		curve = append(curve, fixed(v)...)
	}
	for _, name := range []string{"rTRC", "gTRC", "bTRC"} {
		add(name, curve)
	}
	add("desc", []byte("sRGB by name only"))
	p := make([]byte, 128)
	copy(p[16:], "RGB XYZ ")
	p = binary.BigEndian.AppendUint32(p, 7)
	return slices.Concat(p, tags, data)
}

func jpegliJPEG(t testing.TB, m image.Image, o jpegli.EncodingOptions) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpegli.Encode(&b, m, &o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func grayPhoto(w, h int) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i, p := 0, photo(w, h); i < w*h; i++ {
		m.Pix[i] = p.Pix[4*i]
	}
	return m
}

func cmykPhoto(w, h int) *image.CMYK {
	m := image.NewCMYK(image.Rect(0, 0, w, h))
	for i, p := range photo(w, h).Pix {
		m.Pix[i] = p / uint8(1+i%4)
	}
	return m
}

func jpegCases(t testing.TB) map[string][]byte {
	p := photo(203, 117)
	ratio := func(r image.YCbCrSubsampleRatio, level int) []byte {
		return jpegliJPEG(t, p, jpegli.EncodingOptions{Quality: 95, ChromaSubsampling: r, ProgressiveLevel: level})
	}
	return map[string][]byte{
		"std 92":          stdJPEG(t, p, 92),
		"std 40":          stdJPEG(t, p, 40),
		"tiny":            stdJPEG(t, photo(1, 1), 95),
		"narrow":          stdJPEG(t, photo(3, 200), 95),
		"grey":            stdJPEG(t, grayPhoto(203, 117), 95),
		"4:4:4":           ratio(image.YCbCrSubsampleRatio444, 0),
		"4:2:2":           ratio(image.YCbCrSubsampleRatio422, 0),
		"4:4:0":           ratio(image.YCbCrSubsampleRatio440, 1),
		"progressive":     ratio(image.YCbCrSubsampleRatio420, 2),
		"jpegli 75":       jpegliJPEG(t, p, jpegli.EncodingOptions{Quality: 75, ChromaSubsampling: image.YCbCrSubsampleRatio420, ProgressiveLevel: 2, AdaptiveQuantization: true}),
		"CMYK":            withSegment(jpegliJPEG(t, cmykPhoto(203, 117), jpegli.EncodingOptions{Quality: 95}), mAPP0+14, []byte("Adobe\x00\x64\x00\x00\x00\x00\x00")),
		"bytes after EOI": append(stdJPEG(t, p, 92), "a second picture"...),
	}
}

func decodedJPEG(t testing.TB, b []byte) image.Image {
	t.Helper()
	m, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestJPEGLossless(t *testing.T) {
	t.Parallel()
	for name, b := range jpegCases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := Input{Path: "a.jpg", Bytes: b, Lossless: true}
			out := optimizeImage(t, JPEG, in)
			if len(out.Diags) > 0 {
				t.Fatal(out.Diags)
			}
			if out.Bytes == nil {
				if name != "progressive" { // jpegli's own passes are hard to beat
					t.Fatal("kept: ", out.Kept)
				}
				return
			}
			if !samePlanes(decodedJPEG(t, b), decodedJPEG(t, out.Bytes)) {
				t.Error("the pixels changed")
			}
			again(t, JPEG, in, out)
		})
	}
}

func TestJPEGLossy(t *testing.T) {
	t.Parallel()
	lossless := []string{"std 40", "jpegli 75", "CMYK"} // already coarse, or not for jpegli
	for name, b := range jpegCases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := Input{Path: "a.jpg", Bytes: b}
			out := optimizeImage(t, JPEG, in)
			if len(out.Diags) > 0 {
				t.Fatal(out.Diags)
			}
			again(t, JPEG, in, out)
			if out.Bytes == nil {
				t.Fatal("kept: ", out.Kept)
			}
			src, got := decodedJPEG(t, b), decodedJPEG(t, out.Bytes)
			if slices.Contains(lossless, name) {
				if !samePlanes(src, got) {
					t.Error("lost quality that it had not to spare")
				}
				return
			}
			if e := meanError(src, got); e > 6 {
				t.Errorf("mean error %.1f of 255", e)
			}
			_, srcGray := src.(*image.Gray)
			if _, gray := got.(*image.Gray); gray != srcGray {
				t.Error("grey became colour")
			}
		})
	}
}

// meanError compares pictures of one size channel by channel.
func meanError(a, b image.Image) float64 {
	x, y := toNRGBA(a), toNRGBA(b)
	if x.Rect != y.Rect {
		return 255
	}
	sum := 0
	for i := range x.Pix {
		sum += abs(int(x.Pix[i]) - int(y.Pix[i]))
	}
	return float64(sum) / float64(len(x.Pix)) * 4 / 3
}

func TestJPEGOrientation(t *testing.T) {
	t.Parallel()
	for _, m := range []image.Image{photo(61, 40), grayPhoto(61, 40)} {
		plain := stdJPEG(t, m, 97)
		for o := 1; o <= 8; o++ {
			b := withSegment(plain, mAPP0+1, append([]byte("Exif\x00\x00"), testExif(o)...))
			shown := orient(decodedJPEG(t, plain), o)
			w, h := 61, 40
			if o > 4 {
				w, h = h, w
			}
			lossy := optimizeImage(t, JPEG, Input{Path: "a.jpg", Bytes: b})
			if lossy.Facts.Width != w || lossy.Facts.Height != h {
				t.Errorf("orientation %d: facts %+v, want %d×%d", o, lossy.Facts, w, h)
			}
			again(t, JPEG, Input{Path: "a.jpg"}, lossy)
			if got := decodedJPEG(t, lossy.Bytes); bytes.Contains(lossy.Bytes, []byte("Exif")) || meanError(shown, got) > 6 {
				t.Errorf("orientation %d: not turned; mean error %.1f", o, meanError(shown, got))
			}
			in := Input{Path: "a.jpg", Bytes: b, Lossless: true}
			exact := optimizeImage(t, JPEG, in)
			again(t, JPEG, in, exact)
			if h, err := jpegHeader(exact.Bytes); err != nil || h.orientation != o || bytes.Contains(exact.Bytes, []byte("Exif")) != (o > 1) {
				t.Errorf("orientation %d: %+v after lossless recoding (%v)", o, h, err)
			}
		}
	}
}

// The eight orientations of Exif 2.3, table 6: where the stored top left
// pixel of a 2×1 picture is seen.
func TestOrient(t *testing.T) {
	t.Parallel()
	m := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	m.SetNRGBA(0, 0, color.NRGBA{255, 0, 0, 255})
	for o, want := range map[int]image.Point{1: {0, 0}, 2: {2, 0}, 3: {2, 1}, 4: {0, 1}, 5: {0, 0}, 6: {1, 0}, 7: {1, 2}, 8: {0, 2}} {
		if got := orient(m, o); got.NRGBAAt(want.X, want.Y).R != 255 {
			t.Errorf("orientation %d: the corner is not at %v", o, want)
		}
	}
}

func TestJPEGProfile(t *testing.T) {
	t.Parallel()
	plain := stdJPEG(t, photo(120, 90), 95)
	for _, lossless := range []bool{false, true} {
		for _, srgb := range []bool{false, true} {
			p := testProfile(srgb)
			var b []byte // in two parts, the second first in the file
			b = withSegment(plain, mAPP0+2, append([]byte("ICC_PROFILE\x00\x01\x02"), p[:100]...))
			b = withSegment(b, mAPP0+2, append([]byte("ICC_PROFILE\x00\x02\x02"), p[100:]...))
			in := Input{Path: "a.jpg", Bytes: b, Lossless: lossless}
			out := optimizeImage(t, JPEG, in)
			if out.Bytes == nil {
				t.Fatal("kept: ", out.Kept)
			}
			again(t, JPEG, in, out)
			m, err := readJPEGMeta(out.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			if srgb && m.icc != nil || !srgb && !bytes.Equal(m.icc, p) {
				t.Errorf("lossless %v, sRGB %v: %d bytes of profile", lossless, srgb, len(m.icc))
			}
		}
	}
	broken := withSegment(plain, mAPP0+2, []byte("ICC_PROFILE\x00\x01\x02part"))
	wantKept(t, optimizeImage(t, JPEG, Input{Path: "a.jpg", Bytes: broken}), "")
}

func TestJPEGKept(t *testing.T) {
	t.Parallel()
	plain := stdJPEG(t, photo(120, 90), 95)
	gain := withSegment(plain, mAPP0+1, []byte("http://ns.adobe.com/xap/1.0/\x00<x xmlns:hdrgm='http://ns.adobe.com/hdr-gain-map/1.0/'/>"))
	wantKept(t, optimizeImage(t, JPEG, Input{Path: "a.jpg", Bytes: gain}), "")
	twelve := bytes.Clone(plain)
	twelve[bytes.Index(plain, []byte{0xff, 0xc0})+1] = 0xc9 // arithmetic coding
	wantKept(t, optimizeImage(t, JPEG, Input{Path: "a.jpg", Bytes: twelve}), "")
}

func TestJPEGTruncated(t *testing.T) {
	t.Parallel()
	var prog bytes.Buffer
	if err := jpegli.Encode(&prog, photo(64, 48), &jpegli.EncodingOptions{Quality: 80, ProgressiveLevel: 2}); err != nil {
		t.Fatal(err)
	}
	for _, src := range [][]byte{stdJPEG(t, photo(64, 48), 85), prog.Bytes()} {
		for n := range len(src) {
			out := optimizeImage(t, JPEG, Input{Path: "a.jpg", Bytes: src[:n], Lossless: n%50 != 0})
			if wantKept(t, out, ruleImageCorrupt); t.Failed() {
				t.Fatalf("cut after %d of %d bytes", n, len(src))
			}
		}
		// Cut, then closed with EOI, as some tools do.
		for n := len(src) / 2; n < len(src)-2; n += 7 {
			cut := append(bytes.Clone(src[:n]), 0xff, mEOI)
			if out := optimizeImage(t, JPEG, Input{Path: "a.jpg", Bytes: cut}); out.Bytes != nil {
				t.Fatalf("cut after %d and closed: rewritten", n)
			}
		}
	}
}

func TestExifDensity(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		e     exifInfo
		width int
		want  bool
	}{
		{exifInfo{pixelX: 50, xRes: 144}, 100, true},
		{exifInfo{pixelX: 100, xRes: 72}, 100, false},
		{exifInfo{pixelX: 100, xRes: 300}, 100, false}, // cameras write this
		{exifInfo{pixelX: 50, xRes: 300}, 100, false},
		{exifInfo{xRes: 144}, 100, false},
	} {
		if got := c.e.scales(c.width); got != c.want {
			t.Errorf("%+v at %d: %v", c.e, c.width, got)
		}
	}
}

func TestJPEGQuality(t *testing.T) {
	t.Parallel()
	for _, q := range []int{10, 30, 50, 75, 76, 85, 92, 100} {
		m, err := readJPEGMeta(stdJPEG(t, photo(16, 16), q))
		if err != nil || jpegQuality(m) != q {
			t.Errorf("std %d: %d (%v)", q, jpegQuality(m), err)
		}
	}
	for q := 1; q <= 100; q++ {
		for i, r := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio444} {
			m, err := readJPEGMeta(jpegliJPEG(t, photo(16, 16), jpegli.EncodingOptions{Quality: q, ChromaSubsampling: r, AdaptiveQuantization: true}))
			if err != nil {
				t.Fatal(err)
			}
			got := [2]uint16{uint16(tableSum(&m.quant[0])), uint16(tableSum(&m.quant[1]))}
			if want := [2]uint16(jpegliSums[q-1][2*i : 2*i+2]); got != want {
				t.Errorf("jpegli %d, ratio %d: sums %v, table %v", q, i, got, want)
			}
			if est := jpegQuality(m); est != q && q < 100 {
				t.Errorf("jpegli %d estimated as %d", q, est)
			}
		}
	}
}

// Colour edges are kept where they are sharp, and halved where they are not.
func TestFullChroma(t *testing.T) {
	t.Parallel()
	sharp := drawn(64, 64, func(x, y int) color.NRGBA {
		if (x/3+y/5)%2 == 0 {
			return color.NRGBA{220, 20, 20, 255}
		}
		return color.NRGBA{20, 20, 220, 255}
	})
	for _, c := range []struct {
		name string
		m    image.Image
		want image.YCbCrSubsampleRatio
	}{
		{"drawing", sharp, image.YCbCrSubsampleRatio444},
		{"photo", photo(64, 64), image.YCbCrSubsampleRatio420},
	} {
		src := jpegliJPEG(t, c.m, jpegli.EncodingOptions{Quality: 97, ChromaSubsampling: image.YCbCrSubsampleRatio444})
		out := optimizeImage(t, JPEG, Input{Path: "a.jpg", Bytes: src})
		if got, ok := decodedJPEG(t, out.Bytes).(*image.YCbCr); !ok || got.SubsampleRatio != c.want {
			t.Errorf("%s: %v, want %v", c.name, got.SubsampleRatio, c.want)
		}
	}
}

func FuzzJPEG(f *testing.F) {
	small := photo(24, 20)
	f.Add(stdJPEG(f, small, 90))
	f.Add(stdJPEG(f, grayPhoto(9, 17), 50))
	f.Add(jpegliJPEG(f, small, jpegli.EncodingOptions{Quality: 90, ProgressiveLevel: 2}))
	f.Add(jpegliJPEG(f, cmykPhoto(12, 12), jpegli.EncodingOptions{Quality: 90}))
	f.Add(withSegment(stdJPEG(f, small, 90), mAPP0+1, append([]byte("Exif\x00\x00"), testExif(5)...)))
	f.Fuzz(func(t *testing.T, b []byte) {
		in := Input{Path: "a.jpg", Bytes: b, Lossless: true, Options: &Options{Limits: Limits{Pixels: 1 << 16}}}
		out := optimizeImage(t, JPEG, in)
		if slices.Contains(rules(out), ruleImageUnverified) {
			t.Error(out.Diags)
		}
		again(t, JPEG, in, out)
	})
}

func BenchmarkJPEG(b *testing.B) {
	m := photo(1024, 768)
	src := stdJPEG(b, m, 92)
	for _, lossless := range []bool{true, false} {
		name := "lossy"
		if lossless {
			name = "lossless"
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := JPEG.Run(context.Background(), &Input{Path: "a.jpg", Kind: site.Image, Bytes: src, Lossless: lossless}); err != nil {
					b.Fatal(err)
				}
			}
			reportPixels(b, m.Rect)
		})
	}
}
