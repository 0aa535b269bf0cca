package resize

// Every arm64 processor has NEON.
var best = kernels{horizontalNEON, verticalNEON, packNEON}

func horizontalNEON(dst0, dst1 []int16, src0, src1 []byte, f *filter, shift uint, lo, hi int16) {
	n := len(f.start)
	check(len(dst0) >= 4*n && len(dst1) >= 4*n && len(src0) == len(src1) && len(src0) >= 4*f.taps && f.taps%4 == 0)
	narrowNEON(&dst0[0], &src0[0], &f.start[0], &f.weights[0], n, f.taps/4, int(shift), int(lo), int(hi))
	narrowNEON(&dst1[0], &src1[0], &f.start[0], &f.weights[0], n, f.taps/4, int(shift), int(lo), int(hi))
}

func verticalNEON(dst, src []int16, stride int, weights []int16, shift uint) {
	check(len(dst)%block == 0 && len(weights)%2 == 0 && len(src) >= (len(weights)-1)*stride+len(dst))
	weighNEON(&dst[0], &src[0], 2*stride, &weights[0], len(weights)/2, len(dst)/block, int(shift))
}

func packNEON(dst []byte, src []int16) {
	n := len(dst) / block
	if n > 0 {
		check(len(src) >= len(dst))
		clampNEON(&dst[0], &src[0], n)
	}
	packScalar(dst[n*block:], src[n*block:])
}

// narrowNEON narrows a row: n pixels of 4×groups weights.
//
//go:noescape
func narrowNEON(dst *int16, src *byte, start *int32, weights *int16, n, groups, shift, lo, hi int)

// weighNEON weighs 2×pairs rows, stride bytes apart, in blocks of 32 samples.
//
//go:noescape
func weighNEON(dst, src *int16, stride int, weights *int16, pairs, blocks, shift int)

// clampNEON packs blocks of 32 samples.
//
//go:noescape
func clampNEON(dst *byte, src *int16, blocks int)
