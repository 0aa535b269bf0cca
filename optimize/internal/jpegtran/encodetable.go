package jpegtran

import (
	"cmp"
	"slices"
)

// encodeTable is a Huffman code made for the counts of a pass.
type encodeTable struct {
	lengths [16]byte // codes of each length
	symbols []byte   // by length, then by count
	size    [256]uint8
	code    [256]uint16
}

// newEncodeTable returns the best code of at most 16 bits a symbol, without
// the code of ones only, which JPEG forbids (annex K.2); nil when nothing is
// to be coded.
func newEncodeTable(counts *[256]int) *encodeTable {
	var used []int // symbols, and 256 to take the place of the code of ones
	for s, n := range counts {
		if n > 0 {
			used = append(used, s)
		}
	}
	if len(used) == 0 {
		return nil
	}
	weight := func(s int) int {
		if s == 256 {
			return 0
		}
		return counts[s]
	}
	used = append(used, 256)
	// Rare first: the reserved symbol gets a longest code, the last of them.
	slices.SortFunc(used, func(a, b int) int { return cmp.Or(cmp.Compare(weight(a), weight(b)), cmp.Compare(b, a)) })
	weights := make([]int, len(used))
	for i, s := range used {
		weights[i] = weight(s)
	}
	lengths := limitedLengths(weights, 16)
	t := &encodeTable{}
	code := 0
	for n := 1; n <= 16; n++ {
		for i := len(used) - 1; i >= 0; i-- {
			if lengths[i] != n {
				continue
			}
			if s := used[i]; s != 256 {
				t.lengths[n-1]++
				t.symbols = append(t.symbols, byte(s))
				t.size[s], t.code[s] = uint8(n), uint16(code)
			}
			code++
		}
		code <<= 1
	}
	return t
}

// limitedLengths returns the lengths of an optimal prefix code whose lengths
// are at most limit, for weights in rising order, by package-merge (Larmore
// and Hirschberg, 1990). The result never rises along the weights.
func limitedLengths(weights []int, limit int) []int {
	n := len(weights)
	lengths := make([]int, n)
	if n == 1 {
		lengths[0] = 1
		return lengths
	}
	// An item is a leaf (left < 0) or a package of two items of the list before.
	type item struct {
		weight      int
		leaf        int
		left, right *item
	}
	leaves := make([]*item, n)
	for i, w := range weights {
		leaves[i] = &item{weight: w, leaf: i}
	}
	list := leaves
	for range limit - 1 {
		var merged []*item
		k := 0
		for i := 0; i+1 < len(list); i += 2 {
			p := &item{weight: list[i].weight + list[i+1].weight, leaf: -1, left: list[i], right: list[i+1]}
			for ; k < n && leaves[k].weight <= p.weight; k++ {
				merged = append(merged, leaves[k])
			}
			merged = append(merged, p)
		}
		list = append(merged, leaves[k:]...)
	}
	var count func(*item)
	count = func(it *item) {
		if it.leaf >= 0 {
			lengths[it.leaf]++
			return
		}
		count(it.left)
		count(it.right)
	}
	for _, it := range list[:2*n-2] {
		count(it)
	}
	return lengths
}

// appendDHT appends the table as a segment (section B.2.4.2).
func (t *encodeTable) appendDHT(b []byte, id byte) []byte {
	n := 2 + 1 + 16 + len(t.symbols)
	b = append(b, 0xff, mDHT, byte(n>>8), byte(n), id)
	b = append(b, t.lengths[:]...)
	return append(b, t.symbols...)
}
