package pipeline
import ("testing";"os";"path/filepath";"fmt";"time")
func BenchmarkZEdit(b *testing.B) {
	p := newPlace(b, sampleSite(3000))
	benchBuild(b, p)
		name := filepath.Join(p.in, "blog", "p77.html")
		page, _ := os.ReadFile(name)
		memory, n := NewMemory(512<<20), 0
		one := func() {
			n++
			os.WriteFile(name, append(page[:len(page):len(page)], fmt.Sprintf("<p>edit %d</p>", n)...), 0o600)
			o := options(p.in, p.out, p.meta)
			o.Memory, o.Now = memory, time.Now()
			if r, err := Build(b.Context(), o); err != nil || !r.Published { b.Fatal(err) }
		}
		one(); time.Sleep(2200*time.Millisecond); one(); one()
		for b.Loop() { one() }
}
