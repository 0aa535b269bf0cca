package jpegtran

// scanHeader is SOS (section B.2.3).
type scanHeader struct {
	comps          []int
	dcSel, acSel   [4]int
	ss, se, ah, al int
}

func (r *reader) scanHeader(d []byte) (*scanHeader, error) {
	if r.m == nil || len(d) < 1 {
		return nil, errSyntax
	}
	n := int(d[0])
	if n < 1 || n > len(r.m.Components) || len(d) != 4+2*n {
		return nil, errSyntax
	}
	h := &scanHeader{}
	for i := range n {
		found := -1
		for k, c := range r.m.Components {
			if c.ID == d[1+2*i] {
				found = k
			}
		}
		// Components stand in the order of the frame (section B.2.3).
		if found < 0 || i > 0 && found <= h.comps[i-1] {
			return nil, errSyntax
		}
		h.comps = append(h.comps, found)
		h.dcSel[i], h.acSel[i] = int(d[2+2*i]>>4), int(d[2+2*i]&15)
		if h.dcSel[i] > 3 || h.acSel[i] > 3 {
			return nil, errSyntax
		}
	}
	d = d[1+2*n:]
	h.ss, h.se, h.ah, h.al = int(d[0]), int(d[1]), int(d[2]>>4), int(d[2]&15)
	return h, nil
}

// scan reads SOS and the coded data after it.
func (r *reader) scan(d []byte) error {
	h, err := r.scanHeader(d)
	if err != nil {
		return err
	}
	if r.scans++; r.scans > maxScans {
		return ErrUnsupported
	}
	if !r.m.Progressive {
		if h.ss != 0 || h.se != 63 || h.ah != 0 || h.al != 0 {
			return errSyntax
		}
	} else if err := r.checkPass(h); err != nil {
		return err
	}
	for _, c := range h.comps {
		comp := &r.m.Components[c]
		if r.quant[comp.Table] == nil {
			return errSyntax
		}
		// A table may be replaced between scans; what counts is the one in force
		// at a component's first scan (section B.2.4.1), and two in one slot are
		// more than this package writes.
		if t := r.m.Quant[comp.Table]; t != nil && *t != *r.quant[comp.Table] {
			return ErrUnsupported
		}
		r.m.Quant[comp.Table] = r.quant[comp.Table]
		for k := h.ss; k <= h.se; k++ {
			if !r.m.Progressive && r.known[c][k] != 0 {
				return errSyntax // coded twice
			}
			r.known[c][k] = uint8(1 + h.al)
		}
	}
	s := &scanReader{r: r, h: h, bits: bitReader{b: r.b, pos: r.pos}}
	if err := s.prepare(); err != nil {
		return err
	}
	if err := s.run(); err != nil {
		return err
	}
	r.pos, err = s.bits.end()
	return err
}

// checkPass checks a progressive scan (section G.1.1.1): passes of a
// coefficient come in order, each one bit finer.
func (r *reader) checkPass(h *scanHeader) error {
	if h.se > 63 || h.ss > h.se || h.al > 13 || h.ss == 0 && h.se != 0 || h.ss > 0 && len(h.comps) > 1 ||
		h.ah != 0 && h.ah != h.al+1 {
		return errSyntax
	}
	for _, c := range h.comps {
		if h.ss > 0 && r.known[c][0] == 0 {
			return errSyntax
		}
		for k := h.ss; k <= h.se; k++ {
			want := uint8(0)
			if h.ah != 0 {
				want = uint8(1 + h.ah)
			}
			if r.known[c][k] != want {
				return errSyntax
			}
		}
	}
	return nil
}

type scanReader struct {
	r      *reader
	h      *scanHeader
	bits   bitReader
	pred   [4]int32
	eobrun int32
	decode func(s *scanReader, i int, b []int16) error
	dc, ac [4]*decodeTable
}

func (s *scanReader) prepare() error {
	h := s.h
	needDC := h.ss == 0 && h.ah == 0
	needAC := h.se > 0
	for i := range h.comps {
		s.dc[i], s.ac[i] = s.r.dc[h.dcSel[i]], s.r.ac[h.acSel[i]]
		if needDC && s.dc[i] == nil || needAC && s.ac[i] == nil {
			return errSyntax
		}
	}
	switch {
	case !s.r.m.Progressive:
		s.decode = (*scanReader).sequential
	case h.ss == 0 && h.ah == 0:
		s.decode = (*scanReader).dcFirst
	case h.ss == 0:
		s.decode = (*scanReader).dcRefine
	case h.ah == 0:
		s.decode = (*scanReader).acFirst
	default:
		s.decode = (*scanReader).acRefine
	}
	return nil
}

// run decodes the MCUs of a scan (section A.2).
func (s *scanReader) run() error {
	m := s.r.m
	if len(s.h.comps) == 1 {
		c := &m.Components[s.h.comps[0]]
		n := 0
		for y := range c.blocksY {
			for x := range c.blocksX {
				if err := s.unit(&n, c.blocksX*c.blocksY, 1); err != nil {
					return err
				}
				if err := s.decode(s, 0, c.Block(x, y)); err != nil {
					return err
				}
			}
		}
		return s.done()
	}
	per := 0
	for _, c := range s.h.comps {
		per += m.Components[c].H * m.Components[c].V
	}
	n := 0
	for my := range m.mcusY {
		for mx := range m.mcusX {
			if err := s.unit(&n, m.mcusX*m.mcusY, per); err != nil {
				return err
			}
			for i, ci := range s.h.comps {
				c := &m.Components[ci]
				for v := range c.V {
					for h := range c.H {
						if err := s.decode(s, i, c.Block(mx*c.H+h, my*c.V+v)); err != nil {
							return err
						}
					}
				}
			}
		}
	}
	return s.done()
}

// unit counts an MCU and passes the restart marker before it, if one is due.
func (s *scanReader) unit(n *int, total, blocks int) error {
	if s.r.work -= int64(blocks); s.r.work < 0 {
		return ErrUnsupported
	}
	k := *n
	*n++
	if s.r.restart == 0 || k == 0 || k%s.r.restart != 0 {
		return nil
	}
	if s.eobrun > 0 {
		return errSyntax
	}
	s.pred = [4]int32{}
	return s.bits.restart(byte(k/s.r.restart-1) & 7)
}

func (s *scanReader) done() error {
	if s.eobrun > 0 {
		return errSyntax // a run that leaves the picture
	}
	return nil
}

// sequential decodes a block of a sequential scan (section F.2.2).
func (s *scanReader) sequential(i int, b []int16) error {
	if err := s.dcDiff(i, b, 0); err != nil {
		return err
	}
	for k := 1; k < 64; {
		rs, err := s.bits.symbol(s.ac[i])
		if err != nil {
			return err
		}
		run, size := int(rs>>4), uint(rs&15)
		if size == 0 {
			if run != 15 {
				if run != 0 {
					return errSyntax
				}
				return nil
			}
			if k += 16; k > 63 {
				return errSyntax // zeros that end no run of any value
			}
			continue
		}
		if k += run; k > 63 {
			return errSyntax
		}
		v, err := s.bits.extend(size)
		if err != nil {
			return err
		}
		b[k] = int16(v)
		k++
	}
	return nil
}

func (s *scanReader) dcDiff(i int, b []int16, al int) error {
	size, err := s.bits.symbol(s.dc[i])
	if err != nil {
		return err
	}
	if size > 15 {
		return errSyntax
	}
	d, err := s.bits.extend(uint(size))
	if err != nil {
		return err
	}
	s.pred[i] += d
	v := s.pred[i] << al
	if v < -1<<15 || v >= 1<<15 {
		return errSyntax
	}
	b[0] = int16(v)
	return nil
}

func (s *scanReader) dcFirst(i int, b []int16) error { return s.dcDiff(i, b, s.h.al) }

func (s *scanReader) dcRefine(_ int, b []int16) error {
	bit, err := s.bits.bits(1)
	b[0] |= int16(bit << s.h.al)
	return err
}

// acFirst decodes the first pass of a band (section G.1.2.2).
func (s *scanReader) acFirst(_ int, b []int16) error {
	if s.eobrun > 0 {
		s.eobrun--
		return nil
	}
	for k := s.h.ss; k <= s.h.se; {
		rs, err := s.bits.symbol(s.ac[0])
		if err != nil {
			return err
		}
		run, size := int(rs>>4), uint(rs&15)
		if size == 0 {
			if run == 15 {
				if k += 16; k > s.h.se {
					return errSyntax
				}
				continue
			}
			extra, err := s.bits.bits(uint(run))
			s.eobrun = 1<<run + int32(extra) - 1
			return err
		}
		if k += run; k > s.h.se {
			return errSyntax
		}
		v, err := s.bits.extend(size)
		if err != nil {
			return err
		}
		v <<= s.h.al
		if v < -1<<15 || v >= 1<<15 {
			return errSyntax
		}
		b[k] = int16(v)
		k++
	}
	return nil
}

// acRefine decodes a later pass of a band (section G.1.2.3).
func (s *scanReader) acRefine(_ int, b []int16) error {
	bit := int16(1) << s.h.al
	k := s.h.ss
	if s.eobrun == 0 {
		for k <= s.h.se {
			rs, err := s.bits.symbol(s.ac[0])
			if err != nil {
				return err
			}
			run, size := int(rs>>4), rs&15
			var value int16
			switch {
			case size == 1:
				neg, err := s.bits.bits(1)
				if err != nil {
					return err
				}
				if value = bit; neg == 0 {
					value = -bit
				}
			case size != 0:
				return errSyntax
			case run != 15:
				extra, err := s.bits.bits(uint(run))
				if err != nil {
					return err
				}
				s.eobrun = 1<<run + int32(extra)
			}
			if s.eobrun > 0 {
				break
			}
			if k, err = s.refineZeros(b, k, run, bit); err != nil {
				return err
			}
			if k > s.h.se {
				return errSyntax
			}
			if value != 0 {
				b[k] = value
			}
			k++
		}
	}
	if s.eobrun > 0 {
		s.eobrun--
		_, err := s.refineZeros(b, k, 64, bit)
		return err
	}
	return nil
}

// refineZeros adds a bit to each nonzero coefficient from k on, and stops at
// the zero after run zeros or behind the band.
func (s *scanReader) refineZeros(b []int16, k, run int, bit int16) (int, error) {
	for ; k <= s.h.se; k++ {
		if b[k] == 0 {
			if run == 0 {
				return k, nil
			}
			run--
			continue
		}
		more, err := s.bits.bits(1)
		if err != nil {
			return k, err
		}
		if more == 0 {
			continue
		}
		if b[k] > 0 {
			b[k] += bit
		} else {
			b[k] -= bit
		}
	}
	return k, nil
}
