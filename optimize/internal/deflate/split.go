package deflate

// A cut is where a block ends, and the statistics of a first parse of it.
type cut struct {
	end   int
	stats stats
}

// The smallest stretch that may become a block of its own, in items, and the
// most of them that are considered in a segment.
const (
	minItems  = 512
	maxChunks = 400
)

// split cuts the segment where its statistics change: from small chunks of a
// quick parse, the two neighbours that gain most become one, until none do.
func split(logs *logTable, seg *segment, src []byte) []cut {
	items := 0
	quick(seg, src, func(int, match) { items++ })
	size := max(minItems, items/maxChunks)
	cuts := []cut{{}}
	n := 0
	quick(seg, src, func(pos int, m match) {
		if n == size {
			cuts, n = append(cuts, cut{}), 0
		}
		n++
		c := &cuts[len(cuts)-1]
		c.end = pos + m.length()
		if m == literal {
			c.stats.literal(src[pos])
		} else {
			c.stats.match(m)
		}
	})
	cuts[len(cuts)-1].end = seg.end
	return merge(logs, cuts)
}

func merge(logs *logTable, cuts []cut) []cut {
	bits := make([]int, len(cuts))
	gain := make([]int, len(cuts)) // of joining with the next
	join := func(i int) int {
		s := cuts[i].stats
		s.add(&cuts[i+1].stats)
		return bits[i] + bits[i+1] - logs.bits(&s)
	}
	for i := range cuts {
		bits[i] = logs.bits(&cuts[i].stats)
	}
	for i := range len(cuts) - 1 {
		gain[i] = join(i)
	}
	for len(cuts) > 1 {
		best := 0
		for i, g := range gain[:len(cuts)-1] {
			if g > gain[best] {
				best = i
			}
		}
		if gain[best] <= 0 {
			break
		}
		cuts[best].stats.add(&cuts[best+1].stats)
		cuts[best].end = cuts[best+1].end
		bits[best] = logs.bits(&cuts[best].stats)
		cuts = append(cuts[:best+1], cuts[best+2:]...)
		bits = append(bits[:best+1], bits[best+2:]...)
		gain = append(gain[:best+1], gain[best+2:]...)
		if best > 0 {
			gain[best-1] = join(best - 1)
		}
		if best+1 < len(cuts) {
			gain[best] = join(best)
		}
	}
	return cuts
}

// quick parses the segment: at each position the longest match, unless the
// next position has a longer one.
func quick(seg *segment, src []byte, emit func(pos int, m match)) {
	longest := func(pos int) (m match) {
		if pos >= seg.end {
			return literal
		}
		all := seg.of(pos)
		if len(all) == 0 {
			return literal
		}
		m = all[len(all)-1]
		if n := min(m.length(), seg.end-pos); n < minMatch || n == minMatch && m.dist() > 4096 {
			return literal
		} else {
			return newMatch(n, m.dist())
		}
	}
	for pos := seg.begin; pos < seg.end; {
		m := longest(pos)
		if m != literal && longest(pos+1).length() > m.length() {
			m = literal
		}
		emit(pos, m)
		pos += m.length()
	}
}
