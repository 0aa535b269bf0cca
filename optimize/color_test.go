package optimize

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"image/color"
	"math"
	"testing"

	"golang.org/x/image/webp"
)

// profileTag is a tag of a profile to be built.
type profileTag struct {
	name string
	data []byte
}

// buildProfile returns an ICC profile of version 4.
func buildProfile(space, pcs string, tags ...profileTag) []byte {
	b := make([]byte, 132+12*len(tags))
	b[8] = 4
	copy(b[12:], "mntr")
	copy(b[16:], space)
	copy(b[20:], pcs)
	copy(b[36:], "acsp")
	binary.BigEndian.PutUint32(b[128:], uint32(len(tags)))
	for i, t := range tags {
		e := b[132+12*i:]
		copy(e, t.name)
		binary.BigEndian.PutUint32(e[4:], uint32(len(b)))
		binary.BigEndian.PutUint32(e[8:], uint32(len(t.data)))
		b = append(b, t.data...)
	}
	return b
}

func s15(b []byte, v ...float64) []byte {
	for _, v := range v {
		b = binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(v*65536))))
	}
	return b
}

// gammaCurve is a curve of one number.
func gammaCurve(gamma float64) []byte {
	return binary.BigEndian.AppendUint16([]byte("curv\x00\x00\x00\x00\x00\x00\x00\x01"), uint16(gamma*256))
}

// mixedProfile returns an RGB profile of a gamma whose primaries are those of
// sRGB mixed: mix[i] says how much of red, green and blue is in the i-th.
func mixedProfile(mix [3][3]float64, gamma float64) []byte {
	var tags []profileTag
	for i, c := range "rgb" {
		data := []byte("XYZ \x00\x00\x00\x00")
		for xyz := range 3 {
			v := 0.0
			for j, p := range []string{"rXYZ", "gXYZ", "bXYZ"} {
				v += mix[i][j] * srgbColorants[p][xyz]
			}
			data = s15(data, v)
		}
		tags = append(tags, profileTag{string(c) + "XYZ", data}, profileTag{string(c) + "TRC", gammaCurve(gamma)})
	}
	return buildProfile("RGB ", "XYZ ", tags...)
}

// duller has primaries inside of sRGB, vivid far outside; both keep white.
var (
	duller = [3][3]float64{{0.94, 0.04, 0.02}, {0.03, 0.93, 0.04}, {0.03, 0.03, 0.94}}
	vivid  = [3][3]float64{{1.4, -0.2, -0.1}, {-0.2, 1.3, -0.1}, {-0.2, -0.1, 1.2}}
)

// srgbCode is the code value of linear light (IEC 61966-2-1).
func srgbCode(v float64) float64 {
	v = min(max(v, 0), 1)
	if v <= 0.0031308 {
		return 255 * 12.92 * v
	}
	return 255 * (1.055*math.Pow(v, 1/2.4) - 0.055)
}

// mixedCode is what a profile of mixedProfile says a colour is in sRGB.
func mixedCode(mix [3][3]float64, gamma float64, r, g, b uint8) (out [3]float64) {
	for i, v := range [3]uint8{r, g, b} {
		for j := range 3 {
			out[j] += mix[i][j] * math.Pow(float64(v)/255, gamma)
		}
	}
	for j := range out {
		out[j] = srgbCode(out[j])
	}
	return out
}

// inkProfile returns a CMYK profile of which inkCode knows what it says:
// CIELAB is linear in the inks, so that every way of interpolating agrees.
func inkProfile() []byte {
	b := []byte("mft1\x00\x00\x00\x00\x04\x03\x02\x00")
	b = s15(b, 1, 0, 0, 0, 1, 0, 0, 0, 1)
	ramp := func(n int) {
		for range n {
			for i := range 256 {
				b = append(b, byte(i))
			}
		}
	}
	ramp(4)
	for i := range 16 { // the last channel varies fastest
		lab := inkLab(float64(i>>3&1), float64(i>>2&1), float64(i>>1&1), float64(i&1))
		b = append(b, byte(math.Round(lab[0]*2.55)), byte(lab[1]+128), byte(lab[2]+128))
	}
	ramp(3)
	return buildProfile("CMYK", "Lab ", profileTag{"A2B0", b})
}

func inkLab(c, m, y, k float64) [3]float64 {
	return [3]float64{100 - 20*c - 20*m - 20*k, 30*m - 20*c, 40*y - 20*c}
}

func inkCode(p color.CMYK) (out [3]float64) {
	lab := inkLab(float64(p.C)/255, float64(p.M)/255, float64(p.Y)/255, float64(p.K)/255)
	inverse := func(t float64) float64 { // CIE 15, D50
		if t > 6.0/29 {
			return t * t * t
		}
		return 3 * 36.0 / 841 * (t - 4.0/29)
	}
	fy := (lab[0] + 16) / 116
	x, y, z := 0.9642*inverse(fy+lab[1]/500), inverse(fy), 0.8249*inverse(fy-lab[2]/200)
	return [3]float64{
		srgbCode(3.1338561*x - 1.6168667*y - 0.4906146*z),
		srgbCode(-0.9787684*x + 1.9161415*y + 0.0334540*z),
		srgbCode(0.0719453*x - 0.2289914*y + 1.4052427*z),
	}
}

// farthest returns the largest difference of a sample from what want says.
func farthest(m *image.NRGBA, want func(x, y int) [3]float64) (d float64) {
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			if m.Pix[y*m.Stride+4*x+3] == 0 { // never seen
				continue
			}
			w := want(x, y)
			for c := range 3 {
				d = max(d, math.Abs(float64(m.Pix[y*m.Stride+4*x+c])-w[c]))
			}
		}
	}
	return d
}

func withProfile(b, profile []byte) []byte {
	return withSegment(b, mAPP0+2, append([]byte("ICC_PROFILE\x00\x01\x01"), profile...))
}

func TestJPEGColor(t *testing.T) {
	t.Parallel()
	grey := buildProfile("GRAY", "XYZ ", profileTag{"kTRC", gammaCurve(1.5)})
	rgb, grays, inks := stdJPEG(t, photo(120, 90), 95), stdJPEG(t, grayPhoto(120, 90), 95), jpegCases(t)["CMYK"]
	both := buildProfile("RGB ", "Lab ", profileTag{"A2B0", nil})
	for _, c := range []struct {
		name       string
		b, profile []byte
		color      string
		want       func(p color.Color) [3]float64 // nil: no copies
	}{
		{"duller", rgb, mixedProfile(duller, 1.8), "", func(p color.Color) [3]float64 {
			n := color.NRGBAModel.Convert(p).(color.NRGBA)
			return mixedCode(duller, 1.8, n.R, n.G, n.B)
		}},
		{"vivid", rgb, mixedProfile(vivid, 2.2), "", nil},
		{"vivid, kept", rgb, mixedProfile(vivid, 2.2), "keep", nil},
		{"vivid, to sRGB", rgb, mixedProfile(vivid, 2.2), "srgb", func(p color.Color) [3]float64 {
			n := color.NRGBAModel.Convert(p).(color.NRGBA)
			return mixedCode(vivid, 563.0/256, n.R, n.G, n.B) // as the profile rounds 2.2
		}},
		{"grey", grays, grey, "", func(p color.Color) [3]float64 {
			v := srgbCode(math.Pow(float64(p.(color.Gray).Y)/255, 1.5))
			return [3]float64{v, v, v}
		}},
		{"inks", inks, inkProfile(), "", func(p color.Color) [3]float64 { return inkCode(p.(color.CMYK)) }},
		{"inks without a profile", inks, nil, "", nil},
		{"inks with a profile of light", inks, mixedProfile(duller, 1.8), "", nil},
		{"grey with a profile of colours", grays, mixedProfile(duller, 1.8), "", nil},
		{"colours with a profile of grey", rgb, grey, "", nil},
		{"a profile that cannot be read", rgb, both, "srgb", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := c.b
			if c.profile != nil {
				b = withProfile(b, c.profile)
			}
			in := &Input{Path: "a.jpg", Bytes: b, Want: []string{".jpg@60"}, Options: &Options{Color: c.color}}
			out := optimizeImage(t, JPEG, *in)
			if (len(out.Variants) == 1) != (c.want != nil) || len(out.Diags) > 0 {
				t.Fatalf("%d variants, %v", len(out.Variants), out.Diags)
			}
			if c.want == nil {
				return
			}
			m, err := readJPEGMeta(b)
			if err != nil {
				t.Fatal(err)
			}
			pixels := decodedJPEG(t, b)
			s := seenJPEG(in, pixels, func() *image.NRGBA { return toNRGBA(pixels) }, m, header{orientation: 1})
			if d := farthest(s.m, func(x, y int) [3]float64 { return c.want(pixels.At(x, y)) }); d > 2 {
				t.Errorf("a sample is off by %.1f", d)
			}
		})
	}
}

func TestPNGColor(t *testing.T) {
	t.Parallel()
	chunk := func(p []byte) []byte {
		var z bytes.Buffer
		zw := zlib.NewWriter(&z)
		zw.Write(p)
		zw.Close()
		return append([]byte("x\x00\x00"), z.Bytes()...)
	}
	shade := cutOut(90, 60, true)
	src := inChunk(stdPNG(t, shade), "iCCP", chunk(mixedProfile(duller, 1.8)))
	out := optimizeImage(t, PNG, Input{Path: "a.png", Bytes: src, Want: []string{".webp"}})
	if len(out.Variants) != 1 || !out.Variants[0].Lossy {
		t.Fatalf("variants %+v, %s", out.Variants, out.Kept)
	}
	back, err := webp.Decode(bytes.NewReader(out.Variants[0].Bytes))
	if err != nil {
		t.Fatal(err)
	}
	got := toNRGBA(back)
	d := farthest(got, func(x, y int) [3]float64 {
		p := shade.NRGBAAt(x, y)
		return mixedCode(duller, 1.8, p.R, p.G, p.B)
	})
	if d > 2 {
		t.Errorf("a sample is off by %.1f", d)
	}
	for i := 3; i < len(got.Pix); i += 4 {
		if got.Pix[i] != shade.Pix[i] {
			t.Fatal("alpha changed")
		}
	}
	src = inChunk(stdPNG(t, shade), "iCCP", chunk(mixedProfile(vivid, 2.2)))
	if out := optimizeImage(t, PNG, Input{Path: "a.png", Bytes: src, Want: []string{".webp"}}); len(out.Variants) > 0 {
		t.Error("copies of a picture in vivid colours")
	}
	if out.Facts.Lossy {
		t.Error("colours of a picture with a profile were lost")
	}
}
