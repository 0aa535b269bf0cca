package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
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
	// One page is edited between builds, as a person at work does.
	b.Run("edit", func(b *testing.B) {
		b.ReportAllocs()
		name := filepath.Join(p.in, "blog", "p77.html")
		page, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		memory, n := NewMemory(512<<20), 0
		for b.Loop() {
			n++
			if err := os.WriteFile(name, append(page[:len(page):len(page)], fmt.Sprintf("<p>edit %d</p>", n)...), 0o600); err != nil {
				b.Fatal(err)
			}
			o := options(p.in, p.out, p.meta)
			o.Memory, o.Now = memory, time.Now()
			if r, err := Build(b.Context(), o); err != nil || !r.Published {
				b.Fatal(err)
			}
		}
	})
}
