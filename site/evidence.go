package site

import (
	"fmt"
	"slices"
	"strings"
)

// Confidence says how sure a finding is.
type Confidence string

// The values of Confidence; "" is that of findings that follow from the files
// alone.
const (
	Sure     Confidence = "high"
	Probable Confidence = "medium" // a measure with a threshold, or seen on a development server only
	Spoofed  Confidence = "low"    // a client that hone only named itself as: gates may tell it from the real one
)

// Evidence is what a finding rests on, without secrets: enough to look for
// oneself.
type Evidence struct {
	Request string            `json:"request,omitempty"`         // "GET https://example.com/club/ as search"
	Status  int               `json:"status,omitempty"`          // of the answer
	Header  map[string]string `json:"response_header,omitempty"` // the fields of it that matter to payment and caching
	Bytes   int               `json:"bytes,omitempty"`
	Body    string            `json:"body_sha256,omitempty"`
	Policy  string            `json:"policy_rule,omitempty"`   // the rule that decides, and where it is written
	Config  string            `json:"configuration,omitempty"` // the line of the host's configuration
	Also    []string          `json:"also,omitempty"`          // what else has the same cause; the first hundred
	Count   int               `json:"count,omitempty"`         // all that has the same cause
}

// Lines tells it in words, a line a fact.
func (e *Evidence) Lines() []string {
	if e == nil {
		return nil
	}
	var out []string
	if e.Request != "" {
		out = append(out, "asked: "+e.Request)
	}
	if e.Status != 0 {
		line := fmt.Sprintf("answered: %d, %d bytes", e.Status, e.Bytes)
		if e.Body != "" {
			line += ", sha256 " + e.Body[:min(16, len(e.Body))]
		}
		out = append(out, line)
	}
	var fields []string
	for k, v := range e.Header {
		fields = append(fields, k+": "+v)
	}
	if slices.Sort(fields); len(fields) > 0 {
		out = append(out, "with: "+strings.Join(fields, " · "))
	}
	for _, x := range [...][2]string{{"policy: ", e.Policy}, {"configuration: ", e.Config}} {
		if x[1] != "" {
			out = append(out, x[0]+x[1])
		}
	}
	if len(e.Also) > 0 {
		out = append(out, fmt.Sprintf("also (%d in all): %s", e.Count, strings.Join(e.Also, ", ")))
	}
	return out
}
