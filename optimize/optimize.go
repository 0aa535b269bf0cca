// Package optimize makes one file smaller without looking at any other. An
// optimizer gets the bytes of a file and returns fewer bytes that render,
// behave and read the same, or says why it kept them.
//
// Laws, which the tests of fixtures hold every optimizer to: the output is a
// function of the bytes, the options and the version alone; it is never
// larger than the input; and optimizing an output changes nothing.
package optimize

import (
	"context"

	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/site"
)

// Optimizer turns one kind of file into a smaller one.
type Optimizer struct {
	Name    string // as in --only and --skip: "css"
	Doc     string // one line, for help and the docs table
	Version int    // raised whenever the same input may give other bytes
	Kinds   []site.Kind
	Match   func(site.Path) bool // narrows Kinds by name; nil takes all
	Run     func(context.Context, *Input) (Output, error)
}

// Input is what an optimizer may know.
type Input struct {
	Path    site.Path // for messages, and for formats told apart by extension
	Kind    site.Kind
	Bytes   []byte // must not be modified
	Options *Options
	Want    []string // further encodings asked for: site.VariantKey
	// Lossless forbids any change of the decoded pixels.
	Lossless bool
	// Unlinked says that names are still to be written into the text, so that
	// its compressed size is judged by whoever writes them.
	Unlinked bool
	// Module says that a script is an ES module.
	Module bool
	// Names says that a script which is loaded beside this one asks for the
	// names of functions.
	Names bool
	// Text facts of the whole site that a page's white space depends on.
	Space *SpaceFacts
	// AVIF encodes AVIF; nil makes none.
	AVIF AVIFEncoder
	// Offer says that a smaller form of a font can be offered beside it.
	Offer bool
	// Letters are what a smaller font beside this one is to have; nil makes none.
	Letters *site.Letters
	// Fonts makes fonts smaller; nil makes none.
	Fonts Subsetter
	// Esbuild minifies scripts and style sheets.
	Esbuild guard.Esbuild
	// Whole says that nothing outside a drawing refers to a part of it by id, so
	// that ids nothing inside refers to may go.
	Whole bool
	// KeepInline forbids touching inline scripts and styles (a hash or nonce
	// policy outside the page covers them).
	KeepInline bool

	// NoMap says that the source map of a script or style sheet is not wanted, or
	// that there is none where the comment says.
	NoMap bool

	look look // of the picture, filled on the way where placeholders are asked for
}

// SpaceFacts names what the site's style sheets say about white space.
type SpaceFacts struct {
	// Pre holds, for each rule that keeps white space (white-space: pre,
	// pre-wrap, pre-line, break-spaces, white-space-collapse: preserve*), the
	// rightmost compound of its selector reduced to one simple selector:
	// ".class", "#id", "tag", "[attr]", or "*" when nothing narrower is known.
	// Sorted, without repeats.
	Pre []string
	// ReadAttrs says that a selector looks at style attributes or event
	// handlers, so that their text must stay.
	ReadAttrs bool
}

// Options are the settings that change what optimizers write. All of them
// are part of the store's key.
type Options struct {
	Preset      string // "fast", "default" or "max"
	JPEGQuality int    // of jpegli, 1 to 100; 0 follows Quality
	Quality     string // how near lossy pictures stay to the source: "high", "balanced" or "small"; "" means balanced
	Color       string // "keep": pictures whose colours go beyond sRGB get no other encodings; "srgb": their copies are converted; "" means keep
	Placeholder string // "color" or "thumbhash": what Facts tell of a picture's look; "" and "off" mean nothing
	KeepLegal   bool   // keep legal comments in scripts and styles
	Limits      Limits
}

// Limits bound what a file may cost. A file over a limit is kept as it was.
type Limits struct {
	Pixels int64 // width × height of an image
	Side   int   // width or height of an image
	Frames int   // of an animation
	Text   int64 // bytes of a text file that is parsed
}

// DefaultLimits are those that apply when the owner sets none. 100 MP covers
// every camera in use; a decoded picture of that size is 400 MB.
var DefaultLimits = Limits{Pixels: 100e6, Side: 32768, Frames: 1000, Text: 10 << 20}

// Output is what an optimizer made.
type Output struct {
	// Bytes is the smaller file; nil keeps the source.
	Bytes []byte
	// Kept says why the source is kept, in a few words ("already minified").
	Kept     string
	Variants []Variant
	Facts    site.Facts
	Diags    []site.Diagnostic
}

// Variant is the same content in another format.
type Variant struct {
	Ext, Type     string
	Bytes         []byte
	Note          string // how it was made
	Width, Height int    // in pixels as seen; 0 means those of the picture
	Lossy         bool
	Score         float64 // SSIMULACRA2 of a lossy one
	// Range are the characters of a smaller font, as the descriptor unicode-range
	// says them.
	Range string
}
