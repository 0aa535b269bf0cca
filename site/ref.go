package site

// Span is a half-open range of byte offsets in one file.
type Span struct{ Start, End int }

// Len returns the number of bytes in s.
func (s Span) Len() int { return s.End - s.Start }

// Role says what a reference is for, which decides what may be done with it.
type Role uint8

// The roles. Those before RoleStyle lead elsewhere (the browser loads nothing
// when the page opens); those from RoleStyle on are loaded with the page.
const (
	RoleLink       Role = iota // a href, area href, form action, cite: somewhere to go
	RoleCanonical              // canonical, alternate, prev, next, og:url, sitemap loc
	RoleFeedImage              // image of a feed or sitemap entry, of JSON-LD: read by crawlers
	RoleMetaImage              // og:image, twitter:image: read by crawlers when somebody shares the page
	RoleSourceMap              // sourceMappingURL
	RoleHint                   // preload, modulepreload, prefetch
	RolePrecache               // an entry of a service worker's precache list
	RoleDownload               // object data, embed src, a download
	RoleStyle                  // link rel=stylesheet
	RoleImport                 // CSS @import
	RoleScript                 // script src
	RoleModule                 // script type=module src, static import
	RoleDynamic                // import("…"), new URL("…", import.meta.url), Worker
	RoleImage                  // img src, input type=image, SVG image
	RoleSrcset                 // one candidate of srcset or imagesrcset
	RoleBackground             // CSS url() in a property that takes an image
	RoleFont                   // src of @font-face
	RoleMedia                  // video, audio, source, track
	RolePoster                 // video poster
	RoleIcon                   // link rel=icon, apple-touch-icon, mask-icon, manifest icons
	RoleManifest               // link rel=manifest
	RoleFrame                  // iframe, frame, embed of a page
	RoleUse                    // SVG use href, CSS filter, clip-path: needs the fragment's element
)

var roleNames = [...]string{"link", "canonical", "feed-image", "meta-image", "source-map", "hint", "precache", "download",
	"style", "import", "script", "module", "dynamic-import", "image", "srcset", "background", "font", "media", "poster",
	"icon", "manifest", "frame", "use"}

func (r Role) String() string { return roleNames[r] }

// Loads reports whether a browser that opens the file fetches the target too.
func (r Role) Loads() bool { return r >= RoleStyle }

// Ref is one mention of a URL in a file.
type Ref struct {
	Span  Span              // the address: the URL's text without ?query and #fragment
	URL   string            // the whole URL with the escapes of its language undone, query and fragment included
	Base  string            // not empty: relative URLs resolve against this (<base href>), not against the file
	Role  Role              //
	Fixed string            // not empty: the text must stay as it is, and this says why
	Attrs map[string]string // attributes of the HTML element, names in lower case, plus "<" for its name
}

// SumKind says how a Sum is written.
type SumKind uint8

// The ways a file's hash is written into another.
const (
	SumIntegrity SumKind = iota // one or more "sha384-BASE64", as in integrity (W3C SRI, section 3.5)
	SumRevision                 // a hexadecimal MD5, SHA-1 or SHA-256, as in a precache list
)

// SumRef is a mention of a file's hash: the text at Span is the hash of the
// file that Refs[Ref] refers to.
type SumRef struct {
	Span Span
	Kind SumKind
	Ref  int
	Text string
	// Hash is where the hash itself stands if Text is a single one of an
	// algorithm of SRI; zero otherwise. It may be longer than the hash:
	// "&#43;" is a plus sign.
	Hash Span
}

// Edit is a splice: the bytes at Span are replaced by New.
type Edit struct {
	Span  Span
	New   string
	Holes []EditHole `json:",omitempty"` // in New, sorted by Off
}

// EditHole is a place in new text where the address of a file is written.
type EditHole struct {
	Off     int    // in Edit.New
	Ref     int    // a reference of the source to the same file
	Variant string // key of the encoding
}
