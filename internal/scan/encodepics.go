package scan

import "github.com/hone-web/hone/site"

// pictures writes what is known about pictures and layout.
func (e *encoder) pictures(d *Doc) {
	e.num(len(d.Outline))
	for i := range d.Outline {
		x := &d.Outline[i]
		e.num(x.Parent + 1)
		e.str(x.Tag)
		e.str(x.ID)
		e.strs(x.Classes)
		e.strs(x.Attrs)
		e.num(x.Index)
		e.num(x.Count)
		e.num(x.Tall)
	}
	e.num(len(d.Pics))
	for _, p := range d.Pics {
		e.num(p.Ref)
		e.span(p.Tag)
		e.num(p.Elem)
		e.num(p.Top)
		e.num(len(p.Sources))
		for _, s := range p.Sources {
			e.span(s)
		}
	}
	e.num(len(d.Rules))
	for i := range d.Rules {
		r := &d.Rules[i]
		e.num(r.At)
		e.str(r.Selector)
		e.str(r.Media)
		e.bit(r.Maybe)
		e.num(len(r.Decls))
		for _, c := range r.Decls {
			e.str(c.Prop)
			e.str(c.Value)
			e.bit(c.Important)
		}
	}
	e.span(d.Hero)
	e.strs(d.Nestings)
	e.num(len(d.Backs))
	for _, b := range d.Backs {
		e.num(b.Ref)
		e.span(b.Func)
		e.span(b.Decl)
		e.str(b.Text)
		e.str(b.Prop)
		e.num(int(b.Attr))
	}
	e.bit(d.ShareSize)
	e.strs(d.Words)
	e.bit(d.Script.Names)
	e.bit(d.Script.SetsSrc)
	e.bit(d.Script.Natural)
	e.bit(d.Script.WalksDOM)
}

// pictures reads what encoder.pictures wrote.
func (r *decoder) pictures(d *Doc) {
	if n := r.count(); n > 0 {
		d.Outline = make([]Elem, n)
	}
	for i := range d.Outline {
		d.Outline[i] = Elem{Parent: r.num() - 1, Tag: r.str(), ID: r.str(), Classes: r.strs(), Attrs: r.strs(), Index: r.num(), Count: r.num(), Tall: r.num()}
		r.bad = r.bad || d.Outline[i].Parent >= i
	}
	if n := r.count(); n > 0 {
		d.Pics = make([]Pic, n)
	}
	for i := range d.Pics {
		d.Pics[i] = Pic{Ref: r.num(), Tag: r.span(), Elem: r.num(), Top: r.num()}
		if n := r.count(); n > 0 {
			d.Pics[i].Sources = make([]site.Span, n)
		}
		for k := range d.Pics[i].Sources {
			d.Pics[i].Sources[k] = r.span()
		}
		r.bad = r.bad || d.Pics[i].Ref >= len(d.Refs) || d.Pics[i].Elem >= len(d.Outline)
	}
	if n := r.count(); n > 0 {
		d.Rules = make([]Rule, n)
	}
	for i := range d.Rules {
		x := Rule{At: r.num(), Selector: r.str(), Media: r.str(), Maybe: r.num() == 1}
		if n := r.count(); n > 0 {
			x.Decls = make([]Decl, n)
		}
		for k := range x.Decls {
			x.Decls[k] = Decl{r.str(), r.str(), r.num() == 1}
		}
		d.Rules[i] = x
	}
	d.Hero = r.span()
	d.Nestings = r.strs()
	if n := r.count(); n > 0 {
		d.Backs = make([]Background, n)
	}
	for i := range d.Backs {
		d.Backs[i] = Background{Ref: r.num(), Func: r.span(), Decl: r.span(), Text: r.str(), Prop: r.str(), Attr: byte(r.num())}
		r.bad = r.bad || d.Backs[i].Ref >= len(d.Refs)
	}
	d.ShareSize = r.num() == 1
	d.Words = r.strs()
	d.Script = ScriptFacts{Names: r.num() == 1, SetsSrc: r.num() == 1, Natural: r.num() == 1, WalksDOM: r.num() == 1}
}
