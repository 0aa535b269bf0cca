package icc

import (
	"encoding/binary"
	"image"
	"math"
	"testing"
)

// A builder for profiles, small and exact.

type tag struct {
	name string
	data []byte
}

func build(version byte, class, space, pcs string, tags ...tag) []byte {
	b := make([]byte, 132+12*len(tags))
	b[8] = version
	copy(b[12:], class)
	copy(b[16:], space)
	copy(b[20:], pcs)
	copy(b[36:], "acsp")
	for i, v := range []float64{0.9642, 1, 0.8249} { // the illuminant, D50
		binary.BigEndian.PutUint32(b[68+4*i:], uint32(int32(v*65536+0.5)))
	}
	binary.BigEndian.PutUint32(b[128:], uint32(len(tags)))
	for i, t := range tags {
		e := b[132+12*i:]
		copy(e, t.name)
		binary.BigEndian.PutUint32(e[4:], uint32(len(b)))
		binary.BigEndian.PutUint32(e[8:], uint32(len(t.data)))
		b = append(b, t.data...)
		b = append(b, make([]byte, -len(b)&3)...)
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)))
	return b
}

func u16(b []byte, v ...float64) []byte {
	for _, v := range v {
		b = binary.BigEndian.AppendUint16(b, uint16(math.Round(min(max(v, 0), 65535))))
	}
	return b
}

func s15(b []byte, v ...float64) []byte {
	for _, v := range v {
		b = binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(v*65536))))
	}
	return b
}

func xyzTag(v ...float64) []byte { return s15([]byte("XYZ \x00\x00\x00\x00"), v...) }

// curv is a curve of no points, the identity; of one, a gamma; or of many.
func curv(v ...float64) []byte {
	b := binary.BigEndian.AppendUint32([]byte("curv\x00\x00\x00\x00"), uint32(len(v)))
	if len(v) == 1 {
		return u16(b, v[0]*256)
	}
	for _, x := range v {
		b = u16(b, x*65535)
	}
	return b
}

func para(kind byte, v ...float64) []byte {
	return s15([]byte{'p', 'a', 'r', 'a', 0, 0, 0, 0, 0, kind, 0, 0}, v...)
}

// srgbPara is the transfer function of sRGB.
var srgbPara = para(3, 2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045)

func matrixProfile(version byte, m [9]float64, curve []byte) []byte {
	return build(version, "mntr", "RGB ", "XYZ ",
		tag{"wtpt", xyzTag(0.9642, 1, 0.8249)},
		tag{"rXYZ", xyzTag(m[0:3]...)}, tag{"gXYZ", xyzTag(m[3:6]...)}, tag{"bXYZ", xyzTag(m[6:9]...)},
		tag{"rTRC", curve}, tag{"gTRC", curve}, tag{"bTRC", curve})
}

// Primaries relative to D50, red, green and blue, as in the profiles of Apple,
// Adobe and Kodak.
var (
	srgbXYZ     = [9]float64{0.4360747, 0.2225045, 0.0139322, 0.3850649, 0.7168786, 0.0971045, 0.1430804, 0.0606169, 0.7141733}
	p3XYZ       = [9]float64{0.51512, 0.2412, -0.00105, 0.29198, 0.69225, 0.04189, 0.1571, 0.06657, 0.78407}
	adobeXYZ    = [9]float64{0.60974, 0.31111, 0.01947, 0.20528, 0.62567, 0.06087, 0.14919, 0.06322, 0.74457}
	prophotoXYZ = [9]float64{0.7976749, 0.2880402, 0, 0.1351917, 0.7118741, 0, 0.0313534, 0.0000857, 0.8252100}
)

// ink is a made-up press: each ink takes light away, in CIELAB, 0 to 1 of each
// of L, a and b.
func ink(c, m, y, k float64) (l, a, b float64) {
	l = 95 * (1 - 0.42*c) * (1 - 0.52*m) * (1 - 0.08*y) * (1 - 0.85*k)
	a = (75*m*(1-0.4*y) - 35*c) * (1 - 0.9*k)
	b = (90*y - 45*c*(1-0.5*m) - 8*m) * (1 - 0.9*k)
	return l, a, b
}

// cells fills a table of CMYK or RGB with ink, encoded by enc.
func cells(dims []int, enc func(b []byte, l, a, bb float64) []byte) []byte {
	var out []byte
	idx := make([]int, len(dims))
	for {
		var x [4]float64
		for i := range dims {
			x[i] = float64(idx[i]) / float64(dims[i]-1)
		}
		if len(dims) == 3 { // light instead of ink
			x = [4]float64{1 - x[0], 1 - x[1], 1 - x[2], 0}
		}
		l, a, b := ink(x[0], x[1], x[2], x[3])
		out = enc(out, l, a, b)
		i := len(dims) - 1
		for ; i >= 0; i-- {
			if idx[i]++; idx[i] < dims[i] {
				break
			}
			idx[i] = 0
		}
		if i < 0 {
			return out
		}
	}
}

func legacy16(b []byte, l, a, bb float64) []byte { return u16(b, l*652.8, (a+128)*256, (bb+128)*256) }
func modern16(b []byte, l, a, bb float64) []byte {
	return u16(b, l*655.35, (a+128)*257, (bb+128)*257)
}
func eight(b []byte, l, a, bb float64) []byte {
	return append(b, uint8(l*2.55+0.5), uint8(a+128.5), uint8(bb+128.5))
}

func lutHead(kind string, in, points byte) []byte {
	b := append([]byte(kind), 0, 0, 0, 0, in, 3, points, 0)
	return s15(b, 1, 0, 0, 0, 1, 0, 0, 0, 1)
}

func lut16(in, points byte, gamma float64) []byte {
	b := u16(lutHead("mft2", in, points), 9, 2)
	for range in {
		for i := range 9 {
			b = u16(b, 65535*math.Pow(float64(i)/8, gamma))
		}
	}
	dims := make([]int, in)
	for i := range dims {
		dims[i] = int(points)
	}
	b = append(b, cells(dims, legacy16)...)
	return u16(b, 0, 65535, 0, 65535, 0, 65535)
}

func lut8(in, points byte) []byte {
	b := lutHead("mft1", in, points)
	for range in {
		for i := range 256 {
			b = append(b, uint8(i))
		}
	}
	dims := make([]int, in)
	for i := range dims {
		dims[i] = int(points)
	}
	b = append(b, cells(dims, eight)...)
	for range 3 {
		for i := range 256 {
			b = append(b, uint8(i))
		}
	}
	return b
}

// lutAB has all five parts.
func lutAB(dims ...int) []byte {
	in := len(dims)
	b := append([]byte("mAB \x00\x00\x00\x00"), byte(in), 3, 0, 0)
	b = append(b, make([]byte, 20)...)
	part := func(i int, data ...[]byte) {
		binary.BigEndian.PutUint32(b[12+4*i:], uint32(len(b)))
		for _, d := range data {
			b = append(b, d...)
			b = append(b, make([]byte, -len(b)&3)...)
		}
	}
	part(0, curv(), curv(), curv())
	part(1, s15(nil, 0.9, 0, 0, 0, 1, 0, 0, 0, 1, 0.05, 0, 0))
	part(2, para(0, 1.1), curv(), curv())
	head := make([]byte, 20)
	for i, d := range dims {
		head[i] = byte(d)
	}
	head[16] = 2
	part(3, append(head, cells(dims, modern16)...))
	var a [][]byte
	for range in {
		a = append(a, para(0, 1.3))
	}
	part(4, a...)
	return b
}

var profiles = map[string][]byte{
	"p3":       matrixProfile(4, p3XYZ, srgbPara),
	"adobe":    matrixProfile(2, adobeXYZ, curv(563.0/256)),
	"prophoto": matrixProfile(2, prophotoXYZ, curv(1.8)),
	"sampled":  matrixProfile(2, p3XYZ, curv(0, 0.02, 0.1, 0.3, 0.55, 0.8, 1)),
	"gray":     build(2, "mntr", "GRAY", "XYZ ", tag{"wtpt", xyzTag(0.9642, 1, 0.8249)}, tag{"kTRC", curv(1.8)}),
	"grayLab":  build(2, "mntr", "GRAY", "Lab ", tag{"wtpt", xyzTag(0.9642, 1, 0.8249)}, tag{"kTRC", curv()}),
	"cmyk16":   build(2, "prtr", "CMYK", "Lab ", tag{"A2B0", lut16(4, 5, 0.8)}),
	"cmyk8":    build(2, "prtr", "CMYK", "Lab ", tag{"A2B0", lut8(4, 4)}),
	"cmykAB":   build(4, "prtr", "CMYK", "Lab ", tag{"A2B0", lutAB(3, 4, 5, 6)}),
	"rgb16":    build(2, "scnr", "RGB ", "Lab ", tag{"A2B0", lut16(3, 7, 1.2)}),
	"rgbAB":    build(4, "scnr", "RGB ", "Lab ", tag{"A2B1", lutAB(7, 6, 5)}),
}

type pair struct {
	in  [4]uint8
	out [3]uint8
}

// Values of lcms2 2.14 (transicc -t1 -n, to its sRGB), clipped and rounded, for
// the profiles above written to files.
var lcms = map[string][]pair{
	"p3": {
		{[4]uint8{0, 0, 0}, [3]uint8{0, 0, 0}},
		{[4]uint8{255, 255, 255}, [3]uint8{255, 255, 255}},
		{[4]uint8{128, 128, 128}, [3]uint8{128, 128, 128}},
		{[4]uint8{200, 100, 50}, [3]uint8{215, 93, 31}},
		{[4]uint8{20, 220, 60}, [3]uint8{0, 224, 0}},
		{[4]uint8{10, 20, 200}, [3]uint8{7, 20, 208}},
		{[4]uint8{3, 5, 7}, [3]uint8{3, 5, 7}},
		{[4]uint8{250, 200, 190}, [3]uint8{255, 198, 188}},
		{[4]uint8{90, 160, 150}, [3]uint8{61, 162, 150}},
	},
	"adobe": {
		{[4]uint8{0, 0, 0}, [3]uint8{0, 0, 0}},
		{[4]uint8{255, 255, 255}, [3]uint8{255, 255, 255}},
		{[4]uint8{128, 128, 128}, [3]uint8{129, 129, 129}},
		{[4]uint8{200, 100, 50}, [3]uint8{227, 100, 42}},
		{[4]uint8{20, 220, 60}, [3]uint8{0, 221, 29}},
		{[4]uint8{10, 20, 200}, [3]uint8{0, 12, 205}},
		{[4]uint8{3, 5, 7}, [3]uint8{0, 1, 1}},
		{[4]uint8{250, 200, 190}, [3]uint8{255, 201, 191}},
		{[4]uint8{90, 160, 150}, [3]uint8{0, 161, 151}},
	},
	"prophoto": {
		{[4]uint8{0, 0, 0}, [3]uint8{0, 0, 0}},
		{[4]uint8{255, 255, 255}, [3]uint8{255, 255, 255}},
		{[4]uint8{128, 128, 128}, [3]uint8{146, 146, 146}},
		{[4]uint8{200, 100, 50}, [3]uint8{255, 80, 47}},
		{[4]uint8{20, 220, 60}, [3]uint8{0, 248, 0}},
		{[4]uint8{10, 20, 200}, [3]uint8{0, 25, 224}},
		{[4]uint8{3, 5, 7}, [3]uint8{0, 3, 5}},
		{[4]uint8{250, 200, 190}, [3]uint8{255, 199, 200}},
		{[4]uint8{90, 160, 150}, [3]uint8{0, 187, 166}},
	},
	"sampled": {
		{[4]uint8{0, 0, 0}, [3]uint8{0, 0, 0}},
		{[4]uint8{255, 255, 255}, [3]uint8{255, 255, 255}},
		{[4]uint8{128, 128, 128}, [3]uint8{150, 150, 150}},
		{[4]uint8{200, 100, 50}, [3]uint8{238, 107, 25}},
		{[4]uint8{20, 220, 60}, [3]uint8{0, 240, 0}},
		{[4]uint8{10, 20, 200}, [3]uint8{12, 25, 231}},
		{[4]uint8{3, 5, 7}, [3]uint8{4, 8, 11}},
		{[4]uint8{250, 200, 190}, [3]uint8{255, 220, 212}},
		{[4]uint8{90, 160, 150}, [3]uint8{57, 189, 176}},
	},
	"gray": {
		{[4]uint8{0, 0, 0}, [3]uint8{0, 0, 0}},
		{[4]uint8{3, 0, 0}, [3]uint8{1, 1, 1}},
		{[4]uint8{40, 0, 0}, [3]uint8{53, 53, 53}},
		{[4]uint8{128, 0, 0}, [3]uint8{146, 146, 146}},
		{[4]uint8{200, 0, 0}, [3]uint8{210, 210, 210}},
		{[4]uint8{255, 0, 0}, [3]uint8{255, 255, 255}},
	},
	"grayLab": {
		{[4]uint8{0, 0, 0}, [3]uint8{0, 0, 0}},
		{[4]uint8{3, 0, 0}, [3]uint8{4, 4, 4}},
		{[4]uint8{40, 0, 0}, [3]uint8{39, 39, 39}},
		{[4]uint8{128, 0, 0}, [3]uint8{119, 119, 119}},
		{[4]uint8{200, 0, 0}, [3]uint8{194, 194, 194}},
		{[4]uint8{255, 0, 0}, [3]uint8{255, 255, 255}},
	},
	"cmyk16": {
		{[4]uint8{0, 0, 0, 0}, [3]uint8{241, 241, 241}},
		{[4]uint8{255, 255, 255, 255}, [3]uint8{19, 12, 0}},
		{[4]uint8{0, 0, 0, 255}, [3]uint8{36, 36, 36}},
		{[4]uint8{128, 128, 128, 0}, [3]uint8{145, 106, 66}},
		{[4]uint8{200, 100, 50, 30}, [3]uint8{91, 91, 103}},
		{[4]uint8{20, 220, 60, 128}, [3]uint8{95, 41, 48}},
		{[4]uint8{10, 20, 200, 5}, [3]uint8{228, 192, 57}},
		{[4]uint8{255, 0, 0, 0}, [3]uint8{0, 150, 209}},
		{[4]uint8{90, 33, 150, 77}, [3]uint8{112, 107, 64}},
	},
	"cmyk8": {
		{[4]uint8{0, 0, 0, 0}, [3]uint8{240, 240, 240}},
		{[4]uint8{255, 255, 255, 255}, [3]uint8{18, 12, 0}},
		{[4]uint8{0, 0, 0, 255}, [3]uint8{36, 36, 36}},
		{[4]uint8{128, 128, 128, 0}, [3]uint8{156, 119, 86}},
		{[4]uint8{200, 100, 50, 30}, [3]uint8{95, 108, 130}},
		{[4]uint8{20, 220, 60, 128}, [3]uint8{111, 49, 62}},
		{[4]uint8{10, 20, 200, 5}, [3]uint8{236, 203, 71}},
		{[4]uint8{255, 0, 0, 0}, [3]uint8{0, 151, 210}},
		{[4]uint8{90, 33, 150, 77}, [3]uint8{134, 129, 82}},
	},
	"cmykAB": {
		{[4]uint8{0, 0, 0, 0}, [3]uint8{227, 227, 227}},
		{[4]uint8{255, 255, 255, 255}, [3]uint8{26, 22, 12}},
		{[4]uint8{0, 0, 0, 255}, [3]uint8{39, 39, 39}},
		{[4]uint8{128, 128, 128, 0}, [3]uint8{162, 128, 103}},
		{[4]uint8{200, 100, 50, 30}, [3]uint8{93, 120, 149}},
		{[4]uint8{20, 220, 60, 128}, [3]uint8{128, 51, 73}},
		{[4]uint8{10, 20, 200, 5}, [3]uint8{232, 201, 75}},
		{[4]uint8{255, 0, 0, 0}, [3]uint8{0, 141, 200}},
		{[4]uint8{90, 33, 150, 77}, [3]uint8{152, 147, 97}},
	},
	"rgb16": {
		{[4]uint8{0, 0, 0}, [3]uint8{83, 51, 0}},
		{[4]uint8{255, 255, 255}, [3]uint8{241, 241, 241}},
		{[4]uint8{128, 128, 128}, [3]uint8{148, 108, 69}},
		{[4]uint8{200, 100, 50}, [3]uint8{175, 105, 0}},
		{[4]uint8{20, 220, 60}, [3]uint8{85, 127, 55}},
		{[4]uint8{10, 20, 200}, [3]uint8{103, 46, 79}},
		{[4]uint8{3, 5, 7}, [3]uint8{84, 52, 0}},
		{[4]uint8{250, 200, 190}, [3]uint8{238, 187, 154}},
		{[4]uint8{90, 160, 150}, [3]uint8{127, 118, 95}},
	},
	"rgbAB": {
		{[4]uint8{0, 0, 0}, [3]uint8{82, 50, 0}},
		{[4]uint8{255, 255, 255}, [3]uint8{227, 227, 227}},
		{[4]uint8{128, 128, 128}, [3]uint8{136, 96, 55}},
		{[4]uint8{200, 100, 50}, [3]uint8{162, 93, 0}},
		{[4]uint8{20, 220, 60}, [3]uint8{77, 118, 43}},
		{[4]uint8{10, 20, 200}, [3]uint8{101, 42, 73}},
		{[4]uint8{3, 5, 7}, [3]uint8{83, 51, 0}},
		{[4]uint8{250, 200, 190}, [3]uint8{223, 171, 137}},
		{[4]uint8{90, 160, 150}, [3]uint8{116, 106, 81}},
	},
}

func convert(t *testing.T, p []byte, in [4]uint8) [3]uint8 {
	t.Helper()
	tr, err := ToSRGB(p)
	if err != nil {
		t.Fatal(err)
	}
	var out *image.NRGBA
	if tr.Channels() == 4 {
		m := image.NewCMYK(image.Rect(0, 0, 2, 1))
		copy(m.Pix[4:], in[:])
		out = tr.CMYK(m)
	} else {
		out = image.NewNRGBA(image.Rect(0, 0, 2, 1))
		copy(out.Pix[4:], []byte{in[0], in[1], in[2], 77})
		tr.NRGBA(out)
	}
	want := uint8(77)
	if tr.Channels() == 4 {
		want = 255
	}
	if out.Pix[7] != want {
		t.Fatalf("alpha is %d, want %d", out.Pix[7], want)
	}
	return [3]uint8(out.Pix[4:7])
}

func TestAgainstLCMS(t *testing.T) {
	t.Parallel()
	for name, pairs := range lcms {
		for _, p := range pairs {
			got := convert(t, profiles[name], p.in)
			for c := range got {
				if d := int(got[c]) - int(p.out[c]); d < -1 || d > 1 {
					t.Errorf("%s: %v gives %v, lcms %v", name, p.in, got, p.out)
					break
				}
			}
		}
	}
}

// sRGB to sRGB changes nothing, in either kind of curve.
func TestIdentity(t *testing.T) {
	t.Parallel()
	var v [1024]float64
	for i := range v {
		x := float64(i) / 1023
		if x <= 0.04045 {
			v[i] = x / 12.92
		} else {
			v[i] = math.Pow((x+0.055)/1.055, 2.4)
		}
	}
	for name, curve := range map[string][]byte{"parametric": srgbPara, "sampled": curv(v[:]...)} {
		tr, err := ToSRGB(matrixProfile(4, srgbXYZ, curve))
		if err != nil {
			t.Fatal(err)
		}
		m := image.NewNRGBA(image.Rect(0, 0, 256, 3))
		for i := range m.Pix {
			m.Pix[i] = uint8(i / 4 * (1 + i%4*i/1024))
		}
		want := append([]byte(nil), m.Pix...)
		tr.NRGBA(m)
		for i, w := range want {
			if d := int(m.Pix[i]) - int(w); d < -1 || d > 1 || i%4 == 3 && d != 0 {
				t.Fatalf("%s: %d became %d", name, w, m.Pix[i])
			}
		}
	}
}

// Greys have no colour afterwards, at any level of any profile.
func TestNeutral(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"p3", "adobe", "prophoto", "gray", "grayLab"} {
		for v := range 256 {
			g := uint8(v)
			got := convert(t, profiles[name], [4]uint8{g, g, g})
			if max(got[0], got[1], got[2])-min(got[0], got[1], got[2]) > 1 {
				t.Fatalf("%s: %d became %v", name, v, got)
			}
		}
	}
}

// A sub-picture is converted alone.
func TestSubImage(t *testing.T) {
	t.Parallel()
	tr, err := ToSRGB(profiles["adobe"])
	if err != nil {
		t.Fatal(err)
	}
	m := image.NewNRGBA(image.Rect(0, 0, 9, 9))
	for i := range m.Pix {
		m.Pix[i] = []uint8{200, 100, 50, 255}[i%4]
	}
	part := image.Rect(2, 3, 6, 8)
	tr.NRGBA(m.SubImage(part).(*image.NRGBA))
	for y := range 9 {
		for x := range 9 {
			if changed := m.NRGBAAt(x, y).R != 200; changed != image.Pt(x, y).In(part) {
				t.Fatalf("%d, %d changed: %v", x, y, changed)
			}
		}
	}
}

func TestWide(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"p3": true, "adobe": true, "prophoto": true, "gray": false, "cmyk16": false,
	} {
		if got := Wide(profiles[name]); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	// The monitors of old Macs, whose green is a little greener.
	apple := [9]float64{0.4755678, 0.2551812, 0.0184697, 0.3396722, 0.6725992, 0.1133383, 0.1489800, 0.0722195, 0.6933920}
	for name, m := range map[string][9]float64{"sRGB": srgbXYZ, "Apple RGB": apple} {
		if Wide(matrixProfile(2, m, curv(2.2))) {
			t.Errorf("%s is wide", name)
		}
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	for name, p := range map[string][]byte{
		"nothing":         nil,
		"a header":        build(2, "mntr", "RGB ", "XYZ "),
		"no signature":    make([]byte, 500),
		"a device link":   build(2, "link", "RGB ", "Lab "),
		"hue":             build(2, "mntr", "HSV ", "XYZ "),
		"no space":        build(2, "mntr", "RGB ", "Luv "),
		"bare CMYK":       build(2, "prtr", "CMYK", "Lab "),
		"an empty tag":    build(2, "prtr", "CMYK", "Lab ", tag{"A2B0", []byte{}}),
		"other channels":  build(2, "prtr", "CMYK", "Lab ", tag{"A2B0", lut8(3, 3)}),
		"an unknown type": build(2, "prtr", "CMYK", "Lab ", tag{"A2B0", append([]byte("mpet"), lut8(4, 2)[4:]...)}),
		"a curve of one":  build(2, "prtr", "CMYK", "Lab ", tag{"A2B0", append(lutHead("mft2", 4, 2), 0, 1, 0, 1)}),
		"a huge table":    build(2, "prtr", "CMYK", "Lab ", tag{"A2B0", append(lutHead("mft1", 4, 255), make([]byte, 9999)...)}),
		"a huge curve":    matrixProfile(2, srgbXYZ, []byte("curv\x00\x00\x00\x00\xff\xff\xff\xff")),
		"a strange curve": matrixProfile(2, srgbXYZ, para(9, 1)),
		"too much":        append(build(2, "mntr", "RGB ", "XYZ "), make([]byte, maxProfile)...),
	} {
		if _, err := ToSRGB(p); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for name, p := range profiles {
		for n := range min(len(p), 3000) {
			// What is cut off may be padding, so no error is fine; a panic is not.
			if tr, err := ToSRGB(p[:n]); err == nil && n < min(400, len(p)-4) {
				t.Errorf("%s: %d bytes of %d gave %v", name, n, len(p), tr)
			}
		}
	}
}

func FuzzToSRGB(f *testing.F) {
	for _, p := range profiles {
		f.Add(p, uint8(10), uint8(20), uint8(200), uint8(5))
	}
	f.Fuzz(func(t *testing.T, p []byte, c, m, y, k uint8) {
		Wide(p)
		tr, err := ToSRGB(p)
		if err != nil {
			return
		}
		if tr.Channels() == 4 {
			tr.CMYK(&image.CMYK{Pix: []byte{c, m, y, k}, Stride: 4, Rect: image.Rect(0, 0, 1, 1)})
			return
		}
		tr.NRGBA(&image.NRGBA{Pix: []byte{c, m, y, k}, Stride: 4, Rect: image.Rect(0, 0, 1, 1)})
	})
}

func BenchmarkTransform(b *testing.B) {
	for _, name := range []string{"p3", "gray", "rgb16", "cmyk16"} {
		b.Run(name, func(b *testing.B) {
			tr, err := ToSRGB(profiles[name])
			if err != nil {
				b.Fatal(err)
			}
			m := image.NewNRGBA(image.Rect(0, 0, 1000, 1000))
			for i := range m.Pix {
				m.Pix[i] = uint8(i * i >> 7)
			}
			b.ReportAllocs()
			b.SetBytes(1e6)
			for b.Loop() {
				if tr.Channels() == 4 {
					tr.CMYK(&image.CMYK{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect})
				} else {
					tr.NRGBA(m)
				}
			}
		})
	}
}
