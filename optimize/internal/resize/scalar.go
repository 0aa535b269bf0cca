package resize

import "math"

func horizontalScalar(dst0, dst1 []int16, src0, src1 []byte, f *filter, shift uint, lo, hi int16) {
	narrow(dst0, src0, f, shift, lo, hi)
	narrow(dst1, src1, f, shift, lo, hi)
}

func narrow(dst []int16, src []byte, f *filter, shift uint, lo, hi int16) {
	round := int32(1) << shift >> 1
	for x, start := range f.start {
		r, g, b, a := round, round, round, round
		p := src[4*start:]
		for _, w := range f.weights[x*f.taps : (x+1)*f.taps] {
			w := int32(w)
			s := p[:4:4]
			r += int32(s[0]) * w
			g += int32(s[1]) * w
			b += int32(s[2]) * w
			a += int32(s[3]) * w
			p = p[4:]
		}
		d := dst[4*x : 4*x+4 : 4*x+4]
		d[0], d[1] = clamp(r>>shift, lo, hi), clamp(g>>shift, lo, hi)
		d[2], d[3] = clamp(b>>shift, lo, hi), clamp(a>>shift, lo, hi)
	}
}

func clamp(v int32, lo, hi int16) int16 { return int16(min(max(v, int32(lo)), int32(hi))) }

func verticalScalar(dst, src []int16, stride int, weights []int16, shift uint) {
	round := int32(1) << shift >> 1
	var acc [block]int32
	for x := 0; x < len(dst); x += block {
		for i := range acc {
			acc[i] = round
		}
		for k, w := range weights {
			w := int32(w)
			for i, v := range (*[block]int16)(src[k*stride+x:]) {
				acc[i] += int32(v) * w
			}
		}
		d := (*[block]int16)(dst[x:])
		for i, v := range acc {
			d[i] = clamp(v>>shift, math.MinInt16, math.MaxInt16)
		}
	}
}

func packScalar(dst []byte, src []int16) {
	src = src[:len(dst)]
	for i, v := range src {
		dst[i] = uint8(min(max(v, 0), 255))
	}
}
