package site

// Kind says what a file is, judged by its extension.
type Kind uint8

// The kinds. Opaque files (archives, documents, anything unknown) and Text
// files (robots.txt, Markdown) are published as they are.
const (
	Opaque Kind = iota
	Image
	Font
	Media
	CSS
	JS
	SVG
	JSON
	XML
	Text
	HTML
)

var kindNames = [...]string{"other", "image", "font", "media", "css", "js", "svg", "json", "xml", "text", "html"}

func (k Kind) String() string { return kindNames[k] }

// Rank orders compilation: a decision may use the facts of lower ranks only.
// 0 is leaves (image, font, media, opaque), 1 is what refers to leaves and to
// each other, 2 is pages.
func (k Kind) Rank() int {
	switch k {
	case HTML:
		return 2
	case CSS, JS, SVG, JSON, XML, Text:
		return 1
	}
	return 0
}

// IsText reports whether files of the kind gain from gzip and brotli.
func (k Kind) IsText() bool { return k.Rank() > 0 }

type extInfo struct {
	kind Kind
	mime string
}

// Media types are those of the IANA registry; text types carry the charset
// only where the format does not fix it to UTF-8 itself.
var extensions = map[string]extInfo{
	".html": {HTML, "text/html; charset=utf-8"}, ".htm": {HTML, "text/html; charset=utf-8"},
	".xhtml": {XML, "application/xhtml+xml"},
	".css":   {CSS, "text/css; charset=utf-8"},
	".js":    {JS, "text/javascript; charset=utf-8"}, ".mjs": {JS, "text/javascript; charset=utf-8"},
	".cjs":  {JS, "text/javascript; charset=utf-8"},
	".svg":  {SVG, "image/svg+xml"},
	".json": {JSON, "application/json"}, ".webmanifest": {JSON, "application/manifest+json"},
	".geojson": {JSON, "application/geo+json"}, ".jsonld": {JSON, "application/ld+json"},
	".map": {Text, "application/json"}, ".topojson": {JSON, "application/json"},
	".xml": {XML, "application/xml"}, ".rss": {XML, "application/rss+xml"}, ".atom": {XML, "application/atom+xml"},
	".xsl": {XML, "application/xslt+xml"}, ".xslt": {XML, "application/xslt+xml"},
	".txt": {Text, "text/plain; charset=utf-8"}, ".md": {Text, "text/markdown; charset=utf-8"},
	".csv": {Text, "text/csv; charset=utf-8"}, ".vtt": {Text, "text/vtt; charset=utf-8"},
	".ics": {Text, "text/calendar; charset=utf-8"}, ".tsv": {Text, "text/tab-separated-values; charset=utf-8"},
	".jpg": {Image, "image/jpeg"}, ".jpeg": {Image, "image/jpeg"}, ".jpe": {Image, "image/jpeg"}, ".jfif": {Image, "image/jpeg"},
	".png": {Image, "image/png"}, ".apng": {Image, "image/apng"}, ".gif": {Image, "image/gif"},
	".webp": {Image, "image/webp"}, ".avif": {Image, "image/avif"}, ".jxl": {Image, "image/jxl"},
	".ico": {Image, "image/vnd.microsoft.icon"}, ".bmp": {Image, "image/bmp"}, ".cur": {Image, "image/x-icon"},
	".tif": {Image, "image/tiff"}, ".tiff": {Image, "image/tiff"},
	".woff2": {Font, "font/woff2"}, ".woff": {Font, "font/woff"}, ".ttf": {Font, "font/ttf"},
	".otf": {Font, "font/otf"}, ".eot": {Font, "application/vnd.ms-fontobject"}, ".ttc": {Font, "font/collection"},
	".mp4": {Media, "video/mp4"}, ".m4v": {Media, "video/mp4"}, ".webm": {Media, "video/webm"}, ".ogv": {Media, "video/ogg"},
	".mov": {Media, "video/quicktime"}, ".mp3": {Media, "audio/mpeg"}, ".m4a": {Media, "audio/mp4"},
	".ogg": {Media, "audio/ogg"}, ".oga": {Media, "audio/ogg"}, ".opus": {Media, "audio/ogg"}, ".wav": {Media, "audio/wav"},
	".flac": {Media, "audio/flac"}, ".aac": {Media, "audio/aac"},
	".pdf": {Opaque, "application/pdf"}, ".zip": {Opaque, "application/zip"}, ".gz": {Opaque, "application/gzip"},
	".wasm": {Opaque, "application/wasm"}, ".br": {Opaque, "application/octet-stream"},
}

// KindOf returns the kind of the file at p.
func KindOf(p Path) Kind { return extensions[p.Ext()].kind }

// TypeOf returns the media type (RFC 9110, section 8.3) a server should send
// for the file at p.
func TypeOf(p Path) string {
	if t := extensions[p.Ext()].mime; t != "" {
		return t
	}
	return "application/octet-stream"
}
