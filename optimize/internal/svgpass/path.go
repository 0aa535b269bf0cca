package svgpass

import "math"

// segment is one step of a path in absolute coordinates: M, L, C, Q, A or Z.
// The last point is where it ends. C carries two control points, Q one.
type segment struct {
	cmd          byte
	pts          [3]point
	n            int // points in use
	rx, ry, rot  float64
	large, sweep bool
}

type point struct{ x, y float64 }

func (s *segment) end() point { return s.pts[s.n-1] }

// maxSegments bounds what one path may hold in memory.
const maxSegments = 1 << 20

type pathReader struct {
	s          string
	pos        int
	cur, start point
	ctrl       point // the last control point
	last       byte  // of the segment before: 'C', 'Q' or 0
	out        []segment
}

// parsePath reads path data (SVG 2, 9.3). Data with an error is none of ours:
// browsers draw it up to there.
func parsePath(s string) ([]segment, bool) {
	r := &pathReader{s: s, out: make([]segment, 0, len(s)/8)}
	r.blank()
	for r.pos < len(s) {
		cmd := s[r.pos]
		r.pos++
		if len(r.out) == 0 && cmd|0x20 != 'm' || !r.command(cmd) || len(r.out) > maxSegments {
			return nil, false
		}
		r.blank()
	}
	return r.out, len(r.out) > 0
}

func (r *pathReader) blank() {
	for r.pos < len(r.s) && isBlank(r.s[r.pos]) {
		r.pos++
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

// comma skips what may stand between arguments.
func (r *pathReader) comma() (seen bool) {
	r.blank()
	if r.pos < len(r.s) && r.s[r.pos] == ',' {
		r.pos++
		r.blank()
		return true
	}
	return false
}

func (r *pathReader) number() (float64, bool) {
	n := scanNumber(r.s[r.pos:])
	v, ok := parseNumber(r.s[r.pos : r.pos+n])
	r.pos += n
	return v, ok
}

func (r *pathReader) flag() (v, ok bool) {
	if r.pos >= len(r.s) || r.s[r.pos] != '0' && r.s[r.pos] != '1' {
		return false, false
	}
	r.pos++
	return r.s[r.pos-1] == '1', true
}

// arguments counts those of each command.
var arguments = map[byte]int{'m': 2, 'l': 2, 'h': 1, 'v': 1, 'c': 6, 's': 4, 'q': 4, 't': 2, 'a': 7}

// command reads a command with its sets of arguments.
func (r *pathReader) command(cmd byte) bool {
	low, rel := cmd|0x20, cmd >= 'a'
	if low == 'z' {
		r.out = append(r.out, segment{cmd: 'Z', n: 1, pts: [3]point{r.start}})
		r.cur, r.last = r.start, 0
		return true
	}
	n, ok := arguments[low]
	if !ok || cmd < 'A' {
		return false
	}
	for first := true; ; first = false {
		comma := false
		if first {
			r.blank()
		} else {
			comma = r.comma()
		}
		if !first && !comma && (r.pos >= len(r.s) || scanNumber(r.s[r.pos:]) == 0) {
			return true
		}
		var v [7]float64
		for i := range n {
			if i > 0 {
				r.comma()
			}
			ok := true
			if low == 'a' && (i == 3 || i == 4) {
				var set bool
				if set, ok = r.flag(); set {
					v[i] = 1
				}
			} else {
				v[i], ok = r.number()
			}
			if !ok {
				return false
			}
		}
		r.add(low, rel, v)
		if low == 'm' {
			low = 'l'
		}
		if len(r.out) > maxSegments {
			return false
		}
	}
}

// add appends one segment, made absolute and without shorthands.
func (r *pathReader) add(low byte, rel bool, v [7]float64) {
	o := point{}
	if rel {
		o = r.cur
	}
	at := func(i int) point { return point{o.x + v[i], o.y + v[i+1]} }
	reflected := func(of byte) point {
		if r.last != of {
			return r.cur
		}
		return point{2*r.cur.x - r.ctrl.x, 2*r.cur.y - r.ctrl.y}
	}
	s := segment{n: 1}
	switch low {
	case 'm', 'l':
		s.cmd, s.pts[0] = low&^0x20, at(0)
	case 'h':
		s.cmd, s.pts[0] = 'L', point{o.x + v[0], r.cur.y}
	case 'v':
		s.cmd, s.pts[0] = 'L', point{r.cur.x, o.y + v[0]}
	case 'c':
		s.cmd, s.n, s.pts = 'C', 3, [3]point{at(0), at(2), at(4)}
	case 's':
		s.cmd, s.n, s.pts = 'C', 3, [3]point{reflected('C'), at(0), at(2)}
	case 'q':
		s.cmd, s.n, s.pts = 'Q', 2, [3]point{at(0), at(2)}
	case 't':
		s.cmd, s.n, s.pts = 'Q', 2, [3]point{reflected('Q'), at(0)}
	case 'a':
		s = segment{cmd: 'A', n: 1, pts: [3]point{at(5)}, rx: math.Abs(v[0]), ry: math.Abs(v[1]), rot: v[2], large: v[3] == 1, sweep: v[4] == 1}
		if s.rx == 0 || s.ry == 0 {
			s.cmd = 'L' // SVG 2, 9.5.1
		}
	}
	r.last = 0
	if s.cmd == 'C' || s.cmd == 'Q' {
		r.last, r.ctrl = s.cmd, s.pts[s.n-2]
	}
	r.cur = s.end()
	if s.cmd == 'M' {
		r.start = r.cur
	}
	r.out = append(r.out, s)
}

// transform maps segments by m, or says that it cannot: the arcs of a skewed
// ellipse have other axes.
func transformPath(segs []segment, m matrix) bool {
	similar := math.Abs(m.a*m.c+m.b*m.d) < 1e-9*m.norm() && math.Abs(math.Hypot(m.a, m.b)-math.Hypot(m.c, m.d)) < 1e-9*m.norm()
	straight := m.b == 0 && m.c == 0
	mirrored := m.a*m.d-m.b*m.c < 0
	for i := range segs {
		s := &segs[i]
		for j := range s.n {
			s.pts[j].x, s.pts[j].y = m.apply(s.pts[j].x, s.pts[j].y)
		}
		if s.cmd != 'A' {
			continue
		}
		switch {
		case straight && (s.rot == 0 || s.rx == s.ry):
			s.rx, s.ry, s.rot = s.rx*math.Abs(m.a), s.ry*math.Abs(m.d), 0
		case similar:
			k := math.Hypot(m.a, m.b)
			turn := math.Atan2(m.b, m.a) * 180 / math.Pi
			if mirrored {
				s.rot = turn - s.rot
			} else {
				s.rot = turn + s.rot
			}
			s.rx, s.ry = s.rx*k, s.ry*k
		default:
			return false
		}
		if mirrored {
			s.sweep = !s.sweep
		}
	}
	return true
}

// middle returns the point half-way along an arc from p (SVG 2, B.2.4), which
// shows how far rounding moved the ellipse.
func (s *segment) middle(p point) point {
	q := s.end()
	sin, cos := math.Sincos(s.rot * math.Pi / 180)
	dx, dy := (p.x-q.x)/2, (p.y-q.y)/2
	x, y := cos*dx+sin*dy, -sin*dx+cos*dy
	rx, ry := s.rx, s.ry
	if rx == 0 || ry == 0 {
		return point{(p.x + q.x) / 2, (p.y + q.y) / 2}
	}
	if l := x*x/(rx*rx) + y*y/(ry*ry); l > 1 {
		rx, ry = rx*math.Sqrt(l), ry*math.Sqrt(l)
	}
	den := rx*rx*y*y + ry*ry*x*x
	if den == 0 {
		return p
	}
	k := math.Sqrt(max(0, (rx*rx*ry*ry-den)/den))
	if s.large == s.sweep {
		k = -k
	}
	cx, cy := k*rx*y/ry, -k*ry*x/rx
	from := math.Atan2((y-cy)/ry, (x-cx)/rx)
	to := math.Atan2((-y-cy)/ry, (-x-cx)/rx)
	sweep := to - from
	if s.sweep && sweep < 0 {
		sweep += 2 * math.Pi
	} else if !s.sweep && sweep > 0 {
		sweep -= 2 * math.Pi
	}
	ms, mc := math.Sincos(from + sweep/2)
	mx, my := cx+rx*mc, cy+ry*ms
	return point{cos*mx - sin*my + (p.x+q.x)/2, sin*mx + cos*my + (p.y+q.y)/2}
}
