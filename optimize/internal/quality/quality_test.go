package quality

import (
	"errors"
	"image"
	"reflect"
	"testing"

	"github.com/hone-web/hone/optimize/internal/ssimulacra2"
)

// photo is value noise that is busier towards one corner.
func photo(w, h int) *image.NRGBA {
	lattice := func(x, y int) int {
		r := uint32(x*73856093^y*19349663) | 1
		for range 3 {
			r ^= r << 13
			r ^= r >> 17
			r ^= r << 5
		}
		return int(r>>9) & 255
	}
	noise := func(x, y, step int) int {
		x0, y0, fx, fy := x/step, y/step, x%step, y%step
		top := lattice(x0, y0)*(step-fx) + lattice(x0+1, y0)*fx
		low := lattice(x0, y0+1)*(step-fx) + lattice(x0+1, y0+1)*fx
		return (top*(step-fy) + low*fy) / (step * step)
	}
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			busy := 256 * (x + y) / (w + h)
			v := (3*noise(x, y, 40) + noise(x, y, 3)*busy/256) / 4
			i := m.PixOffset(x, y)
			m.Pix[i], m.Pix[i+1], m.Pix[i+2], m.Pix[i+3] = uint8(v), uint8(v*3/4+20), uint8(v/2+60), 255
		}
	}
	return m
}

// coarse stands for an encoder: below quality 100 it keeps fewer values, by
// a threshold that depends on the place.
func coarse(q int, src *image.NRGBA) (*image.NRGBA, error) {
	out := image.NewNRGBA(image.Rect(0, 0, src.Rect.Dx(), src.Rect.Dy()))
	step := 1 + (100-q)/2
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			i, j := out.PixOffset(x, y), src.PixOffset(src.Rect.Min.X+x, src.Rect.Min.Y+y)
			at := (x*7 + y*11) % 16 * step / 16
			for c := range 3 {
				out.Pix[i+c] = uint8(min((int(src.Pix[j+c])+at)/step*step, 255))
			}
			out.Pix[i+3] = src.Pix[j+3]
		}
	}
	return out, nil
}

func TestSearchOfSmall(t *testing.T) {
	t.Parallel()
	m := photo(64, 48)
	ref := ssimulacra2.NewReference(m)
	var scores [101]float64
	for q := 1; q <= 100; q++ {
		d, _ := coarse(q, m)
		var err error
		if scores[q], err = ref.Score(d); err != nil {
			t.Fatal(err)
		}
	}
	for _, target := range []float64{40, 60, 70, 80, 90} {
		want := 1
		for scores[want] < target {
			want++
		}
		for _, start := range []int{0, 1, 50, 73, 100} {
			r, err := Search(m, Options{Target: target, Start: start, MaxProbes: 12, Probe: coarse})
			if err != nil {
				t.Fatal(err)
			}
			if r.Quality != want || r.Score != scores[want] || r.Probes > 12 || r.Checks != 0 {
				t.Errorf("target %v from %d: %+v, want quality %d", target, start, r, want)
			}
			few, err := Search(m, Options{Target: target, Start: start, MaxProbes: 4, Probe: coarse})
			if err != nil || few.Probes > 4 || few.Score < target || few.Score != scores[few.Quality] {
				t.Errorf("target %v from %d with four probes: %+v, %v", target, start, few, err)
			}
		}
	}
}

func TestSearchOfLarge(t *testing.T) {
	t.Parallel()
	m := photo(800, 640)
	for _, target := range []float64{65} {
		full := 0
		r, err := Search(m, Options{Target: target, Start: 70, Probe: func(q int, src *image.NRGBA) (*image.NRGBA, error) {
			if src == m {
				full++
			}
			return coarse(q, src)
		}})
		if err != nil {
			t.Fatal(err)
		}
		if r.Score < target || r.Checks > 3 || r.Probes > 6 || full != r.Checks {
			t.Errorf("target %v: %+v with %d of the whole", target, r, full)
		}
		// The encoder keeps the same values at two qualities at a time.
		for q, reach := range map[int]bool{r.Quality: true, r.Quality - 4: false} {
			d, _ := coarse(q, m)
			if v, _ := ssimulacra2.Compare(m, d); v >= target != reach || reach && v != r.Score {
				t.Errorf("target %v: %+v, and quality %d scores %v", target, r, q, v)
			}
		}
	}
}

func TestSearchAtTheEnds(t *testing.T) {
	t.Parallel()
	m := photo(64, 64)
	perfect := func(_ int, src *image.NRGBA) (*image.NRGBA, error) { return src, nil }
	ruined := func(_ int, src *image.NRGBA) (*image.NRGBA, error) { return image.NewNRGBA(src.Rect), nil }
	for _, tt := range []struct {
		name  string
		o     Options
		want  int
		reach bool
	}{
		{"any quality does", Options{Target: 80, Lo: 20, Hi: 90, Probe: perfect}, 20, true},
		{"no quality does", Options{Target: 80, Lo: 20, Hi: 90, Probe: ruined}, 90, false},
		{"one quality to choose", Options{Target: 80, Lo: 33, Hi: 33, Probe: ruined}, 33, false},
		{"one probe", Options{Target: 80, Start: 60, MaxProbes: 1, Probe: perfect}, 60, true},
		{"start out of range", Options{Target: 80, Lo: 40, Hi: 41, Start: 99, Probe: perfect}, 40, true},
	} {
		r, err := Search(m, tt.o)
		if err != nil || r.Quality != tt.want || (r.Score >= tt.o.Target) != tt.reach {
			t.Errorf("%s: %+v, %v, want quality %d", tt.name, r, err, tt.want)
		}
	}
}

func TestSearchErrors(t *testing.T) {
	t.Parallel()
	m, fault := photo(64, 64), errors.New("no encoder")
	for _, tt := range []struct {
		name string
		m    *image.NRGBA
		o    Options
		want error
	}{
		{"no probe", m, Options{Target: 70}, nil},
		{"empty range", m, Options{Lo: 9, Hi: 8, Probe: coarse}, nil},
		{"small", photo(7, 70), Options{Probe: coarse}, ssimulacra2.ErrSmall},
		{"probe fails", m, Options{Probe: func(int, *image.NRGBA) (*image.NRGBA, error) { return nil, fault }}, fault},
		{"probe of another size", m, Options{Probe: func(int, *image.NRGBA) (*image.NRGBA, error) {
			return photo(32, 64), nil
		}}, ssimulacra2.ErrSize},
		{"probe of nothing", m, Options{Probe: func(int, *image.NRGBA) (*image.NRGBA, error) { return nil, nil }}, errNothing},
	} {
		r, err := Search(tt.m, tt.o)
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: %+v, %v", tt.name, r, err)
		}
	}
}

func TestSample(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ w, h, wide, high int }{
		{640, 480, 640, 480},
		{800, 600, 800, 600},
		{1500, 1000, 640, 512},
		{1000, 1500, 512, 640},
		{6000, 200, 2560, 128},
		{8, 70000, 8, 2560},
		{70000, 9, 2560, 9},
		{4000, 4000, 512, 640},
	} {
		m := image.NewNRGBA(image.Rect(0, 0, tt.w, tt.h))
		for i := range m.Pix {
			m.Pix[i] = uint8(i * 2654435761 >> 16)
		}
		s := Sample(m)
		if s.Rect.Dx() != tt.wide || s.Rect.Dy() != tt.high {
			t.Errorf("sample of %d × %d is %v, want %d × %d", tt.w, tt.h, s.Rect.Max, tt.wide, tt.high)
		}
		whole := m.SubImage(image.Rect(5, 3, tt.w, tt.h)).(*image.NRGBA)
		copied := image.NewNRGBA(image.Rect(0, 0, tt.w-5, tt.h-3))
		for y := range tt.h - 3 {
			copy(copied.Pix[y*copied.Stride:][:copied.Stride], whole.Pix[y*whole.Stride:])
		}
		if a, b := Sample(whole), Sample(copied); a != whole && !reflect.DeepEqual(a, b) {
			t.Errorf("sample of a part of %d × %d differs from that of its copy", tt.w, tt.h)
		}
	}
}

// Whatever the scores, the search ends within its bounds, tries no quality
// twice, and returns one it tried.
func FuzzRun(f *testing.F) {
	f.Add([]byte{10, 40, 60, 70, 90}, uint8(1), uint8(90), uint8(50), uint8(6))
	f.Add([]byte{90, 10, 90, 10}, uint8(0), uint8(255), uint8(0), uint8(200))
	f.Add([]byte{70}, uint8(7), uint8(7), uint8(9), uint8(1))
	f.Fuzz(func(t *testing.T, scores []byte, lo, hi, start, most uint8) {
		if len(scores) == 0 || lo > hi || most == 0 {
			return
		}
		tried := map[int]float64{}
		s := search{Options: Options{Target: 70, Lo: int(lo), Hi: int(hi)}, slope: defaultSlope}
		s.score = func(q int) (float64, error) {
			if _, again := tried[q]; again || q < int(lo) || q > int(hi) {
				t.Fatalf("quality %d of %d to %d, tried %v", q, lo, hi, tried)
			}
			tried[q] = float64(scores[q%len(scores)])
			return tried[q], nil
		}
		rough := s
		q, err := rough.near(int(start), int(most), 1.5)
		if err != nil || q < int(lo) || q > int(hi) || len(tried) > int(most) {
			t.Fatalf("near quality %d, %v, of %d to %d, tried %v", q, err, lo, hi, tried)
		}
		clear(tried)
		best, err := s.run(int(start), int(most), 0.5)
		if v, ok := tried[best.q]; err != nil || !ok || v != best.score || len(tried) > int(most) {
			t.Fatalf("%+v, %v, tried %v", best, err, tried)
		}
		for _, v := range tried {
			if v >= 70 && best.score < 70 {
				t.Fatalf("%+v, tried %v", best, tried)
			}
		}
	})
}

func BenchmarkSearch(b *testing.B) {
	m := photo(1200, 800)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Search(m, Options{Target: 70, Start: 70, Probe: coarse}); err != nil {
			b.Fatal(err)
		}
	}
}
