package bundle

import (
	"fmt"
	"slices"
	"sync"

	"github.com/hone-web/hone/site"
)

// Linker names the compiled files and fills their holes.
type Linker struct {
	Graph   *Graph
	Plan    *Plan
	Objects map[site.Path]*site.Object
	// Code returns the bytes of an object, holes left out.
	Code func(*site.Object) ([]byte, error)
	// Put keeps the final bytes of an object for Final to find again.
	Put func([]byte) (site.Digest, error)
	// Plain names files whose references use the kept names, because with
	// fingerprints they would weigh more than before.
	Plain map[site.Path]bool
	// Pinned names files that every reference calls by the kept name.
	Pinned map[site.Path]bool
}

// Linked is a linked site. Its methods may be called from many goroutines.
type Linked struct {
	l      *Linker
	names  map[site.Path]site.Path   // file → fingerprinted path
	digest map[site.Path]site.Digest // final bytes of everything but pages
	pinned map[site.Path]bool        // files that lost their new name to a cycle through a hash
	same   map[content]site.Path     // what the files of one content are named after
	sums   map[sumKey]string
	mu     sync.Mutex
}

type sumKey struct {
	p   site.Path
	alg string
}

// hole is one place to fill.
type hole struct {
	*site.Reloc
	use Use
	to  *Node
}

func (l *Linker) holes(n *Node) []hole {
	o := l.Objects[n.File.Path]
	if o == nil {
		return nil
	}
	hs := make([]hole, len(o.Relocs))
	for i := range o.Relocs {
		r := &o.Relocs[i]
		u := Use{n, r.Ref}
		hs[i] = hole{r, u, l.To(u)}
	}
	return hs
}

// To returns the file that a reference leads to, nil if there is none.
func (l *Linker) To(u Use) *Node {
	if j := l.Plan.Into[u]; j != nil {
		return j
	}
	return l.Graph.at[u.From.To[u.Ref].To]
}

// named reports whether the hole's text depends on the bytes of another file
// through its name, and from which encoding of it.
func (k *Linked) named(h hole) bool {
	return h.Form == site.FormURL && h.to.Keep == "" && !k.plain(h.use.From, h.to)
}

// plain reports whether from calls to by its kept name. A page with kept names
// still uses the new name of what its other files load by the new name: a
// browser would fetch it twice, and run a module twice.
func (k *Linked) plain(from, to *Node) bool {
	if to.Parts != nil {
		return false // it has no other name
	}
	p := to.File.Path
	if k.pinned[p] || k.l.Pinned[p] {
		return true
	}
	return k.l.Plain[from.File.Path] && !k.l.Graph.indirect(from)[to]
}

// Link names every file. Files that refer to each other in a circle get names
// from the hash of the whole circle with its own names left out; a circle that
// runs through an integrity hash cannot be named so, and its files keep their
// names.
func (l *Linker) Link() (*Linked, []site.Diagnostic, error) {
	k := &Linked{l: l, pinned: map[site.Path]bool{}, same: l.contents()}
	var diags []site.Diagnostic
	for {
		again, ds, err := k.try()
		if err != nil {
			return nil, nil, err
		}
		diags = append(diags, ds...)
		if !again {
			return k, diags, nil
		}
	}
}

func (k *Linked) try() (again bool, diags []site.Diagnostic, err error) {
	l := k.l
	k.names, k.digest, k.sums = map[site.Path]site.Path{}, map[site.Path]site.Digest{}, map[sumKey]string{}
	summed := map[*Node]bool{} // pages whose bytes somebody's hash depends on
	for _, n := range l.Graph.Nodes {
		for _, h := range l.holes(n) {
			if h.Form != site.FormURL {
				summed[h.to] = true
			}
		}
	}
	succ := func(n *Node) []*Node {
		var out []*Node
		for _, h := range l.holes(n) {
			if (k.named(h) && h.Variant == "" && l.Plan.Serve[h.use] == "") || h.Form != site.FormURL {
				out = append(out, h.to)
			}
		}
		return out
	}
	var todo []*Node
	for _, n := range l.Graph.Nodes {
		if n.File.Kind != site.HTML || summed[n] {
			todo = append(todo, n)
		}
	}
	var buf []byte
	for _, group := range components(todo, succ) {
		if len(group) > 1 || slices.Contains(succ(group[0]), group[0]) {
			if k.pinned[group[0].File.Path] {
				return false, nil, fmt.Errorf("link %s: it holds a hash that depends on its own bytes", group[0].File.Path)
			}
			if d := k.breakCycle(group); d != nil {
				return true, d, nil
			}
			if err := k.nameGroup(group); err != nil {
				return false, nil, err
			}
			continue
		}
		n := group[0]
		o := l.Objects[n.File.Path]
		if len(o.Relocs) == 0 {
			k.setName(n, o.Blob)
			continue
		}
		if buf, err = k.Fill(buf[:0], n.File.Path); err != nil {
			return false, nil, err
		}
		d, err := l.Put(buf)
		if err != nil {
			return false, nil, err
		}
		k.setName(n, d)
	}
	return false, nil, k.collisions()
}

func (k *Linked) setName(n *Node, d site.Digest) {
	k.digest[n.File.Path] = d
	if n.Keep == "" {
		k.names[n.File.Path] = Fingerprint(k.alike(n, d, ""), d, "")
	}
}

// breakCycle pins the files of a circle that runs through a hash and returns
// what to tell; nil when the circle runs through names alone.
func (k *Linked) breakCycle(group []*Node) []site.Diagnostic {
	in := map[*Node]bool{}
	for _, n := range group {
		in[n] = true
	}
	var diags []site.Diagnostic
	for _, n := range group {
		for _, h := range k.l.holes(n) {
			if h.Form != site.FormURL && in[h.to] {
				diags = append(diags, site.Diagnostic{Rule: "hash-cycle", Severity: site.Info, Path: n.File.Path,
					Message: fmt.Sprintf("it holds the hash of %s, which refers back to it, so both keep their names", h.to.File.Path),
					Hint:    "nothing to do; drop the integrity attribute to let both be cached for a year"})
			}
		}
	}
	if diags == nil {
		return nil
	}
	for _, n := range group {
		k.pinned[n.File.Path] = true
	}
	return diags
}

// nameGroup names files that refer to each other in a circle.
func (k *Linked) nameGroup(group []*Node) error {
	in := map[site.Path]bool{}
	for _, n := range group {
		in[n.File.Path] = true
	}
	slices.SortFunc(group, func(a, b *Node) int { return cmpPath(a.File.Path, b.File.Path) })
	blank := make([]site.Digest, len(group))
	for i, n := range group {
		b, err := k.fill(nil, n.File.Path, in)
		if err != nil {
			return err
		}
		blank[i] = site.Sum(b)
	}
	sum := circleSum(blank)
	for i, n := range group {
		if n.Keep == "" && !k.pinned[n.File.Path] {
			k.names[n.File.Path] = Fingerprint(n.File.Path, circleDigest(sum, blank[i]), "")
		}
	}
	for _, n := range group {
		b, err := k.Fill(nil, n.File.Path)
		if err != nil {
			return err
		}
		if k.digest[n.File.Path], err = k.l.Put(b); err != nil {
			return err
		}
	}
	return nil
}

func cmpPath(a, b site.Path) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// collisions panics on nothing and returns an error if two files of different
// bytes got one name.
func (k *Linked) collisions() error {
	owner := map[site.Path]site.Path{}
	for _, n := range k.l.Graph.Nodes {
		p := n.File.Path
		name := k.names[p]
		if name == "" {
			continue
		}
		if o, ok := owner[name]; ok && k.digest[o] != k.digest[p] {
			return fmt.Errorf("%s and %s both want the name %s", o, p, name)
		}
		owner[name] = p
	}
	return nil
}

// Name returns the fingerprinted path of a file, "" if it has none.
func (k *Linked) Name(p site.Path) site.Path { return k.names[p] }

// Digest returns the digest of the final bytes of a file that is not a page.
func (k *Linked) Digest(p site.Path) (site.Digest, bool) {
	d, ok := k.digest[p]
	return d, ok
}

// Target returns the output path that a reference is written as.
func (k *Linked) Target(u Use) site.Path {
	to := k.l.To(u)
	if to.Keep != "" || k.plain(u.From, to) {
		return to.File.Path
	}
	if v := k.l.variant(to, k.l.Plan.Serve[u]); v != nil {
		return k.VariantPath(to, v)
	}
	if name := k.names[to.File.Path]; name != "" {
		return name
	}
	return to.File.Path
}

// Shown returns the output path that a current browser loads for a reference:
// one of several encodings where the page offers them.
func (k *Linked) Shown(u Use) site.Path {
	to := k.l.To(u)
	if v := k.l.variant(to, k.l.Plan.Show[u]); v != nil {
		return k.VariantPath(to, v)
	}
	return k.Target(u)
}

// address returns the output path that a hole is filled with.
func (k *Linked) address(h hole) site.Path {
	if h.Variant == "" {
		return k.Target(h.use)
	}
	if v := k.l.variant(h.to, h.Variant); v != nil {
		return k.VariantPath(h.to, v)
	}
	return h.to.File.Path
}

// Addresses returns the output paths that the holes of n name.
func (k *Linked) Addresses(n *Node) []site.Path {
	var out []site.Path
	for _, h := range k.l.holes(n) {
		if h.Form == site.FormURL {
			out = append(out, k.address(h))
		}
	}
	return out
}

func (l *Linker) variant(n *Node, key string) *site.Variant {
	if key == "" {
		return nil
	}
	o := l.Objects[n.File.Path]
	for i := range o.Variants {
		if o.Variants[i].Key() == key {
			return &o.Variants[i]
		}
	}
	return nil
}

// Fill appends the final bytes of file p to buf.
func (k *Linked) Fill(buf []byte, p site.Path) ([]byte, error) { return k.fill(buf, p, nil) }

// fill leaves out the addresses of the files in blank.
func (k *Linked) fill(buf []byte, p site.Path, blank map[site.Path]bool) ([]byte, error) {
	n := k.l.Graph.at[p]
	o := k.l.Objects[p]
	code, err := k.l.Code(o)
	if err != nil {
		return nil, fmt.Errorf("link %s: %w", p, err)
	}
	words, err := k.words(p, blank)
	if err != nil {
		return nil, err
	}
	at := 0
	for i, h := range k.l.holes(n) {
		buf = append(append(buf, code[at:h.Off]...), words[i]...)
		at = h.Off
	}
	return append(buf, code[at:]...), nil
}

// Words returns what the holes of file p are filled with, in their order. With
// the digest of the object they decide the final bytes.
func (k *Linked) Words(p site.Path) ([]string, error) { return k.words(p, nil) }

// words leaves out the addresses of the files in blank.
func (k *Linked) words(p site.Path, blank map[site.Path]bool) ([]string, error) {
	n := k.l.Graph.at[p]
	holes := k.l.holes(n)
	words := make([]string, len(holes))
	for i, h := range holes {
		switch {
		case h.Form == site.FormURL && h.Variant == "" && blank[h.to.File.Path] && k.named(h):
		case h.Form == site.FormURL:
			words[i] = k.l.Graph.resolver.URL(p, k.address(h), n.To[h.Ref])
		default:
			var err error
			if words[i], err = k.sum(h.to.File.Path, h.Algs); err != nil {
				return nil, err
			}
		}
	}
	return words, nil
}

// sum returns the hash of the final bytes of p: base64 for the algorithms of
// SRI, hexadecimal for those of revisions.
func (k *Linked) sum(p site.Path, alg string) (string, error) {
	key := sumKey{p, alg}
	k.mu.Lock()
	s, ok := k.sums[key]
	k.mu.Unlock()
	if ok {
		return s, nil
	}
	b, err := k.Fill(nil, p)
	if err != nil {
		return "", err
	}
	s = HashText(b, alg)
	k.mu.Lock()
	k.sums[key] = s
	k.mu.Unlock()
	return s, nil
}
