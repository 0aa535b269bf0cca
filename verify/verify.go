// Package verify judges a finished site: does everything it refers to answer,
// do the hashes it carries match, did nothing grow. It looks at one file at a
// time and knows neither how the file was made nor where it came from.
package verify

import (
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
	Size int64
	Doc  *scan.Doc
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

	diags []site.Diagnostic
	err   error
}

// Report adds a finding at byte offset off of the file; -1 means the whole.
func (p *Pass) Report(d site.Diagnostic, off int) {
	d.Path = p.File.Path
	if off >= 0 {
		d.Line, d.Column = site.Position(p.File.Text, off)
	}
	p.diags = append(p.diags, d)
}

// Run applies all rules to a file.
func Run(p *Pass) ([]site.Diagnostic, error) {
	for _, r := range All {
		r.Check(p)
	}
	return p.diags, p.err
}
