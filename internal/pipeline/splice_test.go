package pipeline

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

// randomHoles picks spans of a text that do not overlap, in order.
func randomHoles(rnd *rand.Rand, n int) []plannedHole {
	var hs []plannedHole
	for at := 0; at <= n && len(hs) < 40; {
		start := at + rnd.IntN(n-at+1)
		end := start + rnd.IntN(n-start+1)
		if rnd.IntN(3) == 0 {
			end = min(n, start+3)
		}
		hs = append(hs, plannedHole{Span: site.Span{Start: start, End: end}, Ref: len(hs), Form: site.Form(rnd.IntN(3)), Algs: "sha384"})
		at = end + 1
		if rnd.IntN(8) == 0 {
			break
		}
	}
	return hs
}

// FuzzSplice: whatever the text and the holes, splitting the spliced text
// gives every hole once, in order and in place, and the rest unchanged.
func FuzzSplice(f *testing.F) {
	for i, s := range []string{"", "a", "hOne0", "hOne0xhOne0", "xhOne0x0000000xhOne", strings.Repeat("0x00000000xhOne", 5), "url(a.png) url('b.png')", "\xff\x00\n"} {
		f.Add(uint64(i), s)
	}
	f.Fuzz(func(t *testing.T, seed uint64, src string) {
		if strings.Contains(src, holeHead) || len(src) > 1<<16 {
			t.Skip() // run leaves such a text alone
		}
		holes := randomHoles(rand.New(rand.NewPCG(seed, 1)), len(src))
		code, relocs := split(splice([]byte(src), holes, nil), holes)
		var want []byte
		at := 0
		if len(relocs) != len(holes) {
			t.Fatalf("%d holes went in, %d came out", len(holes), len(relocs))
		}
		for i, h := range holes {
			want = append(want, src[at:h.Span.Start]...)
			at = h.Span.End
			if r := relocs[i]; r.Off != len(want) || r.Ref != h.Ref || r.Form != h.Form || r.Algs != h.Algs {
				t.Fatalf("hole %d is %+v, want offset %d of %+v", i, r, len(want), h)
			}
		}
		if want = append(want, src[at:]...); !bytes.Equal(code, want) {
			t.Fatalf("the text is %q, want %q", code, want)
		}
		// A hole that stands twice is two holes; one that is gone is none.
		twice, rs := split([]byte(strings.Repeat(holeWord(0), 2)+src), holes)
		if len(holes) > 0 && (len(rs) != 2 || string(twice) != src) {
			t.Fatalf("doubled: %v, %q", rs, twice)
		}
	})
}

func TestSplit(t *testing.T) {
	t.Parallel()
	holes := []plannedHole{{Ref: 7}, {Ref: 9, Form: site.FormIntegrity, Algs: "sha256"}}
	for _, tt := range []struct {
		text, code string
		refs       []int
	}{
		{"", "", nil},
		{"a" + holeWord(0) + "b", "ab", []int{7}},
		{holeWord(1) + holeWord(0), "", []int{9, 7}},
		{holeWord(0) + "x" + holeWord(0), "x", []int{7, 7}},
		{holeWord(2), holeWord(2), nil}, // never handed out
		{strings.ToUpper(holeWord(0)), strings.ToUpper(holeWord(0)), nil},
		{holeWord(0)[:holeLen-1], holeWord(0)[:holeLen-1], nil},
		{"hOne0xzzzzzzzzxhOne", "hOne0xzzzzzzzzxhOne", nil},
		{"hOne0x" + holeWord(0), "hOne0x", []int{7}},
		{"hOne0xffffffffxhOne", "hOne0xffffffffxhOne", nil},
	} {
		code, relocs := split([]byte(tt.text), holes)
		var refs []int
		for _, r := range relocs {
			refs = append(refs, r.Ref)
		}
		if string(code) != tt.code || len(refs) != len(tt.refs) || len(refs) > 0 && refs[0] != tt.refs[0] {
			t.Errorf("%q gives %q and %v, want %q and %v", tt.text, code, refs, tt.code, tt.refs)
		}
	}
}

func TestSpliceEdits(t *testing.T) {
	t.Parallel()
	hole := []plannedHole{{Span: site.Span{Start: 3, End: 6}}}
	for _, tt := range []struct {
		edits []site.Edit
		want  string
	}{
		{nil, "abc.ghi"},
		{[]site.Edit{{Span: site.Span{Start: 0, End: 1}, New: "X"}, {Span: site.Span{Start: 8, End: 9}}}, "Xbc.gh"},
		{[]site.Edit{{Span: site.Span{Start: 9, End: 9}, New: "end"}, {New: "start"}}, "startabc.ghiend"},
		{[]site.Edit{{Span: site.Span{Start: 4, End: 7}, New: "X"}}, "abc.ghi"}, // overlaps the hole: dropped
		{[]site.Edit{{Span: site.Span{Start: 6, End: 7}, New: "X"}}, "abc.Xhi"}, // touches it
	} {
		got := strings.ReplaceAll(string(splice([]byte("abcdefghi"), hole, tt.edits)), holeWord(0), ".")
		if got != tt.want {
			t.Errorf("%v: %q, want %q", tt.edits, got, tt.want)
		}
	}
}

func TestSumHoles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind site.SumKind
		text string
		want []string // the text of each hole
	}{
		{site.SumIntegrity, "sha384-AAAA", []string{"AAAA"}},
		{site.SumIntegrity, "sha256-AA==  sha512-BB==?opt", []string{"AA==", "BB=="}},
		{site.SumIntegrity, "sha256-AA sha256-AA", []string{"AA", "AA"}},
		{site.SumIntegrity, "md5-AA sha1-BB", nil},
		{site.SumIntegrity, "", nil},
		{site.SumRevision, strings.Repeat("a", 32), []string{strings.Repeat("a", 32)}},
		{site.SumRevision, strings.Repeat("a", 40), []string{strings.Repeat("a", 40)}},
		{site.SumRevision, "v12", nil},
	} {
		const at = 5
		src := strings.Repeat(".", at) + tt.text
		hs := sumHoles(site.SumRef{Span: site.Span{Start: at, End: at + len(tt.text)}, Kind: tt.kind, Text: tt.text})
		var got []string
		for _, h := range hs {
			got = append(got, src[h.Span.Start:h.Span.End])
		}
		if strings.Join(got, "|") != strings.Join(tt.want, "|") {
			t.Errorf("%q: holes %q, want %q", tt.text, got, tt.want)
		}
	}
}
