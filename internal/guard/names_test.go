package guard

import (
	"strings"
	"testing"
)

func TestReadsNames(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]bool{
		"this.constructor.name":            true,
		"o.constructor?.name === x":        true,
		"new . target\n .name":             true,
		"arguments.callee.name":            true,
		"e.target.name":                    false,
		"constructor.names":                false,
		"myconstructor.name":               false,
		"constructor.displayname":          false,
		"name":                             false,
		".name":                            false,
		"":                                 false,
		strings.Repeat("user.name;", 1000): false,
	} {
		if got := ReadsNames([]byte(src)); got != want {
			t.Errorf("ReadsNames(%.40q) = %v", src, got)
		}
	}
}
