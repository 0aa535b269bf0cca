// Package report writes a Result for people and for programs.
package report

import (
	"encoding/json"
	"io"
	"path/filepath"
	"slices"

	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/site"
)

// SchemaVersion is raised when a field changes its meaning; fields are only
// ever added.
const SchemaVersion = 1

// Document is the JSON form of a result.
type Document struct {
	SchemaVersion int                     `json:"schema_version"`
	Tool          string                  `json:"tool"`
	Command       string                  `json:"command"`
	Input         string                  `json:"input"`
	Output        string                  `json:"output,omitempty"`
	Published     bool                    `json:"published"`
	Unchanged     bool                    `json:"unchanged"`
	Finished      bool                    `json:"finished"`
	Failed        bool                    `json:"failed"`
	BaseURL       string                  `json:"base_url"`
	Totals        pipeline.Totals         `json:"totals"`
	Types         []pipeline.TypeTotal    `json:"types"`
	Pages         []pipeline.Page         `json:"pages"`
	Findings      []site.Diagnostic       `json:"findings"`
	Accepted      int                     `json:"accepted,omitempty"` // findings that a baseline accepts
	Unclear       []string                `json:"unclear,omitempty"`  // what a live site did not tell
	Requests      int                     `json:"requests,omitempty"` // that a live site was asked
	Kept          []pipeline.Kept         `json:"kept"`
	Work          pipeline.Work           `json:"work"`
	Store         Store                   `json:"store"`
	Slowest       []pipeline.Timing       `json:"slowest"`
	Compare       *Comparison             `json:"compare,omitempty"`
	Reproduce     string                  `json:"reproduce,omitempty"` // the command that gave it
	Budgets       bool                    `json:"budgets,omitempty"`   // there were budgets
	History       []Build                 `json:"-"`                   // this build and those before it that differed, oldest first
	Resources     []pipeline.Resource     `json:"resources,omitempty"`
	External      []pipeline.ExternalHost `json:"external,omitempty"` // other hosts that pages load from
	Copied        []pipeline.Copied       `json:"copied,omitempty"`   // what is served from the site instead
	Files         []pipeline.FileStory    `json:"files,omitempty"`

	// Likenesses are pictures that the report shows from both sides.
	Likenesses []Likeness `json:"-"`

	// Outside are files beside Input that findings stand at, and where they lie.
	Outside map[site.Path]string `json:"-"`

	entries []site.Entry
}

// judged reports whether the command judges only and makes nothing.
func (d *Document) judged() bool { return d.Command == "check" || d.Command == "probe" }

// Build is what is remembered of a build. It holds no time, so that the same
// input gives the same report.
type Build struct {
	Input       string `json:"input"` // the folder: builds of others are not to be compared
	BytesBefore int64  `json:"bytes_before"`
	BytesAfter  int64  `json:"bytes_after"`
	Transfer    int64  `json:"transfer"` // of all pages with what they load
	Pages       int    `json:"pages"`
	Errors      int    `json:"errors"`
	Warnings    int    `json:"warnings"`
}

// maxHistory is how many builds of one input are remembered, and maxInputs of
// how many inputs at most where each has that many.
const maxHistory, maxInputs = 50, 8

// Remember adds the build to those of its input before it, unless it is as the
// last of them, and returns all that is to be remembered, of other inputs too.
func (d *Document) Remember(before []Build) []Build {
	in := filepath.ToSlash(filepath.Clean(d.Input))
	others := slices.DeleteFunc(slices.Clone(before), func(b Build) bool { return b.Input == in || b.Input == "" })
	before = slices.DeleteFunc(slices.Clone(before), func(b Build) bool { return b.Input != in })
	b := Build{in, d.Totals.BytesBefore, d.Totals.BytesAfter, d.Totals.Transfer.After, d.Totals.Pages, countOf(d.Findings, site.Error), countOf(d.Findings, site.Warn)}
	d.History = before
	if n := len(before); n == 0 || before[n-1] != b {
		d.History = append(d.History, b)
	}
	d.History = d.History[max(0, len(d.History)-maxHistory):]
	others = others[max(0, len(others)-maxHistory*(maxInputs-1)):]
	return append(others, d.History...)
}

// Store tells how much of the work was taken from the store.
type Store struct {
	Hits   int64 `json:"hits"`
	Misses int64 `json:"misses"`
}

// New makes the document of a result. Files are left out unless wanted: they
// are the longest part.
func New(r *pipeline.Result, tool, command, in, out string, files bool) *Document {
	d := &Document{SchemaVersion: SchemaVersion, Tool: tool, Command: command, Input: in, Output: out, Published: r.Published,
		Unchanged: r.Unchanged, Finished: r.Finished, Failed: r.Failed, BaseURL: r.Base.Origin + r.Base.Prefix, Totals: r.Totals, Types: nonNil(r.Types), Pages: nonNil(r.Pages),
		Findings: nonNil(r.Findings), Kept: nonNil(r.Kept), Work: r.Work, Store: Store{r.Hits, r.Misses}, Slowest: nonNil(r.Slowest),
		External: r.External, Copied: r.Copied}
	if files {
		d.Files, d.Resources = r.Files, r.Resources
	}
	if r.Manifest != nil {
		d.entries = r.Manifest.Entries
	}
	return d
}

// Brief returns the document without its longest parts: the stories of the
// files and what each page loads.
func (d *Document) Brief() *Document {
	brief := *d
	brief.Files, brief.Resources = nil, nil
	brief.Pages = slices.Clone(d.Pages)
	for i := range brief.Pages {
		brief.Pages[i].LoadsBefore, brief.Pages[i].LoadsAfter = nil, nil
	}
	return &brief
}

func nonNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// JSON writes the document.
func JSON(w io.Writer, d *Document) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(d)
}
