// Package pipeline runs the one path from a folder of built files to a
// verified, published copy: load, scan, plan, compile, link, emit, verify,
// write. Commands differ only in the Options they hand it and in what they do
// with the Result.
package pipeline

import (
	"context"
	"time"

	"github.com/hone-web/hone/bundle"
	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/internal/rum"
	"github.com/hone-web/hone/optimize"
	"github.com/hone-web/hone/site"
	"github.com/hone-web/hone/verify"
)

// Options say what to build and how. The zero value of each field is its
// default unless said otherwise.
type Options struct {
	In      string // folder to read
	Out     string // folder to write; "" verifies without writing
	Meta    string // folder for the manifest, report, host files and store
	Replace bool   // Out is In
	Force   bool   // Out may hold files that hone did not write
	DryRun  bool   // do all the work, publish nothing

	Jobs        int   // below 1 means 1
	MemoryLimit int64 // bytes that work in flight may take; 0 means no bound

	Include, Exclude []string // globs of what is optimized; the rest is published as it is
	Only, Skip       []string // names of optimizers and combiners

	BaseURL  string // "" infers it from the pages
	KeepURLs KeepURLs
	Preset   string // "fast", "default" or "max"
	Image    ImageOptions
	Protocol string // bundle.Planner.Protocol
	Inline   string // bundle.Planner.Inline
	Sprite   string // bundle.Planner.Sprite
	Fonts    bundle.FontOptions
	// SourceMaps is "keep" (the default: a file with a map stays as it is) or
	// "drop".
	SourceMaps string
	CSS        bundle.CSSOptions
	NoCache    bool
	FailOn     FailOn
	Strict     bool // a file kept because it is broken is an error
	Limits     optimize.Limits
	Encode     []string // content codings to precompress: "br", "gzip", "zstd"
	Hosts      []string // names of cache targets; empty means all that need no choice
	Cache      cache.Policy
	Link       bool // pages name their first style sheets in a Link field
	// Previous is the folder of what was deployed last, whose style sheets and
	// scripts are dictionaries (cache.Policy.Dictionary); "" knows of none.
	Previous string
	// RUM has pages measure their visits; nil has none.
	RUM    *rum.Config
	Vendor VendorOptions
	// Own are the owner's files for hosts that do not stand in the site.
	Own map[site.Path][]byte
	// Paywall is the owner's policy, compiled; nil means that nothing is paid.
	Paywall *verify.Paywall
	// Judged keeps what the rules about payment read for the next build; may be
	// nil.
	Judged *verify.Memo
	// Memory carries over from build to build of one process; may be nil.
	Memory *Memory
	// HostFiles are the configuration files of hosts beside the site.
	HostFiles []cache.ConfFile

	Esbuild guard.Esbuild
	// CodeCache is a folder for compiled encoders, which take seconds to
	// compile; "" keeps none. What it holds is run, so it must not be part of
	// a project: somebody else may have written that.
	CodeCache string
	// AVIF encodes AVIF; nil starts an encoder when a picture needs one.
	AVIF optimize.AVIFEncoder
	Now  time.Time // ages the store, nothing else
	// Clock times the slowest files for the report; nil leaves them out.
	Clock func() time.Time
	// Review may add findings to the result before it is published: budgets.
	Review func(*Result) []site.Diagnostic
	// Leave names optimizers that are not to touch a file.
	Leave map[site.Path][]string
	// Prove is shown the folder of the finished tree before it takes the place
	// of the old one. Its findings join the result; with ok false nothing is
	// published.
	Prove func(ctx context.Context, dir string, r *Result) (found []site.Diagnostic, ok bool, err error)
	// Progress is told how far a stage is; it may be called from any
	// goroutine. nil is fine.
	Progress func(stage string, done, total int)
}

// ImageOptions are the settings of pictures.
type ImageOptions struct {
	JPEGQuality int    // of jpegli, 1 to 100; 0 follows Quality
	Quality     string // "high", "balanced" or "small"; "" means balanced
	Picture     string // bundle.ImageOptions.Picture
	AVIF        string // bundle.ImageOptions.AVIF
	Color       string // optimize.Options.Color
	Placeholder string // "off", "color" or "thumbhash"; "" means off
}

// KeepURLs says which files still answer under the name they had.
type KeepURLs string

// The values of KeepURLs; "" means all.
const (
	KeepAll   KeepURLs = "all"
	KeepMedia KeepURLs = "media" // pictures, fonts, sound, film
	KeepNone  KeepURLs = "none"
)

// FailOn is the least severity that stops a build.
type FailOn string

// The values of FailOn; "" means error.
const (
	FailError FailOn = "error"
	FailWarn  FailOn = "warn"
	FailNever FailOn = "never"
)

// Reached reports whether a finding of severity s stops the build.
func (f FailOn) Reached(s site.Severity) bool {
	switch f {
	case FailNever:
		return false
	case FailWarn:
		return s >= site.Warn
	}
	return s >= site.Error
}

func (o *Options) progress(stage string, done, total int) {
	if o.Progress != nil {
		o.Progress(stage, done, total)
	}
}

func (o *Options) skips(name string) bool {
	for _, s := range o.Skip {
		if s == name {
			return true
		}
	}
	if len(o.Only) == 0 {
		return false
	}
	for _, s := range o.Only {
		if s == name {
			return false
		}
	}
	return true
}

func (o *Options) optimize() *optimize.Options {
	return &optimize.Options{Preset: o.Preset, JPEGQuality: o.Image.JPEGQuality, Quality: o.Image.Quality, Color: o.Image.Color, Placeholder: o.Image.Placeholder, KeepLegal: true, Limits: o.Limits}
}
