package measure

import (
	"context"
	"errors"
	"slices"
	"testing"
)

func TestBlame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		n        int
		causes   []int
		tries    int // at most
		hopeless bool
	}{
		{name: "first", n: 33, causes: []int{0}, tries: 14},
		{name: "last", n: 33, causes: []int{32}, tries: 14},
		{name: "only one", n: 1, causes: []int{0}, tries: 1},
		{name: "two together", n: 33, causes: []int{3, 29}, tries: 60},
		{name: "three together", n: 12, causes: []int{0, 5, 11}, tries: 70},
		{name: "all", n: 4, causes: []int{0, 1, 2, 3}, tries: 60},
		{name: "none of them", n: 33, hopeless: true, tries: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tries := 0
			got, err := Blame(t.Context(), c.n, func(_ context.Context, without []int) (bool, error) {
				tries++
				for _, x := range c.causes {
					if !slices.Contains(without, x) {
						return false, nil
					}
				}
				return !c.hopeless, nil
			})
			slices.Sort(got)
			if err != nil || !slices.Equal(got, c.causes) {
				t.Errorf("blamed %v, want %v (error %v)", got, c.causes, err)
			}
			if tries > c.tries {
				t.Errorf("%d tries, at most %d are needed", tries, c.tries)
			}
		})
	}
}

func TestBlameError(t *testing.T) {
	t.Parallel()
	want := errors.New("no browser")
	n := 0
	_, err := Blame(t.Context(), 8, func(context.Context, []int) (bool, error) {
		if n++; n == 3 {
			return false, want
		}
		return n == 1, nil
	})
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

// TestBlameGivesUp checks that a search without an end ends with what surely
// suffices.
func TestBlameGivesUp(t *testing.T) {
	t.Parallel()
	tries := 0
	got, err := Blame(t.Context(), 500, func(_ context.Context, without []int) (bool, error) {
		tries++
		return len(without) == 500, nil
	})
	if err != nil || len(got) != 500 || tries > maxTries {
		t.Errorf("%d blamed after %d tries, error %v", len(got), tries, err)
	}
}
