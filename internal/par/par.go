// Package par runs independent pieces of work side by side: a bounded number
// at a time, a bounded weight at a time, results in input order. It is the
// only place that starts goroutines for work, so that "how parallel is hone"
// has one answer.
package par

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// Limits bound what runs at once.
type Limits struct {
	Jobs   int   // pieces at once; below 1 means 1
	Weight int64 // sum of the weights at once; 0 means unbounded
}

// Map calls f for every item and returns the results in input order. weigh
// says what an item costs against l.Weight; nil means nothing. An item
// heavier than the whole bound runs alone.
//
// After the first error no further item starts; Map waits for those running
// and returns the error of the earliest item, leaving out those that only gave
// up because of another's error. A panic in f becomes an error
// that carries its stack.
func Map[T, R any](ctx context.Context, l Limits, items []T, weigh func(T) int64, f func(context.Context, T) (R, error)) ([]R, error) {
	results := make([]R, len(items))
	errs := make([]error, len(items))
	outer := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	gate := newGate(l.Weight)
	var (
		mu   sync.Mutex
		next int
		wg   sync.WaitGroup
	)
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		if next >= len(items) || ctx.Err() != nil {
			return 0, false
		}
		next++
		return next - 1, true
	}
	work := func() {
		defer wg.Done()
		for {
			i, ok := take()
			if !ok {
				return
			}
			var w int64
			if weigh != nil {
				w = gate.acquire(weigh(items[i]))
			}
			results[i], errs[i] = call(ctx, items[i], f)
			gate.release(w)
			if errs[i] != nil {
				cancel()
			}
		}
	}
	for range min(max(l.Jobs, 1), max(len(items), 1)) {
		wg.Add(1)
		go work()
	}
	wg.Wait()
	var gaveUp error
	for _, err := range errs {
		if err != nil && outer.Err() == nil && errors.Is(err, context.Canceled) {
			gaveUp = err
		} else if err != nil {
			return results, err
		}
	}
	return results, cmp.Or(gaveUp, context.Cause(ctx))
}

func call[T, R any](ctx context.Context, item T, f func(context.Context, T) (R, error)) (r R, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic on %v: %v\n%s", item, p, debug.Stack())
		}
	}()
	return f(ctx, item)
}

// gate is a weighted semaphore that lets anything through when it is empty,
// so that an item over the bound waits for the others instead of for ever.
type gate struct {
	mu    sync.Mutex
	cond  *sync.Cond
	bound int64
	used  int64
}

func newGate(bound int64) *gate {
	g := &gate{bound: bound}
	g.cond = sync.NewCond(&g.mu)
	return g
}

func (g *gate) acquire(w int64) int64 {
	if g.bound <= 0 || w <= 0 {
		return 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.used > 0 && g.used+w > g.bound {
		g.cond.Wait()
	}
	g.used += w
	return w
}

func (g *gate) release(w int64) {
	if w == 0 {
		return
	}
	g.mu.Lock()
	g.used -= w
	g.mu.Unlock()
	g.cond.Broadcast()
}
