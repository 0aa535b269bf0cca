// Package guard runs esbuild where it can do no harm: in a child process with
// a deadline and a memory bound. It knows nothing of sites.
package guard

import "context"

// Esbuild is the part of esbuild that hone uses. It runs in a guarded child
// process, because hostile input can kill or hang it.
type Esbuild interface {
	Transform(context.Context, Transform) (TransformResult, error)
	Bundle(context.Context, Bundle) (TransformResult, error)
}

// Transform is one request to esbuild.
type Transform struct {
	Code       string
	Loader     string // "js" or "css"
	Target     string // of scripts: "esnext", "es5", "es2015", …, "es2022"; "" is esnext
	Module     bool   // the script is an ES module
	Whitespace bool   // minify white space
	Syntax     bool   // minify syntax
	Names      bool   // rename local identifiers
	Legal      bool   // keep legal comments
	ASCII      bool   // write non-ASCII characters as escapes
	// Unsupported names the features of style sheets that the output may not
	// use and that esbuild replaces where the source does, as in esbuild's
	// "supported" setting: "hex-rgba", "inset-property", …
	Unsupported []string
}

// TransformResult is esbuild's answer. A message in Errors means Code is empty.
type TransformResult struct {
	Code     string
	Errors   []Message
	Warnings []Message
}

// Message is an error or warning of esbuild.
type Message struct {
	Text         string
	Line, Column int // from 1
}
