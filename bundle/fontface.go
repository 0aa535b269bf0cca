package bundle

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hone-web/hone/bundle/internal/layout"
	"github.com/hone-web/hone/bundle/internal/style"
	"github.com/hone-web/hone/site"
)

// fontFace is an @font-face rule whose first source that browsers take is a
// WOFF2 file of the site.
type fontFace struct {
	family string // in lower case
	// weights it is for; the same twice unless the font is variable.
	light, heavy int
	italic       bool
	ranges       [][2]rune // nil for all
	sheet        *criticalSheet
	source       Use    // the reference to the file; From is nil where it is not known which file is taken
	suffix       string // what follows the file's name in its address
	variant      string // of the file: the smaller one with some of its characters; "" is the file itself
	odd          bool   // not understood, or declared under a condition
}

// fontSheetRules are what decides about fonts in a compiled style sheet.
type fontSheetRules struct {
	sheet *layout.Sheet
	faces []fontFace
	odd   bool // what it says about fonts is not understood
}

// readFace reads the descriptors of an @font-face rule (CSS Fonts 4, section
// 4); ok is false where the whole family must not be reasoned about.
func readFace(s *criticalSheet, r *criticalRule) (f fontFace, ok bool) {
	f = fontFace{light: 400, heavy: 400, sheet: s}
	ok = true
	for _, d := range r.Decls {
		v := strings.ToLower(style.Text(s.code, d.Value))
		switch d.Prop {
		case "font-family":
			f.family = strings.Join(strings.Fields(strings.Trim(v, `"'`)), " ")
		case "font-weight":
			f.light, f.heavy, ok = faceWeights(v, ok)
		case "font-style":
			f.italic = v == "italic"
			ok = ok && (v == "italic" || v == "normal")
		case "font-stretch", "font-width":
			ok = ok && (v == "normal" || v == "100%")
		case "unicode-range":
			var read bool
			f.ranges, read = unicodeRanges(v)
			ok = ok && read
		case "src":
			f.source, f.suffix, f.variant = faceSource(s, d.Value)
		}
	}
	return f, ok && f.family != ""
}

func faceWeights(v string, ok bool) (int, int, bool) {
	words := strings.Fields(v)
	var n [2]int
	for i := range n {
		if len(words) == 0 || len(words) > 2 {
			return 0, 0, false
		}
		w := words[min(i, len(words)-1)]
		switch w {
		case "normal":
			n[i] = 400
		case "bold":
			n[i] = 700
		default:
			x, err := strconv.Atoi(w)
			ok = ok && err == nil && x > 0 && x <= 1000
			n[i] = x
		}
	}
	return min(n[0], n[1]), max(n[0], n[1]), ok
}

// unicodeRanges reads a unicode-range (CSS Syntax 3, section 7).
func unicodeRanges(v string) (out [][2]rune, ok bool) {
	for _, part := range strings.Split(v, ",") {
		part, ok := strings.CutPrefix(strings.TrimSpace(part), "u+")
		from, to, has := strings.Cut(part, "-")
		if !has {
			from, to = strings.ReplaceAll(part, "?", "0"), strings.ReplaceAll(part, "?", "f")
		}
		a, err := strconv.ParseUint(from, 16, 24)
		b, err2 := strconv.ParseUint(to, 16, 24)
		if !ok || err != nil || err2 != nil || a > b {
			return nil, false
		}
		out = append(out, [2]rune{rune(a), rune(b)})
	}
	return out, true
}

// faceSource returns the reference to the file that browsers take of a src
// descriptor, if it is WOFF2: the first that has a format they know. What may
// be installed (local()) comes to nothing certain.
func faceSource(s *criticalSheet, span site.Span) (u Use, suffix, variant string) {
	list := string(s.code[span.Start:span.End])
	at := span.Start
	for _, part := range strings.SplitAfter(list, ",") {
		from := at
		at += len(part)
		low := strings.ToLower(strings.TrimSpace(strings.TrimSuffix(part, ",")))
		format := ""
		if _, rest, found := strings.Cut(low, "format("); found {
			format = strings.Trim(strings.TrimSuffix(rest, ")"), `"' `)
		}
		switch {
		case !strings.HasPrefix(low, "url(") || strings.Contains(low, "tech("):
			return Use{}, "", ""
		case format == "embedded-opentype" || format == "svg":
			continue
		case format != "" && format != "woff2" && format != "woff2-variations":
			return Use{}, "", ""
		}
		i := slices.IndexFunc(s.relocs, func(r site.Reloc) bool { return r.Off > from && r.Off < at })
		if i < 0 {
			return Use{}, "", ""
		}
		rest := string(s.code[s.relocs[i].Off:at])
		end := strings.IndexAny(rest, `)"'`)
		if end < 0 || strings.ContainsAny(rest[:end], "#\\<>& ") {
			return Use{}, "", ""
		}
		return Use{s.node, s.relocs[i].Ref}, rest[:end], s.relocs[i].Variant
	}
	return Use{}, "", ""
}

// has reports whether a face is for a character.
func (f *fontFace) has(r rune) bool {
	return f.ranges == nil || slices.ContainsFunc(f.ranges, func(x [2]rune) bool { return x[0] <= r && r <= x[1] })
}

// distance orders faces by how well they answer to a wanted weight, best
// first (CSS Fonts 4, section 5.2).
func (f *fontFace) distance(want int) int {
	const second, third = 1000, 2000
	switch {
	case f.light <= want && want <= f.heavy:
		return 0
	case want >= 400 && want <= 500:
		switch {
		case f.light > want && f.light <= 500:
			return f.light - want
		case f.heavy < want:
			return second + want - f.heavy
		}
		return third + f.light - want
	case want < 400:
		if f.heavy < want {
			return want - f.heavy
		}
		return second + f.light - want
	case f.light > want:
		return f.light - want
	}
	return second + want - f.heavy
}

// matchFaces returns the faces of a family that answer to a font: those of the
// best style and weight, the last first, for it is asked first.
func matchFaces(faces []*fontFace, font layout.Font) []*fontFace {
	score := func(f *fontFace) int {
		n := f.distance(font.Weight)
		if f.italic != font.Italic {
			n += 10000
		}
		return n
	}
	var out []*fontFace
	best := -1
	for i := len(faces) - 1; i >= 0; i-- {
		switch n := score(faces[i]); {
		case best < 0 || n < best:
			best, out = n, []*fontFace{faces[i]}
		case n == best:
			out = append(out, faces[i])
		}
	}
	return out
}
