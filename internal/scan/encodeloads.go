package scan

// loads writes what is known about style sheets, scripts and their order.
func (e *encoder) loads(d *Doc) {
	e.num(len(d.Loads))
	for _, l := range d.Loads {
		e.num(int(l.Kind))
		e.num(l.Ref + 1)
		e.span(l.Span)
		e.str(l.Not)
		e.str(l.Like)
		e.str(l.Media)
		e.bit(l.Head)
		e.bit(l.Gap)
		e.bit(l.Tail)
	}
	e.str(d.Unit.Not)
	e.bit(d.Unit.Strict)
	e.bit(d.Unit.First)
	e.bit(d.Unit.Placeless)
	e.strs(d.Unit.Vars)
	e.strs(d.Unit.Free)
	e.num(len(d.Counters))
	for _, c := range d.Counters {
		e.bit(c.Last)
		e.compound(c.Parent)
	}
	e.compound(d.Body)
}

// loads reads what encoder.loads wrote.
func (r *decoder) loads(d *Doc) {
	if n := r.count(); n > 0 {
		d.Loads = make([]Load, n)
	}
	for i := range d.Loads {
		d.Loads[i] = Load{Kind: LoadKind(r.num()), Ref: r.num() - 1, Span: r.span(), Not: r.str(), Like: r.str(), Media: r.str(),
			Head: r.num() == 1, Gap: r.num() == 1, Tail: r.num() == 1}
		r.bad = r.bad || d.Loads[i].Ref >= len(d.Refs)
	}
	d.Unit = Unit{Not: r.str(), Strict: r.num() == 1, First: r.num() == 1, Placeless: r.num() == 1, Vars: r.strs(), Free: r.strs()}
	if n := r.count(); n > 0 {
		d.Counters = make([]Counter, n)
	}
	for i := range d.Counters {
		d.Counters[i] = Counter{Last: r.num() == 1, Parent: r.compound()}
	}
	d.Body = r.compound()
}

// module writes one number for what is no module.
func (e *encoder) module(m *Module) {
	e.bit(!m.zero())
	if m.zero() {
		return
	}
	e.num(len(m.Bare))
	for _, b := range m.Bare {
		e.num(b.At)
		e.str(b.Name)
	}
	e.bit(m.Meta)
	e.bit(m.Odd)
	e.bit(m.Pure)
	e.bit(m.Remaps)
}

// module reads what encoder.module wrote.
func (r *decoder) module(m *Module) {
	if r.num() == 0 {
		return
	}
	if n := r.count(); n > 0 {
		m.Bare = make([]BareImport, n)
	}
	for i := range m.Bare {
		m.Bare[i] = BareImport{At: r.num(), Name: r.str()}
	}
	m.Meta, m.Odd, m.Pure, m.Remaps = r.num() == 1, r.num() == 1, r.num() == 1, r.num() == 1
}

func (e *encoder) compound(c Compound) {
	e.str(c.Tag)
	e.str(c.ID)
	e.strs(c.Classes)
}

func (r *decoder) compound() Compound {
	return Compound{Tag: r.str(), ID: r.str(), Classes: r.strs()}
}
