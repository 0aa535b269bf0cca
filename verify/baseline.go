package verify

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/hone-web/hone/site"
)

// Baseline is a list of findings that are known: they are left out of results
// until they end. It is written by a command and kept beside the code.
type Baseline struct {
	Version  int             `json:"version"`
	Accepted []BaselineEntry `json:"accepted"`
}

// BaselineEntry accepts what a rule says about a path.
type BaselineEntry struct {
	Rule string    `json:"rule"`
	Path site.Path `json:"path"`
	// Fingerprint tells findings of one rule and path apart; "" stands for all.
	Fingerprint string `json:"fingerprint,omitempty"`
	Expires     string `json:"expires,omitempty"` // the last day on which it counts, as 2027-01-31
	Reason      string `json:"reason,omitempty"`

	until time.Time
}

const (
	baselineVersion = 1
	dayForm         = "2006-01-02"
)

// ParseBaseline reads a baseline. A key that it does not know is a mistake: an
// entry with a misspelt expires would count for ever.
func ParseBaseline(text []byte) (*Baseline, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var b Baseline
	if err := d.Decode(&b); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the document")
	}
	if b.Version != baselineVersion {
		return nil, fmt.Errorf("version %d is not known; this hone reads version %d", b.Version, baselineVersion)
	}
	for i := range b.Accepted {
		e := &b.Accepted[i]
		if e.Rule == "" {
			return nil, fmt.Errorf("entry %d names no rule", i+1)
		}
		if e.Expires == "" {
			continue
		}
		day, err := time.Parse(dayForm, e.Expires)
		if err != nil {
			return nil, fmt.Errorf("entry %d: expires: %q is no day; write it like 2027-01-31", i+1, e.Expires)
		}
		e.until = day.AddDate(0, 0, 1) // the day counts
	}
	return &b, nil
}

// Fingerprint names a finding by what it is about and not by where in the
// file it stands, nor by figures that differ from one run to the next.
func Fingerprint(d *site.Diagnostic) string {
	what := ""
	if d.Evidence != nil {
		what, _, _ = strings.Cut(d.Evidence.Policy, " (") // lines move
	}
	if what == "" {
		what = d.Hint
	}
	sum := sha256.Sum256([]byte(d.Rule + "\x00" + string(d.Path) + "\x00" + what))
	return hex.EncodeToString(sum[:8])
}

// NewBaseline accepts findings until a day, "" for ever. Reasons of an older
// one stay.
func NewBaseline(ds []site.Diagnostic, expires, reason string, old *Baseline) *Baseline {
	b := &Baseline{Version: baselineVersion, Accepted: []BaselineEntry{}}
	for i := range ds {
		e := BaselineEntry{Rule: ds[i].Rule, Path: ds[i].Path, Fingerprint: Fingerprint(&ds[i]), Expires: expires, Reason: reason}
		if old != nil {
			if k := slices.IndexFunc(old.Accepted, func(o BaselineEntry) bool { return o.covers(&ds[i]) }); k >= 0 && reason == "" {
				e.Reason = old.Accepted[k].Reason
			}
		}
		b.Accepted = append(b.Accepted, e)
	}
	slices.SortFunc(b.Accepted, func(x, y BaselineEntry) int {
		return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.Fingerprint, y.Fingerprint))
	})
	b.Accepted = slices.Compact(b.Accepted)
	return b
}

func (e *BaselineEntry) covers(d *site.Diagnostic) bool {
	return e.Rule == d.Rule && e.Path == d.Path && (e.Fingerprint == "" || e.Fingerprint == Fingerprint(d))
}

// Apply leaves out what is accepted at a moment. Findings whose entry has
// ended come back and say so. unused are entries that met nothing: what they
// accept is mended.
func (b *Baseline) Apply(ds []site.Diagnostic, now time.Time) (left []site.Diagnostic, accepted int, unused []BaselineEntry) {
	at := map[[2]string][]int{}
	for i := range b.Accepted {
		e := &b.Accepted[i]
		k := [2]string{e.Rule, string(e.Path)}
		at[k] = append(at[k], i)
	}
	used := make([]bool, len(b.Accepted))
	left = make([]site.Diagnostic, 0, len(ds))
	for _, d := range ds {
		ended := -1
		ok := false
		for _, i := range at[[2]string{d.Rule, string(d.Path)}] {
			e := &b.Accepted[i]
			if !e.covers(&d) {
				continue
			}
			used[i] = true
			if e.until.IsZero() || now.Before(e.until) {
				ok = true
				break
			}
			ended = i
		}
		if ok {
			accepted++
			continue
		}
		if ended >= 0 {
			d.Message += "; the baseline accepted it until " + b.Accepted[ended].Expires
			if r := b.Accepted[ended].Reason; r != "" {
				d.Message += " (" + r + ")"
			}
		}
		left = append(left, d)
	}
	for i := range used {
		if !used[i] {
			unused = append(unused, b.Accepted[i])
		}
	}
	return left, accepted, unused
}
