package ssimulacra2

// The recursive Gaussian of the reference (Charalampidis 2016, sigma 1.5,
// N = 5) sums three truncated cosines that are zero from the fifth sample on
// either side, hence is this symmetric filter of nine taps. Samples outside
// the picture are zero.
const (
	reach = 4

	tap0 = float32(0.26462110548819856)
	tap1 = float32(0.21292859201042241)
	tap2 = float32(0.10933537277746036)
	tap3 = float32(0.03601111465836437)
	tap4 = float32(0.00941436780965373)
)

// blurAcross filters a row. src is dst's row with reach zeros on both sides.
func blurAcross(dst, src []float32) {
	n := len(dst)
	var shifted [2*reach + 1][]float32
	for i := range shifted {
		shifted[i] = src[i : i+n]
	}
	blurDown(dst, &shifted)
}

// blurDown filters the columns of nine rows, giving the middle one.
func blurDown(dst []float32, rows *[2*reach + 1][]float32) {
	blurScalar(dst, rows, blurFast(dst, rows))
}

// blurScalar works on samples from number from on.
func blurScalar(dst []float32, rows *[2*reach + 1][]float32, from int) {
	n := len(dst)
	a, b, c, d, e := rows[0][:n], rows[1][:n], rows[2][:n], rows[3][:n], rows[4][:n]
	f, g, h, i := rows[5][:n], rows[6][:n], rows[7][:n], rows[8][:n]
	for x := from; x < n; x++ {
		dst[x] = float32(tap0*e[x]) + float32(tap1*(d[x]+f[x])) + float32(tap2*(c[x]+g[x])) +
			float32(tap3*(b[x]+h[x])) + float32(tap4*(a[x]+i[x]))
	}
}

// blurrer filters a plane that comes row by row.
type blurrer struct {
	pad  []float32              // a row with its zeros
	ring [2*reach + 1][]float32 // rows filtered across, by number modulo 9
	view [2*reach + 1][]float32 // the same rows from the top
	zero []float32              // a row outside
	out  []float32
}

func newBlurrer(w int) *blurrer {
	b := &blurrer{}
	all := make([]float32, w+2*reach+w*(len(b.ring)+2))
	b.pad, all = all[:w+2*reach], all[w+2*reach:]
	for i := range b.ring {
		b.ring[i], all = all[:w], all[w:]
	}
	b.zero, b.out = all[:w], all[w:]
	return b
}

// row returns where the next row is to be written before a call of push.
func (b *blurrer) row() []float32 { return b.pad[reach : len(b.pad)-reach] }

// push takes row y from where row said.
func (b *blurrer) push(y int) { blurAcross(b.ring[y%len(b.ring)], b.pad) }

// pull returns row y of h filtered; rows up to y+4 must have been pushed. The
// result holds until the next call.
func (b *blurrer) pull(y, h int) []float32 {
	for i := range b.view {
		if t := y - reach + i; t >= 0 && t < h {
			b.view[i] = b.ring[t%len(b.ring)]
		} else {
			b.view[i] = b.zero
		}
	}
	blurDown(b.out, &b.view)
	return b.out
}
