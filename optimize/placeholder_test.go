package optimize

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/hone-web/hone/site"
)

// halves is red on its left and blue on its right.
func halves(w, h int, alpha uint8) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{200, 0, 0, alpha}
			if x >= w/2 {
				c = color.NRGBA{0, 0, 100, alpha}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

func TestLook(t *testing.T) {
	t.Parallel()
	var jpg, opaque, glass bytes.Buffer
	if err := jpeg.Encode(&jpg, halves(96, 64, 255), &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(&opaque, halves(90, 60, 255)); err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(&glass, halves(90, 60, 128)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, kind   string
		path         site.Path
		b            []byte
		o            *Optimizer
		want         string // ".jpg@32", ".webp"
		color, thumb bool
	}{
		{"JPEG", "color", "a.jpg", jpg.Bytes(), JPEG, ".jpg@32", true, false},
		{"PNG", "color", "a.png", opaque.Bytes(), PNG, ".webp", true, false},
		{"likeness", "thumbhash", "a.png", opaque.Bytes(), PNG, ".webp", true, true},
		{"translucent", "thumbhash", "a.png", glass.Bytes(), PNG, ".webp", false, false},
		{"off", "off", "a.png", opaque.Bytes(), PNG, ".webp", false, false},
		{"not asked for", "", "a.png", opaque.Bytes(), PNG, ".webp", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out, err := c.o.Run(t.Context(), &Input{Path: c.path, Kind: site.Image, Bytes: c.b, Want: []string{c.want}, Options: &Options{Placeholder: c.kind}})
			if err != nil || len(out.Diags) > 0 {
				t.Fatal(err, out.Diags)
			}
			if (out.Facts.Color != "") != c.color || (out.Facts.Thumb != "") != c.thumb {
				t.Fatalf("%+v", out.Facts)
			}
			if c.color && !nearColor(t, out.Facts.Color, [3]int{100, 0, 50}) {
				t.Errorf("mean colour %s", out.Facts.Color)
			}
			if c.thumb {
				checkThumb(t, out.Facts.Thumb)
			}
		})
	}
}

// checkThumb: the likeness is small, lies as the picture does and is red on
// its left and blue on its right.
func checkThumb(t *testing.T, thumb string) {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(thumb)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	s := m.Bounds().Size()
	if len(b) > 400 || s.X != thumbSide || s.Y < 4 || s.Y > 6 {
		t.Errorf("%d bytes, %v", len(b), s)
	}
	left, right := color.NRGBAModel.Convert(m.At(1, 2)).(color.NRGBA), color.NRGBAModel.Convert(m.At(s.X-2, 2)).(color.NRGBA)
	if left.R < 120 || left.B > 80 || right.R > 80 || right.B < 50 || left.A != 255 {
		t.Errorf("left %v, right %v", left, right)
	}
}

func nearColor(t *testing.T, s string, want [3]int) bool {
	t.Helper()
	if len(s) != 7 || s[0] != '#' {
		return false
	}
	for i, w := range want {
		v := 0
		for _, d := range []byte(s[1+2*i : 3+2*i]) {
			v = 16*v + bytes.IndexByte([]byte("0123456789abcdef"), d)
		}
		if abs(v-w) > 3 {
			return false
		}
	}
	return true
}

// TestThumbShapes: no shape is too long for a likeness.
func TestThumbShapes(t *testing.T) {
	t.Parallel()
	for _, s := range [][2]int{{1, 1}, {1, 5000}, {5000, 1}, {64, 64}, {101, 99}} {
		if thumbnail(halves(s[0], s[1], 255)) == "" {
			t.Errorf("%v has none", s)
		}
	}
}

func BenchmarkThumb(b *testing.B) {
	m := halves(1600, 1200, 255)
	b.ReportAllocs()
	for b.Loop() {
		meanColor(m)
		thumbnail(m)
	}
}
