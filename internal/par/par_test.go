package par

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
)

func TestMapKeepsOrder(t *testing.T) {
	t.Parallel()
	items := make([]int, 1000)
	for i := range items {
		items[i] = i
	}
	for _, jobs := range []int{0, 1, 2, 8} {
		got, err := Map(t.Context(), Limits{Jobs: jobs}, items, nil, func(_ context.Context, i int) (int, error) { return i * i, nil })
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range got {
			if v != i*i {
				t.Fatalf("jobs %d: result %d is %d", jobs, i, v)
			}
		}
	}
}

func TestMapBoundsWeight(t *testing.T) {
	t.Parallel()
	var now, peak atomic.Int64
	items := []int64{3, 4, 5, 20, 1, 1, 9, 2, 6, 5}
	_, err := Map(t.Context(), Limits{Jobs: 8, Weight: 10}, items, func(w int64) int64 { return w }, func(_ context.Context, w int64) (int, error) {
		n := now.Add(w)
		if n > 10 && n != w {
			t.Errorf("weight %d at once", n)
		}
		for old := peak.Load(); n > old && !peak.CompareAndSwap(old, n); old = peak.Load() {
		}
		now.Add(-w)
		return 0, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if peak.Load() < 20 {
		t.Errorf("the heavy item never ran")
	}
}

func TestMapReturnsEarliestErrorAndStops(t *testing.T) {
	t.Parallel()
	bad := errors.New("bad")
	var ran atomic.Int64
	_, err := Map(t.Context(), Limits{Jobs: 1}, []int{1, 2, 3, 4}, nil, func(_ context.Context, i int) (int, error) {
		ran.Add(1)
		if i == 2 {
			return 0, bad
		}
		return 0, nil
	})
	if !errors.Is(err, bad) || ran.Load() != 2 {
		t.Fatalf("err %v after %d items", err, ran.Load())
	}
}

// TestMapTellsTheCause: an earlier item that gives up because a later one
// failed does not hide why.
func TestMapTellsTheCause(t *testing.T) {
	t.Parallel()
	bad := errors.New("bad")
	started := make(chan struct{})
	_, err := Map(t.Context(), Limits{Jobs: 2}, []int{0, 1}, nil, func(ctx context.Context, i int) (int, error) {
		if i == 1 {
			<-started
			return 0, bad
		}
		close(started)
		<-ctx.Done()
		return 0, ctx.Err()
	})
	if !errors.Is(err, bad) {
		t.Fatalf("got %v", err)
	}
}

func TestMapTurnsPanicIntoError(t *testing.T) {
	t.Parallel()
	_, err := Map(t.Context(), Limits{Jobs: 2}, []string{"x.png"}, nil, func(context.Context, string) (int, error) { panic("boom") })
	if err == nil || !strings.Contains(err.Error(), "boom") || !strings.Contains(err.Error(), "x.png") {
		t.Fatalf("got %v", err)
	}
}

func TestMapObeysCancel(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Map(ctx, Limits{Jobs: 2}, []int{1, 2}, nil, func(context.Context, int) (int, error) { t.Error("ran"); return 0, nil })
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}
