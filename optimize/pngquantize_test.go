package optimize

import (
	"bytes"
	"image/png"
	"testing"
)

func TestQuantizedPNG(t *testing.T) {
	t.Parallel()
	in := &Input{Options: &Options{}}
	m := toNRGBA(photo(120, 90))
	b, err := quantizedPNG(in, m)
	if err != nil {
		t.Fatal(err)
	}
	f, err := parsePNG(b, false)
	if err != nil || f.colorType != pngPaletted && f.colorType != pngGray {
		t.Fatalf("colour type %d, %v", f.colorType, err)
	}
	back, err := png.Decode(bytes.NewReader(b))
	if err != nil || back.Bounds() != m.Rect {
		t.Fatalf("%v, %v", back.Bounds(), err)
	}
	if again, err := quantizedPNG(in, m); err != nil || !bytes.Equal(again, b) {
		t.Error("a second run gives another file")
	}
	few := toNRGBA(chart(60, 40)) // few colours: exact
	b, err = quantizedPNG(in, few)
	if err != nil {
		t.Fatal(err)
	}
	samePNG(t, stdPNG(t, few), b)
}
