package optimize

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"

	"github.com/hone-web/hone/optimize/internal/woff"
	"github.com/hone-web/hone/site"
)

// fonts is one machine for all tests: compiling takes most of a second.
var fonts = sync.OnceValue(func() *FontMachine { return NewSubsetter("") })

// iconFont is Go Regular with its glyphs at U+E000 and on.
func iconFont(t testing.TB, change func(*woff.Font)) []byte {
	t.Helper()
	f, err := woff.Read(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	const first, count, glyph = 0xe000, 660, 3
	var group []byte // OpenType, "cmap", format 12
	for _, v := range []uint32{12 << 16, 28, 0, 1, first, first + count - 1, glyph} {
		group = binary.BigEndian.AppendUint32(group, v)
	}
	cmap := []byte{0, 0, 0, 1, 0, 3, 0, 10, 0, 0, 0, 12}
	f.Tables["cmap"] = append(cmap, group...)
	if change != nil {
		change(f)
	}
	return f.OpenType()
}

func TestFont(t *testing.T) {
	t.Parallel()
	flags := func(v uint16) func(*woff.Font) {
		return func(f *woff.Font) {
			f.Tables["OS/2"] = slices.Clone(f.Tables["OS/2"])
			binary.BigEndian.PutUint16(f.Tables["OS/2"][8:], v)
		}
	}
	icons := site.Letters{Ranges: [][2]rune{{0x20, 0xff}, {0xe000, 0xe004}, {0xe009, 0xe009}}, Icons: true}
	all := site.Letters{Ranges: [][2]rune{{0x20, 0x7e}}}
	for _, c := range []struct {
		name    string
		b       []byte
		letters site.Letters
		want    string // what the smaller font is for, or why there is none
	}{
		{"icons", iconFont(t, nil), icons, "U+20,U+E000-E004,U+E009"},
		{"padded head", iconFont(t, func(f *woff.Font) { f.Tables["head"] = append(slices.Clone(f.Tables["head"]), 0, 0) }), icons, "U+20,U+E000-E004,U+E009"},
		{"text among icons", goregular.TTF, icons, "not a font of icons"},
		{"text", goregular.TTF, all, "U+20-7E"},
		{"no subsets", iconFont(t, flags(0x100)), icons, "it forbids to serve a part of it (fsType)"},
		{"restricted", iconFont(t, flags(2)), icons, "it forbids embedding (fsType)"},
		{"preview and print", iconFont(t, flags(4)), icons, "U+20,U+E000-E004,U+E009"},
		{"none shown", iconFont(t, nil), site.Letters{Ranges: [][2]rune{{0x20, 0xff}}, Icons: true}, "the site shows none of its characters"},
		{"all shown", iconFont(t, nil), site.Letters{Ranges: [][2]rune{{0xe000, 0xefff}}, Icons: true}, "the site shows all of its characters"},
		{"most shown", iconFont(t, nil), site.Letters{Ranges: [][2]rune{{0xe000, 0xe280}}, Icons: true}, "the characters that the site shows are most of its bytes"},
		{"a page", []byte("<!doctype html><title>Not found</title>"), icons, "it cannot be read: not a valid font: no known signature"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := c.b
			if f, err := woff.Read(b); err == nil && !strings.HasPrefix(c.want, "U+") {
				b = f.WOFF2() // else that is what it gets
			}
			out, err := optimizeFont(t.Context(), &Input{Path: "a.ttf", Bytes: b, Offer: true, Letters: &c.letters, Fonts: fonts()})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(c.want, "U+") {
				if len(out.Variants) > 0 || out.Kept != c.want {
					t.Errorf("%d variants, kept because %q", len(out.Variants), out.Kept)
				}
				return
			}
			if len(out.Variants) != 1 || out.Bytes != nil || out.Variants[0].Range != c.want {
				t.Fatalf("%+v, kept because %q", out.Variants, out.Kept)
			}
			small := out.Variants[0].Bytes
			if 4*len(small) > len(b) {
				t.Errorf("%d bytes of %d", len(small), len(b))
			}
			measures(t, small, b)
		})
	}
	if out, err := optimizeFont(t.Context(), &Input{Path: "a.ttf", Bytes: goregular.TTF}); err != nil || len(out.Variants) > 0 {
		t.Errorf("unasked: %v, %v", out, err)
	}
}

// A font in another form is offered as WOFF2, table for table.
func TestFontForm(t *testing.T) {
	t.Parallel()
	l := &site.Letters{Ranges: [][2]rune{{0x20, 0xff}}, Icons: true}
	for _, letters := range []*site.Letters{nil, l} {
		out, err := optimizeFont(t.Context(), &Input{Path: "a.ttf", Bytes: goregular.TTF, Offer: true, Letters: letters, Fonts: fonts()})
		if err != nil || len(out.Variants) != 1 || out.Variants[0].Range != "" {
			t.Fatalf("%+v, %v", out, err)
		}
		b := out.Variants[0].Bytes
		if len(b) > len(goregular.TTF)*2/3 {
			t.Errorf("%d bytes of %d", len(b), len(goregular.TTF))
		}
		back, err := woff.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := woff.Read(goregular.TTF)
		if err != nil {
			t.Fatal(err)
		}
		for tag, x := range whole.Tables {
			if tag != "head" && tag != "DSIG" && !bytes.Equal(x, back.Tables[tag]) {
				t.Errorf("%s is not the same", tag)
			}
		}
		out, err = optimizeFont(t.Context(), &Input{Path: "a.woff2", Bytes: b, Offer: true, Letters: letters, Fonts: fonts()})
		if err != nil || len(out.Variants) != 0 {
			t.Errorf("of WOFF2: %+v, %v", out, err)
		}
	}
}

// measures fails unless a browser sets lines and fields by the smaller font as
// by the whole one.
func measures(t *testing.T, small, whole []byte) {
	t.Helper()
	a, err := woff.Read(small)
	if err != nil {
		t.Fatal(err)
	}
	b, err := woff.Read(whole)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		tag      string
		from, to int
	}{{"head", 18, 20}, {"head", 36, 44}, {"hhea", 4, 18}, {"OS/2", 2, 4}, {"OS/2", 26, 42}, {"OS/2", 68, 78}} {
		if !bytes.Equal(a.Tables[x.tag][x.from:x.to], b.Tables[x.tag][x.from:x.to]) {
			t.Errorf("%s differs between %d and %d", x.tag, x.from, x.to)
		}
	}
}

// A subset that shows something else is found out.
func TestFontVerified(t *testing.T) {
	t.Parallel()
	f, err := woff.Read(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	face, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	small, err := fonts().Subset(t.Context(), goregular.TTF, [][2]rune{{'a', 'c'}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := packSubset(small, f, face, []rune("abc")); err != nil {
		t.Error(err)
	}
	if _, err := packSubset(small, f, face, []rune("abcd")); err == nil {
		t.Error("a character that is not there was not missed")
	}
	icons := iconFont(t, nil)
	moved, err := sfnt.Parse(icons)
	if err != nil {
		t.Fatal(err)
	}
	part, err := fonts().Subset(t.Context(), icons, [][2]rune{{0xe000, 0xe010}})
	if err != nil {
		t.Fatal(err)
	}
	g, err := woff.Read(part)
	if err != nil {
		t.Fatal(err)
	}
	glyf := slices.Clone(g.Tables["glyf"])
	for i := range glyf[len(glyf)/2:] {
		glyf[len(glyf)/2+i] ^= 1
	}
	g.Tables["glyf"] = glyf
	if _, err := packSubset(g.OpenType(), f, moved, []rune{0xe000, 0xe001, 0xe010}); err == nil {
		t.Error("other outlines were not seen")
	}
}

func TestRuns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ list, but, want string }{
		{"abc", "", "U+61-63"},
		{"acf", "", "U+61,U+63,U+66"},
		{"acf", "d", "U+61-63,U+66"},
		{"acf", "be", "U+61,U+63,U+66"},
		{"acf", "x", "U+61-66"},
	} {
		var but []rune
		if c.but != "" {
			but = []rune(c.but)
		}
		if got := unicodeRange(runs([]rune(c.list), but)); got != c.want {
			t.Errorf("%s without %s: %s, want %s", c.list, c.but, got, c.want)
		}
	}
	if got := unicodeRange([][2]rune{{'a', 'c'}, {' ', ' '}, {0x10, 0x30}}); got != "U+10-30,U+61-63" {
		t.Error(got)
	}
}

func BenchmarkFont(b *testing.B) {
	src := iconFont(b, nil)
	l := site.Letters{Ranges: [][2]rune{{0xe000, 0xe020}}, Icons: true}
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if out, err := optimizeFont(b.Context(), &Input{Path: "a.ttf", Bytes: src, Offer: true, Letters: &l, Fonts: fonts()}); err != nil || len(out.Variants) != 1 {
			b.Fatal(out, err)
		}
	}
}
