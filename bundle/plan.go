package bundle

import (
	"fmt"
	"slices"

	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/site"
)

// Plan is what the combiners decided. It is data: it can be printed, compared
// and tested without running anything.
type Plan struct {
	Want     map[site.Path][]string // further encodings to make: keys of variants
	Lossless map[site.Path]string   // files whose pixels must stay, and why
	Whole    map[site.Path]bool     // drawings that are only shown whole
	Serve    map[Use]string         // references served in another encoding: its key
	// Show names the encoding that a current browser takes for a reference
	// which offers several; pages are weighed with it.
	Show map[Use]string

	// Fonts are those beside which a smaller one can be offered, and Letters the
	// characters that it is to have; nil means all.
	Fonts   map[site.Path]bool
	Letters *site.Letters

	// Waits holds the pictures that are loaded when a dialog opens.
	Waits map[Use]bool

	// Into names the joined file that a reference leads to instead of its own
	// target, and Gone the references that are taken out of their pages.
	Into map[Use]*Node
	Gone map[Use]bool
	// Room are bytes by which a style sheet may grow, because fonts lose more by
	// what is written into it.
	Room map[site.Path]int64
	// Portable are style sheets whose text may end up in another folder: all
	// their addresses are written by the linker.
	Portable map[site.Path]bool
	Joined   []*Joined

	offered map[site.Path]bool
	// Late are style sheets that a page loads at its end, where nothing waits
	// for them.
	Late     map[Use]bool
	critical map[site.Path]*criticalEdits
	asked    map[site.Path]int64
	// measured are the pages that load the script of RUM.
	measured map[site.Path]*measuredPage

	// firm are edits that stay when a page's others are taken back: hints to
	// modules that are in a bundle now.
	firm  map[site.Path][]Use
	Edits map[site.Path][]site.Edit
	Notes []Note
	Diags []site.Diagnostic // findings about the site
}

// Note is one decision, for the report.
type Note struct {
	Combiner string
	Path     site.Path
	Text     string
}

// NewPlan returns an empty plan.
func NewPlan() *Plan {
	return &Plan{Want: map[site.Path][]string{}, Lossless: map[site.Path]string{}, Whole: map[site.Path]bool{}, Serve: map[Use]string{}, Show: map[Use]string{}, Fonts: map[site.Path]bool{}, Waits: map[Use]bool{}, offered: map[site.Path]bool{}, firm: map[site.Path][]Use{}, Edits: map[site.Path][]site.Edit{},
		Into: map[Use]*Node{}, Gone: map[Use]bool{}, Room: map[site.Path]int64{}, Late: map[Use]bool{}, critical: map[site.Path]*criticalEdits{}, asked: map[site.Path]int64{}, measured: map[site.Path]*measuredPage{}, Portable: map[site.Path]bool{}}
}

// Planner is what a combiner may look at and write to.
type Planner struct {
	Graph *Graph
	Plan  *Plan
	// Object returns what a file of a lower rank was compiled to, nil if it is
	// not compiled yet.
	Object func(site.Path) *site.Object

	// Code returns the bytes of an object, holes left out.
	Code func(*site.Object) ([]byte, error)

	// Wire returns the bytes that a text takes on the wire.
	Wire func([]byte) int64
	// Protocol is "h1" for HTTP/1.1; anything else means HTTP/2 and later.
	Protocol string
	// Policy says that the host sends a content security policy, and Open that
	// it is known to send none.
	Policy, Open bool
	// Inline says where code and pictures may be written into pages: "auto" (the
	// default: where no policy that hone cannot see could refuse them), "always"
	// or "off".
	Inline string

	// Source returns the bytes of a file of the input; nil has none at hand.
	Source func(site.Path) ([]byte, error)
	CSS    CSSOptions

	// Size returns the pixels of a picture of the input as it is seen; nil, or
	// zeros, where they are not known.
	Size   func(site.Path) (w, h int)
	Images ImageOptions
	RUM    RUMOptions
	// NoStyle says that a policy which the host sends may forbid style
	// attributes.
	NoStyle bool
	// Placeholder is what pictures that are loaded late show before: "color" or
	// "thumbhash"; "" and "off" mean nothing.
	Placeholder string

	// Named is what Graph.Named returns.
	Named map[*Node]bool

	Fonts FontOptions

	// Sprite says whether backgrounds become one picture: "off", or "auto" (also "").
	Sprite string
	// Shrink makes a PNG smaller without loss; nil makes no pictures of others.
	Shrink func(site.Path, []byte) ([]byte, error)

	// Esbuild bundles modules.
	Esbuild func(guard.Bundle) (string, error)

	combiner   string
	bundles    []*moduleGroup
	ev         *evidence
	pictures   map[Use]*picturePlan
	complete   map[Use]bool   // img in a <picture> whose sources get AVIF beside them
	single     map[*Node]bool // pictures that some page loads in several ways
	sized      map[Use]bool   // pictures that already got a width
	rows       []*group       // files to be joined
	joining    map[*Node]bool // files in rows
	byFiles    map[*Node]string
	inserts    map[*Node]*inserted
	inlined    map[*Node]bool // files that some page holds now
	criticals  map[*Node]*criticalSheet
	fontSheets map[*Node]*fontSheetRules
	faces      []sheetFace
	// counts says which style sheet of a page counts children, from the start
	// and from the end.
	counts map[*Node][2]string
}

// Combiner takes one kind of decision over the whole site.
type Combiner struct {
	Name, Doc string
	// Rank is when it runs: before the files of this rank are compiled and
	// after those of all lower ranks.
	Rank int
	Plan func(*Planner)
}

// Run lets the combiners of a rank decide, except those skip names.
func (p *Planner) Run(rank int, skip func(name string) bool) {
	if p.ev == nil {
		p.ev = p.Graph.evidence()
		p.joining, p.inlined, p.counts = map[*Node]bool{}, map[*Node]bool{}, map[*Node][2]string{}
		if p.Source == nil {
			p.Source = func(path site.Path) ([]byte, error) { return nil, fmt.Errorf("%s: no source is at hand", path) }
		}
		p.byFiles, p.inserts = map[*Node]string{}, map[*Node]*inserted{}
	}
	for _, c := range All {
		if c.Rank == rank && !skip(c.Name) {
			p.combiner = c.Name
			c.Plan(p)
		}
	}
}

// Note keeps a decision for the report.
func (p *Planner) Note(path site.Path, text string) {
	p.Plan.Notes = append(p.Plan.Notes, Note{p.combiner, path, text})
}

// Undo takes back what was to be written into n. Bundles of modules stay: one
// that is loaded beside the modules it is made of would run them twice.
func (p *Plan) Undo(n *Node) {
	firm := p.firm[n.File.Path]
	var edits []site.Edit
	for _, u := range firm {
		edits = append(edits, site.Edit{Span: loadOf(u).Span})
	}
	m := p.measured[n.File.Path]
	if m != nil {
		edits = append(edits, m.edit)
	}
	delete(p.Edits, n.File.Path)
	delete(p.Room, n.File.Path)
	if edits != nil {
		p.Edits[n.File.Path] = edits
	}
	for i := range n.To {
		if slices.Contains(firm, Use{n, i}) || m != nil && m.use == (Use{n, i}) {
			continue
		}
		delete(p.Show, Use{n, i})
		delete(p.Waits, Use{n, i})
		delete(p.Late, Use{n, i})
		if j := p.Into[Use{n, i}]; j != nil && !j.Doc.Modules {
			delete(p.Into, Use{n, i})
		}
		delete(p.Gone, Use{n, i})
	}
	p.Notes = append(p.Notes, Note{Combiner: "size", Path: n.File.Path, Text: "neither loads joined files nor offers other encodings: with them it would be heavier than it was"})
}

// Undoable reports whether Undo would take anything out of n.
func (p *Plan) Undoable(n *Node) bool {
	stay := len(p.firm[n.File.Path])
	if p.Measured(n.File.Path) {
		stay++
	}
	return len(p.Edits[n.File.Path]) > stay
}

// Release makes everything that loads a joined file load its own target again.
func (p *Plan) Release(j *Node) {
	for _, u := range j.In {
		if p.Into[u] == j {
			delete(p.Into, u)
			delete(p.firm, u.From.File.Path)
		}
	}
}

// Offers reports whether some reference to p offers several encodings.
func (p *Plan) Offers(f site.Path) bool { return p.offered[f] }

// show records that u offers several encodings, of which a current browser
// takes the one called key.
func (p *Plan) show(u Use, key string) {
	p.Show[u] = key
	p.offered[u.From.To[u.Ref].To] = true
}
