package optimize

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/hone-web/hone/optimize/internal/libwebp"
	"github.com/hone-web/hone/site"
)

func TestGIF(t *testing.T) {
	t.Parallel()
	src := animation(t, 3)
	end := len(src) - 1
	comment := []byte("\x21\xfe\x05hello\x05world\x00")
	xmp := []byte("\x21\xff\x0bXMP DataXMP\x03abc\x00")
	for _, c := range []struct {
		name string
		b    []byte
		want []byte // nil: kept
	}{
		{"plain", src, nil},
		{"comment", slices.Concat(src[:end], comment, src[end:]), src},
		{"XMP", slices.Concat(src[:end], xmp, src[end:]), src},
		{"after the end", append(bytes.Clone(src), "tail"...), src},
	} {
		in := Input{Path: "a.gif", Bytes: c.b}
		out := optimizeImage(t, GIF, in)
		if !bytes.Equal(out.Bytes, c.want) || len(out.Diags) > 0 {
			t.Errorf("%s: %d bytes, want %d (%s %v)", c.name, len(out.Bytes), len(c.want), out.Kept, out.Diags)
		}
		if f := out.Facts; f != (site.Facts{Width: 20, Height: 10, Frames: 3, Alpha: true}) {
			t.Errorf("%s: facts %+v", c.name, f)
		}
		again(t, GIF, in, out)
	}
	for n := range len(src) {
		if wantKept(t, optimizeImage(t, GIF, Input{Path: "a.gif", Bytes: src[:n]}), ruleImageCorrupt); t.Failed() {
			t.Fatalf("cut after %d of %d bytes", n, len(src))
		}
	}
}

func TestWebP(t *testing.T) {
	t.Parallel()
	simple, err := libwebp.EncodeLossless(photo(33, 21), 2, 50)
	if err != nil {
		t.Fatal(err)
	}
	chunks, err := webpChunks(simple)
	if err != nil {
		t.Fatal(err)
	}
	extended := func(flags byte, extra ...webpChunk) []byte {
		head := webpChunk{"VP8X", []byte{flags, 0, 0, 0, 32, 0, 0, 20, 0, 0}}
		return writeWebP(slices.Concat([]webpChunk{head}, chunks, extra), 0)
	}
	exif := func(o int) webpChunk { return webpChunk{"EXIF", testExif(o)} }
	wide, srgb := webpChunk{"ICCP", testProfile(false)}, webpChunk{"ICCP", testProfile(true)}
	for _, c := range []struct {
		name string
		b    []byte
		want []byte
	}{
		{"simple", simple, nil},
		{"bytes after the file", append(bytes.Clone(simple), "tail"...), simple},
		{"metadata", extended(vp8xExif|vp8xXMP, exif(1), webpChunk{"XMP ", []byte("<x/>")}), extended(0)},
		{"unknown chunk", extended(0, webpChunk{"JUNK", []byte("123")}), extended(0)},
		{"turned by EXIF", extended(vp8xExif, exif(6)), nil},
		{"wide profile", extended(vp8xICC|vp8xExif, wide, exif(1)), extended(vp8xICC, wide)},
		{"sRGB profile", extended(vp8xICC, srgb), extended(0)},
	} {
		in := Input{Path: "a.webp", Bytes: c.b}
		out := optimizeImage(t, WebP, in)
		if !bytes.Equal(out.Bytes, c.want) || len(out.Diags) > 0 {
			t.Errorf("%s: %d bytes, want %d (%s %v)", c.name, len(out.Bytes), len(c.want), out.Kept, out.Diags)
		}
		want := site.Facts{Width: 33, Height: 21, Frames: 1}
		if c.name == "turned by EXIF" {
			want.Width, want.Height = 0, 0 // browsers differ
		}
		if out.Facts != want {
			t.Errorf("%s: facts %+v", c.name, out.Facts)
		}
		again(t, WebP, in, out)
	}
	for n := range len(simple) {
		if wantKept(t, optimizeImage(t, WebP, Input{Path: "a.webp", Bytes: simple[:n]}), ruleImageCorrupt); t.Failed() {
			t.Fatalf("cut after %d of %d bytes", n, len(simple))
		}
	}
}

// mp4 writes a box.
func mp4(kind string, parts ...[]byte) []byte {
	data := slices.Concat(parts...)
	return slices.Concat(binary.BigEndian.AppendUint32(nil, uint32(8+len(data))), []byte(kind), data)
}

// testAVIF returns the boxes before the picture data of an AVIF whose second
// item is the primary one.
func testAVIF(props ...[]byte) []byte {
	assoc := []byte{0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 1, 1, 0, 2, byte(len(props))}
	for i := range props {
		assoc = append(assoc, byte(i+2))
	}
	small := mp4("ispe", []byte{0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 9})
	return slices.Concat(mp4("ftyp", []byte("avif\x00\x00\x00\x00mif1")),
		mp4("meta", []byte{0, 0, 0, 0}, mp4("pitm", []byte{0, 0, 0, 0, 0, 2}),
			mp4("iprp", mp4("ipco", append([][]byte{small}, props...)...), mp4("ipma", assoc))))
}

func TestImageFacts(t *testing.T) {
	t.Parallel()
	ispe := mp4("ispe", []byte{0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 2, 0})
	auxC := mp4("auxC", []byte("\x00\x00\x00\x00urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\x00"))
	bmp := make([]byte, 54)
	copy(bmp, "BM")
	bmp[14], bmp[18] = 40, 30
	binary.LittleEndian.PutUint32(bmp[22:], uint32(0xffffffec)) // -20: rows from the top
	for _, c := range []struct {
		name, path string
		o          *Optimizer
		b          []byte
		want       site.Facts
	}{
		{"AVIF", "a.avif", AVIF, testAVIF(ispe), site.Facts{Width: 768, Height: 512, Frames: 1}},
		{"AVIF, turned", "a.avif", AVIF, testAVIF(ispe, mp4("irot", []byte{1})), site.Facts{Width: 512, Height: 768, Frames: 1}},
		{"AVIF, turned twice", "a.avif", AVIF, testAVIF(ispe, mp4("irot", []byte{2})), site.Facts{Width: 768, Height: 512, Frames: 1}},
		{"AVIF, alpha", "a.avif", AVIF, testAVIF(ispe, auxC), site.Facts{Width: 768, Height: 512, Frames: 1, Alpha: true}},
		{"AVIF, cropped", "a.avif", AVIF, testAVIF(ispe, mp4("clap", make([]byte, 32))), site.Facts{Frames: 1}},
		{"BMP", "a.bmp", OtherImage, bmp, site.Facts{Width: 30, Height: 20, Frames: 1}},
		{"ICO", "a.ico", OtherImage, []byte("\x00\x00\x01\x00\x01\x00\x10\x10"), site.Facts{}},
	} {
		out := optimizeImage(t, c.o, Input{Path: site.Path(c.path), Bytes: c.b})
		if wantKept(t, out, ""); out.Facts != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, out.Facts, c.want)
		}
	}
}

func FuzzImageContainers(f *testing.F) {
	webp, err := libwebp.EncodeLossless(photo(5, 4), 2, 50)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(webp)
	f.Add(animation(f, 2))
	f.Add(testAVIF(mp4("ispe", make([]byte, 12))))
	f.Fuzz(func(t *testing.T, b []byte) {
		limits := &Options{Limits: Limits{Pixels: 1 << 16}}
		for path, o := range map[site.Path]*Optimizer{"a.gif": GIF, "a.webp": WebP, "a.avif": AVIF, "a.bmp": OtherImage} {
			in := Input{Path: path, Bytes: b, Options: limits}
			again(t, o, in, optimizeImage(t, o, in))
		}
	})
}
