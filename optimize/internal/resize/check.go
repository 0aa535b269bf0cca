//go:build amd64 || arm64

package resize

// check guards the memory that assembly reads and writes.
func check(ok bool) {
	if !ok {
		panic("resize: rows do not fit the filter")
	}
}
