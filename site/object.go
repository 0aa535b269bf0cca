package site

import (
	"strconv"
	"strings"
)

// Form says how a hole is filled.
type Form uint8

// The forms of a hole.
const (
	FormURL       Form = iota // the address of the target
	FormIntegrity             // SRI hashes of the target's final bytes
	FormRevision              // hexadecimal hash of the target's final bytes
)

// Style is how an address was written, and so how it is written again.
type Style uint8

// The styles of an address.
const (
	Relative Style = iota // "../a.css"
	Dotted                // "./a.js": as Relative, but always begins with ./ or ../ (module specifiers)
	Rooted                // "/a.css"
	Absolute              // "https://host/a.css"
	NetPath               // "//host/a.css"
)

// Reloc is a hole in compiled code: text that depends on the name or the bytes
// of another file, written in when both are known.
type Reloc struct {
	Off  int    // where in the code the text goes
	Ref  int    // which reference of the source this is
	Form Form   //
	Algs string `json:",omitempty"` // hash of FormIntegrity and FormRevision: "sha384", "md5", …
	// Variant is the key of the target's encoding that the text names; "" is
	// the one that the plan serves, or the file itself.
	Variant string `json:",omitempty"`
}

// Facts are what later ranks may know about an object.
type Facts struct {
	Width, Height int     `json:",omitempty"` // pixels, of images
	Frames        int     `json:",omitempty"` // of animations
	Alpha         bool    `json:",omitempty"` // some pixel is not opaque
	Lossy         bool    `json:",omitempty"` // pixels changed
	Score         float64 `json:",omitempty"` // SSIMULACRA2 of changed pixels against the source
	Note          string  `json:",omitempty"` // what was done, for explain
	// Color is the mean colour of an opaque picture, "#rrggbb", and Thumb a
	// PNG of a few pixels in base64 that resembles it: both only where
	// placeholders are asked for.
	Color string `json:",omitempty"`
	Thumb string `json:",omitempty"`
}

// Variant is another encoding of an object, of the whole picture or of a
// smaller one.
type Variant struct {
	Ext  string // ".webp"
	Type string // media type
	Blob Digest // its bytes
	Size int64
	Note string // how it was made
	// Width and Height are in pixels, of the picture as it is seen; 0 means
	// those of the object.
	Width, Height int     `json:",omitempty"`
	Lossy         bool    `json:",omitempty"` // pixels differ from the source
	Score         float64 `json:",omitempty"` // SSIMULACRA2 of a lossy one against the source at its size
	// Range are the characters of a smaller font, as the descriptor unicode-range
	// says them.
	Range string `json:",omitempty"`
}

// Key tells the variants of an object apart: ".avif", or ".avif@640" for one
// 640 pixels wide.
func (v *Variant) Key() string { return VariantKey(v.Ext, v.Width) }

// VariantKey returns the key of a variant of that extension and width; 0
// stands for the width of the picture.
func VariantKey(ext string, width int) string {
	if width == 0 {
		return ext
	}
	return ext + "@" + strconv.Itoa(width)
}

// ParseVariantKey takes a key apart.
func ParseVariantKey(key string) (ext string, width int) {
	ext, w, _ := strings.Cut(key, "@")
	width, _ = strconv.Atoi(w)
	return ext, width
}

// Object is a compiled file. It knows no other file except by path, so it may
// be kept and used again whenever the same bytes meet the same options.
type Object struct {
	Path     Path
	Kind     Kind
	Same     bool    // the bytes are those of the source
	Blob     Digest  // the bytes; holes left out
	Size     int64   // bytes in Blob
	Relocs   []Reloc // sorted by Off
	Facts    Facts
	Variants []Variant
	Kept     string       // not empty: why the source's bytes were kept
	Steps    []string     // optimizers that ran
	Diags    []Diagnostic // found on the way, replayed when the object comes from the store
}
