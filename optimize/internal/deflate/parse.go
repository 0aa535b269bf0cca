package deflate

import "math"

// A block is a parse of a stretch of input and its statistics. A literal is
// an item of length 1.
type block struct {
	items []match
	stats stats
}

const literal = match(1 << 16)

// parser finds the cheapest parse of a block under costs that follow from
// the parse before.
type parser struct {
	passes int
	logs   logTable
	costs  costs
	cost   []uint32 // from a position to the end of the block
	step   []match
	best   block
}

func (p *parser) parse(seg *segment, src []byte, begin int, c cut) *block {
	n := c.end - begin
	if cap(p.cost) < n+1 {
		p.cost, p.step = make([]uint32, n+1), make([]match, n)
	}
	next, least := c.stats, math.MaxInt
	for pass := range p.passes {
		p.costs.set(&p.logs, &next)
		p.shortest(seg, src[begin:c.end], begin)
		next = p.count(src[begin:c.end])
		size := p.logs.bits(&next)
		gain := least - size
		if pass > 0 && gain <= 0 {
			break // it swings around an optimum
		}
		least = size
		p.keep(n, &next)
		if gain < size>>12 {
			break
		}
	}
	return &p.best
}

// shortest fills cost and step from the end of the block.
func (p *parser) shortest(seg *segment, src []byte, begin int) {
	n := len(src)
	cost, step := p.cost[:n+1], p.step[:n]
	cost[n] = 0
	for i := n - 1; i >= 0; i-- {
		best, how := p.costs.lit[src[i]]+cost[i+1], literal
		l := minMatch
		for _, m := range seg.of(begin + i) {
			to := min(m.length(), n-i)
			if to < l {
				break
			}
			off := p.costs.off[offSymbol(m.dist())]
			if m >= whole {
				l = to
			}
			lengths := p.costs.length[l : to+1]
			rest := cost[i+l:]
			rest = rest[:len(lengths)]
			at := -1
			for k, c := range lengths {
				if c += off + rest[k]; c < best {
					best, at = c, k
				}
			}
			if at >= 0 {
				how = newMatch(l+at, m.dist())
			}
			l = to + 1
		}
		cost[i], step[i] = best, how
	}
}

func (p *parser) count(src []byte) (s stats) {
	for i := 0; i < len(src); i += p.step[i].length() {
		if m := p.step[i]; m == literal {
			s.literal(src[i])
		} else {
			s.match(m)
		}
	}
	s.lit[endOfBlock] = 1
	return s
}

func (p *parser) keep(n int, s *stats) {
	p.best.stats = *s
	p.best.items = p.best.items[:0]
	for i := 0; i < n; i += p.step[i].length() {
		p.best.items = append(p.best.items, p.step[i])
	}
}
