package pipeline

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/hone-web/hone/bundle"
	"github.com/hone-web/hone/internal/par"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
	"github.com/hone-web/hone/verify"
)

// judge verifies outputs before they are published: it reads the final bytes
// anew, with nothing but the names of the output to go by.
type judge struct {
	b        *build
	outs     map[site.Path]output
	resolver *bundle.Resolver
}

func (b *build) newJudge(outs []output) *judge {
	j := &judge{b: b, outs: make(map[site.Path]output, len(outs))}
	have := make(map[site.Path]bool, len(outs))
	for _, o := range outs {
		have[o.path] = true
		j.outs[o.path] = o
	}
	j.resolver = bundle.NewResolver(b.base, have)
	return j
}

// file judges one output and notes what it refers to.
func (j *judge) file(o output, e *emitted, doc *scan.Doc, text func() ([]byte, error)) error {
	f := &verify.File{Path: e.entry.Path, Kind: o.node.File.Kind, Size: e.entry.Size, Doc: doc, Before: j.b.before(o.node)}
	if o.variant != nil {
		f.Before = nil // judged where it is chosen: it must beat the optimized source
	}
	hash := func(p site.Path, alg string) (string, error) {
		text, err := j.b.bytesOf(j.outs[p])
		return bundle.HashText(text, alg), err
	}
	var err error
	if e.diags, err = j.b.judgeFile(f, j.resolver, hash, text); err != nil {
		return err
	}
	// A file that answers under two names is told of under the one its owner
	// knows.
	for i := range e.diags {
		e.diags[i].Path = o.node.File.Path
	}
	if o.node.Parts != nil {
		e.diags = j.ofParts(o.node, e.diags)
	}
	e.entry.Refs = refsOf(e.entry.Path, doc, j.resolver)
	if j.b.o.Link {
		e.early = earlyOf(e.entry.Path, doc, j.resolver)
	}
	return nil
}

// ofParts tells what was found in a joined file of its parts; a part that is
// published too tells of itself.
func (j *judge) ofParts(n *bundle.Node, ds []site.Diagnostic) []site.Diagnostic {
	for _, m := range n.Parts {
		if _, ok := j.outs[m.File.Path]; !ok {
			for i := range ds {
				ds[i].Path, ds[i].Line, ds[i].Column = m.File.Path, 0, 0
			}
			return ds
		}
	}
	return nil
}

// judgeFile runs the rules over one file, reading its text only when a rule
// may need it.
func (b *build) judgeFile(f *verify.File, r *bundle.Resolver, hash func(site.Path, string) (string, error), text func() ([]byte, error)) ([]site.Diagnostic, error) {
	if f.Doc != nil && needsText(f, r) {
		var err error
		if f.Text, err = text(); err != nil {
			return nil, err
		}
	}
	return verify.Run(&verify.Pass{File: f, Hash: hash, Resolve: func(i int) (site.Path, bool) {
		a := r.Resolve(f.Path, f.Doc.Refs[i].Base, f.Doc.Refs[i].URL)
		return a.To, a.External
	}})
}

// needsText reports whether a rule will look at the text: to check a policy or
// to say where a finding is.
func needsText(f *verify.File, r *bundle.Resolver) bool {
	if len(f.Doc.CSP) > 0 || len(f.Doc.Sums) > 0 {
		return true
	}
	for i := range f.Doc.Refs {
		if a := r.Resolve(f.Path, f.Doc.Refs[i].Base, f.Doc.Refs[i].URL); a.To == "" && !a.External {
			return true
		}
	}
	return false
}

// before describes the source of an output.
func (b *build) before(n *bundle.Node) *verify.Source {
	if n.Parts != nil {
		return b.beforeJoined(n)
	}
	s := &verify.Source{Size: n.File.Size + b.plan.Room[n.File.Path], Doc: n.Doc}
	if n.Doc == nil {
		return s
	}
	s.Text = func() ([]byte, error) { return b.src.read(n.File) }
	s.Missing = func(url string) bool {
		base := ""
		for i := range n.Doc.Refs {
			if n.Doc.Refs[i].URL == url && n.Missing(i) {
				return true
			}
			base = max(base, n.Doc.Refs[i].Base)
		}
		// Minified code may show an address that its source put together. It
		// is not of hone's making unless it bears a fingerprint.
		path, _, _ := strings.Cut(url, "?")
		path, _, _ = strings.Cut(path, "#")
		a := b.graph.Resolver().Resolve(n.File.Path, base, url)
		return bundle.NameHash(site.Path(path)) == "" && a.To == "" && !a.External
	}
	s.BadSum = func(text string) bool { return b.badSums[n.File.Path+"\x00"+site.Path(text)] }
	if len(n.Doc.CSP) > 0 {
		if text, err := b.src.read(n.File); err == nil {
			s.Refused = len(verify.Refused(text, n.Doc.CSP))
		}
	}
	return s
}

// beforeJoined describes what a joined file is made of.
func (b *build) beforeJoined(n *bundle.Node) *verify.Source {
	// An error boundary adds a few bytes to a script; that the whole must not
	// weigh more than its parts is seen to when it is linked.
	s := &verify.Source{Size: math.MaxInt64, Doc: n.Doc, BadSum: func(string) bool { return false }}
	var parts []*verify.Source
	for _, m := range n.Parts {
		parts = append(parts, b.before(m))
	}
	s.Missing = func(url string) bool {
		return slices.ContainsFunc(parts, func(p *verify.Source) bool { return p.Missing != nil && p.Missing(url) })
	}
	return s
}

// bytesOf returns the bytes of an output.
func (b *build) bytesOf(o output) ([]byte, error) {
	if o.variant != nil {
		return b.store.Blob(o.variant.Blob)
	}
	return b.final(o.node)
}

func refsOf(from site.Path, doc *scan.Doc, r *bundle.Resolver) []site.Path {
	refs := []site.Path{}
	if doc == nil {
		return refs
	}
	seen := map[site.Path]bool{}
	for i := range doc.Refs {
		if to := r.Resolve(from, doc.Refs[i].Base, doc.Refs[i].URL).To; to != "" && !seen[to] {
			seen[to] = true
			refs = append(refs, to)
		}
	}
	return refs
}

// checkOnly judges the input itself.
func (b *build) checkOnly(ctx context.Context) (*Result, error) {
	hash := func(p site.Path, alg string) (string, error) {
		text, err := b.src.read(b.files[p])
		return bundle.HashText(text, alg), err
	}
	got, err := par.Map(ctx, par.Limits{Jobs: b.o.Jobs}, b.graph.Nodes, nil, func(_ context.Context, n *bundle.Node) ([]site.Diagnostic, error) {
		f := &verify.File{Path: n.File.Path, Kind: n.File.Kind, Size: n.File.Size, Doc: n.Doc}
		return b.judgeFile(f, b.graph.Resolver(), hash, func() ([]byte, error) { return b.src.read(n.File) })
	})
	if err != nil {
		return nil, err
	}
	for _, ds := range got {
		b.diags = append(b.diags, ds...)
	}
	pages := []Page{}
	for _, n := range b.graph.Nodes {
		if n.File.Kind != site.HTML {
			continue
		}
		var c Cost
		for _, t := range b.graph.Loads(n) {
			w, err := b.sourceTransfer(t)
			if err != nil {
				return nil, err
			}
			c.Requests++
			c.Bytes += w
		}
		pages = append(pages, Page{Path: n.File.Path, Before: c, After: c})
	}
	r := b.result(nil, pages)
	return r, nil
}

// findBadSums notes the hash attributes that are wrong already, which are left
// as they are: the browser refuses the file now, and a new hash would make it
// run for the first time.
func (b *build) findBadSums() error {
	b.badSums = map[site.Path]bool{}
	for _, n := range b.graph.Nodes {
		if n.Doc == nil {
			continue
		}
		for _, s := range n.Doc.Sums {
			to := b.files[n.To[s.Ref].To]
			if to == nil || s.Kind != site.SumIntegrity {
				continue
			}
			text, err := b.src.read(to)
			if err != nil {
				return err
			}
			if !sumHolds(s.Text, text) {
				b.badSums[n.File.Path+"\x00"+site.Path(s.Text)] = true
			}
		}
	}
	return nil
}

func sumHolds(sum string, text []byte) bool {
	p := &verify.Pass{Hash: func(_ site.Path, alg string) (string, error) { return bundle.HashText(text, alg), nil }}
	ok, _ := verify.SumMatches(p, "", sum)
	return ok
}
