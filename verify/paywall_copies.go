package verify

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hone-web/hone/site"
)

const (
	// shingle is how many words in a row are compared: eight words in a row
	// are rarely the same by chance.
	shingle = 8
	// minCopied is how many runs of a paid page must stand in a free file, and
	// minShare which part of the page they must be: a teaser of a paragraph is
	// no copy. One run in sample is looked at.
	sample    = 4
	minCopied = 40 / sample
	minShare  = 0.4
)

// copies finds free files that hold the text of paid pages: search indexes,
// feeds, data twins, source maps.
func (j *payment) copies() {
	p := &paidText{of: map[uint64]int32{}}
	var paid []*PaymentFile
	for _, f := range j.Files {
		if f.Kind == site.HTML && f.human() == Paid && f.for1(Search) == Paid {
			paid = append(paid, f)
		}
	}
	var open []*PaymentFile
	for _, f := range j.Files {
		if f.open() && (f.Kind == site.JSON || f.Kind == site.XML || f.Kind == site.Text || f.Kind == site.JS || f.Kind == site.HTML) {
			open = append(open, f)
		}
	}
	if len(paid) == 0 || len(open) == 0 {
		return
	}
	p.size = make([]int, len(paid))
	for i, f := range paid {
		p.add(int32(i), j.facts(f).runs)
	}
	// What free pages say too is no secret: navigation, footers, teasers.
	for _, f := range j.Files {
		if f.Kind == site.HTML && f.open() {
			p.forget(j.facts(f).runs)
		}
	}
	for _, f := range open {
		runs, where := j.facts(f).runs, ""
		if f.Kind == site.HTML {
			runs, where = j.facts(f).data, " in its JSON-LD" // what it shows is told of elsewhere
		}
		for _, c := range p.find(runs) {
			of := paid[c.page]
			j.report(site.Diagnostic{Rule: "PL012", Severity: site.Error, Path: f.Path, Confidence: site.Probable, Evidence: j.because(of),
				Message: fmt.Sprintf("%s is free and holds the text of %s%s, which %s", f.Path, of.Path, where, of.why()),
				Hint:    "leave paid text out of it when the site is built, or make it paid too"}, string(f.Path), "pages", string(of.Path))
		}
	}
}

// paidText knows runs of words of paid pages.
type paidText struct {
	of   map[uint64]int32 // run → its page, -1 for one that tells nothing
	size []int            // runs of each page
}

type copied struct {
	page  int32
	count int
}

func (p *paidText) add(page int32, runs []uint64) {
	for _, h := range runs {
		if at, ok := p.of[h]; !ok {
			p.of[h] = page
			p.size[page]++
		} else if at >= 0 && at != page {
			p.size[at]-- // two paid pages say it
			p.of[h] = -1
		}
	}
}

func (p *paidText) forget(runs []uint64) {
	for _, h := range runs {
		if at, ok := p.of[h]; ok && at >= 0 {
			p.size[at]--
			p.of[h] = -1
		}
	}
}

// find returns the pages of which a text holds a good part.
func (p *paidText) find(runs []uint64) []copied {
	count := map[int32]int{}
	seen := map[uint64]bool{}
	for _, h := range runs {
		if at, ok := p.of[h]; ok && at >= 0 && !seen[h] {
			seen[h] = true
			count[at]++
		}
	}
	var out []copied
	for page, n := range count {
		if n >= minCopied && float64(n) >= minShare*float64(p.size[page]) {
			out = append(out, copied{page, n})
		}
	}
	slices.SortFunc(out, func(a, b copied) int { return cmp.Compare(a.page, b.page) })
	return out
}
