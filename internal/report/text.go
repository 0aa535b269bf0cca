package report

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/site"
)

// Style says how text is written.
type Style struct {
	Color   bool
	Verbose int // 1 lists what was kept and every finding
	MaxFind int // findings shown unless verbose; 0 means 20
}

const (
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	red   = "\x1b[31m"
	green = "\x1b[32m"
	amber = "\x1b[33m"
	reset = "\x1b[0m"
)

func (s Style) paint(code, text string) string {
	if !s.Color {
		return text
	}
	return code + text + reset
}

// Summary writes the result of a build as a table.
func Summary(w io.Writer, d *Document, s Style) {
	fmt.Fprintf(w, "%s → %s   %s · %s → %s\n\n", Text(d.Input), orNone(Text(d.Output)), count(d.Totals.Pages, "page"), count(d.Totals.FilesBefore, "file"), count(d.Totals.FilesAfter, "name"))
	rows := [][]string{{"type", "files", "before", "after", "saved", "kept"}}
	for _, t := range d.Types {
		kept := ""
		if t.Kept > 0 {
			kept = fmt.Sprint(t.Kept)
		}
		rows = append(rows, []string{t.Kind, fmt.Sprint(t.Files), Bytes(t.Before), Bytes(t.After), Saved(t.Before, t.After), kept})
	}
	rows = append(rows, []string{"all", fmt.Sprint(d.Totals.FilesBefore), Bytes(d.Totals.BytesBefore), Bytes(d.Totals.BytesAfter), Saved(d.Totals.BytesBefore, d.Totals.BytesAfter), ""})
	Table(w, rows, s)
	pageLines(w, d.Pages)
	if d.Compare != nil {
		d.Compare.text(w, s)
	}
	fmt.Fprintf(w, "\nstore: %d of %d answers reused · optimized %d, compressed %d\n", d.Store.Hits, d.Store.Hits+d.Store.Misses, d.Work.Compiled, d.Work.Compressed)
	if s.Verbose > 0 {
		for _, t := range d.Slowest {
			fmt.Fprintf(w, "slowest: %s  %d ms\n", Name(t.Path), t.Milliseconds)
		}
		for _, k := range d.Kept {
			fmt.Fprintf(w, "kept: %s: %s\n", Name(k.Path), Text(k.Reason))
		}
	}
}

// Closing says what became of the output.
func Closing(d *Document, s Style) string {
	out := Text(d.Output)
	switch {
	case d.judged():
		return judgement(d, s)
	case d.Failed:
		return s.paint(red, "not published: the findings above stop it; the previous output is untouched")
	case d.Finished && d.Unchanged:
		return "nothing to do: this is finished output, and " + out + " already holds it"
	case d.Finished:
		return "nothing to do: the input is finished output of hone, copied as it is"
	case d.Unchanged:
		return "unchanged: " + out + " already holds this result"
	case d.Published:
		return s.paint(green, "published "+out)
	}
	return "nothing published"
}

// judgement says what was found where nothing was to be made.
func judgement(d *Document, s Style) string {
	text := fmt.Sprintf("%s: %s, %s", Text(d.Input), count(countOf(d.Findings, site.Error), "error"), count(countOf(d.Findings, site.Warn), "warning"))
	if d.Accepted > 0 {
		text += fmt.Sprintf(", %d accepted by the baseline", d.Accepted)
	}
	if n := len(d.Unclear); n > 0 {
		text += fmt.Sprintf(", %d could not be told", n)
	}
	if d.Failed {
		return s.paint(red, text)
	}
	return text
}

// Findings writes the findings, worst first, and says how many it left out.
func Findings(w io.Writer, ds []site.Diagnostic, s Style) {
	limit := cmp.Or(s.MaxFind, 20)
	if s.Verbose > 0 {
		limit = len(ds)
	}
	sorted := slices.Clone(ds)
	slices.SortStableFunc(sorted, func(a, b site.Diagnostic) int { return int(b.Severity) - int(a.Severity) })
	shown := 0
	for _, d := range sorted {
		if d.Severity == site.Info && s.Verbose == 0 {
			continue
		}
		if shown == limit {
			break
		}
		shown++
		label := map[site.Severity]string{site.Error: s.paint(red, "error"), site.Warn: s.paint(amber, "warn"), site.Info: s.paint(dim, "info")}[d.Severity]
		d = printable(d)
		fmt.Fprintf(w, "%s: %s\n", label, d)
		if d.Hint != "" {
			fmt.Fprintf(w, "    %s\n", d.Hint)
		}
		if s.Verbose > 0 {
			evidence(w, d)
		}
	}
	total := 0
	for _, d := range sorted {
		if d.Severity > site.Info || s.Verbose > 0 {
			total++
		}
	}
	if total > shown {
		fmt.Fprintf(w, "… and %d more; -v shows all\n", total-shown)
	}
}

// evidence writes what a finding rests on.
func evidence(w io.Writer, d site.Diagnostic) {
	for _, l := range d.Evidence.Lines() {
		fmt.Fprintf(w, "    %s\n", Text(l))
	}
	if d.Evidence != nil && d.Confidence != "" {
		fmt.Fprintf(w, "    confidence: %s\n", d.Confidence)
	}
}

// printable returns d with all its text fit for a terminal.
func printable(d site.Diagnostic) site.Diagnostic {
	d.Path, d.Message, d.Hint = site.Path(Name(d.Path)), Text(d.Message), Text(d.Hint)
	return d
}

// pageLines gives the median and the worst page.
func pageLines(w io.Writer, pages []pipeline.Page) {
	if len(pages) == 0 {
		return
	}
	by := func(pick func(pipeline.Page) int64) []pipeline.Page {
		ps := slices.Clone(pages)
		slices.SortStableFunc(ps, func(a, b pipeline.Page) int { return cmp.Compare(pick(a), pick(b)) })
		return ps
	}
	before := by(func(p pipeline.Page) int64 { return p.Before.Bytes })
	after := by(func(p pipeline.Page) int64 { return p.After.Bytes })
	mid, worst := len(pages)/2, len(pages)-1
	fmt.Fprintf(w, "\nmedian page  %s → %s, %d → %d requests\n", Bytes(before[mid].Before.Bytes), Bytes(after[mid].After.Bytes), before[mid].Before.Requests, after[mid].After.Requests)
	p := before[worst]
	fmt.Fprintf(w, "worst page   %s → %s, %d → %d requests  %s\n", Bytes(p.Before.Bytes), Bytes(p.After.Bytes), p.Before.Requests, p.After.Requests, Name(p.Path))
}

// Table writes rows in columns: the first to the left, the others to the
// right. The first row is the heading, the last one the sum.
func Table(w io.Writer, rows [][]string, s Style) {
	width := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, c := range r {
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	for n, r := range rows {
		var b strings.Builder
		for i, c := range r {
			pad := strings.Repeat(" ", width[i]-len([]rune(c)))
			if i == 0 {
				b.WriteString(c + pad)
			} else {
				b.WriteString("  " + pad + c)
			}
		}
		line := strings.TrimRight(b.String(), " ")
		if n == 0 {
			line = s.paint(dim, line)
		} else if n == len(rows)-1 {
			line = s.paint(bold, line)
		}
		fmt.Fprintln(w, line)
	}
}

// Bytes writes a size in decimal units.
func Bytes(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 999_500:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 999_500_000:
		return fmt.Sprintf("%.2f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.2f GB", float64(n)/1e9)
}

// Saved writes what was saved in percent.
func Saved(before, after int64) string {
	if before == 0 {
		return ""
	}
	saved := math.Round(100 - 100*float64(after)/float64(before))
	return fmt.Sprintf("%d %%", int(saved))
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func orNone(s string) string { return cmp.Or(s, "(nothing written)") }

// Name writes a path for people.
func Name(p site.Path) string { return Text(string(p)) }

// Text writes any string for people: characters that are not printable are
// escaped, so that a file name cannot drive the terminal, hide a part of a line
// or begin a new one. Joiners inside words and emoji stay.
func Text(s string) string {
	if !strings.ContainsFunc(s, hidden) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError:
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				fmt.Fprintf(&b, `\x%02x`, s[i])
				continue
			}
			b.WriteRune(r)
		case hidden(r):
			q := strconv.QuoteRune(r)
			b.WriteString(q[1 : len(q)-1])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func hidden(r rune) bool {
	const nonJoiner, joiner = 0x200c, 0x200d
	return r == utf8.RuneError || !strconv.IsPrint(r) && r != nonJoiner && r != joiner
}

// Checked writes the verdict of a check.
func Checked(w io.Writer, d *Document) {
	var n [3]int
	for _, f := range d.Findings {
		n[f.Severity]++
	}
	accepted := ""
	if d.Accepted > 0 {
		accepted = fmt.Sprintf(" · %d accepted", d.Accepted)
	}
	fmt.Fprintf(w, "%s: %s · %s · %s · %s%s\n", Text(d.Input), count(d.Totals.Pages, "page"), count(d.Totals.FilesBefore, "file"), count(n[site.Error], "error"), count(n[site.Warn], "warning"), accepted)
}
