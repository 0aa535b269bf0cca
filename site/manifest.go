package site

// Entry is one file of the output.
type Entry struct {
	Path      Path              `json:"path"`
	From      []Path            `json:"from"`              // the input files it was made of
	Type      string            `json:"type"`              // media type
	Size      int64             `json:"size"`              // bytes without content coding
	SHA256    Digest            `json:"sha256"`            // of those bytes
	Header    map[string]string `json:"header"`            // what a host should send
	Encodings []string          `json:"encodings"`         // content codings that lie precompressed beside it: "br", "gzip"
	Fixed     bool              `json:"fixed"`             // the name does not follow the bytes
	Zone      Zone              `json:"zone"`              //
	Refs      []Path            `json:"refs"`              // the output files it refers to
	Class     string            `json:"class,omitempty"`   // page, fingerprinted, alias, …
	Kept      string            `json:"kept,omitempty"`    // why the source's bytes were kept
	Steps     []string          `json:"steps,omitempty"`   // what was done
	Before    int64             `json:"before,omitempty"`  // bytes of the source
	Encoded   map[string]int64  `json:"encoded,omitempty"` // bytes of each of Encodings
}

// Manifest is the whole truth about an output, sorted by path.
type Manifest struct {
	Version int     `json:"version"`
	Entries []Entry `json:"entries"`
}

// ManifestVersion is the version this program writes.
const ManifestVersion = 1
