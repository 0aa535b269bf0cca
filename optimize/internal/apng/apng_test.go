package apng

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"testing"
)

// chunk is a chunk of a file to be built.
type chunk struct {
	kind string
	data []byte
}

func file(chunks ...chunk) []byte {
	b := []byte(magic)
	for _, c := range chunks {
		b = appendChunk(b, c.kind, c.data)
	}
	return b
}

func numbers(v ...uint32) (b []byte) {
	for _, n := range v {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return b
}

// control is the data of fcTL.
func control(sequence, w, h, x, y uint32, num, den uint16, dispose, blend byte) []byte {
	b := numbers(sequence, w, h, x, y)
	b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, num), den)
	return append(b, dispose, blend)
}

// pixels is the compressed data of a picture in two colours.
func pixels(w, h int) []byte {
	m := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Black, color.White})
	for i := range m.Pix {
		m.Pix[i] = byte(i % 3 & 1)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	i := bytes.Index(b.Bytes(), []byte("IDAT"))
	n := int(binary.BigEndian.Uint32(b.Bytes()[i-4:]))
	return bytes.Clone(b.Bytes()[i+4 : i+4+n])
}

var (
	head    = chunk{"IHDR", append(numbers(8, 6), 1, 3, 0, 0, 0)}
	palette = chunk{"PLTE", []byte{0, 0, 0, 255, 255, 255}}
	data    = chunk{"IDAT", pixels(8, 6)}
	end     = chunk{"IEND", nil}
)

func fdat(sequence uint32, data []byte) chunk {
	return chunk{"fdAT", append(numbers(sequence), data...)}
}
func fctl(sequence uint32) chunk {
	return chunk{"fcTL", control(sequence, 8, 6, 0, 0, 1, 10, 0, 0)}
}
func actl(frames, plays uint32) chunk { return chunk{"acTL", numbers(frames, plays)} }

// valid is an animation of two frames, the second in two parts.
func valid() []byte {
	small := pixels(3, 2)
	return file(head, actl(2, 5), palette, fctl(0), data,
		chunk{"fcTL", control(1, 3, 2, 4, 1, 7, 0, 2, 1)}, fdat(2, small[:5]), fdat(3, small[5:]), end)
}

func TestParse(t *testing.T) {
	t.Parallel()
	a, err := Parse(valid())
	if err != nil {
		t.Fatal(err)
	}
	if a.Width != 8 || a.Height != 6 || a.Plays != 5 || len(a.Frames) != 2 {
		t.Fatalf("%+v", a)
	}
	f := a.Frames[1]
	if f.Rect != image.Rect(4, 1, 7, 3) || f.Num != 7 || f.Den != 100 || f.Dispose != Previous || !f.Over {
		t.Errorf("%+v", f)
	}
	for i := range a.Frames {
		m, err := a.Decode(i)
		if err != nil {
			t.Fatal(err)
		}
		if m.Bounds().Size() != a.Frames[i].Rect.Size() {
			t.Errorf("frame %d is %v", i, m.Bounds())
		}
		for k, v := range m.(*image.Paletted).Pix {
			if v != byte(k%3&1) {
				t.Fatalf("frame %d: pixel %d is %d", i, k, v)
			}
		}
	}
	// A still before the first control is no frame.
	a, err = Parse(file(head, actl(1, 0), palette, data, fctl(0), fdat(1, pixels(8, 6)), end))
	if err != nil || len(a.Frames) != 1 || len(a.Frames[0].parts) != 1 {
		t.Errorf("with a still: %+v, %v", a, err)
	}
}

func TestNotAnimated(t *testing.T) {
	t.Parallel()
	frame := fdat(2, pixels(8, 6))
	for name, chunks := range map[string][]chunk{
		"a plain PNG":               {head, palette, data, end},
		"no header":                 {actl(1, 0), palette, fctl(0), data, end},
		"two headers":               {head, head, actl(1, 0), palette, fctl(0), data, end},
		"no frame":                  {head, actl(0, 0), palette, data, end},
		"announced after the data":  {head, palette, fctl(0), data, actl(1, 0), end},
		"announced twice":           {head, actl(1, 0), actl(1, 0), palette, fctl(0), data, end},
		"fewer than announced":      {head, actl(3, 0), palette, fctl(0), data, fctl(1), frame, end},
		"more than announced":       {head, actl(1, 0), palette, fctl(0), data, fctl(1), frame, end},
		"out of order":              {head, actl(2, 0), palette, fctl(0), data, fctl(2), frame, end},
		"a number left out":         {head, actl(2, 0), palette, fctl(0), data, fctl(1), fdat(3, pixels(8, 6)), end},
		"an empty frame":            {head, actl(2, 0), palette, fctl(0), data, fctl(1), end},
		"an empty frame in between": {head, actl(3, 0), palette, fctl(0), data, fctl(1), fctl(2), fdat(3, pixels(8, 6)), end},
		"data before a frame":       {head, actl(1, 0), palette, fdat(0, pixels(8, 6)), fctl(1), data, end},
		"beyond the canvas":         {head, actl(2, 0), palette, fctl(0), data, {"fcTL", control(1, 8, 6, 1, 0, 1, 10, 0, 0)}, frame, end},
		"far beyond it":             {head, actl(2, 0), palette, fctl(0), data, {"fcTL", control(1, 8, 6, 1<<32-1, 0, 1, 10, 0, 0)}, frame, end},
		"of no width":               {head, actl(2, 0), palette, fctl(0), data, {"fcTL", control(1, 0, 6, 0, 0, 1, 10, 0, 0)}, frame, end},
		"a first frame of a part":   {head, actl(1, 0), palette, {"fcTL", control(0, 4, 6, 0, 0, 1, 10, 0, 0)}, data, end},
		"unknown disposal":          {head, actl(1, 0), palette, {"fcTL", control(0, 8, 6, 0, 0, 1, 10, 3, 0)}, data, end},
		"unknown blending":          {head, actl(1, 0), palette, {"fcTL", control(0, 8, 6, 0, 0, 1, 10, 0, 2)}, data, end},
		"too many plays":            {head, actl(1, 1<<31), palette, fctl(0), data, end},
		"no end":                    {head, actl(1, 0), palette, fctl(0), data},
	} {
		if _, err := Parse(file(chunks...)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	src := valid()
	for n := range len(src) {
		if _, err := Parse(src[:n]); err == nil {
			t.Fatalf("cut after %d bytes: no error", n)
		}
	}
	for i := range src {
		bad := bytes.Clone(src)
		bad[i] ^= 0x20
		if _, err := Parse(bad); err == nil {
			t.Fatalf("byte %d changed: no error", i)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(valid())
	f.Add(file(head, actl(1, 0), palette, data, fctl(0), fdat(1, pixels(8, 6)), end))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Parse(b)
		if err != nil {
			return
		}
		canvas := image.Rect(0, 0, a.Width, a.Height)
		for i := range a.Frames {
			f := &a.Frames[i]
			if f.Rect.Empty() || !f.Rect.In(canvas) || f.Den == 0 {
				t.Fatalf("frame %d: %+v", i, f)
			}
			if f.Rect.Dx()*f.Rect.Dy() > 1<<16 {
				continue
			}
			if m, err := a.Decode(i); err == nil && m.Bounds().Size() != f.Rect.Size() {
				t.Fatalf("frame %d is %v", i, m.Bounds())
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	src := valid()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(src); err != nil {
			b.Fatal(err)
		}
	}
}
