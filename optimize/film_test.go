package optimize

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"io"
	"slices"
	"testing"
)

// cels draws n pictures of a ball that moves over a ground.
func cels(n, w, h int, ground color.NRGBA) []*image.NRGBA {
	out := make([]*image.NRGBA, n)
	for i := range out {
		out[i] = drawn(w, h, func(x, y int) color.NRGBA {
			if dx, dy := x-10-7*i, y-h/2; dx*dx+dy*dy < 80 {
				return color.NRGBA{uint8(200 + dx), uint8(40 + 2*dy), 30, 255}
			}
			if ground.A == 255 && (x*x+y*13)%29 == 0 {
				return color.NRGBA{0, 90, 120, 255}
			}
			return ground
		})
	}
	return out
}

func indexed(m *image.NRGBA, r image.Rectangle) *image.Paletted {
	p := image.NewPaletted(r, color.Palette{color.RGBA{}})
	seen := map[color.NRGBA]uint8{{}: 0}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			c := m.NRGBAAt(x, y)
			if _, ok := seen[c]; !ok {
				seen[c] = uint8(len(p.Palette))
				p.Palette = append(p.Palette, c)
			}
			p.SetColorIndex(x, y, seen[c])
		}
	}
	return p
}

// testGIF writes whole pictures, each with its delay and disposal.
func testGIF(t testing.TB, loop int, disposal byte, delays []int, pictures []*image.NRGBA) []byte {
	t.Helper()
	g := &gif.GIF{LoopCount: loop}
	for i, m := range pictures {
		g.Image = append(g.Image, indexed(m, m.Rect))
		g.Delay = append(g.Delay, delays[i%len(delays)])
		g.Disposal = append(g.Disposal, disposal)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pngCel is a frame of an animated PNG.
type pngCel struct {
	m             *image.NRGBA
	at            image.Point
	num, den      uint16
	dispose, over byte
}

// testAPNG writes an animated PNG; with a still, that is shown by what knows
// no animation alone.
func testAPNG(t testing.TB, w, h int, plays uint32, still *image.NRGBA, frames ...pngCel) []byte {
	t.Helper()
	data := func(m *image.NRGBA) []byte {
		var rows []byte
		for y := range m.Rect.Dy() {
			rows = append(append(rows, 0), m.Pix[y*m.Stride:][:4*m.Rect.Dx()]...)
		}
		raw := rawPNG(m.Rect.Dx(), m.Rect.Dy(), 8, pngRGBA, 0, nil, nil, rows)
		return raw[33+8 : len(raw)-12-4]
	}
	b := []byte(pngMagic)
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(w)), uint32(h))
	b = appendChunk(b, "IHDR", append(head, 8, pngRGBA, 0, 0, 0))
	b = appendChunk(b, "acTL", binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(len(frames))), plays))
	if still != nil {
		b = appendChunk(b, "IDAT", data(still))
	}
	sequence := uint32(0)
	for i, f := range frames {
		var c []byte
		for _, v := range []int{int(sequence), f.m.Rect.Dx(), f.m.Rect.Dy(), f.at.X, f.at.Y} {
			c = binary.BigEndian.AppendUint32(c, uint32(v))
		}
		c = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(c, f.num), f.den)
		b = appendChunk(b, "fcTL", append(c, f.dispose, f.over))
		sequence++
		if i == 0 && still == nil {
			b = appendChunk(b, "IDAT", data(f.m))
			continue
		}
		b = appendChunk(b, "fdAT", append(binary.BigEndian.AppendUint32(nil, sequence), data(f.m)...))
		sequence++
	}
	return appendChunk(b, "IEND", nil)
}

// shown is a frame as somebody sees it.
type shown struct {
	m  *image.NRGBA
	ms int
}

func watch(t testing.TB, f *film) (out []shown) {
	t.Helper()
	if f == nil {
		t.Fatal("no film")
		return nil // staticcheck does not see that Fatal of a testing.TB ends it
	}
	for next := f.open(); ; {
		m, ms, err := next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, shown{cropped(m, m.Rect), ms})
	}
}

// variantFilm optimizes an animation and returns its WebP, decoded.
func variantFilm(t testing.TB, o *Optimizer, in Input) (*film, Output) {
	t.Helper()
	in.Want = []string{".webp"}
	out := optimizeImage(t, o, in)
	again(t, o, in, out)
	if len(out.Diags) > 0 {
		t.Error(out.Diags)
	}
	if len(out.Variants) == 0 {
		return nil, out
	}
	f, err := webpFilm(out.Variants[0].Bytes)
	if err != nil {
		t.Fatal(err)
	}
	h, err := webpHeader(out.Variants[0].Bytes)
	if err != nil || h.width != f.width || h.height != f.height || h.frames != f.frames {
		t.Errorf("header %+v, %v", h, err)
	}
	return f, out
}

func TestGIFToWebP(t *testing.T) {
	t.Parallel()
	white, none := color.NRGBA{255, 255, 255, 255}, color.NRGBA{}
	over, bare := cels(12, 120, 60, white), cels(12, 120, 60, none)
	still := []*image.NRGBA{over[0], over[0], over[0], over[1], over[1], over[2], over[3]}
	for _, c := range []struct {
		name     string
		loop     int
		disposal byte
		delays   []int
		pictures []*image.NRGBA
		plays    int
		ms       []int
	}{
		{"over a ground", 0, gif.DisposalNone, []int{5}, over, 0, slices.Repeat([]int{50}, 12)},
		{"over nothing", -1, gif.DisposalBackground, []int{5, 7}, bare, 1, slices.Repeat([]int{50, 70}, 6)},
		{"taken off again", 3, gif.DisposalPrevious, []int{20}, bare, 4, slices.Repeat([]int{200}, 12)},
		{"without an end to what it leaves", 1, gif.DisposalNone, []int{3}, bare, 2, slices.Repeat([]int{30}, 12)},
		{"frames that repeat", 0, gif.DisposalNone, []int{4}, still, 0, []int{120, 80, 40, 40}},
		{"short frames that repeat", 0, gif.DisposalNone, []int{1}, still, 0, slices.Repeat([]int{10}, 7)},
		{"no delay", 0, gif.DisposalNone, []int{0}, still, 0, slices.Repeat([]int{0}, 7)},
		{"long", 65534, gif.DisposalNone, []int{65535}, over[:4], 65535, slices.Repeat([]int{655350}, 4)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			src := testGIF(t, c.loop, c.disposal, c.delays, c.pictures)
			f, out := variantFilm(t, GIF, Input{Path: "a.gif", Bytes: src})
			if f == nil {
				t.Fatal("no variant: ", out.Kept)
			}
			if n := len(out.Variants[0].Bytes); n > len(src)*9/10 || out.Variants[0].Lossy {
				t.Errorf("%d bytes of %d", n, len(src))
			}
			if f.plays != c.plays {
				t.Errorf("plays %d times, want %d", f.plays, c.plays)
			}
			var ms []int
			for _, s := range watch(t, f) {
				ms = append(ms, s.ms)
			}
			if !slices.Equal(ms, c.ms) {
				t.Errorf("times %v, want %v", ms, c.ms)
			}
			// At every moment the pictures are those that were drawn.
			var drawnOver *image.NRGBA
			at := 0
			film := watch(t, f)
			left := film[0].ms
			for i, want := range c.pictures {
				if c.disposal == gif.DisposalNone { // nothing is taken off
					if drawnOver == nil {
						drawnOver = image.NewNRGBA(want.Rect)
					}
					drawFrame(drawnOver, want, image.Point{}, true)
					want = drawnOver
				}
				if !sameNRGBA(want, film[at].m) {
					t.Fatalf("picture %d is another one", i)
				}
				if left -= 10 * c.delays[i%len(c.delays)]; left == 0 && i+1 < len(c.pictures) {
					at++
					left = film[at].ms
				}
			}
		})
	}
}

func TestGIFNotToWebP(t *testing.T) {
	t.Parallel()
	ball := cels(12, 120, 60, color.NRGBA{255, 255, 255, 255})
	plain := testGIF(t, 0, gif.DisposalNone, []int{5}, ball)
	odd := bytes.Clone(plain)
	odd[bytes.Index(odd, []byte{0x21, 0xf9, 4})+3] |= 5 << 2 // a disposal that is not defined
	loose := testGIF(t, 0, gif.DisposalBackground, []int{5}, ball)
	i := bytes.LastIndex(loose, []byte{0x21, 0xf9, 4})
	loose = slices.Delete(loose, i, i+8) // the last image has no control
	other := bytes.Replace(plain, []byte("NETSCAPE2.0"), []byte("ANIMEXTS1.0"), 1)
	for _, c := range []struct {
		name string
		in   Input
	}{
		{"forbidden", Input{Bytes: plain, Lossless: true}},
		{"too many loops", Input{Bytes: testGIF(t, 65535, gif.DisposalNone, []int{5}, ball)}},
		{"unknown disposal", Input{Bytes: odd}},
		{"disposal of the frame before", Input{Bytes: loose}},
		{"loop count by another name", Input{Bytes: other}},
		{"pixels of all frames", Input{Bytes: plain, Options: &Options{Limits: Limits{Pixels: 120*60*12 - 1}}}},
		{"noise", Input{Bytes: animation(t, 3)}},
	} {
		c.in.Path = "a.gif"
		if f, _ := variantFilm(t, GIF, c.in); f != nil {
			t.Errorf("%s: a variant", c.name)
		}
	}
	if f, _ := variantFilm(t, GIF, Input{Path: "a.gif", Bytes: plain, Options: &Options{Preset: "fast", Limits: Limits{Pixels: 120 * 60 * 12}}}); f == nil {
		t.Error("no variant at the limit")
	}
	// One frame is a still.
	one := testGIF(t, -1, 0, []int{0}, cels(1, 400, 200, color.NRGBA{255, 255, 255, 255}))
	out := optimizeImage(t, GIF, Input{Path: "a.gif", Bytes: one, Want: []string{".webp"}})
	if len(out.Variants) != 1 {
		t.Fatalf("%d variants of a still", len(out.Variants))
	}
	if m, err := decodeWebP(out.Variants[0].Bytes); err != nil || !sameNRGBA(m, cels(1, 400, 200, color.NRGBA{255, 255, 255, 255})[0]) {
		t.Errorf("the still changed: %v", err)
	}
}

func TestAPNGToWebP(t *testing.T) {
	t.Parallel()
	w, h := 90, 50
	over := cels(6, w, h, color.NRGBA{250, 250, 250, 255})
	glass := func(a uint8) *image.NRGBA {
		return drawn(30, 20, func(x, y int) color.NRGBA { return color.NRGBA{uint8(8 * x), 90, uint8(12 * y), a} })
	}
	bare := image.NewNRGBA(image.Rect(0, 0, w, h))
	onto := func(on *image.NRGBA, m *image.NRGBA, at image.Point, blend bool) *image.NRGBA {
		c := cropped(on, on.Rect)
		drawFrame(c, m, at, blend)
		return c
	}
	at := image.Pt(11, 7)
	blended := onto(over[0], glass(128), at, true)
	var row []pngCel
	for _, m := range over {
		row = append(row, pngCel{m: m, num: 1, den: 30})
	}
	for _, c := range []struct {
		name  string
		b     []byte
		plays int
		want  []shown
	}{
		{"whole pictures", testAPNG(t, w, h, 0, nil, row...), 0,
			[]shown{{over[0], 33}, {over[1], 34}, {over[2], 33}, {over[3], 33}, {over[4], 34}, {over[5], 33}}},
		{"with a still", testAPNG(t, w, h, 7, photo(w, h), row[:2]...), 7, []shown{{over[0], 33}, {over[1], 34}}},
		{"blended", testAPNG(t, w, h, 1, nil, pngCel{m: over[0], num: 1, den: 0}, pngCel{m: glass(128), at: at, num: 20, den: 1000, over: 1}), 1,
			[]shown{{over[0], 10}, {blended, 20}}},
		{"replaced", testAPNG(t, w, h, 1, nil, pngCel{m: over[0], num: 5, den: 10}, pngCel{m: glass(128), at: at, num: 96, den: 1000}), 1,
			[]shown{{over[0], 500}, {onto(over[0], glass(128), at, false), 96}}},
		{"taken off", testAPNG(t, w, h, 1, nil, pngCel{m: over[0], num: 1, den: 5}, pngCel{m: glass(255), at: at, num: 1, den: 5, dispose: 2}, pngCel{m: glass(128), at: image.Pt(60, 30), num: 1, den: 5, over: 1}), 1,
			[]shown{{over[0], 200}, {onto(over[0], glass(255), at, true), 200}, {onto(over[0], glass(128), image.Pt(60, 30), true), 200}}},
		{"cleared", testAPNG(t, w, h, 1, nil, pngCel{m: over[0], num: 1, den: 5, dispose: 1}, pngCel{m: glass(200), at: at, num: 1, den: 5, over: 1}), 1,
			[]shown{{over[0], 200}, {onto(bare, glass(200), at, true), 200}}},
		{"the first one taken off", testAPNG(t, w, h, 1, nil, pngCel{m: over[0], num: 1, den: 5, dispose: 2}, pngCel{m: glass(200), at: at, num: 1, den: 5, over: 1}), 1,
			[]shown{{over[0], 200}, {onto(bare, glass(200), at, true), 200}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := Input{Path: "a.png", Bytes: c.b}
			f, out := variantFilm(t, PNG, in)
			if f == nil {
				t.Fatal("no variant")
			}
			if out.Bytes != nil || out.Facts.Frames != len(c.want) || f.plays != c.plays {
				t.Errorf("rewritten: %v, facts %+v, plays %d times", out.Bytes != nil, out.Facts, f.plays)
			}
			if w, h := Size("a.png", c.b); w != 0 || h != 0 {
				t.Errorf("size %d×%d of an animation", w, h)
			}
			got := watch(t, f)
			if len(got) != len(c.want) {
				t.Fatalf("%d frames, want %d", len(got), len(c.want))
			}
			for i, want := range c.want {
				if got[i].ms != want.ms || !sameNRGBA(got[i].m, want.m) {
					t.Errorf("frame %d: %d ms, want %d, same picture: %v", i, got[i].ms, want.ms, sameNRGBA(got[i].m, want.m))
				}
			}
		})
	}
}

// A film that differs in any way is found out.
func TestSameFilm(t *testing.T) {
	t.Parallel()
	pictures := cels(3, 40, 30, color.NRGBA{255, 255, 255, 255})
	other := cels(3, 40, 30, color.NRGBA{255, 255, 254, 255})
	make := func(plays int, frames ...shown) *film {
		return &film{width: 40, height: 30, frames: len(frames), plays: plays, open: func() func() (*image.NRGBA, int, error) {
			i := -1
			return func() (*image.NRGBA, int, error) {
				if i++; i >= len(frames) {
					return nil, 0, io.EOF
				}
				return frames[i].m, frames[i].ms, nil
			}
		}}
	}
	p, q, r := pictures[0], pictures[1], pictures[2]
	a := make(2, shown{p, 50}, shown{p, 30}, shown{q, 40}, shown{q, 5}, shown{r, 5})
	for _, c := range []struct {
		name string
		b    *film
		same bool
	}{
		{"itself", a, true},
		{"merged", make(2, shown{p, 80}, shown{q, 40}, shown{q, 5}, shown{r, 5}), true},
		{"plays", make(3, shown{p, 80}, shown{q, 40}, shown{q, 5}, shown{r, 5}), false},
		{"shorter", make(2, shown{p, 70}, shown{q, 40}, shown{q, 5}, shown{r, 5}), false},
		{"longer", make(2, shown{p, 90}, shown{q, 40}, shown{q, 5}, shown{r, 5}), false},
		{"short frames merged", make(2, shown{p, 80}, shown{q, 45}, shown{r, 5}), false},
		{"last longer", make(2, shown{p, 80}, shown{q, 40}, shown{q, 5}, shown{r, 6}), false},
		{"one missing", make(2, shown{p, 80}, shown{q, 40}, shown{q, 5}), false},
		{"one too many", make(2, shown{p, 80}, shown{q, 40}, shown{q, 5}, shown{r, 5}, shown{p, 5}), false},
		{"a pixel", make(2, shown{p, 80}, shown{other[1], 40}, shown{q, 5}, shown{r, 5}), false},
	} {
		if err := sameFilm(t.Context(), a, c.b); (err == nil) != c.same {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func FuzzFilm(f *testing.F) {
	white := color.NRGBA{255, 255, 255, 255}
	f.Add(testGIF(f, 0, gif.DisposalNone, []int{5}, cels(3, 40, 24, white)))
	f.Add(testGIF(f, 2, gif.DisposalPrevious, []int{0}, cels(3, 40, 24, color.NRGBA{})))
	var row []pngCel
	for _, m := range cels(3, 40, 24, color.NRGBA{250, 250, 250, 200}) {
		row = append(row, pngCel{m: m, num: 1, den: 30, dispose: byte(len(row)), over: 1})
	}
	f.Add(testAPNG(f, 40, 24, 0, nil, row...))
	f.Fuzz(func(t *testing.T, b []byte) {
		o := &Options{Preset: "fast", Limits: Limits{Pixels: 1 << 14, Frames: 8}}
		optimizeImage(t, GIF, Input{Path: "a.gif", Bytes: b, Options: o, Want: []string{".webp"}})
		optimizeImage(t, PNG, Input{Path: "a.png", Bytes: b, Options: o, Want: []string{".webp"}})
		if film, err := webpFilm(b); err == nil && film.width*film.height < 1<<14 {
			for next, n := film.open(), 0; n < 8; n++ {
				if _, _, err := next(); err != nil {
					break
				}
			}
		}
	})
}

func BenchmarkGIFToWebP(b *testing.B) {
	for _, n := range []int{10, 40} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			src := testGIF(b, 0, gif.DisposalNone, []int{5}, cels(n, 320, 200, color.NRGBA{255, 255, 255, 255}))
			b.SetBytes(int64(n * 320 * 200))
			b.ReportAllocs()
			made := 0
			for b.Loop() {
				out := optimizeImage(b, GIF, Input{Path: "a.gif", Bytes: src, Want: []string{".webp"}})
				made += len(out.Variants)
			}
			if made == 0 {
				b.Error("no variant")
			}
		})
	}
}
