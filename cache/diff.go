package cache

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// PlanVersion is the version of the form of Plan.
const PlanVersion = 1

// GraceDays is how long files stay that nothing refers to any more. Pages that
// are a day stale at the edge, in a tab that stays open or in a service worker
// (24 hours at most) ask for them.
const GraceDays = 7

// The phases, in the order in which they are run. At no time does a page refer
// to what is not there, and what is paid is never open.
const (
	PhaseGate      = "gate"      // what became paid is closed
	PhaseImmutable = "immutable" // nobody knows these names yet
	PhaseAssets    = "assets"
	PhasePages     = "pages"
	PhaseWorker    = "worker" // a service worker lists what must be there by now
	PhaseFeeds     = "feeds"  // announces pages
	PhaseRules     = "rules"  // redirects and headers, and gates that open
	PhasePurge     = "purge"
	PhaseDelete    = "delete" // after GraceDays
)

var phases = [...]string{PhaseGate, PhaseImmutable, PhaseAssets, PhasePages, PhaseWorker, PhaseFeeds, PhaseRules, PhasePurge, PhaseDelete}

// Step is one phase of a deploy. What it holds is done in the order of its
// fields.
type Step struct {
	Phase     string      `json:"phase"`
	AfterDays int         `json:"after_days,omitempty"`
	Close     []site.Path `json:"close,omitempty"`    // the gate must answer for these before anything else is done
	Open      []site.Path `json:"open,omitempty"`     // the gate lets these go
	Upload    []*Object   `json:"upload,omitempty"`   // new files, and new bytes
	Metadata  []*Object   `json:"metadata,omitempty"` // the same bytes with other headers
	Delete    []*Object   `json:"delete,omitempty"`
	Purge     []string    `json:"purge,omitempty"` // URL paths, below the base of the site
	Tags      []string    `json:"tags,omitempty"`  // what the same URLs are tagged with, where the host sends tags
}

// Plan is what takes a site from one manifest to another. A site that did not
// change has no steps.
type Plan struct {
	Version  int      `json:"version"`
	Steps    []*Step  `json:"steps"`
	Uploads  int      `json:"uploads"`
	Bytes    int64    `json:"bytes"` // of the uploads
	Metadata int      `json:"metadata"`
	Deletes  int      `json:"deletes"`
	Purges   int      `json:"purges"`
	Notes    []string `json:"notes"` // what the plan cannot do, in words

	old, now map[site.Path]*Object // what the two deploys hold
	tagged   bool                  // the last deploy sent tags
}

// differ is a plan in the making.
type differ struct {
	steps    map[string]*Step
	old, now map[site.Path]*Object
	closed   map[site.Path]bool // entries that became paid or are paid and new
	leaks    map[site.Path]bool // old free copies of what is paid now
	notes    []string
}

// Diff plans the way from old to now.
func Diff(old, now *site.Manifest) *Plan {
	d := &differ{steps: map[string]*Step{}, old: objects(old), now: objects(now), closed: map[site.Path]bool{}}
	for _, p := range phases {
		d.steps[p] = &Step{Phase: p}
	}
	d.leaks = copies(old, now)
	d.access(now)
	for _, p := range slices.Sorted(maps.Keys(d.now)) {
		d.put(d.now[p])
	}
	for _, p := range slices.Sorted(maps.Keys(d.old)) {
		if d.now[p] == nil {
			d.remove(d.old[p])
		}
	}
	return d.plan()
}

// copies finds files of the last deploy that were free, are gone from the new
// one and were made of what is paid now: fingerprinted names and joined files.
// A store would go on handing them out.
func copies(old, now *site.Manifest) map[site.Path]bool {
	paid := map[site.Path]bool{}
	there := make(map[site.Path]bool, len(now.Entries))
	for i := range now.Entries {
		e := &now.Entries[i]
		there[e.Path] = true
		if e.Zone != "" {
			paid[e.Path] = true
			for _, p := range e.From {
				paid[p] = true
			}
		}
	}
	out := map[site.Path]bool{}
	for i := range old.Entries {
		e := &old.Entries[i]
		if e.Zone == "" && !there[e.Path] && slices.ContainsFunc(e.From, func(p site.Path) bool { return paid[p] }) {
			out[e.Path] = true
			for _, c := range e.Encodings {
				out[e.Path+site.Path(codingExt[c])] = true
			}
		}
	}
	return out
}

// access finds what changes hands between free and paid.
func (d *differ) access(now *site.Manifest) {
	for i := range now.Entries {
		e := &now.Entries[i]
		was := d.old[e.Path]
		switch {
		case e.Zone != "" && (was == nil || was.zone != e.Zone):
			d.closed[e.Path] = true
			d.steps[PhaseGate].Close = append(d.steps[PhaseGate].Close, e.Path)
		case e.Zone == "" && was != nil && was.zone != "":
			d.steps[PhaseRules].Open = append(d.steps[PhaseRules].Open, e.Path)
		}
	}
}

// put plans an object of the new deploy.
func (d *differ) put(o *Object) {
	was := d.old[o.Path]
	o.New = was == nil
	phase := d.steps[phaseOf(o)]
	paid := was != nil && was.zone == "" && o.zone != ""
	freed := was != nil && was.zone != "" && o.zone == ""
	// What became paid gets its new headers before caches are emptied, or they
	// would keep what the gate lets through to those who paid.
	if paid || o.Class == ClassConfig && len(d.closed) > 0 {
		phase = d.steps[PhaseGate]
	}
	bytes := was == nil || was.SHA256 != o.SHA256 || was.Size != o.Size || was.Coding != o.Coding
	switch {
	case bytes:
		phase.Upload = append(phase.Upload, o)
	case !maps.Equal(was.Header, o.Header):
		o.was = was.Header
		phase.Metadata = append(phase.Metadata, o)
	case !paid && !freed:
		return
	}
	switch {
	case was == nil:
		d.shadow(o)
	case paid:
		d.purge(PhaseGate, o)
	case freed:
		d.purge(PhasePurge, o)
	case was.zone != "" || o.Class == ClassConfig:
		// No shared cache holds it.
	case immutable(was) && !bytes:
		// The bytes are right wherever they are kept.
	case immutable(was):
		d.notes = append(d.notes, fmt.Sprintf("%s changed although it was served as immutable: browsers that have it keep it for a year, give it another name", o.Path))
		d.purge(PhasePurge, o)
	default:
		d.purge(PhasePurge, o)
	}
}

// shadow purges the URLs at which a new file answers in the place of another:
// about/index.html and about.html are both /about.
func (d *differ) shadow(o *Object) {
	if o.Coding != "" || o.Class != ClassPage {
		return
	}
	full := "/" + string(o.Path)
	bare := strings.TrimSuffix(full[:len(full)-len(o.Path.Ext())], "/index")
	for _, rival := range []string{bare, bare + ".html", bare + ".htm", bare + "/index.html", bare + "/index.htm"} {
		if r := site.Path(strings.TrimPrefix(rival, "/")); r != o.Path && d.old[r] != nil {
			d.purge(PhasePurge, o)
			// Caches know what they hold by the tag of the file that it was.
			d.steps[PhasePurge].Tags = append(d.steps[PhasePurge].Tags, fileTag(r))
			return
		}
	}
}

// remove plans an object that the new deploy does not have.
func (d *differ) remove(o *Object) {
	if d.leaks[o.Path] {
		gate := d.steps[PhaseGate]
		gate.Delete = append(gate.Delete, o)
		d.purge(PhaseGate, o)
		return
	}
	phase := d.steps[PhaseDelete]
	if o.Class == ClassConfig {
		phase = d.steps[PhaseRules]
	}
	phase.Delete = append(phase.Delete, o)
	if !immutable(o) && o.zone == "" && o.Class != ClassConfig {
		d.purge(PhaseDelete, o)
	}
}

func (d *differ) purge(phase string, o *Object) {
	s := d.steps[phase]
	s.Purge = append(s.Purge, Aliases(o.Path)...)
	of := o.Of
	if of == "" {
		of = o.Path
	}
	s.Tags = append(s.Tags, fileTag(of))
	if phase == PhasePurge && (o.Path == "404.html" || strings.HasSuffix(string(o.Path), "/404.html")) {
		d.notes = append(d.notes, fmt.Sprintf("%s also answers for addresses that nobody can list: caches drop those by themselves", o.Path))
	}
}

// immutable reports whether caches were told never to ask again (RFC 8246).
func immutable(o *Object) bool {
	for name, value := range o.Header {
		if !strings.EqualFold(name, "Cache-Control") {
			continue
		}
		for part := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(part), "immutable") {
				return true
			}
		}
	}
	return false
}

func phaseOf(o *Object) string {
	p := o.Path
	if o.Of != "" {
		p = o.Of
	}
	switch {
	case o.Class == ClassConfig:
		return PhaseRules
	case o.Class == ClassFingerprinted:
		return PhaseImmutable
	case o.Class == ClassPage || o.Class == ClassError:
		return PhasePages
	case o.Class == ClassWorker:
		return PhaseWorker
	case o.Class == ClassFeed || feed(strings.ToLower(p.Base()), p.Ext()):
		return PhaseFeeds
	}
	return PhaseAssets
}

// plan collects the steps that hold something, and counts.
func (d *differ) plan() *Plan {
	p := &Plan{Version: PlanVersion, Steps: []*Step{}, Notes: []string{}, old: d.old, now: d.now}
	for _, name := range phases {
		s := d.steps[name]
		slices.Sort(s.Purge)
		s.Purge = slices.Compact(s.Purge)
		slices.Sort(s.Tags)
		s.Tags = slices.Compact(s.Tags)
		if len(s.Close)+len(s.Open)+len(s.Upload)+len(s.Metadata)+len(s.Delete)+len(s.Purge) == 0 {
			continue
		}
		if name == PhaseDelete {
			s.AfterDays = GraceDays
		}
		p.Steps = append(p.Steps, s)
		p.Uploads += len(s.Upload)
		p.Metadata += len(s.Metadata)
		p.Deletes += len(s.Delete)
		p.Purges += len(s.Purge)
		for _, o := range s.Upload {
			p.Bytes += o.Size
		}
	}
	p.Notes = append(p.Notes, d.notes...)
	for _, o := range d.old {
		p.tagged = p.tagged || slices.ContainsFunc(TagFields, func(f string) bool { return fieldOf(o.Header, f) != "" })
	}
	return p
}
