package ssimulacra2

import "testing"

var benchSizes = []struct {
	name string
	w, h int
}{{"0.3MP", 640, 480}, {"2MP", 1600, 1250}}

func BenchmarkCompare(b *testing.B) {
	for _, s := range benchSizes {
		b.Run(s.name, func(b *testing.B) {
			ref := landscape(s.w, s.h)
			dist := noisy(6)(ref)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Compare(ref, dist); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(s.w*s.h)*float64(b.N)/1e6/b.Elapsed().Seconds(), "MP/s")
		})
	}
}

func BenchmarkScore(b *testing.B) {
	for _, s := range benchSizes {
		b.Run(s.name, func(b *testing.B) {
			ref := landscape(s.w, s.h)
			dist := noisy(6)(ref)
			r := NewReference(ref)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Score(dist); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(s.w*s.h)*float64(b.N)/1e6/b.Elapsed().Seconds(), "MP/s")
		})
	}
}

func BenchmarkNewReference(b *testing.B) {
	for _, s := range benchSizes {
		b.Run(s.name, func(b *testing.B) {
			ref := landscape(s.w, s.h)
			b.ReportAllocs()
			for b.Loop() {
				NewReference(ref)
			}
			b.ReportMetric(float64(s.w*s.h)*float64(b.N)/1e6/b.Elapsed().Seconds(), "MP/s")
		})
	}
}
