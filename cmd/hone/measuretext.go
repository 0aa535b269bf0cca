package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/measure"
	"github.com/hone-web/hone/internal/report"
)

// measureText prints a measurement for people.
func measureText(out io.Writer, r *measurement) {
	w := bufio.NewWriter(out)
	defer w.Flush()
	fmt.Fprintf(w, "%s → %s · %s · %s", report.Text(r.Input), report.Text(r.Output), report.Text(r.Browser), r.Profile)
	if r.Runs > 0 {
		fmt.Fprintf(w, " · median of %d", r.Runs)
	}
	fmt.Fprintln(w)
	var outside []string
	for i := range r.Pages {
		measuredPage(w, &r.Pages[i])
		outside = append(outside, r.Pages[i].Outside...)
	}
	fmt.Fprintln(w)
	if slices.Sort(outside); len(outside) > 0 && !r.Network {
		outside = slices.Compact(outside)
		fmt.Fprintf(w, "Not reached, before and after: %s (--network lets requests to other hosts pass)\n", report.Text(strings.Join(outside, ", ")))
	}
	if n := len(r.Pages); n < r.Templates {
		fmt.Fprintf(w, "%d of %d templates; --pages %d takes all\n", n, r.Templates, r.Templates)
	}
	same := len(r.Pages) - r.Different - r.Failed
	fmt.Fprintf(w, "%d pages: %d the same to a visitor, %d different, %d not compared\n", len(r.Pages), same, r.Different, r.Failed)
}

func measuredPage(w io.Writer, p *measure.Pair) {
	fmt.Fprintf(w, "\n%s", report.Text(p.Path))
	if p.Template > 1 {
		fmt.Fprintf(w, "  (and %d alike)", p.Template-1)
	}
	fmt.Fprintln(w)
	if b, a := p.Before, p.After; b != nil && a != nil {
		row := func(name string, before, after float64, show func(float64) string) {
			fmt.Fprintf(w, "  %-22s %10s → %-10s %s\n", name, show(before), show(after), change(before, after))
		}
		row("largest paint (LCP)", b.LCP, a.LCP, ms)
		row("first paint (FCP)", b.FCP, a.FCP, ms)
		row("blocked (TBT)", b.TBT, a.TBT, ms)
		row("layout shift (CLS)", b.CLS, a.CLS, func(v float64) string { return fmt.Sprintf("%.3f", v) })
		row("requests", float64(b.Requests), float64(a.Requests), func(v float64) string { return fmt.Sprintf("%.0f", v) })
		row("transferred", float64(b.Bytes), float64(a.Bytes), func(v float64) string { return report.Bytes(int64(v)) })
	}
	if p.Failed != "" {
		fmt.Fprintf(w, "  ✖ not compared: %s\n", report.Text(p.Failed))
		return
	}
	fmt.Fprintf(w, "  %-22s %10d → %d\n", "errors", len(p.ErrorsBefore), len(p.ErrorsAfter))
	for _, d := range p.Differences {
		fmt.Fprintf(w, "  ✖ %s: %s\n", d.Kind, report.Text(d.Text))
	}
	if p.Same() {
		fmt.Fprintf(w, "  ✓ looks the same (%.2f %% of the pixels differ visibly)\n", 100*p.Pixels)
	}
	if len(p.Noise) > 0 {
		fmt.Fprintf(w, "  changes from load to load, and was left out: %s\n", strings.Join(p.Noise, ", "))
	}
}

func ms(v float64) string {
	if v >= 1000 {
		return fmt.Sprintf("%.2f s", v/1000)
	}
	return fmt.Sprintf("%.0f ms", v)
}

// change tells by how much a number fell or rose.
func change(before, after float64) string {
	if before <= 0 || before == after {
		return ""
	}
	return fmt.Sprintf("%+.0f %%", 100*(after-before)/before)
}
