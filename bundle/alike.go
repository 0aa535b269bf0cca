package bundle

import (
	"cmp"
	"slices"

	"github.com/hone-web/hone/site"
)

// Copies of a file, which have its bytes and its name in other folders, are
// served under one address: a browser fetches it once, whichever of them pages
// refer to. The old addresses go on answering.

// content is what must be equal for two files to have one name.
type content struct {
	digest site.Digest
	name   string
	ext    string
	zone   site.Zone
}

func contentOf(n *Node, d site.Digest, ext string) content {
	p := n.File.Path
	return content{d, p.Stem(), cmp.Or(ext, p.Ext()), n.File.Zone}
}

// contents returns the shortest path of each content that may be shared, the
// first of those.
func (l *Linker) contents() map[content]site.Path {
	same := map[content]site.Path{}
	note := func(n *Node, d site.Digest, ext string) {
		k := contentOf(n, d, ext)
		if p, ok := same[k]; !ok || len(n.File.Path) < len(p) {
			same[k] = n.File.Path
		}
	}
	for _, n := range l.Graph.Nodes {
		o := l.Objects[n.File.Path]
		if o == nil || !placeless(n) {
			continue
		}
		if n.Keep == "" && len(o.Relocs) == 0 {
			note(n, o.Blob, "")
		}
		for i := range o.Variants {
			note(n, o.Variants[i].Blob, o.Variants[i].Ext)
		}
	}
	return same
}

// placeless reports whether a file means the same wherever it lies: it holds no
// address, no selector reads its own, nor does it itself, and it is no module, which runs once for each
// name it has.
func placeless(n *Node) bool {
	if n.selected {
		return false
	}
	switch n.File.Kind {
	case site.Image, site.Font, site.Media:
		return true
	case site.SVG, site.CSS:
		return n.Parts == nil && (n.Doc == nil || len(n.Doc.Refs) == 0)
	case site.JS:
		return n.Parts == nil && n.Doc != nil && len(n.Doc.Refs) == 0 && n.Doc.Unit.Placeless && n.File.Path.Ext() != ".mjs" &&
			!slices.ContainsFunc(n.In, func(u Use) bool { return u.ref().Role == site.RoleModule || u.ref().Role == site.RoleDynamic })
	}
	return false
}

// alike returns the path after which n is named, once its final bytes have that
// digest.
func (k *Linked) alike(n *Node, d site.Digest, ext string) site.Path {
	if !placeless(n) {
		return n.File.Path
	}
	return cmp.Or(k.same[contentOf(n, d, ext)], n.File.Path)
}

// VariantPath returns the output path of an encoding of n.
func (k *Linked) VariantPath(n *Node, v *site.Variant) site.Path {
	return Fingerprint(k.alike(n, v.Blob, v.Ext), v.Blob, v.Ext)
}
