package deflate

import (
	"encoding/binary"
	"math/bits"
)

const (
	minMatch   = 3
	maxMatch   = 258
	windowBits = 15
	window     = 1 << windowBits
)

// matchFinder finds, for each position, the nearest match of every length
// that is longer than all nearer ones. It keeps the positions of the window
// in one binary search tree for each hash of four bytes, ordered by the next
// `nice` bytes and with the newest at the root, as libdeflate and LZMA do.
// Where these bytes are all the same, a new position takes the place of the
// older one, which stays reachable through a chain: there the longest match
// is looked for. Matches of three bytes come from a table of their own.
type matchFinder struct {
	depth, nice, follow int
	hash3               *[1 << hash3Bits][2]int32 // the two last positions + 1
	hash4               *[1 << hash4Bits]int32    // the root, a position + 1
	nodes               *[window]node             // of the positions of the window
}

// node holds positions + 1; 0 is none.
type node struct{ lt, gt, same int32 }

const (
	hash3Bits = 15
	hash4Bits = 16
)

func (f *matchFinder) reset(e Effort) {
	f.depth, f.nice, f.follow = e.Depth, e.Nice, e.Follow
	if f.hash4 == nil {
		f.hash3 = new([1 << hash3Bits][2]int32)
		f.hash4 = new([1 << hash4Bits]int32)
		f.nodes = new([window]node)
		return
	}
	clear(f.hash3[:])
	clear(f.hash4[:]) // nodes are reached through it alone
}

// match packs the length of a match and how far back it is, 1 to 32767.
type match uint32

func newMatch(length, dist int) match { return match(length<<16 | dist) }
func (m match) length() int           { return int(m >> 16 & 0x1ff) }
func (m match) dist() int             { return int(m & 0xffff) }

// whole marks a match that is used whole or not at all: a parse need not look
// at its shorter forms.
const whole = match(1 << 31)

// find puts position pos in the tables and, if record, appends its matches to
// out, shorter and nearer first. Four bytes must follow pos.
func (f *matchFinder) find(src []byte, pos int, record bool, out []match) []match {
	four := binary.LittleEndian.Uint32(src[pos:])
	cur := int32(pos + 1)
	cutoff := max(0, cur-window) // nodes up to here are out of reach or overwritten
	h := &f.hash3[(four<<8)*0x1e35a7bd>>(32-hash3Bits)]
	if record {
		for _, at := range h {
			if at > cutoff && (binary.LittleEndian.Uint32(src[at-1:])^four)<<8 == 0 {
				out = append(out, newMatch(minMatch, int(cur-at)))
				break
			}
		}
	}
	h[0], h[1] = cur, h[0]
	root := &f.hash4[four*0x9e3779b1>>(32-hash4Bits)]
	at := *root
	*root = cur
	here := src[pos:min(len(src), pos+maxMatch)]
	nice := min(f.nice, len(here))
	nodes := f.nodes
	self := &nodes[pos&(window-1)]
	lt, gt := &self.lt, &self.gt
	self.same = 0
	ltLen, gtLen, best := 0, 0, minMatch
	for depth := f.depth; at > cutoff && depth > 0; depth-- {
		there := src[at-1:][:len(here)]
		n := min(ltLen, gtLen)
		n += matchLen(here[n:nice], there[n:nice])
		that := &nodes[int(at-1)&(window-1)]
		if n >= nice {
			*lt, *gt, self.same = that.lt, that.gt, at
			if record {
				out = f.longest(src, pos, depth, best, out)
			}
			return out
		}
		if record && n > best {
			best = n
			out = append(out, newMatch(n, int(cur-at)))
		}
		if there[n] < here[n] {
			*lt, lt = at, &that.gt
			at, ltLen = *lt, n
		} else {
			*gt, gt = at, &that.lt
			at, gtLen = *gt, n
		}
	}
	*lt, *gt = 0, 0
	return out
}

// longest appends the matches longer than best among the positions whose next
// bytes are the same.
func (f *matchFinder) longest(src []byte, pos, depth, best int, out []match) []match {
	here := src[pos:min(len(src), pos+maxMatch)]
	cutoff := int32(max(0, pos+1-window))
	for at := f.nodes[pos&(window-1)].same; at > cutoff && depth > 0; depth-- {
		there := src[at-1:][:len(here)]
		if there[best] == here[best] {
			if n := matchLen(here, there); n > best {
				best = n
				out = append(out, newMatch(n, pos+1-int(at)))
				if n == len(here) {
					break
				}
			}
		}
		at = f.nodes[int(at-1)&(window-1)].same
	}
	return out
}

// matchLen counts the leading bytes that a and b, of one length, share.
func matchLen(a, b []byte) int {
	n := 0
	for len(a) >= 8 && len(b) >= 8 {
		if x := binary.LittleEndian.Uint64(a) ^ binary.LittleEndian.Uint64(b); x != 0 {
			return n + bits.TrailingZeros64(x)>>3
		}
		n, a, b = n+8, a[8:], b[8:]
	}
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			break
		}
		n++
	}
	return n
}

// The bounds of a segment. Most pictures fit in one; a larger segment lets
// blocks grow, a smaller one holds less memory (10 MB here at most, before the
// slack of slices that grow).
const (
	maxSegment = 1 << 19
	maxMatches = 1 << 21
)

// segment holds the matches of a stretch of the input.
type segment struct {
	begin, end int
	at         []int32 // of position begin+i: where its matches start
	matches    []match
}

func (s *segment) reset()   { s.begin, s.end, s.at, s.matches = 0, 0, s.at[:0], s.matches[:0] }
func (s *segment) len() int { return s.end - s.begin }

// of returns the matches of pos.
func (s *segment) of(pos int) []match {
	i := pos - s.begin
	to := len(s.matches)
	if i+1 < len(s.at) {
		to = int(s.at[i+1])
	}
	return s.matches[s.at[i]:to]
}

// drop forgets what stands before begin.
func (s *segment) drop(begin int) {
	if begin == s.end {
		s.begin, s.at, s.matches = begin, s.at[:0], s.matches[:0]
		return
	}
	shift := s.at[begin-s.begin]
	s.matches = s.matches[:copy(s.matches, s.matches[shift:])]
	s.at = s.at[:copy(s.at, s.at[begin-s.begin:])]
	for i := range s.at {
		s.at[i] -= shift
	}
	s.begin = begin
}

// fill finds the matches from where the segment ends to its bounds. Inside a
// match of the nice length nothing is searched; a parse that lands there can
// follow it to its end.
func (s *segment) fill(f *matchFinder, src []byte, begin int) {
	s.begin = begin
	pos, limit := begin+len(s.at), min(len(src), begin+maxSegment)
	for pos < limit && len(s.matches) < maxMatches {
		s.at = append(s.at, int32(len(s.matches)))
		if len(src)-pos < 4 {
			pos++
			continue
		}
		had := len(s.matches)
		s.matches = f.find(src, pos, true, s.matches)
		pos++
		if n := len(s.matches); n > had && s.matches[n-1].length() >= f.follow {
			m := s.matches[n-1]
			end := pos + m.length() - 1
			for ; pos < min(limit, end); pos++ {
				s.at = append(s.at, int32(len(s.matches)))
				if n := end - pos; n >= minMatch {
					s.matches = append(s.matches, whole|newMatch(n, m.dist()))
				}
				if len(src)-pos >= 4 {
					f.find(src, pos, false, nil)
				}
			}
		}
	}
	s.end = pos
}
