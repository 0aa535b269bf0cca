package pipeline

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// The text an optimizer sees in place of a hole: a word of fixed width that
// may stand wherever an address may, quoted or not.
const (
	holeHead = "hOne0x"
	holeTail = "xhOne"
	holeLen  = len(holeHead) + 8 + len(holeTail)
)

func holeWord(i int) string { return fmt.Sprintf("%s%08x%s", holeHead, i, holeTail) }

// placeEdits writes placeholders into the text of edits and adds their holes
// to those of the file.
func placeEdits(edits []site.Edit, holes []plannedHole) ([]site.Edit, []plannedHole) {
	if len(edits) == 0 {
		return nil, holes
	}
	out := make([]site.Edit, len(edits))
	for i, e := range edits {
		var text strings.Builder
		at := 0
		for _, h := range e.Holes {
			text.WriteString(e.New[at:h.Off])
			text.WriteString(holeWord(len(holes)))
			holes = append(holes, plannedHole{Span: e.Span, Ref: h.Ref, Form: site.FormURL, Variant: h.Variant, Edit: true})
			at = h.Off
		}
		text.WriteString(e.New[at:])
		out[i] = site.Edit{Span: e.Span, New: text.String()}
	}
	return out, holes
}

// splice writes edits and placeholders into src. Edits and holes must not
// overlap; an edit that does is dropped.
func splice(src []byte, holes []plannedHole, edits []site.Edit) []byte {
	type piece struct {
		span site.Span
		text string
	}
	ps := make([]piece, 0, len(holes)+len(edits))
	for i, h := range holes {
		if !h.Edit {
			ps = append(ps, piece{h.Span, holeWord(i)})
		}
	}
	for _, e := range edits {
		ps = append(ps, piece{e.Span, e.New})
	}
	// What is put before a piece comes before what it is replaced with.
	slices.SortStableFunc(ps, func(a, b piece) int {
		return cmp.Or(a.span.Start-b.span.Start, min(a.span.Len(), 1)-min(b.span.Len(), 1))
	})
	out := make([]byte, 0, len(src)+holeLen*len(ps))
	at := 0
	for _, p := range ps {
		if p.span.Start < at {
			continue
		}
		out = append(append(out, src[at:p.span.Start]...), p.text...)
		at = p.span.End
	}
	return append(out, src[at:]...)
}

// split takes the placeholders out of text and returns what is left and where
// they were. One that is gone was dropped with the code around it; one that
// stands twice is two holes.
func split(text []byte, holes []plannedHole) ([]byte, []site.Reloc) {
	var code []byte
	var relocs []site.Reloc
	for {
		i := bytes.Index(text, []byte(holeHead))
		if i < 0 || i+holeLen > len(text) {
			return append(code, text...), relocs
		}
		k, ok := parseHole(text[i : i+holeLen])
		if !ok || k >= len(holes) {
			code = append(code, text[:i+1]...)
			text = text[i+1:]
			continue
		}
		code = append(code, text[:i]...)
		h := holes[k]
		relocs = append(relocs, site.Reloc{Off: len(code), Ref: h.Ref, Form: h.Form, Algs: h.Algs, Variant: h.Variant})
		text = text[i+holeLen:]
	}
}

func parseHole(w []byte) (int, bool) {
	if !bytes.HasSuffix(w, []byte(holeTail)) {
		return 0, false
	}
	n := 0
	for _, c := range w[len(holeHead) : len(holeHead)+8] {
		d := strings.IndexByte("0123456789abcdef", c)
		if d < 0 {
			return 0, false
		}
		n = n<<4 | d
	}
	return n, true
}
