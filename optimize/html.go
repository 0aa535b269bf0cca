package optimize

import (
	"bytes"
	"context"
	"strings"

	"golang.org/x/net/html/atom"

	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/site"
)

// HTML minifies pages by splicing: white space that does not show, comments
// that nothing reads, quotes that nothing needs, and the scripts, styles and
// data inside. No tag or attribute is dropped or moved, and a page is kept
// unless its output parses to the same tree.
var HTML = &Optimizer{
	Name:    "html",
	Doc:     "minify pages without changing their tree or the text they show",
	Version: 6,
	Kinds:   []site.Kind{site.HTML},
	Run: func(ctx context.Context, in *Input) (Output, error) {
		space := newSpaceRules(in.Space)
		return runText(ctx, in, func(t *text, src []byte) ([]byte, error) { return t.html(src, space) })
	},
}

// html minifies one page.
func (t *text) html(src []byte, space *spaceRules) ([]byte, error) {
	p := &page{text: t, src: src, space: space, toks: markup.Parse(src), out: make([]byte, 0, len(src))}
	if p.serverSide() {
		return nil, keep("contains code for a server")
	}
	p.hydrated = hydrated(src)
	if err := p.inlineCode(); err != nil {
		return nil, err
	}
	for i := range p.toks {
		p.token(i)
	}
	if bytes.Equal(p.out, src) {
		return src, nil
	}
	return p.out, p.sameTree()
}

// serverSide reports whether a page is the source of one: the text between
// such marks follows rules of its own. Templates that scripts fill in stand in
// script elements of another type, and use the same marks.
func (p *page) serverSide() bool {
	for _, mark := range [...]string{"<?php", "<?=", "<%"} {
		if !bytes.Contains(p.src, []byte(mark)) {
			continue
		}
		for i := range p.toks {
			tok := &p.toks[i]
			if bytes.Contains(p.src[tok.Span.Start:tok.Span.End], []byte(mark)) && !p.isTemplate(i) {
				return true
			}
		}
	}
	return false
}

// isTemplate reports whether token i is the text of a script element that no
// browser runs.
func (p *page) isTemplate(i int) bool {
	if i == 0 || p.toks[i].Type != markup.Text || p.toks[i-1].Type != markup.StartTag || p.toks[i-1].Name != "script" {
		return false
	}
	typ := strings.ToLower(strings.TrimSpace(p.toks[i-1].Get(p.src, "type")))
	return typ != "" && typ != "module" && typ != "importmap" && !strings.Contains(typ, "javascript") && !strings.Contains(typ, "ecmascript") && !strings.Contains(typ, "json")
}

// page is the state of minifying one page.
type page struct {
	*text
	src   []byte
	toks  []markup.Token
	space *spaceRules
	out   []byte
	code  map[int][]byte    // new texts of inline scripts and styles, by token
	sums  map[string]string // hash sources of a policy in a meta element, old to new

	policy   bool // the page has a content security policy
	hydrated bool // a framework compares the page with what it would have made
	open     []element
	count    map[string]int // of open, by name
	pre      int            // how many of open keep white space
	svg      int            // how many of open are <svg>, less those inside <math>
	template int
	zone     zone
	// gap says that out ends with white space of a text, which the next
	// text's white space joins once the comment between them is gone.
	gap bool
}

// element is an open element. The stack follows tags, not the rules of tree
// construction; where those differ the comparison of trees decides.
type element struct {
	name string
	pre  bool
}

// zone is where white space between tags has no place to show.
type zone uint8

const (
	zoneNone   zone = iota // before anything is known
	zoneBefore             // before <head>
	zoneHead               // in <head>
	zoneAfter              // between </head> and <body>
	zoneBody
	zoneEnd // after </body>, until something else comes
)

func (p *page) token(i int) {
	tok := &p.toks[i]
	raw := p.src[tok.Span.Start:tok.Span.End]
	if tok.Noscript {
		p.emit(raw) // with scripting on all of it is one text
		return
	}
	switch tok.Type {
	case markup.Doctype:
		if p.zone == zoneNone {
			p.zone = zoneBefore
		}
		p.emit(raw)
	case markup.Comment:
		if !p.droppable(raw) {
			p.emit(raw)
		}
	case markup.Text:
		p.chars(i, tok, raw)
	case markup.EndTag:
		p.end(tok, raw)
	default:
		p.start(i, tok, raw)
	}
}

func (p *page) emit(b []byte) {
	p.out = append(p.out, b...)
	p.gap = false
}

func (p *page) end(tok *markup.Token, raw []byte) {
	switch {
	case tok.Name == "head" && p.zone == zoneHead:
		p.zone = zoneAfter
	case tok.Name == "body" && p.zone == zoneBody && len(p.open) > 0 && p.open[len(p.open)-1].name == "body":
		// With elements left open, what follows would still be theirs.
		p.zone = zoneEnd
	}
	p.pop(tok.Name)
	// "</a >": nothing but white space may follow the name.
	if body := bytes.TrimRight(raw[:max(len(raw)-1, 0)], " \t\r\n\f"); len(body) == len(tok.Name)+2 && raw[len(raw)-1] == '>' {
		p.emit(append(body[:len(body):len(body)], '>'))
		return
	}
	p.emit(raw)
}

func (p *page) pop(name string) {
	if p.count[name] == 0 {
		return
	}
	for len(p.open) > 0 {
		e := p.open[len(p.open)-1]
		p.open = p.open[:len(p.open)-1]
		p.note(e, -1)
		if e.name == name {
			return
		}
	}
}

// note counts an element that is opened (n = 1) or closed (n = -1).
func (p *page) note(e element, n int) {
	p.count[e.name] += n
	if e.pre {
		p.pre += n
	}
	switch e.name {
	case "svg":
		p.svg += n
	case "math", "foreignobject":
		p.svg -= n * 1000
	case "template":
		p.template += n
	}
}

func (p *page) start(i int, tok *markup.Token, raw []byte) {
	p.enter(tok)
	void := !tok.Foreign && isVoid(tok.Name)
	if !void && !(tok.Foreign && tok.Type == markup.SelfClosing) {
		if p.count == nil {
			p.count = make(map[string]int)
		}
		e := element{tok.Name, p.space.keeps(tok.Name, tok.Foreign, func(name string) (string, bool) {
			a, ok := tok.Attr(name)
			return a.Text(p.src), ok
		})}
		p.open = append(p.open, e)
		p.note(e, 1)
	}
	p.gap = false
	p.tag(tok, raw, void)
}

// enter follows the zones. An element that cannot stand in the head ends it.
func (p *page) enter(tok *markup.Token) {
	switch tok.Name {
	case "html":
		if p.zone == zoneNone {
			p.zone = zoneBefore
		}
	case "head":
		if p.zone <= zoneBefore {
			p.zone = zoneHead
		}
	case "meta", "link", "title", "base", "script", "style", "noscript", "template", "noframes", "basefont", "bgsound":
		if p.zone != zoneHead {
			p.zone = zoneBody
		}
	default:
		p.zone = zoneBody
	}
}

func isVoid(name string) bool {
	switch atom.Lookup([]byte(name)) {
	case atom.Area, atom.Base, atom.Br, atom.Col, atom.Embed, atom.Hr, atom.Img, atom.Input, atom.Link, atom.Meta,
		atom.Param, atom.Source, atom.Track, atom.Wbr, atom.Basefont, atom.Bgsound, atom.Frame, atom.Keygen:
		return true
	}
	return false
}
