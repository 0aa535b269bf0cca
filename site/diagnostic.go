package site

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Severity of a diagnostic.
type Severity uint8

// The severities, least first.
const (
	Info Severity = iota
	Warn
	Error
)

func (s Severity) String() string { return [...]string{"info", "warn", "error"}[s] }

// MarshalText writes the severity's name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a severity's name.
func (s *Severity) UnmarshalText(b []byte) error {
	for v := Info; v <= Error; v++ {
		if v.String() == string(b) {
			*s = v
			return nil
		}
	}
	return fmt.Errorf("unknown severity %q", b)
}

// Diagnostic is a finding about the user's site: what is, why it matters,
// what to do. It is data, not an error of ours.
type Diagnostic struct {
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	Path     Path     `json:"path"`
	Line     int      `json:"line"`   // from 1; 0 when the finding is about the whole file
	Column   int      `json:"column"` // from 1, in characters
	Message  string   `json:"message"`
	Hint     string   `json:"hint"`

	Confidence Confidence `json:"confidence,omitempty"`
	Evidence   *Evidence  `json:"evidence,omitempty"` // nil: the place says it all
}

func (d Diagnostic) String() string {
	var b strings.Builder
	b.WriteString(string(d.Path))
	if d.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", d.Line, d.Column)
	}
	if d.Path != "" {
		b.WriteString(": ")
	}
	fmt.Fprintf(&b, "%s [%s]", d.Message, d.Rule)
	return b.String()
}

// Position returns the line and column, both from 1, of byte offset off in
// src; columns count characters.
func Position(src []byte, off int) (line, col int) {
	off = min(max(off, 0), len(src))
	start := bytes.LastIndexByte(src[:off], '\n') + 1
	return bytes.Count(src[:start], []byte{'\n'}) + 1, utf8.RuneCount(src[start:off]) + 1
}

// SortDiagnostics orders ds by place, then rule, then text, and drops exact
// repeats.
func SortDiagnostics(ds []Diagnostic) []Diagnostic {
	slices.SortFunc(ds, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(ds)
}
