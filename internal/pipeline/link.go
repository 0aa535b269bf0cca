package pipeline

import (
	"bytes"
	"context"
	"fmt"

	"github.com/hone-web/hone/bundle"
	"github.com/hone-web/hone/internal/store"
	"github.com/hone-web/hone/site"
)

// Page is what one page costs a first visit: the page and everything that its
// markup and style sheets make a browser fetch from the site.
type Page struct {
	Path     site.Path `json:"path"`
	Before   Cost      `json:"before"`
	After    Cost      `json:"after"`
	External int       `json:"external,omitempty"` // addresses of other hosts that it loads
	// What it loads besides itself, in the order in which a browser learns of
	// it: indexes into Result.Resources.
	LoadsBefore Indexes `json:"loads_before,omitempty"`
	LoadsAfter  Indexes `json:"loads_after,omitempty"`
}

// Cost of a page. Bytes count texts as gzip sends them, before and after, so
// that nobody gains by a coding that a host adds anyway.
type Cost struct {
	Requests int   `json:"requests"`
	Bytes    int64 `json:"bytes"`
	Own      int64 `json:"own"`      // of the page itself
	Critical int64 `json:"critical"` // of what its main content waits for (bundle.Graph.Critical), itself included
}

// link names everything and fills the holes. Fingerprints make references a
// few bytes longer; a file or page that would end up larger than it was keeps
// the old names in its references instead.
func (b *build) link(ctx context.Context) error {
	for {
		l := &bundle.Linker{Graph: b.graph, Plan: b.plan, Objects: b.objects, Code: b.code, Put: b.store.PutBlob, Plain: b.plain, Pinned: b.pinned}
		k, diags, err := l.Link()
		if err != nil {
			return err
		}
		b.linked = k
		again, err := b.grown(ctx)
		if err != nil {
			return err
		}
		if !again {
			b.diags = append(b.diags, diags...)
			return nil
		}
	}
}

// grown marks the linked files that became larger than their source and
// reports whether there are new ones.
func (b *build) grown(ctx context.Context) (bool, error) {
	again := false
	for _, n := range b.graph.Nodes {
		p := n.File.Path
		o := b.objects[p]
		if n.File.Kind.Rank() != 1 || o.Same || b.dissolved[n] {
			continue
		}
		d, _ := b.linked.Digest(p)
		final, err := b.final(n)
		if err != nil {
			return false, err
		}
		after, err := b.transfer(d, n.File.Kind, func() ([]byte, error) { return final, nil })
		if err != nil {
			return false, err
		}
		before, err := b.sourceTransfer(n)
		if err != nil {
			return false, err
		}
		if n.Parts != nil {
			if len(n.Parts) == 0 {
				continue // the owner asked for it
			}
			room := boundary * int64(len(n.Parts)-1)
			for _, m := range n.Parts {
				room += b.plan.Room[m.File.Path]
			}
			if after > before+room {
				again, b.dissolved[n] = true, true
				if err := b.dissolve(ctx, n); err != nil {
					return false, err
				}
			}
			continue
		}
		// What offers smaller pictures may take room on the wire: pages are
		// weighed with those pictures.
		if int64(len(final)) <= n.File.Size+b.plan.Room[p] && (after <= before || len(b.plan.Edits[p]) > 0) {
			continue
		}
		again = true
		if undone, err := b.undoEdits(ctx, n); err != nil {
			return false, err
		} else if undone {
			continue
		}
		// Every reference to what it refers to must go by the kept name then:
		// a module under two names would run twice.
		for _, t := range b.graph.Targets(n) {
			if k := t.File.Kind; k == site.JS || k == site.CSS {
				b.pinned[t.File.Path] = true
			}
		}
		if len(o.Relocs) > 0 && !b.plain[p] {
			b.plain[p] = true
			continue
		}
		b.restore(n)
	}
	return again, nil
}

// boundary bounds what a joined file may weigh more than its parts, for each
// request that it saves: less than the headers of a response. No page may get
// heavier by it all the same.
const boundary = 64

// undoEdits compiles a file again without what combiners wrote into it, and
// reports whether they had written anything.
func (b *build) undoEdits(ctx context.Context, n *bundle.Node) (bool, error) {
	p := n.File.Path
	if !b.plan.Undoable(n) || b.objects[p].Same {
		return false, nil
	}
	if !b.plan.UndoCritical(n) {
		b.plan.Undo(n)
	}
	o, err := b.compileFile(ctx, n)
	if err != nil {
		return false, err
	}
	b.objects[p] = o
	b.findHoled()
	return true, nil
}

// restore takes back everything that was done to a file.
func (b *build) restore(n *bundle.Node) {
	b.objects[n.File.Path] = &site.Object{Path: n.File.Path, Kind: n.File.Kind, Same: true, Blob: n.File.Digest, Size: n.File.Size,
		Kept: "anything hone made of it was larger"}
	delete(b.holed, n.File.Path)
}

// transfer returns the bytes that some content takes on the wire: a text as
// gzip -6 sends it, anything else as it is.
func (b *build) transfer(d site.Digest, k site.Kind, read func() ([]byte, error)) (int64, error) {
	id := store.NewKey("transfer 1").Digest(d).Value(k.IsText()).ID()
	if n := store.Load[int64](b.store, id); n != nil {
		return *n, nil
	}
	text, err := read()
	if err != nil {
		return 0, err
	}
	n := int64(len(text))
	if k.IsText() {
		z, err := gzipSize(text)
		if err != nil {
			return 0, err
		}
		n = min(n, z)
	}
	return n, store.Keep(b.store, id, &n)
}

func gzipSize(text []byte) (int64, error) {
	var buf bytes.Buffer
	err := encode(&buf, "gzip", 6, text)
	return int64(buf.Len()), err
}

func (b *build) sourceTransfer(n *bundle.Node) (int64, error) {
	if n.Parts != nil {
		return b.partsTransfer(n)
	}
	if !n.File.Kind.IsText() {
		return n.File.Size, nil
	}
	return b.transfer(n.File.Digest, n.File.Kind, func() ([]byte, error) { return b.src.read(n.File) })
}

// final returns the final bytes of a file.
func (b *build) final(n *bundle.Node) ([]byte, error) {
	p := n.File.Path
	o := b.objects[p]
	if len(o.Relocs) == 0 {
		return b.code(o)
	}
	if d, ok := b.linked.Digest(p); ok {
		return b.store.Blob(d)
	}
	return b.linked.Fill(make([]byte, 0, o.Size+int64(64*len(o.Relocs))), p)
}

// finalTransfer returns the wire bytes of a file that is not a page.
func (b *build) finalTransfer(n *bundle.Node) (int64, error) {
	d, ok := b.linked.Digest(n.File.Path)
	if !ok {
		return 0, fmt.Errorf("%s was not linked", n.File.Path)
	}
	if !n.File.Kind.IsText() {
		return b.objects[n.File.Path].Size, nil
	}
	return b.transfer(d, n.File.Kind, func() ([]byte, error) { return b.final(n) })
}

// to returns the file behind a reference of the output, nil if there is none.
func (b *build) to(u bundle.Use) *bundle.Node {
	if j := b.plan.Into[u]; j != nil {
		return j
	}
	return b.graph.Node(u.From.To[u.Ref].To)
}

// target returns the output path that a reference ends up as, "" if it was
// taken out.
func (b *build) target(u bundle.Use) site.Path {
	if b.plan.Gone[u] {
		return ""
	}
	if h := b.holed[u.From.File.Path]; u.Ref < len(h) && h[u.Ref] {
		return b.linked.Target(u)
	}
	if u.From.Doc.Refs[u.Ref].Span.Len() == 0 {
		return "" // lent to an edit that was taken back
	}
	return u.From.To[u.Ref].To
}

// shown returns the output path that a current browser loads for a reference.
func (b *build) shown(u bundle.Use) site.Path {
	if b.plan.Waits[u] {
		return ""
	}
	if b.linked != nil && b.plan.Show[u] != "" && len(b.objects[u.From.File.Path].Relocs) > 0 {
		return b.linked.Shown(u)
	}
	return b.target(u)
}

// findHoled notes which references of each file are written by the linker.
func (b *build) findHoled() {
	b.holed = make(map[site.Path][]bool)
	for p, o := range b.objects {
		for _, r := range o.Relocs {
			if r.Form != site.FormURL || r.Variant != "" {
				continue
			}
			h := b.holed[p]
			if h == nil {
				h = make([]bool, len(b.graph.Node(p).To))
				b.holed[p] = h
			}
			h[r.Ref] = true
		}
	}
}

// served returns the encoding behind a load, nil for the file itself.
func (b *build) served(l bundle.Load) *site.Variant {
	o := b.objects[l.To.File.Path]
	for i := range o.Variants {
		if b.linked.VariantPath(l.To, &o.Variants[i]) == l.Path {
			return &o.Variants[i]
		}
	}
	return nil
}
