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

	// Dictionaries are packed forms for those who have a file of the last deploy
	// (RFC 9842).
	Dictionaries []Dictionary `json:"dictionaries,omitempty"`

	URLs       []string `json:"urls,omitempty"`        // the paths it answers at, the usual one first
	ETag       string   `json:"etag,omitempty"`        // a strong validator of the bytes without content coding
	HeaderHash string   `json:"header_hash,omitempty"` // SHA-256 of "name: value" lines, names in lower case, sorted as written
	Tags       []string `json:"tags,omitempty"`        // what a CDN may purge it by
	Phase      string   `json:"phase,omitempty"`       // of a deploy, in which it is sent
	Digests    *Digests `json:"digests,omitempty"`     // besides SHA256
}

// Dictionary is a form of a file that is packed with another as dictionary.
type Dictionary struct {
	SHA256 Digest `json:"sha256"` // of the dictionary
	Path   Path   `json:"path"`   // of the packed form
	Size   int64  `json:"size"`
}

// Digests are of the bytes without content coding, as hosts address them, in
// lower-case hexadecimal.
type Digests struct {
	SHA1       string `json:"sha1"`                  // Netlify, Vercel
	MD5        string `json:"md5"`                   // S3's ETag, Azure's Content-MD5
	Cloudflare string `json:"cloudflare"`            // BLAKE3 of base64 and extension, 128 bits: Pages, Workers assets
	Gzip       string `json:"gzip_sha256,omitempty"` // of the precompressed form, which Firebase takes
}

// Manifest is the whole truth about an output, sorted by path.
type Manifest struct {
	Version int     `json:"version"`
	Entries []Entry `json:"entries"`
}

// ManifestVersion is the version this program writes.
const ManifestVersion = 1
