// Package verify judges a finished site: does everything it refers to answer,
// do the hashes it carries match, did nothing grow, is free what is free and
// paid what is paid. The rules of All look at one file at a time, those of
// Payment at the site with its policy and its hosts, Live at an origin. It
// knows neither how a file was made nor where it came from.
package verify

import (
	"slices"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// Rule is one kind of finding.
type Rule struct {
	Name, Doc string
	Check     func(*Pass)
}

// All rules.
var All = []*Rule{References, Integrity, Policy, Size}

// File is one file of the site under judgement.
type File struct {
	Path site.Path
	Kind site.Kind
	Size int64
	Doc  *scan.Doc // nil for files without references
	Text []byte    // nil for files without references

	// Before is the source this file was made of; nil when a folder is judged
	// as it is.
	Before *Source
}

// Source is the input of a built file.
type Source struct {
	Size int64 // that the file may have: the source's, and what others lose more for it
	Doc  *scan.Doc
	// Text reads the source, for the places that its owner knows; may be nil.
	Text func() ([]byte, error)
	// Refused counts the inline code that the policies already refused.
	Refused int
	// Missing says that a URL already led nowhere in the input.
	Missing func(url string) bool
	// BadSum says that a hash attribute already was wrong in the input.
	BadSum func(text string) bool
}

// Pass is what a rule may look at.
type Pass struct {
	File *File
	// Resolve finds the file behind reference i of the file.
	Resolve func(i int) (to site.Path, external bool)
	// Hash returns the hash of the bytes of a file of the site, in the text
	// form of the named algorithm.
	Hash func(p site.Path, alg string) (string, error)

	diags  []site.Diagnostic
	err    error
	places map[string]int // where the source has its addresses
	source []byte
}

// Report adds a finding at byte offset off of the file; -1 means the whole.
func (p *Pass) Report(d site.Diagnostic, off int) {
	d.Path = p.File.Path
	if off >= 0 {
		d.Line, d.Column = site.Position(p.File.Text, off)
	}
	p.diags = append(p.diags, d)
}

// ReportRef adds a finding about reference i of the file. It stands where the
// source has that address, and without a place if only the output shows it.
func (p *Pass) ReportRef(d site.Diagnostic, i int) {
	r := &p.File.Doc.Refs[i]
	b := p.File.Before
	if b == nil || b.Doc == nil || b.Text == nil {
		p.Report(d, r.Span.Start)
		return
	}
	if p.places == nil {
		p.places = make(map[string]int, len(b.Doc.Refs))
		for _, r := range slices.Backward(b.Doc.Refs) {
			p.places[r.URL] = r.Span.Start // the first one wins
		}
		if p.source, p.err = b.Text(); p.err != nil {
			return
		}
	}
	if off, ok := p.places[r.URL]; ok {
		d.Line, d.Column = site.Position(p.source, off)
	}
	p.Report(d, -1)
}

// Run applies all rules to a file.
func Run(p *Pass) ([]site.Diagnostic, error) {
	for _, r := range All {
		r.Check(p)
	}
	return p.diags, p.err
}
