package ssimulacra2

import (
	"errors"
	"image"
	"image/draw"
	"math"
	"sync"
	"testing"
)

func TestSizes(t *testing.T) {
	t.Parallel()
	m := func(w, h int) *image.NRGBA { return image.NewNRGBA(image.Rect(0, 0, w, h)) }
	for _, tt := range []struct {
		ref, dist *image.NRGBA
		want      error
	}{
		{m(8, 8), m(8, 8), nil},
		{m(7, 8), m(7, 8), ErrSmall},
		{m(8, 7), m(8, 7), ErrSmall},
		{m(0, 0), m(0, 0), ErrSmall},
		{m(8, 9), m(9, 8), ErrSize},
		{m(16, 16), m(8, 8), ErrSize},
	} {
		if _, err := Compare(tt.ref, tt.dist); !errors.Is(err, tt.want) {
			t.Errorf("Compare of %v and %v: %v, want %v", tt.ref.Rect, tt.dist.Rect, err, tt.want)
		}
		if _, err := NewReference(tt.ref).Score(tt.dist); !errors.Is(err, tt.want) {
			t.Errorf("Score of %v and %v: %v, want %v", tt.ref.Rect, tt.dist.Rect, err, tt.want)
		}
	}
}

// A part of a picture scores as a copy of that part does.
func TestSubImage(t *testing.T) {
	t.Parallel()
	for _, makes := range []maker{landscape, disc} {
		whole := makes(90, 70)
		worse := noisy(20)(whole)
		r := image.Rect(11, 7, 63, 60)
		cut := func(m *image.NRGBA) *image.NRGBA {
			out := image.NewNRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
			draw.Draw(out, out.Rect, m, r.Min, draw.Src)
			return out
		}
		want, err := Compare(cut(whole), cut(worse))
		if err != nil {
			t.Fatal(err)
		}
		part := whole.SubImage(r).(*image.NRGBA)
		got, err := Compare(part, worse.SubImage(r).(*image.NRGBA))
		if err != nil || math.Abs(got-want) > 1e-9 {
			t.Errorf("score %v, %v, want %v", got, err, want)
		}
		got, err = NewReference(part).Score(cut(worse))
		if err != nil || math.Abs(got-want) > 1e-9 {
			t.Errorf("Score gives %v, %v, want %v", got, err, want)
		}
	}
}

func TestWorseScoresLower(t *testing.T) {
	t.Parallel()
	ref := landscape(150, 110)
	r := NewReference(ref)
	last := 100.
	for _, n := range []int{1, 3, 8, 20, 50} {
		got, err := r.Score(noisy(n)(ref))
		if err != nil {
			t.Fatal(err)
		}
		if got >= last {
			t.Errorf("noise of %d scores %.3f, no less than less noise, %.3f", n, got, last)
		}
		last = got
	}
}

// What a transparent picture has under full transparency does not count, and
// a copy that lost its alpha does.
func TestAlpha(t *testing.T) {
	t.Parallel()
	ref := disc(64, 64)
	hidden, opaque := same(ref), same(ref)
	for i := 0; i < len(ref.Pix); i += 4 {
		opaque.Pix[i+3] = 255
		if ref.Pix[i+3] == 0 {
			hidden.Pix[i] ^= 0xff
		}
	}
	if got, err := Compare(ref, hidden); err != nil || got != 100 {
		t.Errorf("other colours under full transparency score %v, %v", got, err)
	}
	for _, p := range [][2]*image.NRGBA{{ref, opaque}, {opaque, ref}} {
		got, err := Compare(p[0], p[1])
		if err != nil || got > 50 {
			t.Errorf("alpha lost or won scores %v, %v", got, err)
		}
		if again, err := NewReference(p[0]).Score(p[1]); err != nil || again != got {
			t.Errorf("Score gives %v, %v where Compare gives %v", again, err, got)
		}
	}
}

func TestReferenceIsShared(t *testing.T) {
	t.Parallel()
	ref := landscape(130, 90)
	r := NewReference(ref)
	dist := []*image.NRGBA{noisy(5)(ref), blurred(1)(ref), posterized(9)(ref), tinted(ref)}
	want := make([]float64, len(dist))
	for i, d := range dist {
		want[i], _ = Compare(ref, d)
	}
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			i %= len(dist)
			if got, err := r.Score(dist[i]); err != nil || got != want[i] {
				t.Errorf("score %v, %v, want %v", got, err, want[i])
			}
		})
	}
	wg.Wait()
}

// The nine taps are what the recursion of the reference comes to.
func TestTaps(t *testing.T) {
	t.Parallel()
	const n, sigma = 5, 1.5
	var omega, p, r, rho [3]float64
	for i := range 3 {
		sign := float64(1 - i%2*2)
		omega[i] = float64(2*i+1) * math.Pi / (2 * n)
		p[i] = sign / math.Tan(omega[i]/2)
		r[i] = sign * p[i] * p[i] / math.Sin(omega[i])
		rho[i] = math.Exp(-sigma*sigma*omega[i]*omega[i]/2) / n
	}
	d13 := p[0]*r[1] - r[0]*p[1]
	z15, z35 := (p[1]*r[2]-r[1]*p[2])/d13, (p[2]*r[0]-r[2]*p[0])/d13
	a := [3][3]float64{p, r, {z15, z35, 1}}
	g := [3]float64{1, n*n - sigma*sigma, z15*rho[0] + z35*rho[1] + rho[2]}
	det := func(m [3][3]float64) float64 {
		return m[0][0]*(m[1][1]*m[2][2]-m[1][2]*m[2][1]) - m[0][1]*(m[1][0]*m[2][2]-m[1][2]*m[2][0]) +
			m[0][2]*(m[1][0]*m[2][1]-m[1][1]*m[2][0])
	}
	var beta [3]float64
	for i := range 3 {
		m := a
		for j := range 3 {
			m[j][i] = g[j]
		}
		beta[i] = det(m) / det(a)
	}
	for k, tap := range []float32{tap0, tap1, tap2, tap3, tap4, 0} {
		var want float64
		for i := range 3 {
			want += beta[i] * math.Cos(omega[i]*float64(k))
		}
		if math.Abs(float64(tap)-want) > 1e-8 {
			t.Errorf("tap %d is %v, want %v", k, tap, want)
		}
	}
}

func TestBlurOfAPoint(t *testing.T) {
	t.Parallel()
	taps := []float32{tap4, tap3, tap2, tap1, tap0, tap1, tap2, tap3, tap4}
	for _, w := range []int{1, 3, 4, 5, 8, 9, 23} {
		for at := range w {
			b := newBlurrer(w)
			const h = 12
			for y := range h + reach {
				if y < h {
					clear(b.row())
					if y == 5 {
						b.row()[at] = 1
					}
					b.push(y)
				}
				if y < reach {
					continue
				}
				for x, got := range b.pull(y-reach, h) {
					var want float32
					if i, j := x-at+reach, y-reach-5+reach; i >= 0 && i < 9 && j >= 0 && j < 9 {
						want = taps[i] * taps[j]
					}
					if math.Abs(float64(got-want)) > 1e-7 {
						t.Fatalf("width %d, point at %d: %v at %d,%d, want %v", w, at, got, x, y-reach, want)
					}
				}
			}
		}
	}
}

func TestCubeRoot(t *testing.T) {
	t.Parallel()
	for x := opsinBias; x < 1.1; x *= 1.001 {
		want := math.Cbrt(float64(x)) - math.Cbrt(float64(opsinBias))
		if got := cubeRoot(x); math.Abs(float64(got)-want) > 5e-7 {
			t.Fatalf("cubeRoot(%v) = %v, want %v", x, got, want)
		}
	}
}

func FuzzCompare(f *testing.F) {
	f.Add([]byte{10, 8, 0, 1, 2, 3, 4, 5, 6, 7}, uint8(9), uint8(12))
	f.Add([]byte{255}, uint8(0), uint8(0))
	f.Add([]byte("a longer run of samples for both pictures"), uint8(33), uint8(17))
	f.Fuzz(func(t *testing.T, b []byte, w, h uint8) {
		if len(b) == 0 {
			return
		}
		ref := image.NewNRGBA(image.Rect(0, 0, int(w), int(h)))
		dist := image.NewNRGBA(ref.Rect)
		for i := range ref.Pix {
			ref.Pix[i], dist.Pix[i] = b[i%len(b)], b[(7*i+3)%len(b)]
		}
		got, err := Compare(ref, dist)
		if (err != nil) != (w < MinSide || h < MinSide) || math.IsNaN(got) || math.IsInf(got, 0) || got > 100 {
			t.Fatalf("score %v, %v", got, err)
		}
		if again, _ := NewReference(ref).Score(dist); again != got {
			t.Fatalf("Score gives %v, Compare %v", again, got)
		}
	})
}
