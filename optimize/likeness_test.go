package optimize

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"
)

// TestLikeness: a likeness fits, is turned as the picture is, stands on white,
// and is the same each time.
func TestLikeness(t *testing.T) {
	t.Parallel()
	m := image.NewNRGBA(image.Rect(0, 0, 400, 200))
	for y := range 200 {
		for x := range 200 { // the right half is transparent
			m.SetNRGBA(x, y, color.NRGBA{200, 0, 0, 255})
		}
	}
	var b, j bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := jpeg.Encode(&j, m, nil); err != nil {
		t.Fatal(err)
	}
	turned := append([]byte("\xff\xd8"), orientationSegment(6)...)
	turned = append(turned, j.Bytes()[2:]...)
	for _, c := range []struct {
		name string
		b    []byte
		w, h int
	}{{"png", b.Bytes(), 80, 40}, {"turned", turned, 20, 40}, {"jpeg", j.Bytes(), 80, 40}} {
		out, err := Likeness(context.Background(), c.b, 80, 40, nil)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, err := jpeg.Decode(bytes.NewReader(out))
		if err != nil || got.Bounds().Dx() != c.w || got.Bounds().Dy() != c.h {
			t.Errorf("%s: %v, %v", c.name, got.Bounds(), err)
			continue
		}
		if again, _ := Likeness(context.Background(), c.b, 80, 40, nil); !bytes.Equal(again, out) {
			t.Errorf("%s: another likeness", c.name)
		}
		if c.name == "png" {
			if r, g, _, _ := got.At(70, 20).RGBA(); r>>8 < 250 || g>>8 < 250 {
				t.Errorf("what is transparent is %d %d", r>>8, g>>8)
			}
		}
	}
	for _, bad := range []string{"", "GIF89a", "\xff\xd8\xff", "\x89PNG\r\n\x1a\n", "RIFF\x00\x00\x00\x00WEBPVP8 ", "no picture"} {
		if _, err := Likeness(context.Background(), []byte(bad), 80, 40, nil); err == nil {
			t.Errorf("%q has a likeness", bad)
		}
	}
}
