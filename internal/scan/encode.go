package scan

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	"github.com/hone-web/hone/site"
)

// A Doc is kept between builds in a form that is short and quick to read: a
// table of its strings, each once, then numbers. A site's pages repeat the
// same addresses and attributes hundreds of times.

var errEncoding = errors.New("not an encoded scan")

type encoder struct {
	body  []byte
	table []string
	index map[string]uint64
}

func (e *encoder) num(n int) { e.body = binary.AppendUvarint(e.body, uint64(n)) }

func (e *encoder) str(s string) {
	i, ok := e.index[s]
	if !ok {
		i = uint64(len(e.table))
		e.index[s] = i
		e.table = append(e.table, s)
	}
	e.body = binary.AppendUvarint(e.body, i)
}

func (e *encoder) strs(list []string) {
	e.num(len(list))
	for _, s := range list {
		e.str(s)
	}
}

func (e *encoder) bit(b bool) {
	n := 0
	if b {
		n = 1
	}
	e.num(n)
}

func (e *encoder) span(s site.Span) {
	e.num(s.Start)
	e.num(s.Len())
}

// MarshalBinary implements encoding.BinaryMarshaler.
func (d *Doc) MarshalBinary() ([]byte, error) {
	e := &encoder{index: map[string]uint64{}}
	e.num(len(d.Refs))
	for i := range d.Refs {
		r := &d.Refs[i]
		e.span(r.Span)
		e.str(r.URL)
		e.str(r.Base)
		e.num(int(r.Role))
		e.str(r.Fixed)
		e.num(len(r.Attrs))
		for _, k := range slices.Sorted(maps.Keys(r.Attrs)) {
			e.str(k)
			e.str(r.Attrs[k])
		}
	}
	e.num(len(d.Sums))
	for _, s := range d.Sums {
		e.span(s.Span)
		e.num(int(s.Kind))
		e.num(s.Ref)
		e.str(s.Text)
		e.span(s.Hash)
	}
	e.strs(d.Pre)
	e.strs(d.Sized)
	e.strs(d.Flex)
	e.bit(d.SetsStyle)
	e.num(len(d.Boxes))
	for _, b := range d.Boxes {
		e.num(b.Ref)
		e.num(b.At)
		e.strs(b.Self)
		e.strs(b.Parents)
	}
	e.pictures(d)
	e.loads(d)
	e.strs(d.Hashes)
	e.num(len(d.Selectors))
	for _, s := range d.Selectors {
		e.str(s.Name)
		e.str(s.Op)
		e.str(s.Value)
	}
	e.names(&d.Names)
	e.strs(d.Mentions)
	e.bit(d.DynamicImport)
	e.strs(d.SrcEdits)
	e.bit(d.Modules)
	e.module(&d.Module)
	e.strs(d.CSP)
	e.strs(d.Connects)
	e.str(d.Letters)
	e.str(d.Canonical)
	e.num(len(d.Diags))
	for _, x := range d.Diags {
		e.str(x.Rule)
		e.num(int(x.Severity))
		e.str(string(x.Path))
		e.num(x.Line)
		e.num(x.Column)
		e.str(x.Message)
		e.str(x.Hint)
	}
	out := binary.AppendUvarint(nil, uint64(len(e.table)))
	for _, s := range e.table {
		out = binary.AppendUvarint(out, uint64(len(s)))
		out = append(out, s...)
	}
	return append(out, e.body...), nil
}

type decoder struct {
	b     string // what is left; strings of the table share its memory
	table []string
	bad   bool
}

func (d *decoder) num() int {
	var n uint64
	for i := 0; i < len(d.b) && i < binary.MaxVarintLen64; i++ {
		c := d.b[i]
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			d.b = d.b[i+1:]
			if n > 1<<31 {
				break
			}
			return int(n)
		}
	}
	d.bad = true
	d.b = ""
	return 0
}

// count reads how many items follow; each takes at least one byte.
func (d *decoder) count() int {
	n := d.num()
	if n > len(d.b) {
		d.bad = true
		return 0
	}
	return n
}

func (d *decoder) str() string {
	i := d.num()
	if i >= len(d.table) {
		d.bad = true
		return ""
	}
	return d.table[i]
}

func (d *decoder) strs() []string {
	n := d.count()
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = d.str()
	}
	return list
}

func (d *decoder) span() site.Span {
	start := d.num()
	return site.Span{Start: start, End: start + d.num()}
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler.
func (d *Doc) UnmarshalBinary(b []byte) error {
	r := &decoder{b: string(b)}
	r.table = make([]string, r.count())
	for i := range r.table {
		n := r.count()
		r.table[i], r.b = r.b[:n], r.b[n:]
	}
	*d = Doc{}
	if n := r.count(); n > 0 {
		d.Refs = make([]site.Ref, n)
	}
	for i := range d.Refs {
		x := &d.Refs[i]
		*x = site.Ref{Span: r.span(), URL: r.str(), Base: r.str(), Role: site.Role(r.num()), Fixed: r.str()}
		if n := r.count(); n > 0 {
			x.Attrs = make(map[string]string, n)
			for range n {
				k := r.str()
				x.Attrs[k] = r.str()
			}
		}
	}
	if n := r.count(); n > 0 {
		d.Sums = make([]site.SumRef, n)
	}
	for i := range d.Sums {
		d.Sums[i] = site.SumRef{Span: r.span(), Kind: site.SumKind(r.num()), Ref: r.num(), Text: r.str(), Hash: r.span()}
		r.bad = r.bad || d.Sums[i].Ref >= len(d.Refs)
	}
	d.Pre, d.Sized, d.Flex = r.strs(), r.strs(), r.strs()
	d.SetsStyle = r.num() == 1
	if n := r.count(); n > 0 {
		d.Boxes = make([]Box, n)
	}
	for i := range d.Boxes {
		d.Boxes[i] = Box{Ref: r.num(), At: r.num(), Self: r.strs(), Parents: r.strs()}
		r.bad = r.bad || d.Boxes[i].Ref >= len(d.Refs)
	}
	r.pictures(d)
	r.loads(d)
	d.Hashes = r.strs()
	if n := r.count(); n > 0 {
		d.Selectors = make([]AttrSelector, n)
	}
	for i := range d.Selectors {
		d.Selectors[i] = AttrSelector{Name: r.str(), Op: r.str(), Value: r.str()}
	}
	r.names(&d.Names)
	d.Mentions = r.strs()
	d.DynamicImport = r.num() == 1
	d.SrcEdits = r.strs()
	d.Modules = r.num() == 1
	r.module(&d.Module)
	d.CSP, d.Connects, d.Letters, d.Canonical = r.strs(), r.strs(), r.str(), r.str()
	if n := r.count(); n > 0 {
		d.Diags = make([]site.Diagnostic, n)
	}
	for i := range d.Diags {
		d.Diags[i] = site.Diagnostic{Rule: r.str(), Severity: site.Severity(r.num()), Path: site.Path(r.str()), Line: r.num(), Column: r.num(), Message: r.str(), Hint: r.str()}
	}
	if r.bad || r.b != "" {
		return errEncoding
	}
	return nil
}
