package ssimulacra2

import "golang.org/x/sys/cpu"

// The loops that take the time, in assembly. Each works on as many samples from
// the first as suit it, a multiple of four, and returns how many; the rest is
// done one by one. Both ways give the same bits.

var hasAVX2 = cpu.X86.HasAVX2

// lanes is how many samples a register holds.
const lanes = 8

// whole returns how many of n samples fill registers.
func whole(n int) int {
	if !hasAVX2 {
		return 0
	}
	return n / lanes * lanes
}

// consts are the numbers of blur and colour, in the order of the assembly.
var consts = [...]float32{
	tap0, tap1, tap2, tap3, tap4, // 0
	m00, m01, m02, m10, m11, m12, m20, m21, m22, opsinBias, // 20
	1.752319676, 1.2509524245, 0.5093818292, 1, 1. / 3, 2. / 9, negRootOfOpsin, // 60
	0.5, 7, 0.42, 0.55, 0.01, // 88
	2, c2, // 108
}

func blurFast(dst []float32, rows *[2*reach + 1][]float32) int {
	n := whole(len(dst))
	if n == 0 {
		return 0
	}
	var p [2*reach + 1]*float32
	for i, r := range rows {
		p[i] = &r[:n][0]
	}
	blurRows(&dst[0], &p, &consts[0], n)
	return n
}

func multiplyFast(out, a, b []float32) int {
	n := whole(len(out))
	if n > 0 {
		multiplyRows(&out[0], &a[:n][0], &b[:n][0], n)
	}
	return n
}

func xybFast(out, lin *[3][]float32) int {
	n := whole(len(lin[0]))
	if n > 0 {
		xybRows(&out[0][:n][0], &out[1][:n][0], &out[2][:n][0], &lin[0][0], &lin[1][:n][0], &lin[2][:n][0], &consts[0], n)
	}
	return n
}

func structureFast(s *sums, m1, m2, s11, s22, s12 []float32) int {
	n := whole(len(m1))
	if n > 0 {
		structureRows(s, &m1[0], &m2[:n][0], &s11[:n][0], &s22[:n][0], &s12[:n][0], &consts[0], n)
	}
	return n
}

func detailFast(plus, minus *sums, p1, m1, p2, m2 []float32) int {
	n := whole(len(p1))
	if n > 0 {
		detailRows(plus, minus, &p1[0], &m1[:n][0], &p2[:n][0], &m2[:n][0], n)
	}
	return n
}

//go:noescape
func blurRows(dst *float32, rows *[2*reach + 1]*float32, consts *float32, n int)

//go:noescape
func multiplyRows(out, a, b *float32, n int)

//go:noescape
func xybRows(x, y, b, red, green, blue, consts *float32, n int)

//go:noescape
func structureRows(s *sums, m1, m2, s11, s22, s12, consts *float32, n int)

//go:noescape
func detailRows(plus, minus *sums, p1, m1, p2, m2 *float32, n int)
