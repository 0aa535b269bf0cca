package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/site"
)

const (
	// rowsPages and rowsFindings keep a comment short enough to be read, and
	// below the 65,536 characters that GitHub takes.
	rowsPages    = 10
	rowsFindings = 30
	maxCell      = 300
)

// Markdown writes the result for a comment on a pull request.
func Markdown(w io.Writer, d *Document) error {
	var b strings.Builder
	t := &d.Totals
	fmt.Fprintf(&b, "## hone: %s\n\n", cell(Closing(d, Style{})))
	if d.judged() {
		markdownFindings(&b, d)
		_, err := io.WriteString(w, b.String())
		return err
	}
	fmt.Fprintf(&b, "**%s → %s** on disk (%s saved) · %s · %s\n\n", Bytes(t.BytesBefore), Bytes(t.BytesAfter), cmp.Or(Saved(t.BytesBefore, t.BytesAfter), "nothing"),
		count(t.Pages, "page"), count(t.FilesBefore, "file"))
	if d.Compare != nil {
		d.Compare.markdown(&b)
	}
	b.WriteString("| type | files | before | after | saved |\n|---|--:|--:|--:|--:|\n")
	for _, x := range d.Types {
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %s |\n", x.Kind, x.Files, Bytes(x.Before), Bytes(x.After), Saved(x.Before, x.After))
	}
	markdownFindings(&b, d)
	markdownPages(&b, d)
	_, err := io.WriteString(w, b.String())
	return err
}

func markdownFindings(b *strings.Builder, d *Document) {
	errors, warnings := countOf(d.Findings, site.Error), countOf(d.Findings, site.Warn)
	fmt.Fprintf(b, "\n### %s, %s\n\n", count(errors, "error"), count(warnings, "warning"))
	if errors+warnings == 0 {
		b.WriteString("Nothing to tell.\n")
		return
	}
	b.WriteString("| | where | what | rule |\n|---|---|---|---|\n")
	for i, f := range worstFirst(d.Findings) {
		if f.Severity == site.Info {
			break
		}
		if i == rowsFindings {
			fmt.Fprintf(b, "\n… and %d more.\n", errors+warnings-i)
			break
		}
		what := cell(f.Message)
		if f.Hint != "" {
			what += "<br>" + cell(f.Hint)
		}
		if ls := f.Evidence.Lines(); len(ls) > 0 {
			what += "<br><sub>" + cell(strings.Join(ls, "; ")) + "</sub>"
		}
		fmt.Fprintf(b, "| %s | %s | %s | [%s](%s) |\n", f.Severity, cell(where(f)), what, f.Rule, docsURL(f.Rule))
	}
}

func markdownPages(b *strings.Builder, d *Document) {
	if len(d.Pages) == 0 || d.Command == "check" {
		return
	}
	pages := slices.Clone(d.Pages)
	slices.SortStableFunc(pages, func(x, y pipeline.Page) int { return cmp.Compare(y.After.Bytes, x.After.Bytes) })
	fmt.Fprintf(b, "\n<details><summary>The heaviest pages</summary>\n\n| page | before | after | requests |\n|---|--:|--:|--:|\n")
	for i := range pages[:min(rowsPages, len(pages))] {
		p := &pages[i]
		fmt.Fprintf(b, "| %s | %s | %s | %d → %d |\n", cell(Name(p.Path)), Bytes(p.Before.Bytes), Bytes(p.After.Bytes), p.Before.Requests, p.After.Requests)
	}
	b.WriteString("\n</details>\n")
}

// cell writes any text as text: a file name must not become a link, a heading
// or another column.
func cell(s string) string {
	s = Text(s)
	if r := []rune(s); len(r) > maxCell {
		s = string(r[:maxCell]) + "…"
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '@':
			b.WriteString("&#64;") // calls nobody
		case strings.ContainsRune("\\`*_{}[]()#+!|~>", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
