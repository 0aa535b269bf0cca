package jpegtran

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// Write codes the picture in as few bytes as it can find: one sequential
// scan, or the progressive passes that are smallest for each component, all
// with Huffman tables made for them. The segments stand right behind SOI.
// The result is a function of the coefficients, the tables and segments.
func (m *Image) Write(segments []byte) []byte {
	sequential := m.sequentialScan()
	passes := m.progressivePasses()
	size := 0
	for _, p := range passes {
		size += len(p.code)
	}
	scans, marker := passes, byte(mSOF2)
	if len(sequential.code) <= size {
		scans, marker, size = []*pass{sequential}, mSOF0, len(sequential.code)
	}
	b := make([]byte, 0, len(segments)+size+700)
	b = append(b, 0xff, mSOI)
	b = append(b, segments...)
	b = m.appendFrame(b, marker)
	for _, s := range scans {
		b = append(b, s.code...)
	}
	return append(b, 0xff, mEOI)
}

// appendFrame appends DQT and SOF. Tables that are equal are written once.
func (m *Image) appendFrame(b []byte, marker byte) []byte {
	var tables []*[64]uint16
	sel := make([]byte, len(m.Components))
	for i, c := range m.Components {
		t := m.Quant[c.Table]
		k := slices.IndexFunc(tables, func(o *[64]uint16) bool { return *o == *t })
		if k < 0 {
			k, tables = len(tables), append(tables, t)
		}
		sel[i] = byte(k)
	}
	for id, t := range tables {
		if slices.Max(t[:]) > 255 {
			if marker == mSOF0 {
				marker = mSOF1 // baseline has 8-bit tables only
			}
			b = append(b, 0xff, mDQT, 0, 2+1+128, 0x10|byte(id))
			for _, q := range t {
				b = binary.BigEndian.AppendUint16(b, q)
			}
			continue
		}
		b = append(b, 0xff, mDQT, 0, 2+1+64, byte(id))
		for _, q := range t {
			b = append(b, byte(q))
		}
	}
	n := len(m.Components)
	b = append(b, 0xff, marker, 0, byte(8+3*n), 8)
	b = binary.BigEndian.AppendUint16(b, uint16(m.Height))
	b = binary.BigEndian.AppendUint16(b, uint16(m.Width))
	b = append(b, byte(n))
	for i, c := range m.Components {
		b = append(b, c.ID, byte(c.H<<4|c.V), sel[i])
	}
	return b
}

// pass is one scan with its tables.
type pass struct {
	comps          []int
	ss, se, ah, al int
	code           []byte // DHT, SOS, coded data
}

// tableOf returns which pair of tables a component uses: those with another
// quantization differ enough to deserve their own.
func (m *Image) tableOf(c int) int {
	if *m.Quant[m.Components[c].Table] == *m.Quant[m.Components[0].Table] {
		return 0
	}
	return 1
}

func (m *Image) sequentialScan() *pass {
	p := &pass{se: 63}
	for i := range m.Components {
		p.comps = append(p.comps, i)
	}
	var t tokens
	var pred [4]int32
	m.eachBlock(p.comps, func(c int, b []int16) {
		k := m.tableOf(c)
		t.dc(k, &pred[c], int32(b[0]))
		t.sequentialAC(2+k, b)
	})
	m.finishPass(p, &t)
	return p
}

// bands are the ways to split the AC coefficients of a component in passes.
// What is best depends on how many coefficients are large.
var bands = [][]pass{
	{{ss: 1, se: 63}},
	{{ss: 1, se: 5}, {ss: 6, se: 63}},
	{{ss: 1, se: 63, al: 1}, {ss: 1, se: 63, ah: 1}},
	{{ss: 1, se: 5, al: 2}, {ss: 6, se: 63, al: 2}, {ss: 1, se: 63, ah: 2, al: 1}, {ss: 1, se: 63, ah: 1}},
}

// progressivePasses finds the smallest progressive coding. Passes of
// different components do not depend on each other, so each is decided alone.
func (m *Image) progressivePasses() []*pass {
	var all []int
	for i := range m.Components {
		all = append(all, i)
	}
	plain := []*pass{m.dcPass(all, 0, 0)}
	split := []*pass{m.dcPass(all, 0, 1), m.dcPass(all, 1, 0)}
	out := smallest([][]*pass{plain, split})
	for c := range m.Components {
		done := map[pass0]*pass{}
		var choices [][]*pass
		for _, way := range bands {
			var choice []*pass
			for _, w := range way {
				key := pass0{w.ss, w.se, w.ah, w.al}
				if done[key] == nil {
					done[key] = m.acPass(c, w)
				}
				choice = append(choice, done[key])
			}
			choices = append(choices, choice)
		}
		out = append(out, smallest(choices)...)
	}
	// What shows most of the picture comes first: brightness of all, then low
	// frequencies, then the rest, then finer values.
	slices.SortStableFunc(out, func(a, b *pass) int {
		return cmp.Or(cmp.Compare(min(a.ah, 1), min(b.ah, 1)), cmp.Compare(b.ah, a.ah), cmp.Compare(min(a.ss, 2), min(b.ss, 2)))
	})
	return out
}

// pass0 names a pass of a component.
type pass0 struct{ ss, se, ah, al int }

func smallest(choices [][]*pass) []*pass {
	return slices.MinFunc(choices, func(a, b []*pass) int { return cmp.Compare(codeLen(a), codeLen(b)) })
}

func codeLen(ps []*pass) (n int) {
	for _, p := range ps {
		n += len(p.code)
	}
	return n
}

func (m *Image) dcPass(comps []int, ah, al int) *pass {
	p := &pass{comps: comps, ah: ah, al: al}
	var t tokens
	var pred [4]int32
	m.eachBlock(comps, func(c int, b []int16) {
		if ah > 0 {
			t.raw(uint32(b[0]>>al)&1, 1)
			return
		}
		t.dc(m.tableOf(c), &pred[c], int32(b[0])>>al)
	})
	m.finishPass(p, &t)
	return p
}

func (m *Image) acPass(c int, w pass) *pass {
	p := &pass{comps: []int{c}, ss: w.ss, se: w.se, ah: w.ah, al: w.al}
	t := tokens{table: 2}
	m.eachBlock(p.comps, func(_ int, b []int16) {
		if p.ah > 0 {
			t.refine(b, p.ss, p.se, p.al)
		} else {
			t.first(b, p.ss, p.se, p.al)
		}
	})
	t.endRun()
	m.finishPass(p, &t)
	return p
}

// eachBlock visits the blocks of a scan in coding order (section A.2).
func (m *Image) eachBlock(comps []int, visit func(c int, b []int16)) {
	if len(comps) == 1 {
		c := &m.Components[comps[0]]
		for y := range c.blocksY {
			for x := range c.blocksX {
				visit(comps[0], c.Block(x, y))
			}
		}
		return
	}
	for my := range m.mcusY {
		for mx := range m.mcusX {
			for _, ci := range comps {
				c := &m.Components[ci]
				for v := range c.V {
					for h := range c.H {
						visit(ci, c.Block(mx*c.H+h, my*c.V+v))
					}
				}
			}
		}
	}
}

// finishPass makes the tables for the tokens of a pass and writes it.
func (m *Image) finishPass(p *pass, t *tokens) {
	counts := t.counts()
	var codes [4]*encodeTable
	for k := range counts {
		if codes[k] = newEncodeTable(&counts[k]); codes[k] == nil {
			continue
		}
		class, id := byte(k>>1), byte(k&1)
		p.code = codes[k].appendDHT(p.code, class<<4|id)
	}
	p.code = append(p.code, 0xff, mSOS, 0, byte(6+2*len(p.comps)), byte(len(p.comps)))
	for _, c := range p.comps {
		var sel byte
		switch {
		case p.ss > 0: // a lone component always uses the first AC table
		case p.se > 0:
			sel = byte(m.tableOf(c)) * 0x11
		case p.ah == 0:
			sel = byte(m.tableOf(c)) << 4
		}
		p.code = append(p.code, m.Components[c].ID, sel)
	}
	p.code = append(p.code, byte(p.ss), byte(p.se), byte(p.ah<<4|p.al))
	p.code = t.appendCode(p.code, &codes)
}
