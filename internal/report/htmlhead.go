package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/site"
)

// The line that loads are estimated for: Lighthouse's slow 4G.
const (
	roundTrip = 0.15    // seconds
	rate      = 200_000 // bytes a second: 1.6 Mbit/s
)

// loadTime estimates a first visit: name, connection, encryption and the page
// take a round trip each, what the page loads one more, and all bytes share
// the line.
func loadTime(c pipeline.Cost) float64 {
	trips := 4.0
	if c.Requests > 1 {
		trips++
	}
	return trips*roundTrip + float64(c.Bytes)/rate
}

// pageHead writes what is to be seen at once, and without a script.
func pageHead(b *strings.Builder, d *Document) {
	class := "good"
	if d.Failed {
		class = "bad"
	}
	fmt.Fprintf(b, "<header><h1>%s</h1><p class=%q>%s</p>", esc(cmp.Or(strings.Trim(d.BaseURL, "/"), d.Input)), class, esc(Closing(d, Style{})))
	b.WriteString("<p id=\"broken\" class=\"bad\" hidden></p><noscript><p class=\"warn\">The tables below need JavaScript, which runs here and loads nothing.</p></noscript></header>\n<nav aria-label=\"Parts of the report\">")
	for _, s := range pageSections {
		fmt.Fprintf(b, `<a href="#%s">%s</a>`, s.id, s.title)
	}
	b.WriteString("</nav>\n<main>\n<ul class=\"cards\">")
	t := &d.Totals
	card := func(what, value, more string) {
		fmt.Fprintf(b, "<li>%s<b>%s</b><small>%s</small></li>", what, value, more)
	}
	card("All files", Bytes(t.BytesBefore)+" → "+Bytes(t.BytesAfter), cmp.Or(Saved(t.BytesBefore, t.BytesAfter), "0 %")+" saved · "+count(t.FilesBefore, "file")+" · "+count(t.Pages, "page"))
	if len(d.Pages) > 0 {
		before, after := medianCost(d.Pages, func(p *pipeline.Page) pipeline.Cost { return p.Before }), medianCost(d.Pages, func(p *pipeline.Page) pipeline.Cost { return p.After })
		card("The median page", Bytes(before.Bytes)+" → "+Bytes(after.Bytes), "as gzip sends it, with all that it loads")
		card("Its requests", fmt.Sprintf("%d → %d", before.Requests, after.Requests), "without those to other hosts")
		card("Its first visit on slow 4G", fmt.Sprintf("%.1f s → %.1f s", loadTime(before), loadTime(after)),
			"5 round trips of 150 ms (4 if it loads nothing) + bytes ÷ 200 kB/s")
	}
	card("Findings", fmt.Sprintf("%d errors, %d warnings", countOf(d.Findings, site.Error), countOf(d.Findings, site.Warn)), "the table below has them")
	if d.Budgets {
		if n := budgetsBroken(d); n > 0 {
			card("Budgets", count(n, "limit")+" exceeded", "filter the findings by a rule that begins with budget")
		} else {
			card("Budgets", "all held", "none of their limits is exceeded")
		}
	}
	b.WriteString("</ul>\n")
	pageTrend(b, d)
	if c := d.Compare; c != nil {
		fmt.Fprintf(b, "<p class=\"panel\">Compared: output %s, requests of all pages %s, %s changed, findings %d new and %d mended.</p>\n",
			delta(c.Bytes, Bytes), delta(c.Requests, number), count(len(c.Pages), "page"), len(c.New), len(c.Mended))
	}
}

// budgetsBroken counts the limits of budgets that something goes beyond.
func budgetsBroken(d *Document) (n int) {
	for _, f := range d.Findings {
		if f.Rule == "budget-exceeded" || f.Rule == "budget-increase" {
			n++
		}
	}
	return n
}

// medianCost returns the cost of the page in the middle, by bytes.
func medianCost(pages []pipeline.Page, pick func(*pipeline.Page) pipeline.Cost) pipeline.Cost {
	costs := make([]pipeline.Cost, len(pages))
	for i := range pages {
		costs[i] = pick(&pages[i])
	}
	slices.SortFunc(costs, func(x, y pipeline.Cost) int {
		return cmp.Or(cmp.Compare(x.Bytes, y.Bytes), cmp.Compare(x.Requests, y.Requests))
	})
	return costs[len(costs)/2]
}

// pageTrend draws the output of the last builds.
func pageTrend(b *strings.Builder, d *Document) {
	if len(d.History) < 2 {
		return
	}
	top := int64(1)
	for _, h := range d.History {
		top = max(top, h.BytesAfter)
	}
	var points []string
	for i, h := range d.History {
		points = append(points, fmt.Sprintf("%d,%d", i*1000/(len(d.History)-1), 98-96*h.BytesAfter/top))
	}
	last := d.History[len(d.History)-2]
	fmt.Fprintf(b, "<p class=\"panel\">The last %d builds that differ: output %s since the one before.<svg class=\"bars\" viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><polyline class=\"line\" vector-effect=\"non-scaling-stroke\" points=\"%s\"/></svg></p>\n",
		len(d.History), delta(pipeline.Cost2{Before: last.BytesAfter, After: d.History[len(d.History)-1].BytesAfter}, Bytes), strings.Join(points, " "))
}

func pageActions(b *strings.Builder, d *Document) {
	list := Actions(d)
	if len(list) == 0 {
		b.WriteString("<p>Nothing: the site is as it should be.</p>")
		return
	}
	b.WriteString("<ol class=\"actions\">")
	for _, a := range list {
		fmt.Fprintf(b, "<li><h3>%s</h3><p>%s</p>", esc(a.Title), esc(a.Why))
		if a.Config != "" {
			b.WriteString("<pre>" + html5(a.Config) + "</pre>")
		}
		b.WriteString("</li>")
	}
	b.WriteString("</ol>")
}

// html5 escapes text that may have more than one line.
func html5(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = esc(lines[i])
	}
	return strings.Join(lines, "\n")
}
