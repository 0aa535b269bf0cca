package layout

import (
	"slices"
	"testing"
)

func TestFromEnd(t *testing.T) {
	t.Parallel()
	has := func(_ byte, name string) bool { return name != "nobody" }
	body := func(_ byte, name string) bool { return name == "home" }
	for _, c := range []struct {
		selector     string
		counts, last bool
	}{
		{"p", false, false},
		{"p:nth-child(2)", false, false},
		{"p:nth-last-child(2)", true, true},
		{"p:last-child", false, true},
		{"p:not(:last-child)", false, true},
		{".nobody:last-child", false, false},
		{"li:last-child", false, false},
		{".card > :last-child", false, false},
		{".card :last-child", false, true},
		{".home > :last-child", false, true},
		{"body > p:only-child a", false, true},
		{"main > p:only-child a", false, false},
		{".a:not(.b) > .c:nth-last-child(n+3)", false, false},
		{"p:has(> i:last-child)", false, true},
		{".card > p:is(.a :nth-last-child(1))", true, true},
		{"p:last-of-type", false, false},
	} {
		list := Selectors(c.selector)
		for last, want := range map[bool]bool{false: c.counts, true: c.last} {
			if got := slices.ContainsFunc(list, func(s Selector) bool { return s.FromEnd(last, has, body) }); got != want {
				t.Errorf("%s, last %v: %v", c.selector, last, got)
			}
		}
	}
}
