package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/hone-web/hone/site"
)

const (
	// maxAnnotations is how many annotations of a level GitHub keeps of one
	// step; more are dropped without a word.
	maxAnnotations = 10
	// MaxSummary is how many bytes GitHub takes as the summary of a step; a
	// longer one is not shown at all.
	MaxSummary = 1 << 20
)

// Annotations writes findings as workflow commands, which GitHub shows beside
// the code and above the log.
func Annotations(w io.Writer, d *Document) error {
	command := [...]string{site.Info: "notice", site.Warn: "warning", site.Error: "error"}
	var n, left [3]int
	for _, f := range worstFirst(d.Findings) {
		if f.Severity == site.Info {
			continue
		}
		// The last one says how many are not shown.
		if n[f.Severity] == maxAnnotations-1 && countOf(d.Findings, f.Severity) > maxAnnotations || n[f.Severity] >= maxAnnotations {
			left[f.Severity]++
			continue
		}
		n[f.Severity]++
		props := "title=" + property("hone: "+f.Rule)
		if f.Path != "" {
			if f.Line > 0 {
				props = fmt.Sprintf("line=%d,col=%d,%s", f.Line, f.Column, props)
			}
			props = "file=" + property(place(d, string(f.Path))) + "," + props
		}
		if _, err := fmt.Fprintf(w, "::%s %s::%s\n", command[f.Severity], props, data(withHint(f))); err != nil {
			return err
		}
	}
	for s := site.Error; s > site.Info; s-- {
		if left[s] > 0 {
			if _, err := fmt.Fprintf(w, "::%s title=hone::and %d more; the log and the report have them all\n", command[s], left[s]); err != nil {
				return err
			}
		}
	}
	return nil
}

func countOf(ds []site.Diagnostic, s site.Severity) int {
	n := 0
	for i := range ds {
		if ds[i].Severity == s {
			n++
		}
	}
	return n
}

// data escapes the text of a workflow command (actions/toolkit,
// packages/core/src/command.ts).
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// property escapes the value of a property of one.
func property(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(Text(s))
}
