package optimize

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"github.com/hone-web/hone/optimize/internal/subset"
	"github.com/hone-web/hone/optimize/internal/woff"
	"github.com/hone-web/hone/site"
)

// Font makes a smaller font beside one: with the characters that are asked for,
// or the same as WOFF2. The font itself stays as it is.
var Font = &Optimizer{
	Name:    "font",
	Doc:     "fonts: beside them a WOFF2, of the characters that the site shows or of all",
	Version: 2,
	Kinds:   []site.Kind{site.Font},
	Match: func(p site.Path) bool {
		return slices.Contains([]string{".woff2", ".woff", ".ttf", ".otf"}, strings.ToLower(p.Ext()))
	},
	Run: optimizeFont,
}

// Subsetter makes a font that holds some characters of another. It is handed
// in because starting one takes time.
type Subsetter interface {
	Subset(ctx context.Context, font []byte, ranges [][2]rune) ([]byte, error)
}

// NewSubsetter returns a Subsetter that keeps its compiled code in the folder
// cacheDir, or in memory alone if that is "". Close it after use.
func NewSubsetter(cacheDir string) *FontMachine { return &FontMachine{subset.New(cacheDir)} }

// FontMachine is a Subsetter.
type FontMachine struct{ s *subset.Subsetter }

// Subset implements Subsetter.
func (m *FontMachine) Subset(ctx context.Context, font []byte, ranges [][2]rune) ([]byte, error) {
	return m.s.Subset(ctx, font, ranges)
}

// Close frees what the machine holds.
func (m *FontMachine) Close() error { return m.s.Close() }

// Gains below which a second font is not worth a second request where a page
// needs both: bytes, and the part of the whole.
const (
	minFontGain  = 4 << 10
	fontGainPart = 4
)

func optimizeFont(ctx context.Context, in *Input) (Output, error) {
	if !in.Offer {
		return Output{Kept: "fonts stay as they are"}, nil
	}
	if len(in.Bytes) > woff.MaxSize {
		return Output{Kept: fmt.Sprintf("larger than %d MB", woff.MaxSize>>20)}, nil
	}
	f, err := woff.Read(in.Bytes)
	if err != nil {
		return Output{Kept: fmt.Sprintf("it cannot be read: %v", err)}, nil
	}
	v, why, err := subsetOf(ctx, in, f)
	if err != nil {
		return Output{}, err
	}
	if v == nil {
		if v, err = asWOFF2(in, f); err != nil || v == nil {
			return Output{Kept: why}, err
		}
	}
	return Output{Kept: "the font itself stays as it is", Variants: []Variant{*v}}, nil
}

// subsetOf returns the smaller font with the characters that are wanted, or why
// there is none.
func subsetOf(ctx context.Context, in *Input, f *woff.Font) (v *Variant, why string, err error) {
	if in.Letters == nil || in.Fonts == nil {
		return nil, "fonts stay as they are", nil
	}
	if why := forbidsSubsets(f); why != "" {
		return nil, why, nil
	}
	// Some tools count the padding of a table as a part of it.
	const headSize = 54
	if head := f.Tables["head"]; len(head) > headSize {
		f.Tables["head"] = head[:headSize]
	}
	whole := f.OpenType()
	face, err := sfnt.Parse(whole)
	if err != nil {
		return nil, fmt.Sprintf("what is made of it could not be verified: %v", err), nil
	}
	want, rest, icons := characters(face, in.Letters)
	switch {
	case in.Letters.Icons && !icons:
		return nil, "not a font of icons", nil
	case len(want) == 0:
		return nil, "the site shows none of its characters", nil
	case len(rest) == 0:
		return nil, "the site shows all of its characters", nil
	}
	small, err := in.Fonts.Subset(ctx, whole, runs(want, nil))
	if err != nil {
		return nil, err.Error(), ctx.Err()
	}
	b, err := packSubset(small, f, face, want)
	if err != nil {
		return nil, "", err
	}
	if len(b)+max(minFontGain, len(in.Bytes)/fontGainPart) > len(in.Bytes) {
		return nil, "the characters that the site shows are most of its bytes", nil
	}
	return &Variant{Ext: ".woff2", Type: "font/woff2", Bytes: b, Note: fmt.Sprintf("%d of %d characters", len(want), len(want)+len(rest)),
		Range: unicodeRange(append(runs(want, rest), [2]rune{' ', ' '}))}, "", nil
}

// asWOFF2 returns all of a font in another form as WOFF2, nil where that is of
// no use. The tables stay what they are, byte for byte.
func asWOFF2(in *Input, f *woff.Font) (*Variant, error) {
	if bytes.HasPrefix(in.Bytes, []byte("wOF2")) || restricted(f) {
		return nil, nil
	}
	b := f.WOFF2()
	if len(b)+max(minFormGain, len(in.Bytes)/formGainPart) > len(in.Bytes) {
		return nil, nil
	}
	back, err := woff.Read(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errFontVerify, err)
	}
	for tag, t := range f.Tables {
		if tag == "DSIG" || tag == "head" { // it is not signed any more, and says so
			continue
		}
		if !bytes.Equal(t, back.Tables[tag]) {
			return nil, fmt.Errorf("%w: %s", errFontVerify, tag)
		}
	}
	return &Variant{Ext: ".woff2", Type: "font/woff2", Bytes: b, Note: "the same font as WOFF2"}, nil
}

// Gains below which a font of another form is not offered as WOFF2.
const (
	minFormGain  = 1 << 10
	formGainPart = 10
)

// forbidsSubsets says why no part of a font may be served, "" if it may
// (OpenType, "OS/2", fsType).
func forbidsSubsets(f *woff.Font) string {
	const noSubset = 0x0100
	switch os2 := f.Tables["OS/2"]; {
	case len(os2) < 10:
		return "it does not say what may be done with it"
	case restricted(f):
		return "it forbids embedding (fsType)"
	case binary.BigEndian.Uint16(os2[8:])&noSubset != 0:
		return "it forbids to serve a part of it (fsType)"
	}
	return ""
}

// restricted reports whether a font may only be used as its maker says.
func restricted(f *woff.Font) bool {
	const usage, license = 0xf, 0x2
	os2 := f.Tables["OS/2"]
	return len(os2) >= 10 && binary.BigEndian.Uint16(os2[8:])&usage == license
}

// planes are the ranges that characters of fonts are looked for in: all of
// Unicode that is assigned, ideographs of the third plane included, and what is
// for private use.
var planes = [][2]rune{{0, 0x323af}, {0xe0000, 0x10fffd}}

// private reports whether a character has the meaning that a font gives it.
func private(r rune) bool { return r >= 0xe000 && r <= 0xf8ff || r >= 0xf0000 }

// characters parts the characters of a font into those that are wanted and the
// rest, and reports whether it is one of icons.
func characters(face *sfnt.Font, l *site.Letters) (want, rest []rune, icons bool) {
	var b sfnt.Buffer
	drawn := 0
	for _, plane := range planes {
		for r := plane[0]; r <= plane[1]; r++ {
			if g, err := face.GlyphIndex(&b, r); err != nil || g == 0 {
				continue
			}
			if private(r) {
				drawn++
			}
			if l.Has(r) {
				want = append(want, r)
			} else {
				rest = append(rest, r)
			}
		}
	}
	return want, rest, 2*drawn > len(want)+len(rest)
}

// runs returns sorted characters as ranges, over gaps too that hold none of
// but, which are sorted as well; with a nil but over none.
func runs(list, but []rune) [][2]rune {
	var out [][2]rune
	for _, r := range list {
		if n := len(out) - 1; n >= 0 {
			from := out[n][1] + 1
			i, _ := slices.BinarySearch(but, from)
			if from == r || but != nil && (i == len(but) || but[i] > r) {
				out[n][1] = r
				continue
			}
		}
		out = append(out, [2]rune{r, r})
	}
	return out
}

// unicodeRange writes ranges as the descriptor of that name (CSS Fonts 4,
// section 4.5).
func unicodeRange(list [][2]rune) string {
	slices.SortFunc(list, func(a, b [2]rune) int { return int(a[0] - b[0]) })
	var b strings.Builder
	end := rune(-1)
	for _, x := range list {
		if x[1] <= end {
			continue // the space, which another range holds
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "U+%X", x[0])
		if x[1] > x[0] {
			fmt.Fprintf(&b, "-%X", x[1])
		}
		end = x[1]
	}
	return b.String()
}

var errFontVerify = errors.New("the smaller font does not show the same")

// packSubset returns a subset as WOFF2, with the measures of the whole font, by
// which browsers set lines and fields, once every character has proved to look
// as before.
func packSubset(small []byte, whole *woff.Font, face *sfnt.Font, want []rune) ([]byte, error) {
	f, err := woff.Read(small)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errFontVerify, err)
	}
	// The bounds of all glyphs, the widest of them and the mean width.
	for _, x := range []struct {
		tag      string
		from, to int
	}{{"head", 36, 44}, {"hhea", 10, 18}, {"OS/2", 2, 4}} {
		src, dst := whole.Tables[x.tag], slices.Clone(f.Tables[x.tag])
		if len(src) < x.to || len(dst) < x.to {
			return nil, fmt.Errorf("%w: no %s", errFontVerify, x.tag)
		}
		copy(dst[x.from:x.to], src[x.from:x.to])
		f.Tables[x.tag] = dst
	}
	b := f.WOFF2()
	back, err := woff.Read(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errFontVerify, err)
	}
	got, err := sfnt.Parse(back.OpenType())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errFontVerify, err)
	}
	return b, sameGlyphs(face, got, want)
}

// sameGlyphs reports an error unless the characters have the same outlines and
// widths in both fonts.
func sameGlyphs(a, b *sfnt.Font, want []rune) error {
	if a.UnitsPerEm() != b.UnitsPerEm() {
		return errFontVerify
	}
	ppem := fixed.Int26_6(a.UnitsPerEm()) << 6
	var bufA, bufB sfnt.Buffer
	shape := func(f *sfnt.Font, buf *sfnt.Buffer, r rune) (sfnt.Segments, fixed.Int26_6, error) {
		g, err := f.GlyphIndex(buf, r)
		if err != nil || g == 0 {
			return nil, 0, errFontVerify
		}
		w, err := f.GlyphAdvance(buf, g, ppem, font.HintingNone)
		if err != nil {
			return nil, 0, err
		}
		s, err := f.LoadGlyph(buf, g, ppem, nil)
		if errors.Is(err, sfnt.ErrColoredGlyph) { // a picture: the tables that hold it are HarfBuzz's affair
			return nil, w, nil
		}
		return s, w, err
	}
	for _, r := range want {
		sa, wa, ea := shape(a, &bufA, r)
		sb, wb, eb := shape(b, &bufB, r)
		if ea != nil && !errors.Is(ea, errFontVerify) && eb != nil {
			return fmt.Errorf("%w: U+%04X: %w", errFontVerify, r, ea)
		}
		if ea != nil || eb != nil || wa != wb || !slices.Equal(sa, sb) {
			return fmt.Errorf("%w: U+%04X", errFontVerify, r)
		}
	}
	return nil
}
