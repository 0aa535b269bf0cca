package site

import "slices"

// Letters says which characters a smaller font is to have.
type Letters struct {
	Ranges [][2]rune // inclusive, sorted, apart
	// Icons asks for smaller fonts of icons alone.
	Icons bool
}

// Has reports whether r is one of them.
func (l *Letters) Has(r rune) bool {
	_, ok := slices.BinarySearchFunc(l.Ranges, r, func(x [2]rune, r rune) int {
		switch {
		case x[1] < r:
			return -1
		case x[0] > r:
			return 1
		}
		return 0
	})
	return ok
}
