package resize

import "golang.org/x/sys/cpu"

var best = pick()

func pick() kernels {
	if !cpu.X86.HasAVX2 {
		return scalar
	}
	return kernels{horizontalAVX2, verticalAVX2, packAVX2}
}

func horizontalAVX2(dst0, dst1 []int16, src0, src1 []byte, f *filter, shift uint, lo, hi int16) {
	n := len(f.start)
	check(len(dst0) >= 4*n && len(dst1) >= 4*n && len(src0) == len(src1) && len(src0) >= 4*f.taps && f.taps%4 == 0)
	narrowAVX2(&dst0[0], &dst1[0], &src0[0], &src1[0], &f.start[0], &f.weights[0], n, f.taps/4, int(shift), int(lo), int(hi))
}

func verticalAVX2(dst, src []int16, stride int, weights []int16, shift uint) {
	check(len(dst)%block == 0 && len(weights)%2 == 0 && len(src) >= (len(weights)-1)*stride+len(dst))
	weighAVX2(&dst[0], &src[0], 2*stride, &weights[0], len(weights)/2, len(dst)/block, int(shift))
}

func packAVX2(dst []byte, src []int16) {
	n := len(dst) / block
	if n > 0 {
		check(len(src) >= len(dst))
		clampAVX2(&dst[0], &src[0], n)
	}
	packScalar(dst[n*block:], src[n*block:])
}

// narrowAVX2 narrows two rows, one in each half of the registers: n pixels of
// 4×groups weights.
//
//go:noescape
func narrowAVX2(dst0, dst1 *int16, src0, src1 *byte, start *int32, weights *int16, n, groups, shift, lo, hi int)

// weighAVX2 weighs 2×pairs rows, stride bytes apart, in blocks of 32 samples.
//
//go:noescape
func weighAVX2(dst, src *int16, stride int, weights *int16, pairs, blocks, shift int)

// clampAVX2 packs blocks of 32 samples.
//
//go:noescape
func clampAVX2(dst *byte, src *int16, blocks int)
