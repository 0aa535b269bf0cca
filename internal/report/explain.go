package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/site"
)

// Explain writes what became of one file.
func Explain(w io.Writer, f *pipeline.FileStory, entries []site.Entry, findings []site.Diagnostic) {
	fmt.Fprintf(w, "%s  %s, %s", Name(f.Path), f.Kind, Bytes(f.Before))
	if f.Width > 0 {
		fmt.Fprintf(w, ", %d × %d px", f.Width, f.Height)
	}
	fmt.Fprintln(w)
	switch {
	case len(f.Steps) > 0:
		fmt.Fprintf(w, "  optimized   by %s: %s → %s (%s saved)\n", strings.Join(f.Steps, ", "), Bytes(f.Before), Bytes(f.After), Saved(f.Before, f.After))
	case f.Kept != "":
		fmt.Fprintf(w, "  kept        %s\n", Text(f.Kept))
	default:
		fmt.Fprintln(w, "  kept        nothing to do for this kind of file")
	}
	if f.Note != "" {
		fmt.Fprintf(w, "  how         %s\n", Text(f.Note))
	}
	for _, c := range f.Variants {
		verdict := "made, but not served"
		if c.Served {
			verdict = "served"
		}
		fmt.Fprintf(w, "  candidate   %s %s, %s%s\n", c.Type, Bytes(c.Size), verdict, parens(Text(c.Note)))
	}
	for _, d := range f.Decisions {
		fmt.Fprintf(w, "  decision    %s\n", Text(d))
	}
	if f.KeepsName != "" {
		fmt.Fprintf(w, "  name        stays: %s\n", Text(f.KeepsName))
	}
	if f.Plain {
		fmt.Fprintln(w, "  references  use the old names: with fingerprints the file would weigh more than before")
	}
	for _, p := range f.Outputs {
		fmt.Fprintf(w, "  answers as  %s\n", Name(p))
		for i := range entries {
			if e := &entries[i]; e.Path == p {
				headersOf(w, e)
			}
		}
	}
	for _, u := range f.UsedBy {
		fmt.Fprintf(w, "  used by     %s as %s%s\n", Name(u.Path), u.Role, times(u.Count))
	}
	for _, d := range findings {
		if d.Path == f.Path {
			fmt.Fprintf(w, "  finding     %s: %s\n", d.Severity, printable(d))
		}
	}
}

func headersOf(w io.Writer, e *site.Entry) {
	for _, r := range cache.Why(e) {
		fmt.Fprintf(w, "                %s: %s  (%s)\n", Text(r.Name), Text(r.Value), r.Why)
	}
	for _, c := range e.Encodings {
		fmt.Fprintf(w, "                %s: %s\n", c, Bytes(e.Encoded[c]))
	}
}

func parens(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

func times(n int) string {
	if n < 2 {
		return ""
	}
	return fmt.Sprintf(" × %d", n)
}
