package ssimulacra2

// source is the reference picture: a stream, or what was kept of one.
type source interface {
	size() (w, h, scales int)
	begin(scale int)
	feed(y int)
	row(channel, y int) []float32       // XYB
	meanRow(channel, y int) []float32   // blurred XYB
	squareRow(channel, y int) []float32 // blurred square of XYB
}

// run scores dist as a copy of ref, of the same size.
func run(ref source, dist *stream) float64 {
	_, _, n := ref.size()
	all := make([][3]maps, n)
	for scale := range n {
		ref.begin(scale)
		dist.begin(scale)
		all[scale] = runScale(ref, dist)
	}
	return score(all)
}

func runScale(ref source, dist *stream) [3]maps {
	var out [3]maps
	var product [3]*blurrer
	for c := range 3 {
		if dist.need[c].structure {
			product[c] = newBlurrer(dist.w)
		}
	}
	for t := range dist.h + reach {
		if t < dist.h {
			ref.feed(t)
			dist.feed(t)
			for c, b := range product {
				if b != nil {
					multiply(b.row(), ref.row(c, t), dist.row(c, t))
					b.push(t)
				}
			}
		}
		y := t - reach
		if y < 0 {
			continue
		}
		for c := range 3 {
			if !dist.need[c].any() {
				continue
			}
			m1, m2 := ref.meanRow(c, y), dist.meanRow(c, y)
			if dist.need[c].detail {
				detailRow(&out[c].added, &out[c].lost, ref.row(c, y), m1, dist.row(c, y), m2)
			}
			if dist.need[c].structure {
				structureRow(&out[c].structure, m1, m2, ref.squareRow(c, y), dist.squareRow(c, y), product[c].pull(y, dist.h))
			}
		}
	}
	for c := range 3 {
		out[c].finish(dist.w * dist.h)
	}
	return out
}
