package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/hone-web/hone/bundle"
	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/site"
	"github.com/hone-web/hone/verify"
)

// Result is what a run found and made. It holds no clock reading, so that two
// runs over the same input compare equal.
type Result struct {
	Published bool // the output folder now holds the result
	Unchanged bool // the output folder held it already
	Finished  bool // the input was hone's own output: nothing was to be done
	Failed    bool // findings stopped it

	Base     bundle.Base
	Guessed  bool // Base was inferred
	Manifest *site.Manifest
	Types    []TypeTotal
	Totals   Totals
	Pages    []Page
	// Resources are the files that pages load.
	Resources []Resource
	// External are the hosts that pages load from besides their own, and
	// Copied what is served from the site instead.
	External []ExternalHost
	Copied   []Copied
	// Held returns the text of a file that pages load in place of the input's
	// own, or beside it, because of external.vendor; false for all others. It
	// may be called while Options.Prove runs.
	Held     func(site.Path) ([]byte, bool)
	Findings []site.Diagnostic
	Kept     []Kept
	Files    []FileStory
	Notes    []bundle.Note
	Hosts    []site.Output
	Work     Work
	Hits     int64
	Misses   int64
	Slowest  []Timing
}

// Timing is how long a file took.
type Timing struct {
	Path         site.Path `json:"path"`
	Milliseconds int64     `json:"ms"`
}

// Totals over the whole site. A file that answers under two names counts once.
type Totals struct {
	Pages       int   `json:"pages"`
	FilesBefore int   `json:"files_before"`
	FilesAfter  int   `json:"files_after"` // names that answer, precompressed files left out
	BytesBefore int64 `json:"bytes_before"`
	BytesAfter  int64 `json:"bytes_after"`
	Transfer    Cost2 `json:"transfer"`
}

// Cost2 is a number before and after.
type Cost2 struct {
	Before int64 `json:"before"`
	After  int64 `json:"after"`
}

// TypeTotal sums the files of a kind.
type TypeTotal struct {
	Kind   string `json:"kind"`
	Files  int    `json:"files"`
	Before int64  `json:"before"`
	After  int64  `json:"after"` // the smallest encoding that is served
	Kept   int    `json:"kept"`
}

// Kept is a file whose bytes stayed, and why.
type Kept struct {
	Path   site.Path `json:"path"`
	Reason string    `json:"reason"`
}

// FileStory is what became of one input file, for explain.
type FileStory struct {
	Path      site.Path   `json:"path"`
	Kind      string      `json:"kind"`
	Before    int64       `json:"before"`
	After     int64       `json:"after"`
	Steps     []string    `json:"steps,omitempty"`
	Note      string      `json:"note,omitempty"`
	Kept      string      `json:"kept,omitempty"`
	KeepsName string      `json:"keeps_name,omitempty"`
	Plain     bool        `json:"plain,omitempty"`
	Width     int         `json:"width,omitempty"`
	Height    int         `json:"height,omitempty"`
	Variants  []Candidate `json:"variants,omitempty"`
	Outputs   []site.Path `json:"outputs"`
	UsedBy    []Referrer  `json:"used_by,omitempty"`
	Decisions []string    `json:"decisions,omitempty"`
}

// Candidate is another encoding that was weighed.
type Candidate struct {
	Type   string `json:"type"`
	Size   int64  `json:"size"`
	Note   string `json:"note,omitempty"`
	Served bool   `json:"served"`
}

// Referrer is a file that refers to another, and how often.
type Referrer struct {
	Path  site.Path `json:"path"`
	Role  string    `json:"role"`
	Count int       `json:"count"`
}

// maxReferrers bounds the referrers kept for one file: a logo stands on every
// page.
const maxReferrers = 20

// finish emits, verifies and publishes.
func (b *build) finish(ctx context.Context) (*Result, error) {
	pages, err := b.pages(ctx)
	if err != nil {
		return nil, err
	}
	for b.relink {
		b.relink = false
		if err := b.link(ctx); err != nil {
			return nil, err
		}
		if pages, err = b.pages(ctx); err != nil {
			return nil, err
		}
	}
	outs := b.outputs()
	all, err := b.emit(ctx, outs)
	if err != nil {
		return nil, err
	}
	for i := range all {
		b.diags = append(b.diags, all[i].diags...)
		all[i].diags = nil
	}
	for _, p := range pages {
		if p.After.Bytes > p.Before.Bytes+b.plan.Asked(p.Path) {
			b.diags = append(b.diags, verify.Heavier(p.Path, p.Before.Bytes, p.After.Bytes))
		}
	}
	b.unmeasured(pages)
	b.leakedNames(all)
	m := &site.Manifest{Version: site.ManifestVersion, Entries: make([]site.Entry, len(all))}
	for i := range all {
		m.Entries[i] = all[i].entry
	}
	if err := b.policy(all).Apply(m); err != nil {
		return nil, err
	}
	cache.Describe(m, b.base.Prefix)
	b.unsent(m)
	hosts, err := b.hosts(m)
	if err != nil {
		return nil, err
	}
	r := b.result(m, pages)
	r.Hosts = hosts
	r.Files = b.stories(outs)
	if b.o.Review != nil {
		r.Findings = site.SortDiagnostics(append(r.Findings, b.o.Review(r)...))
		for _, d := range r.Findings {
			r.Failed = r.Failed || b.o.FailOn.Reached(d.Severity)
		}
	}
	if r.Failed || !b.publishes() {
		return r, nil
	}
	return r, b.publish(ctx, r, outs, all)
}

// hosts writes what each host needs to know, merging what the owner wrote.
func (b *build) hosts(m *site.Manifest) ([]site.Output, error) {
	var out []site.Output
	for _, t := range cache.All {
		if len(b.o.Hosts) > 0 && !slices.Contains(b.o.Hosts, t.Name) || len(b.o.Hosts) == 0 && t.Asked {
			continue
		}
		if t == cache.Cloudflare && slices.Contains(b.o.Hosts, cache.Netlify.Name) {
			continue // one _headers for both: Cloudflare reads what Netlify does, Netlify not what Cloudflare does
		}
		own := map[site.Path][]byte{}
		for _, p := range t.Reads {
			if f := b.files[p]; f != nil {
				text, err := b.src.read(f)
				if err != nil {
					return nil, err
				}
				own[p] = text
			} else if text, ok := b.o.Own[p]; ok {
				own[p] = text
			}
		}
		files, diags := t.Emit(m, cache.Site{Prefix: b.base.Prefix, Own: own})
		out = append(out, files...)
		b.diags = append(b.diags, diags...)
	}
	return out, nil
}

// result gathers the figures.
func (b *build) result(m *site.Manifest, pages []Page) *Result {
	r := &Result{Base: b.base, Guessed: b.guessed, Manifest: m, Pages: pages, Resources: b.resources, External: b.external, Copied: b.vendored, Notes: b.plan.Notes, Work: b.work}
	r.Held = func(p site.Path) ([]byte, bool) {
		if f := b.files[p]; f != nil && b.src.held[p] != nil {
			text, err := b.src.read(f)
			return text, err == nil
		}
		return nil, false
	}
	r.Hits, r.Misses = b.store.Stats()
	r.Slowest = b.slow.top()
	if b.o.Strict {
		for i := range b.diags {
			if d := &b.diags[i]; d.Severity == site.Warn && keptRules[d.Rule] {
				d.Severity = site.Error
			}
		}
	}
	r.Findings = site.SortDiagnostics(b.diags)
	for _, d := range r.Findings {
		r.Failed = r.Failed || b.o.FailOn.Reached(d.Severity)
	}
	r.Totals.Pages = len(pages)
	for _, p := range pages {
		r.Totals.Transfer.Before += p.Before.Bytes
		r.Totals.Transfer.After += p.After.Bytes
	}
	if m == nil {
		for _, f := range b.src.files {
			r.Totals.FilesBefore++
			r.Totals.BytesBefore += f.Size
		}
		return r
	}
	b.totals(r, m)
	return r
}

// recognised reports whether the input bears hone's marks.
func (b *build) recognised() bool {
	if f := b.files["_headers"]; f != nil {
		if text, err := b.src.read(f); err == nil && bytes.Contains(text, []byte(cache.Mark)) {
			return true
		}
	}
	return slices.ContainsFunc(b.graph.Nodes, func(n *bundle.Node) bool { return n.Finished })
}

// keptRules are the findings about files that hone could not read.
var keptRules = map[string]bool{"asset-kept": true, "image-corrupt": true, "image-type-mismatch": true, "image-limit": true, "css-kept": true, "js-kept": true, "html-kept": true}

func (b *build) totals(r *Result, m *site.Manifest) {
	r.Totals.FilesAfter = len(m.Entries)
	after := map[site.Path]int64{} // input file → smallest encoding served
	own := map[site.Path]bool{}    // it is in use by itself
	made := map[site.Kind]int64{}  // what hone adds
	changed := false
	var joined []*site.Entry
	for i := range m.Entries {
		e := &m.Entries[i]
		if len(e.From) == 0 {
			changed, made[site.KindOf(e.Path)] = true, made[site.KindOf(e.Path)]+e.Size
			continue
		}
		if len(e.From) > 1 {
			changed = true
			joined = append(joined, e)
			continue
		}
		p := e.From[0]
		own[p] = own[p] || e.Class == cache.ClassFingerprinted
		if best, ok := after[p]; !ok || e.Size < best {
			after[p] = e.Size
		}
		changed = changed || e.Path != p || e.SHA256 != b.files[p].Digest
	}
	// A joined file counts once, and its parts no more, unless they are also
	// loaded by themselves.
	for _, e := range joined {
		for _, p := range e.From {
			if !own[p] {
				after[p] = 0
			}
		}
	}
	for _, e := range joined {
		after[e.From[0]] += e.Size
	}
	for _, n := range b.graph.Nodes {
		if !own[n.File.Path] && b.plan.Written(n) {
			after[n.File.Path] = 0 // its text stands in the pages
		}
	}
	r.Finished = !changed && b.recognised()
	byKind := map[site.Kind]*TypeTotal{}
	for _, f := range b.src.files {
		t := byKind[f.Kind]
		if t == nil {
			t = &TypeTotal{Kind: f.Kind.String()}
			byKind[f.Kind] = t
		}
		o := b.objects[f.Path]
		t.Files++
		t.Before += f.Size
		t.After += after[f.Path]
		r.Totals.FilesBefore++
		r.Totals.BytesBefore += f.Size
		r.Totals.BytesAfter += after[f.Path]
		if o.Same && o.Kept != "" {
			t.Kept++
			r.Kept = append(r.Kept, Kept{f.Path, o.Kept})
		}
	}
	for k, size := range made {
		if byKind[k] == nil {
			byKind[k] = &TypeTotal{Kind: k.String()}
		}
		byKind[k].After += size
		r.Totals.BytesAfter += size
	}
	for _, t := range byKind {
		r.Types = append(r.Types, *t)
	}
	slices.SortFunc(r.Types, func(x, y TypeTotal) int { return cmp.Or(cmp.Compare(y.Before, x.Before), cmp.Compare(x.Kind, y.Kind)) })
}

// stories tells what became of every file.
func (b *build) stories(outs []output) []FileStory {
	names := map[site.Path][]site.Path{}
	for _, o := range outs {
		names[o.node.File.Path] = append(names[o.node.File.Path], o.path)
		for _, n := range o.copies {
			names[n.File.Path] = append(names[n.File.Path], o.path)
		}
	}
	notes := map[site.Path][]string{}
	for _, n := range b.plan.Notes {
		notes[n.Path] = append(notes[n.Path], n.Combiner+": "+n.Text)
	}
	stories := make([]FileStory, 0, len(b.graph.Nodes))
	for _, n := range b.graph.Nodes {
		if n.Parts != nil && names[n.File.Path] == nil {
			continue
		}
		p := n.File.Path
		o := b.objects[p]
		s := FileStory{Path: p, Kind: n.File.Kind.String(), Before: n.File.Size, After: o.Size, Steps: o.Steps, Note: o.Facts.Note, Kept: o.Kept,
			KeepsName: n.Keep, Plain: b.plain[p], Width: o.Facts.Width, Height: o.Facts.Height, Outputs: names[p], Decisions: notes[p]}
		for i := range o.Variants {
			v := &o.Variants[i]
			s.Variants = append(s.Variants, Candidate{v.Type, v.Size, v.Note, slices.Contains(names[p], b.linked.VariantPath(n, v))})
		}
		s.UsedBy = referrers(n)
		stories = append(stories, s)
	}
	return stories
}

func referrers(n *bundle.Node) []Referrer {
	var out []Referrer
	for _, u := range n.In {
		role := u.From.Doc.Refs[u.Ref].Role.String()
		if k := len(out); k > 0 && out[k-1].Path == u.From.File.Path && out[k-1].Role == role {
			out[k-1].Count++
			continue
		}
		if len(out) == maxReferrers {
			break
		}
		out = append(out, Referrer{u.From.File.Path, role, 1})
	}
	return out
}
