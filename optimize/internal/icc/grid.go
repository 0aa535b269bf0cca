package icc

// grid is a table of colours over one to four channels, the last of which
// varies fastest.
type grid struct {
	dims []int
	step [4]int // between neighbours of each channel
	v    []float32
}

func newGrid(dims []int, v []float32) *grid {
	g := &grid{dims: dims, v: v}
	step := 3
	for i := len(dims) - 1; i >= 0; i-- {
		g.step[i] = step
		step *= dims[i]
	}
	return g
}

// at interpolates between the corners around x: within the tetrahedron for the
// last three channels, linearly for the one before.
func (g *grid) at(x [4]float32) [3]float32 {
	var frac [4]float32
	base := 0
	for i, n := range g.dims {
		pos := min(max(x[i], 0), 1) * float32(n-1)
		k := min(int(pos), n-2)
		frac[i] = pos - float32(k)
		base += k * g.step[i]
	}
	if len(g.dims) < 4 {
		return g.simplex(base, 0, frac)
	}
	a := g.simplex(base, 1, frac)
	if frac[0] == 0 {
		return a
	}
	b := g.simplex(base+g.step[0], 1, frac)
	for c := range a {
		a[c] += (b[c] - a[c]) * frac[0]
	}
	return a
}

// simplex walks from the corner at base to the opposite one, along the channel
// with the largest fraction first.
func (g *grid) simplex(base, from int, frac [4]float32) [3]float32 {
	var order [4]int
	n := 0
	for i := from; i < len(g.dims); i++ {
		j := n
		for ; j > 0 && frac[order[j-1]] < frac[i]; j-- {
			order[j] = order[j-1]
		}
		order[j] = i
		n++
	}
	prev := g.v[base : base+3]
	out := [3]float32{prev[0], prev[1], prev[2]}
	for _, i := range order[:n] {
		base += g.step[i]
		next, f := g.v[base:base+3], frac[i]
		for c := range out {
			out[c] += (next[c] - prev[c]) * f
		}
		prev = next
	}
	return out
}
