package site

// Output is a file that a host reads to learn about headers.
type Output struct {
	Path      Path // under the published folder, or under hosts/ of the records
	Bytes     []byte
	Published bool // belongs into the published folder
}
