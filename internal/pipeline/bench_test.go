package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func benchBuild(b *testing.B, p place) *Result {
	b.Helper()
	r, err := Build(b.Context(), options(p.in, p.out, p.meta))
	if err != nil {
		b.Fatal(err)
	}
	if r.Failed {
		b.Fatal(r.Findings)
	}
	return r
}

// BenchmarkBuildCold builds 200 pages with an empty store.
func BenchmarkBuildCold(b *testing.B) {
	p := newPlace(b, sampleSite(200))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		p.meta, p.out = filepath.Join(filepath.Dir(p.in), fmt.Sprint("meta", n)), filepath.Join(filepath.Dir(p.in), fmt.Sprint("out", n))
		n++
		benchBuild(b, p)
	}
}

// BenchmarkBuildWarm builds 200 pages that did not change.
func BenchmarkBuildWarm(b *testing.B) {
	p := newPlace(b, sampleSite(200))
	benchBuild(b, p)
	b.ReportAllocs()
	for b.Loop() {
		if r := benchBuild(b, p); r.Work.Compiled+r.Work.Compressed != 0 {
			b.Fatalf("it worked: %+v", r.Work)
		}
	}
}

// BenchmarkBuild10k builds 10,000 pages cold and warm.
func BenchmarkBuild10k(b *testing.B) {
	if testing.Short() {
		b.Skip("it takes minutes")
	}
	p := newPlace(b, sampleSite(10_000))
	b.Run("cold", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := os.RemoveAll(p.meta); err != nil {
				b.Fatal(err)
			}
			benchBuild(b, p)
		}
	})
	b.Run("warm", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			benchBuild(b, p)
		}
	})
}
