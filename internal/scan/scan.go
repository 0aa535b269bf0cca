// Package scan reads a file of a site and lists what it says about other
// files: references with the byte spans of their addresses, hashes of other
// files, and what else a rename or a change of bytes would break. It decides
// nothing and resolves nothing; it never fails, and what it cannot read it
// leaves alone.
package scan

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// Options change what is found.
type Options struct {
	// KeepInline says that inline scripts and styles must not change (a
	// policy outside the page covers them): references in them are Fixed.
	KeepInline bool
}

// AttrSelector is an attribute selector: [Name Op "Value"].
type AttrSelector struct {
	Name  string // in lower case
	Op    string // "=", "^=", "$=", "*=", "~=", "|=", or "" for presence
	Value string
}

// Doc is what a file says about others.
type Doc struct {
	// Refs are ordered by place and do not overlap.
	Refs []site.Ref
	// Sums are hashes written next to a reference.
	Sums []site.SumRef
	// Pre is what optimize.SpaceFacts.Pre describes, from style sheets.
	Pre []string
	// Sized holds, in the form of Pre, the elements that rules give a size,
	// other than "max-width: 100%; height: auto" together.
	Sized []string
	// Flex holds, in the form of Pre, the elements whose children rules lay out
	// by flex or grid.
	Flex []string
	// Boxes are the pictures without a size.
	Boxes []Box
	// Pics are the <img> of a page, and Outline the elements that hold them,
	// parents before children.
	Pics    []Pic
	Outline []Elem
	// Hero is the style attribute of the large picture that a page begins with,
	// if it seems to have one.
	Hero site.Span
	// Rules are the style rules that layout depends on, in source order.
	Rules []Rule
	// Nestings are the selectors that can tell whether an element was put
	// around another.
	Nestings []string
	// Backs are the addresses that may be followed by another format.
	Backs []Background
	// Loads are the style sheets and scripts of a page, in order.
	Loads []Load
	// Unit says whether the text of a style sheet or script may stand in one
	// file with others.
	Unit Unit
	// Counters are the selectors that count children, without repeats.
	Counters []Counter
	// Body is what selectors may know of the body element.
	Body Compound
	// ShareSize says that a page names the size of its og:image.
	ShareSize bool
	// Names are what style rules may select by.
	Names Names
	// Words are the names in strings of scripts: classes, ids, tags and
	// attributes by which a script may find an element.
	Words []string
	// Script says what scripts do with pictures and the tree.
	Script ScriptFacts
	// SetsStyle says that a script may set sizes or classes.
	SetsStyle bool
	// Hashes are the "sha256-…", "sha384-…" and "sha512-…" tokens outside of
	// Sums, and HexPrefix with the hexadecimal hashes of data files. Sorted, without repeats, like all lists of strings below.
	Hashes []string
	// Selectors are the attribute selectors of style sheets, and those of
	// scripts that ask for an attribute that may hold an address.
	Selectors []AttrSelector
	// Mentions are the file names in strings that scripts read: a script may
	// build an address from them.
	Mentions []string
	// DynamicImport says that a script calls import() with something else
	// than a literal.
	DynamicImport bool
	// SrcEdits are the texts at which a script takes the addresses of images
	// apart; "" where that cannot be told.
	SrcEdits []string
	// Modules says that a script has import or export declarations.
	Modules bool
	// Module says of a module whether it may stand in one file with others.
	Module Module
	// CSP holds the content security policies of a page, in source order.
	CSP []string
	// Connects are the addresses of <link rel=preconnect>, in lower case.
	Connects []string
	// Letters are the characters beyond Latin-1 that a text other than a style
	// sheet holds, sorted.
	Letters string
	// Canonical is the URL of <link rel=canonical>.
	Canonical string
	Diags     []site.Diagnostic
}

// ScriptFacts are what the scripts of a file do that changes elsewhere would
// show to: changed markup around a picture, or other names of functions.
type ScriptFacts struct {
	Names    bool // asks for the names of functions or classes
	SetsSrc  bool // assigns the address of an element that may be a picture
	Natural  bool // asks a picture how many pixels it has
	WalksDOM bool // goes from an element to its parent, children or siblings
}

// maxSize bounds what is read: offsets are kept in 32 bits.
const maxSize = 1 << 30

// Scan reads the file at p, whose kind is k.
func Scan(p site.Path, k site.Kind, src []byte, o Options) *Doc {
	s := &scanner{path: p, src: src, opts: o, doc: &Doc{}}
	if len(src) > maxSize {
		return s.doc
	}
	v := view{text: src}
	switch k {
	case site.HTML:
		s.page(v)
	case site.CSS:
		s.css(v, context{})
		s.sheetUnit()
	case site.JS:
		s.js(v, jsContext{file: true})
		s.unit(src)
		s.pure(src)
	case site.SVG:
		s.svg(v)
	case site.JSON:
		s.json(v)
	case site.XML:
		s.xml(v)
	}
	if k.IsText() {
		s.hashes(src)
		if k != site.CSS {
			s.doc.Letters = letters(src)
		}
	}
	s.finish()
	return s.doc
}

// scanner holds what one Scan gathers.
type scanner struct {
	path site.Path
	src  []byte
	opts Options
	doc  *Doc

	refs      []site.Ref    // in the order found
	sums      []site.SumRef // Ref is an index into refs
	base      string        // <base href>
	mentions  map[string]struct{}
	pre       map[string]struct{}
	sized     map[string]struct{}
	flex      map[string]struct{}
	boxes     []Box // Ref is an index into refs
	pics      []Pic // Ref is an index into refs
	rules     []Rule
	nestings  map[string]struct{}
	connects  map[string]struct{}
	backs     []Background // Ref is an index into refs
	words     map[string]struct{}
	names     nameSet
	selectors map[AttrSelector]struct{}
	hashSet   map[string]struct{}
	found     []Load // Ref is the offset of the address
	namespace bool   // an @namespace rule has been seen
}

func add[K comparable](m *map[K]struct{}, k K) {
	if *m == nil {
		*m = make(map[K]struct{})
	}
	(*m)[k] = struct{}{}
}

// finish orders the references and drops those that overlap an earlier one.
func (s *scanner) finish() {
	defer s.lists()
	defer s.settleLoads()
	for i := range s.refs {
		if r := &s.refs[i]; r.Role == site.RoleLink || r.Role == site.RoleCanonical {
			// Links to pages are most references of a site, and nobody asks
			// for their attributes.
			r.Attrs = nil
		}
	}
	if s.ordered() {
		s.doc.Refs, s.doc.Sums, s.doc.Boxes, s.doc.Pics, s.doc.Backs = s.refs, s.sums, s.boxes, s.pics, s.backs
		return
	}
	order := make([]int, len(s.refs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(s.refs[a].Span.Start, s.refs[b].Span.Start) })
	to := make([]int, len(s.refs)) // old index → new
	end := 0
	for _, i := range order {
		to[i] = -1
		if r := s.refs[i]; r.Span.Start >= end {
			to[i], end = len(s.doc.Refs), r.Span.End
			s.doc.Refs = append(s.doc.Refs, r)
		}
	}
	for _, m := range s.sums {
		if m.Ref = to[m.Ref]; m.Ref >= 0 {
			s.doc.Sums = append(s.doc.Sums, m)
		}
	}
	for _, b := range s.boxes {
		if b.Ref = to[b.Ref]; b.Ref >= 0 {
			s.doc.Boxes = append(s.doc.Boxes, b)
		}
	}
	for _, b := range s.pics {
		if b.Ref = to[b.Ref]; b.Ref >= 0 {
			s.doc.Pics = append(s.doc.Pics, b)
		}
	}
	for _, b := range s.backs {
		if b.Ref = to[b.Ref]; b.Ref >= 0 {
			s.doc.Backs = append(s.doc.Backs, b)
		}
	}
	slices.SortStableFunc(s.doc.Sums, bySum)
}

func bySum(a, b site.SumRef) int { return cmp.Compare(a.Span.Start, b.Span.Start) }

// ordered reports whether everything was found in the order it stands in,
// which is the rule.
func (s *scanner) ordered() bool {
	end := 0
	for _, r := range s.refs {
		if r.Span.Start < end {
			return false
		}
		end = r.Span.End
	}
	return slices.IsSortedFunc(s.sums, bySum)
}

// lists sorts what has no place.
func (s *scanner) lists() {
	s.doc.Pre = slices.Sorted(maps.Keys(s.pre))
	s.doc.Sized = slices.Sorted(maps.Keys(s.sized))
	s.doc.Flex = slices.Sorted(maps.Keys(s.flex))
	s.doc.Mentions = slices.Sorted(maps.Keys(s.mentions))
	s.doc.Words = slices.Sorted(maps.Keys(s.words))
	s.doc.Names = s.names.list()
	s.doc.Connects = slices.Sorted(maps.Keys(s.connects))
	s.doc.Nestings = slices.Sorted(maps.Keys(s.nestings))
	s.doc.Rules = s.rules
	s.doc.Hashes = slices.Sorted(maps.Keys(s.hashSet))
	s.doc.Selectors = slices.SortedFunc(maps.Keys(s.selectors), func(a, b AttrSelector) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Op, b.Op), cmp.Compare(a.Value, b.Value))
	})
}

// maxDiags bounds what is reported of one file; finding a line costs a pass
// over it.
const maxDiags = 16

// diag reports something found at offset off.
func (s *scanner) diag(off int, rule string, sev site.Severity, message, hint string) {
	if len(s.doc.Diags) == maxDiags {
		return
	}
	line, col := site.Position(s.src, off)
	s.doc.Diags = append(s.doc.Diags, site.Diagnostic{Rule: rule, Severity: sev, Path: s.path, Line: line, Column: col, Message: message, Hint: hint})
}

// integrity notes that the text of v is the hash of what ref id refers to.
func (s *scanner) integrity(v view, id int) {
	v = v.trim()
	if len(v.text) == 0 || id < 0 {
		return
	}
	sum := site.SumRef{Span: v.span(), Kind: site.SumIntegrity, Ref: id, Text: string(v.text)}
	if i := bytes.IndexByte(v.text, '-'); i > 0 && !bytes.ContainsAny(v.text, " \t\n\f\r?") {
		sum.Hash = v.cut(i+1, len(v.text)).span()
	}
	s.sums = append(s.sums, sum)
}

// context says what surrounds a reference.
type context struct {
	attrs map[string]string
	fixed string
}

// ref notes the URL that v holds, and returns its index in s.refs, -1 if it is
// none: empty, a fragment, of a scheme that loads no file, or a template.
func (s *scanner) ref(v view, role site.Role, c context) int {
	v = v.trim()
	n := bytes.IndexAny(v.text, "?#")
	if n < 0 {
		n = len(v.text)
	}
	if n == 0 {
		return -1
	}
	u := cleanURL(v.text)
	if !isRef(u) {
		return -1
	}
	r := site.Ref{Span: v.cut(0, n).span(), URL: u, Role: role, Fixed: c.fixed, Attrs: c.attrs}
	if s.base != "" && scheme(u) == "" && !strings.HasPrefix(u, "//") {
		r.Base = s.base
	}
	s.refs = append(s.refs, r)
	return len(s.refs) - 1
}

// cleanURL drops the tabs and newlines that a URL parser ignores (WHATWG URL,
// section 4.4).
func cleanURL(b []byte) string {
	if !bytes.ContainsAny(b, "\t\n\r") {
		return string(b)
	}
	return strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(string(b))
}

// isRef reports whether a URL may lead to a file of a web site.
func isRef(u string) bool {
	switch strings.ToLower(scheme(u)) {
	case "", "http", "https":
	default:
		return false
	}
	for _, t := range [...]string{"{{", "}}", "<%", "${", "{%", "<?"} {
		if strings.Contains(u, t) {
			return false
		}
	}
	return true
}

// scheme returns the scheme of a URL, "" if it is relative.
func scheme(u string) string {
	for i := 0; i < len(u); i++ {
		switch c := u[i]; {
		case c == ':':
			return u[:i]
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
		case i > 0 && ('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.'):
		default:
			return ""
		}
	}
	return ""
}
