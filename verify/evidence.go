package verify

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/hone-web/hone/site"
)

// maxAlso bounds how much of one cause is listed.
const maxAlso = 100

// ground adds to a finding what it rests on: the rule of the policy that
// decides about what it is told of, and the line of the configuration at which
// it stands.
func (j *payment) ground(d *site.Diagnostic, url string) {
	if d.Evidence == nil {
		d.Evidence = &site.Evidence{}
	}
	if d.Confidence == "" {
		d.Confidence = site.Sure
	}
	if d.Evidence.Policy == "" && j.Policy != nil && !strings.ContainsAny(url, "*?{^$\\") {
		d.Evidence.Policy = j.Policy.says(strings.TrimSuffix(j.Prefix, "/"), url)
	}
	if d.Evidence.Config == "" && d.Line > 0 {
		if j.lines == nil {
			j.readLines()
		}
		d.Evidence.Config = j.lines[site.HostPlace{Path: d.Path, Line: d.Line}]
	}
}

// because is the evidence of a finding that another file decides.
func (j *payment) because(f *PaymentFile) *site.Evidence {
	if j.Policy == nil {
		return nil
	}
	return &site.Evidence{Policy: j.Policy.says("", f.urls[0])}
}

// says tells which rule decides about a path, and where it is written.
func (w *Paywall) says(prefix, url string) string {
	d := w.DecideURL(cmp.Or(strings.TrimPrefix(url, prefix), "/"), Human)
	if d.Rule == nil {
		return fmt.Sprintf("default = %q", d.Access)
	}
	return fmt.Sprintf("%s (%s:%d): %s is %s", d.Rule.ID, w.File, d.Rule.Line, d.Rule.Path, d.Access)
}

// readLines notes what the lines of the configurations say.
func (j *payment) readLines() {
	j.lines = map[site.HostPlace]string{}
	note := func(at site.HostPlace, text string) {
		if at.Line > 0 && j.lines[at] == "" {
			j.lines[at] = fmt.Sprintf("%s:%d: %s", at.Path, at.Line, Redact(text))
		}
	}
	for _, c := range j.Hosts {
		for i := range c.Rules {
			r := &c.Rules[i]
			text := r.Pattern
			if r.Status > 0 {
				text = fmt.Sprintf("%s → %d", r.Pattern, r.Status)
			}
			note(r.HostPlace, text)
			for _, hs := range [][]site.HostHeader{r.Header, r.Lost} {
				for _, h := range hs {
					note(h.HostPlace, h.Name+": "+h.Value)
				}
			}
		}
		for _, n := range c.Ignored {
			note(n.HostPlace, n.Text)
		}
	}
}

// evidence tells what was asked and answered.
func (p *Probe) evidence(r *Reply) *site.Evidence {
	ask := cmp.Or(r.Method, "GET") + " " + RedactURL(p.Origin.String()+r.Path)
	if r.Agent != "" && r.Agent != Human {
		ask += " as " + string(r.Agent)
	}
	if names := r.sent(); len(names) > 0 {
		ask += " with " + strings.Join(names, ", ")
	}
	e := &site.Evidence{Request: ask, Status: r.Status, Header: shownHeader(r.Header), Bytes: len(r.Body)}
	if r.Status != 0 {
		sum := sha256.Sum256(r.Body)
		e.Body = hex.EncodeToString(sum[:])
	}
	return e
}
