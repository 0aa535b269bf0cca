package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/site"
)

// Comparison sets a build beside another one of the same site.
type Comparison struct {
	Bytes     pipeline.Cost2    `json:"bytes"`    // of the output
	Transfer  pipeline.Cost2    `json:"transfer"` // of all pages with what they load
	Requests  pipeline.Cost2    `json:"requests"` // of all pages
	Pages     []PageChange      `json:"pages"`    // whose weight changed, most first
	NewPages  int               `json:"new_pages"`
	GonePages int               `json:"gone_pages"`
	New       []site.Diagnostic `json:"new_findings"`
	Mended    []site.Diagnostic `json:"mended_findings"`
}

// PageChange is what one page weighs in the output of either build.
type PageChange struct {
	Path     site.Path      `json:"path"`
	Bytes    pipeline.Cost2 `json:"bytes"`
	Requests pipeline.Cost2 `json:"requests"`
}

// Read reads a document that JSON wrote.
func Read(text []byte) (*Document, error) {
	d := new(Document)
	if err := json.Unmarshal(text, d); err != nil {
		return nil, err
	}
	if d.SchemaVersion != SchemaVersion {
		return nil, fmt.Errorf("it is of version %d, not %d", d.SchemaVersion, SchemaVersion)
	}
	return d, nil
}

// CompareWith sets d beside the older document old.
func (d *Document) CompareWith(old *Document) {
	c := &Comparison{Bytes: pipeline.Cost2{Before: old.Totals.BytesAfter, After: d.Totals.BytesAfter}, Pages: []PageChange{}}
	was := make(map[site.Path]*pipeline.Page, len(old.Pages))
	for i := range old.Pages {
		p := &old.Pages[i]
		was[p.Path] = p
		c.Transfer.Before += p.After.Bytes
		c.Requests.Before += int64(p.After.Requests)
	}
	for i := range d.Pages {
		p := &d.Pages[i]
		c.Transfer.After += p.After.Bytes
		c.Requests.After += int64(p.After.Requests)
		o := was[p.Path]
		if o == nil {
			c.NewPages++
			continue
		}
		delete(was, p.Path)
		if o.After.Bytes != p.After.Bytes || o.After.Requests != p.After.Requests {
			c.Pages = append(c.Pages, PageChange{p.Path, pipeline.Cost2{Before: o.After.Bytes, After: p.After.Bytes},
				pipeline.Cost2{Before: int64(o.After.Requests), After: int64(p.After.Requests)}})
		}
	}
	c.GonePages = len(was)
	slices.SortStableFunc(c.Pages, func(x, y PageChange) int {
		return cmp.Or(cmp.Compare(y.Bytes.After-y.Bytes.Before, x.Bytes.After-x.Bytes.Before), cmp.Compare(x.Path, y.Path))
	})
	c.New, c.Mended = without(d.Findings, old.Findings), without(old.Findings, d.Findings)
	d.Compare = c
}

// without returns the findings of a that b does not have; their lines do not
// matter.
func without(a, b []site.Diagnostic) []site.Diagnostic {
	key := func(d site.Diagnostic) site.Diagnostic {
		d.Line, d.Column, d.Severity, d.Hint, d.Confidence, d.Evidence = 0, 0, 0, "", "", nil
		return d
	}
	have := map[site.Diagnostic]int{}
	for _, d := range b {
		have[key(d)]++
	}
	out := []site.Diagnostic{}
	for _, d := range a {
		if k := key(d); have[k] > 0 {
			have[k]--
		} else {
			out = append(out, d)
		}
	}
	return out
}

// delta writes a change with its sign.
func delta(c pipeline.Cost2, unit func(int64) string) string {
	switch n := c.After - c.Before; {
	case n > 0:
		return "+" + unit(n)
	case n < 0:
		return "−" + unit(-n)
	}
	return "±0"
}

func number(n int64) string { return fmt.Sprint(n) }

// text writes the comparison for the terminal.
func (c *Comparison) text(w io.Writer, s Style) {
	fmt.Fprintf(w, "\ncompared: output %s (%s), requests of all pages %s, pages %d changed, %d new, %d gone, findings %d new, %d mended\n",
		Bytes(c.Bytes.After), delta(c.Bytes, Bytes), delta(c.Requests, number), len(c.Pages), c.NewPages, c.GonePages, len(c.New), len(c.Mended))
	for i := range c.Pages[:min(3, len(c.Pages))] {
		if p := &c.Pages[i]; p.Bytes.After > p.Bytes.Before {
			fmt.Fprintf(w, "  %s  %s → %s (%s)\n", Name(p.Path), Bytes(p.Bytes.Before), Bytes(p.Bytes.After), s.paint(amber, delta(p.Bytes, Bytes)))
		}
	}
}

// markdown writes the comparison for a comment.
func (c *Comparison) markdown(b *strings.Builder) {
	b.WriteString("| compared with before | then | now | change |\n|---|--:|--:|--:|\n")
	fmt.Fprintf(b, "| output | %s | %s | %s |\n", Bytes(c.Bytes.Before), Bytes(c.Bytes.After), delta(c.Bytes, Bytes))
	fmt.Fprintf(b, "| all pages with what they load | %s | %s | %s |\n", Bytes(c.Transfer.Before), Bytes(c.Transfer.After), delta(c.Transfer, Bytes))
	fmt.Fprintf(b, "| requests of all pages | %d | %d | %s |\n", c.Requests.Before, c.Requests.After, delta(c.Requests, number))
	fmt.Fprintf(b, "| findings | | | %d new, %d mended |\n\n", len(c.New), len(c.Mended))
	if len(c.Pages) == 0 {
		return
	}
	fmt.Fprintf(b, "<details><summary>%s changed, %d new, %d gone</summary>\n\n| page | then | now | change | requests |\n|---|--:|--:|--:|--:|\n", count(len(c.Pages), "page"), c.NewPages, c.GonePages)
	for i := range c.Pages[:min(rowsPages, len(c.Pages))] {
		p := &c.Pages[i]
		fmt.Fprintf(b, "| %s | %s | %s | %s | %d → %d |\n", cell(Name(p.Path)), Bytes(p.Bytes.Before), Bytes(p.Bytes.After), delta(p.Bytes, Bytes), p.Requests.Before, p.Requests.After)
	}
	b.WriteString("\n</details>\n\n")
}
