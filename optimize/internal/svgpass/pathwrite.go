package svgpass

import "math"

// stroke says what a path's line is made of, for its ends and corners show
// more than its course.
type stroke struct {
	none   bool // surely not stroked
	marked bool // may carry markers, which stand at every vertex
}

// step is a segment in fixed point.
type step struct {
	cmd          byte
	p            [3]vec
	n            int
	rx, ry, rot  fixed
	large, sweep bool
}

type vec struct{ x, y fixed }

func (a vec) sub(b vec) vec     { return vec{a.x - b.x, a.y - b.y} }
func (s *step) end() vec        { return s.p[s.n-1] }
func reflect(ctrl, cur vec) vec { return vec{2*cur.x - ctrl.x, 2*cur.y - ctrl.y} }
func near(a, b vec, e fixed) bool {
	return a.x-b.x <= e && b.x-a.x <= e && a.y-b.y <= e && b.y-a.y <= e
}

// writePath writes segments with n decimals, or more where arcs need them. It
// gives up when no number of decimals keeps an arc in place.
func writePath(segs []segment, n int, exact bool, st stroke) (string, bool) {
	tolerance := math.Pow10(-n)
	for more := range 4 {
		if n+more > maxDecimals {
			break
		}
		steps, ok := round(segs, n+more, tolerance)
		if ok {
			w := &pathWriter{dec: n + more}
			w.path(simplify(steps, exact, st))
			return string(w.b), true
		}
	}
	return "", false
}

// round puts segments on the grid of n decimals; it fails if an arc's middle
// moves by more than the tolerance.
func round(segs []segment, n int, tolerance float64) ([]step, bool) {
	unit := math.Pow10(n)
	fix := func(v float64) fixed { return fixed(math.Round(v * unit)) }
	out := make([]step, 0, len(segs))
	var cur point
	var at vec
	for i := range segs {
		s := &segs[i]
		t := step{cmd: s.cmd, n: s.n, large: s.large, sweep: s.sweep, rx: fix(s.rx), ry: fix(s.ry), rot: fix(math.Mod(s.rot, 360))}
		for j := range s.n {
			if !(max(math.Abs(s.pts[j].x), math.Abs(s.pts[j].y)) <= largest/2) { // relative coordinates span twice that
				return nil, false
			}
			t.p[j] = vec{fix(s.pts[j].x), fix(s.pts[j].y)}
		}
		if s.cmd == 'A' {
			if t.rx == t.ry {
				t.rot = 0
			}
			if t.end() == at && cur != s.end() {
				return nil, false
			}
			r := segment{cmd: 'A', n: 1, rx: float64(t.rx) / unit, ry: float64(t.ry) / unit, rot: float64(t.rot) / unit, large: s.large, sweep: s.sweep}
			r.pts[0] = point{float64(t.p[0].x) / unit, float64(t.p[0].y) / unit}
			a, b := s.middle(cur), r.middle(point{float64(at.x) / unit, float64(at.y) / unit})
			if t.rx == 0 || t.ry == 0 || !(math.Hypot(a.x-b.x, a.y-b.y) <= tolerance) {
				return nil, false
			}
		}
		cur, at = s.end(), t.end()
		out = append(out, t)
	}
	return out, true
}

// simplify leaves out what draws nothing and writes curves as the simplest
// segment that they are.
func simplify(steps []step, exact bool, st stroke) []step {
	slack := fixed(1)
	if exact {
		slack = 0
	}
	out := steps[:0]
	var cur, start vec
	for i := range steps {
		s := steps[i]
		var prev *step
		if len(out) > 0 {
			prev = &out[len(out)-1]
		}
		if s.cmd == 'C' && st.none {
			// A line's joins and caps may show a bend that its course does not.
			s = simpler(s, cur, slack)
		}
		if prev != nil && s.cmd == prev.cmd && s.n > 1 {
			// A control point that rounding took off its mirror image goes back.
			if m := reflect(prev.p[prev.n-2], cur); near(m, s.p[0], slack) {
				s.p[0] = m
			}
		}
		end := s.end()
		drop := false
		switch {
		case st.marked || prev == nil:
		case s.cmd == 'M':
			if prev.cmd == 'M' {
				*prev, drop = s, true
			}
		case s.cmd == 'Z':
			// The closing line is drawn anyway.
			if prev.cmd == 'L' && len(out) > 1 && out[len(out)-2].cmd != 'M' && prev.end() == start {
				out = out[:len(out)-1]
			}
		case s.cmd == 'L' && end == cur:
			// Nothing but a dot or a square cap could be seen of it, and those
			// only where the whole subpath is that.
			drop = st.none || prev.cmd != 'M' && prev.cmd != 'Z' && i+1 < len(steps) && steps[i+1].cmd != 'Z'
		case s.cmd == 'L' && prev.cmd == 'L' && len(out) > 1:
			if drop = sameWay(cur.sub(out[len(out)-2].end()), end.sub(cur)); drop {
				prev.p[0] = end
			}
		}
		if s.cmd == 'M' {
			start = end
		}
		cur = end
		if !drop {
			out = append(out, s)
		}
	}
	if n := len(out); n > 1 && out[n-1].cmd == 'M' && !st.marked {
		out = out[:n-1]
	}
	return out
}

// sameWay reports whether two lines point in exactly one direction.
func sameWay(a, b vec) bool {
	const lim = 1 << 30
	if max(a.x, -a.x, a.y, -a.y, b.x, -b.x, b.y, -b.y) >= lim {
		return false
	}
	return a.x*b.y == a.y*b.x && a.x*b.x+a.y*b.y > 0
}

// simpler returns a cubic curve as a line if it is one within slack units.
// Quadratic curves stay out: browsers flatten them otherwise, and the edge of
// the same curve comes out visibly different.
func simpler(s step, cur vec, slack fixed) step {
	end := s.end()
	if onLine(cur, end, s.p[0], slack) && onLine(cur, end, s.p[1], slack) {
		return step{cmd: 'L', n: 1, p: [3]vec{end}}
	}
	return s
}

// onLine reports whether c lies between a and b, at most half a slack off.
func onLine(a, b, c vec, slack fixed) bool {
	d, e := b.sub(a), c.sub(a)
	dx, dy, ex, ey := float64(d.x), float64(d.y), float64(e.x), float64(e.y)
	l := math.Hypot(dx, dy)
	if l == 0 {
		return e == vec{}
	}
	t := (ex*dx + ey*dy) / l
	return t >= 0 && t <= l && math.Abs(ex*dy-ey*dx)/l <= float64(slack)/2
}

// pathWriter writes steps in the shortest of the ways that the grammar has.
type pathWriter struct {
	b          []byte
	dec        int
	cmd        byte // the one in force: after M it is L
	point      bool // the last number has a point
	cur, start vec
	ctrl       vec
	last       byte // whether ctrl is of 'C' or 'Q'
	scratch    [2][]byte
}

func (w *pathWriter) path(steps []step) {
	for i := range steps {
		w.step(&steps[i])
	}
}

func (w *pathWriter) step(s *step) {
	end := s.end()
	ctrl, last := vec{}, byte(0)
	switch s.cmd {
	case 'Z':
		w.b = append(w.b, 'z')
		w.cmd, w.point = 0, false
	case 'A':
		w.arc(s)
	case 'L':
		switch {
		case end.y == w.cur.y:
			w.either('H', []fixed{end.x}, []fixed{end.x - w.cur.x})
		case end.x == w.cur.x:
			w.either('V', []fixed{end.y}, []fixed{end.y - w.cur.y})
		default:
			w.points('L', end)
		}
	case 'M':
		w.points('M', end)
		w.start = end
	case 'C':
		mirror := w.cur
		if w.last == 'C' {
			mirror = reflect(w.ctrl, w.cur)
		}
		if mirror == s.p[0] {
			w.points('S', s.p[1], end)
		} else {
			w.points('C', s.p[0], s.p[1], end)
		}
		ctrl, last = s.p[1], 'C'
	case 'Q':
		mirror := w.cur
		if w.last == 'Q' {
			mirror = reflect(w.ctrl, w.cur)
		}
		if mirror == s.p[0] {
			w.points('T', end)
		} else {
			w.points('Q', s.p[0], end)
		}
		ctrl, last = s.p[0], 'Q'
	}
	w.cur, w.ctrl, w.last = end, ctrl, last
}

// points writes a command whose arguments are points.
func (w *pathWriter) points(cmd byte, p ...vec) {
	var abs, rel [6]fixed
	for i, v := range p {
		abs[2*i], abs[2*i+1] = v.x, v.y
		rel[2*i], rel[2*i+1] = v.x-w.cur.x, v.y-w.cur.y
	}
	w.either(cmd, abs[:2*len(p)], rel[:2*len(p)])
}

func (w *pathWriter) arc(s *step) {
	end := s.end()
	d := end.sub(w.cur)
	// The flags are marked by position in write.
	flag := func(b bool) fixed {
		if b {
			return 1
		}
		return 0
	}
	head := []fixed{s.rx, s.ry, s.rot, flag(s.large), flag(s.sweep)}
	w.either('A', append(head[:5:5], end.x, end.y), append(head[:5:5], d.x, d.y))
}

// either writes the shorter of the absolute and the relative form; the
// relative one if they are equal, for it repeats more often.
func (w *pathWriter) either(cmd byte, abs, rel []fixed) {
	a, ap := w.form(w.scratch[0][:0], cmd, abs)
	r, rp := w.form(w.scratch[1][:0], cmd|0x20, rel)
	w.scratch[0], w.scratch[1] = a, r
	if len(a) < len(r) {
		w.b, w.point = append(w.b, a...), ap
	} else {
		w.b, w.point = append(w.b, r...), rp
		cmd |= 0x20
	}
	switch cmd {
	case 'M':
		cmd = 'L'
	case 'm':
		cmd = 'l'
	}
	w.cmd = cmd
}

func (w *pathWriter) form(b []byte, cmd byte, args []fixed) ([]byte, bool) {
	point, after := w.point, true // after: a number stands before
	if cmd != w.cmd || cmd|0x20 == 'm' {
		b = append(b, cmd)
		after = false
	}
	for i, v := range args {
		if cmd|0x20 == 'a' && (i == 3 || i == 4) {
			if i == 3 {
				b = append(b, ' ')
			}
			b = append(b, '0'+byte(v))
			after = false
			continue
		}
		at := len(b)
		b = append(b, ' ')
		b = appendFixed(b, v, w.dec)
		if !after || b[at+1] == '-' || b[at+1] == '.' && point {
			b = append(b[:at], b[at+1:]...)
		}
		point = false
		for _, c := range b[at:] {
			point = point || c == '.'
		}
		after = true
	}
	return b, point
}
