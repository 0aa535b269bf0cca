package woff

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// The files of testdata are eleven characters of Go Regular
// (golang.org/x/image), two of them made composite, as TTF, and as WOFF and
// WOFF2 with transformed glyf and hmtx by fontTools 4.38.
func testFont(t testing.TB, ext string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "go."+ext))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func parse(t *testing.T, f *Font) *sfnt.Font {
	t.Helper()
	p, err := sfnt.Parse(f.OpenType())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// same fails unless all glyphs and all other tables are those of the TTF.
func same(t *testing.T, got, want *Font) {
	t.Helper()
	for tag, b := range want.Tables {
		// Nothing but the bytes of head say that a font was packed.
		if g := got.Tables[tag]; tag != "glyf" && tag != "loca" && tag != "head" && !bytes.Equal(b, g) {
			t.Errorf("%s has %d bytes, want %d", tag, len(g), len(b))
		}
	}
	a, b := parse(t, got), parse(t, want)
	if a.NumGlyphs() != b.NumGlyphs() {
		t.Fatalf("%d glyphs, want %d", a.NumGlyphs(), b.NumGlyphs())
	}
	ppem := fixed.Int26_6(a.UnitsPerEm()) << 6
	var bufA, bufB sfnt.Buffer
	for i := range a.NumGlyphs() {
		g := sfnt.GlyphIndex(i)
		x, err := a.LoadGlyph(&bufA, g, ppem, nil)
		if err != nil {
			t.Fatal(err)
		}
		y, err := b.LoadGlyph(&bufB, g, ppem, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(x, y) {
			t.Errorf("glyph %d has another outline", i)
		}
		w, _ := a.GlyphAdvance(&bufA, g, ppem, font.HintingNone)
		if v, _ := b.GlyphAdvance(&bufB, g, ppem, font.HintingNone); w != v {
			t.Errorf("glyph %d is %v wide, want %v", i, w, v)
		}
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	want, err := Read(testFont(t, "ttf"))
	if err != nil {
		t.Fatal(err)
	}
	if len(want.Tables) < 10 {
		t.Fatalf("%d tables", len(want.Tables))
	}
	for _, ext := range []string{"woff", "woff2"} {
		got, err := Read(testFont(t, ext))
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, want)
		back, err := Read(got.WOFF2())
		if err != nil {
			t.Fatal(err)
		}
		same(t, back, want)
		if back.Tables["head"][16]&8 == 0 {
			t.Error("head does not say that the font was packed")
		}
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	good := testFont(t, "woff2")
	for name, b := range map[string][]byte{
		"nothing":            nil,
		"text":               []byte("<!doctype html><title>404</title>"),
		"half":               good[:len(good)/2],
		"the header":         good[:48],
		"a collection":       append([]byte("wOF2ttcf"), good[8:]...),
		"a plain collection": append([]byte("ttcf"), testFont(t, "ttf")[4:]...),
		"half of a TTF":      testFont(t, "ttf")[:2000],
		"half of a WOFF":     testFont(t, "woff")[:2000],
	} {
		if _, err := Read(b); !errors.Is(err, errFont) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever a font says of itself, reading it ends, and takes no more than its
// bounds allow.
func FuzzRead(f *testing.F) {
	for _, ext := range []string{"ttf", "woff", "woff2"} {
		f.Add(testFont(f, ext))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		font, err := Read(b)
		if err != nil {
			return
		}
		total := 0
		for _, x := range font.Tables {
			total += len(x)
		}
		if total > 3*MaxSize+len(b) {
			t.Errorf("%d bytes from %d", total, len(b))
		}
	})
}
