package ssimulacra2

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The quick loops give the bits of the plain ones, at every length.
func TestKernels(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	row := func(n int) []float32 {
		out := make([]float32, n)
		for i := range out {
			out[i] = r.Float32()
		}
		return out
	}
	same := func(what string, n int, a, b []float32) {
		t.Helper()
		for i := range a {
			if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
				t.Fatalf("%s of %d: sample %d is %v, want %v", what, n, i, a[i], b[i])
			}
		}
	}
	for n := range 70 {
		var rows [2*reach + 1][]float32
		for i := range rows {
			rows[i] = row(n)
		}
		got, want := make([]float32, n), make([]float32, n)
		blurScalar(got, &rows, blurFast(got, &rows))
		blurScalar(want, &rows, 0)
		same("blur", n, got, want)

		multiply(got, rows[0], rows[1])
		for i := range want {
			want[i] = rows[0][i] * rows[1][i]
		}
		same("product", n, got, want)

		lin := [3][]float32{rows[0], rows[1], rows[2]}
		for i := range n { // dark ones too
			lin[0][i] *= lin[0][i] * lin[0][i]
		}
		x, y := planes(n), planes(n)
		xybScalar(&x, &lin, xybFast(&x, &lin))
		xybScalar(&y, &lin, 0)
		for c := range x {
			same("colour", n, x[c], y[c])
		}

		var s1, s2, p1, p2, m1, m2 sums
		structureScalar(&s1, rows[0], rows[1], rows[2], rows[3], rows[4], structureFast(&s1, rows[0], rows[1], rows[2], rows[3], rows[4]))
		structureScalar(&s2, rows[0], rows[1], rows[2], rows[3], rows[4], 0)
		detailScalar(&p1, &m1, rows[0], rows[1], rows[2], rows[3], detailFast(&p1, &m1, rows[0], rows[1], rows[2], rows[3]))
		detailScalar(&p2, &m2, rows[0], rows[1], rows[2], rows[3], 0)
		if s1 != s2 || p1 != p2 || m1 != m2 {
			t.Fatalf("sums of %d: %v %v %v, want %v %v %v", n, s1, p1, m1, s2, p2, m2)
		}
	}
}
