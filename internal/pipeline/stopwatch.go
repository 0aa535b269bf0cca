package pipeline

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/hone-web/hone/site"
)

// stopwatch keeps the slowest files.
type stopwatch struct {
	mu   sync.Mutex
	list []Timing
}

// slowest is how many files the report names.
const slowest = 5

// start returns the function that stops the watch for p.
func (w *stopwatch) start(clock func() time.Time, p site.Path) func() {
	if clock == nil {
		return func() {}
	}
	began := clock()
	return func() {
		t := Timing{p, clock().Sub(began).Milliseconds()}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.list = append(w.list, t)
		w.sort()
		w.list = w.list[:min(len(w.list), slowest)]
	}
}

func (w *stopwatch) sort() {
	slices.SortFunc(w.list, func(a, b Timing) int {
		return cmp.Or(cmp.Compare(b.Milliseconds, a.Milliseconds), cmp.Compare(a.Path, b.Path))
	})
}

func (w *stopwatch) top() []Timing {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.list)
}
