package deflate

import (
	"cmp"
	"math/bits"
	"slices"
)

// codeLengths sets dst to the lengths of an optimal prefix code for the
// counts, none over limit; unused symbols get 0. One symbol alone gets 1 bit,
// and none at all leave two codes of 1 bit, because decoders differ on
// incomplete codes (RFC 1951, section 3.2.7).
func codeLengths(dst []uint8, counts []uint32, limit int) {
	clear(dst)
	var buf [288]uint64
	leaves := buf[:0]
	for i, c := range counts {
		if c > 0 {
			leaves = append(leaves, uint64(c)<<16|uint64(i))
		}
	}
	for i := 0; len(leaves) < 2; i++ {
		if counts[i] == 0 {
			leaves = append(leaves, uint64(i))
		}
	}
	slices.Sort(leaves)
	n := len(leaves)
	var w [288]uint64
	for i, l := range leaves {
		w[i] = max(1, l>>16)
	}
	moffat(w[:n])
	if int(w[0]) > limit {
		packageMerge(w[:n], leaves, limit)
	}
	for i, l := range leaves {
		dst[l&0xffff] = uint8(w[i])
	}
}

// moffat turns ascending weights into code lengths in place (Moffat and
// Katajainen, "In-place calculation of minimum-redundancy codes", 1995).
func moffat(a []uint64) {
	n := len(a)
	a[0] += a[1]
	root, leaf := 0, 2
	for next := 1; next < n-1; next++ {
		if leaf >= n || a[root] < a[leaf] {
			a[next] = a[root]
			a[root] = uint64(next)
			root++
		} else {
			a[next] = a[leaf]
			leaf++
		}
		if leaf >= n || root < next && a[root] < a[leaf] {
			a[next] += a[root]
			a[root] = uint64(next)
			root++
		} else {
			a[next] += a[leaf]
			leaf++
		}
	}
	a[n-2] = 0
	for next := n - 3; next >= 0; next-- {
		a[next] = a[a[next]] + 1
	}
	avail, used, depth := 1, 0, uint64(0)
	for root, next := n-2, n-1; avail > 0; {
		for root >= 0 && a[root] == depth {
			used++
			root--
		}
		for avail > used {
			a[next] = depth
			next--
			avail--
		}
		avail, depth, used = 2*used, depth+1, 0
	}
}

// packageMerge sets w to the optimal lengths of at most limit bits of the
// leaves, whose weights stand above bit 16, in ascending order (Larmore and
// Hirschberg, "A fast algorithm for optimal length-limited Huffman codes",
// 1990). It runs only where the plain code is too long.
func packageMerge(w []uint64, leaves []uint64, limit int) {
	type item struct {
		weight      uint64
		leaf        int // -1: a package of
		left, right int // items of the level below
	}
	levels := make([][]item, limit)
	for l := range levels {
		for i, v := range leaves {
			levels[l] = append(levels[l], item{weight: max(1, v>>16), leaf: i})
		}
		if l > 0 {
			below := levels[l-1]
			for i := 0; i+1 < len(below); i += 2 {
				levels[l] = append(levels[l], item{below[i].weight + below[i+1].weight, -1, i, i + 1})
			}
			slices.SortStableFunc(levels[l], func(a, b item) int { return cmp.Compare(a.weight, b.weight) })
		}
	}
	clear(w)
	// The cheapest 2n-2 items of the top level: as they are sorted, what they
	// use of a level is always a prefix of it.
	take := 2*len(leaves) - 2
	for l := limit - 1; l >= 0; l-- {
		next := 0
		for _, it := range levels[l][:take] {
			if it.leaf >= 0 {
				w[it.leaf]++
			} else {
				next = max(next, it.right+1)
			}
		}
		take = next
	}
}

// codes sets dst to the codes of the lengths, first bit lowest, as the stream
// wants them (RFC 1951, section 3.2.2).
func codes(dst []uint16, lengths []uint8) {
	var count, next [16]uint16
	for _, l := range lengths {
		count[l]++
	}
	count[0] = 0
	for i := 1; i < 16; i++ {
		next[i] = (next[i-1] + count[i-1]) << 1
	}
	for i, l := range lengths {
		if l > 0 {
			dst[i] = bits.Reverse16(next[l]) >> (16 - l)
			next[l]++
		}
	}
}
