package optimize

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/site"
)

func textInput(path, src string) *Input {
	p := site.Path(path)
	return &Input{
		Path: p, Kind: site.KindOf(p), Bytes: []byte(src),
		Options: &Options{KeepLegal: true, Limits: DefaultLimits}, Esbuild: guard.InProcess{},
	}
}

// padding is text that any minifier shrinks, so that the test's subject is
// not kept for want of a gain.
var padding = map[string]string{
	"a.css":  "\n.padding-rule   {   color :  red ;\n  /* a comment that goes away, long enough to matter */   margin : 0 ; }\n",
	"a.js":   "\n(function (document) {\n  // a comment that goes away, long enough to matter\n  document.title = document.title + 'padding' ;\n})(document);\n",
	"a.html": "\n\n\n      <!-- a comment that goes away, long enough to matter -->      \n\n",
}

type textCase struct {
	name, src string
	want      []string // in the output
	not       []string // not in the output
	kept      bool
}

func runTextCases(t *testing.T, o *Optimizer, path string, tests []textCase, edit func(*Input)) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			src := tt.src
			if !tt.kept {
				src += padding[path]
			}
			in := textInput(path, src)
			if edit != nil {
				edit(in)
			}
			out, err := o.Run(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if tt.kept {
				if out.Bytes != nil || out.Kept == "" {
					t.Errorf("%q became %q, want it kept", src, out.Bytes)
				}
				return
			}
			if out.Bytes == nil {
				t.Fatalf("%q kept: %s %v", src, out.Kept, out.Diags)
			}
			checkLaws(t, o, in, out)
			for _, w := range tt.want {
				if !bytes.Contains(out.Bytes, []byte(w)) {
					t.Errorf("%q became %q, want %q in it", src, out.Bytes, w)
				}
			}
			for _, w := range tt.not {
				if bytes.Contains(out.Bytes, []byte(w)) {
					t.Errorf("%q became %q, want no %q in it", src, out.Bytes, w)
				}
			}
		})
	}
}

// checkLaws holds an output to the laws of the package.
func checkLaws(t *testing.T, o *Optimizer, in *Input, out Output) {
	t.Helper()
	if len(out.Bytes) > len(in.Bytes) || compressedSize(out.Bytes) >= compressedSize(in.Bytes) {
		t.Errorf("%q became larger: %q", in.Bytes, out.Bytes)
	}
	again := *in
	again.Bytes = out.Bytes
	if o2, err := o.Run(t.Context(), &again); err != nil || o2.Bytes != nil {
		t.Errorf("not stable: %q became %q (%v)", out.Bytes, o2.Bytes, err)
	}
	if o3, err := o.Run(t.Context(), in); err != nil || !bytes.Equal(o3.Bytes, out.Bytes) {
		t.Errorf("not deterministic: %q, then %q (%v)", out.Bytes, o3.Bytes, err)
	}
}

type failing struct{ err error }

func (f failing) Transform(context.Context, guard.Transform) (guard.TransformResult, error) {
	return guard.TransformResult{}, f.err
}

func (f failing) Bundle(context.Context, guard.Bundle) (guard.TransformResult, error) {
	return guard.TransformResult{}, f.err
}

func TestEsbuildThatFails(t *testing.T) {
	t.Parallel()
	for _, err := range []error{guard.ErrDied, guard.ErrTimeout, guard.ErrRefused} {
		in := textInput("a.js", padding["a.js"])
		in.Esbuild = failing{err}
		out, got := JS.Run(t.Context(), in)
		if got != nil || out.Bytes != nil || len(out.Diags) != 1 || out.Diags[0].Rule != "js-kept" || out.Diags[0].Severity != site.Warn {
			t.Errorf("%v: %+v, %v", err, out, got)
		}
	}
	in := textInput("a.css", padding["a.css"])
	in.Esbuild = failing{guard.ErrClosed}
	if _, err := CSS.Run(t.Context(), in); err == nil || !strings.Contains(err.Error(), "a.css") {
		t.Errorf("an error of ours is not passed on: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := JS.Run(ctx, textInput("a.js", padding["a.js"])); err == nil {
		t.Error("cancelled, but no error")
	}
}

func TestTextLimit(t *testing.T) {
	t.Parallel()
	in := textInput("a.css", strings.Repeat(padding["a.css"], 10))
	in.Options.Limits.Text = 100
	if out, err := CSS.Run(t.Context(), in); err != nil || out.Bytes != nil || out.Kept == "" {
		t.Errorf("%+v, %v", out, err)
	}
}

const hole = "hOne0x00000012xhOne"

func TestPlaceholdersSurvive(t *testing.T) {
	t.Parallel()
	tests := []struct{ path, src string }{
		{"a.css", "a { background: url(" + hole + ") }"},
		{"a.css", "a { background: url( \"" + hole + "?a=1#b\" ) no-repeat }"},
		{"a.css", "@import url(" + hole + ") print;"},
		{"a.css", "@import '" + hole + "';"},
		{"a.css", "a { background-image: image-set( '" + hole + "' 1x ) }"},
		{"a.css", "@font-face { font-family: x; src: url(" + hole + "#iefix) format('woff') }"},
		{"a.css", "a { --x: url( " + hole + " ) }"},
		{"a.js", "import x from '" + hole + "'; x()"},
		{"a.js", "import  '" + hole + "'"},
		{"a.js", "export * from '" + hole + "'"},
		{"a.js", "import( '" + hole + "' ).then(f => f())"},
		{"a.js", "const u = new URL( '" + hole + "', import.meta.url ); f(u, u)"},
		{"a.js", "const u = '" + hole + "'; f(u); f(u)"},
		{"a.js", "fetch(`" + hole + "?x=${y}`)"},
		{"a.html", "<img src=\"" + hole + "\" alt='x'>"},
		{"a.html", "<img srcset='" + hole + " 1x, b.png 2x'>"},
		{"a.html", "<div style='background: url(" + hole + ")'>x</div>"},
		{"a.html", "<a href='" + hole + "?a=1&amp;b=2#c'>x</a>"},
		{"a.html", "<style> a { background: url( " + hole + " ) } </style>"},
		{"a.html", "<script type=module> import x from '" + hole + "' ; x( 1 ) </script>"},
		{"a.html", "<script> fetch( '" + hole + "' ) ; </script>"},
		{"a.html", "<script type='application/ld+json'> { \"image\" : \"" + hole + "\" } </script>"},
		{"a.html", "<script type=importmap>{ \"imports\" : { \"a\" : \"" + hole + "\" } }</script>"},
		{"a.svg", "<svg xmlns='http://www.w3.org/2000/svg'>  <!-- c --> <image href='" + hole + "' width='10.0' height='10.0'/>  </svg>"},
		{"a.svg", "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'>  <use xlink:href='" + hole + "#a' fill='#ff0000'/>  </svg>"},
		{"a.svg", "<svg xmlns='http://www.w3.org/2000/svg'>  <rect style='fill: url( " + hole + "#a )' width='10.0' height='10'/>  </svg>"},
		{"a.json", "{ \"src\" :  \"" + hole + "\" ,  \"b\" : [ 1 , 2 ] }"},
		{"a.xml", "<r>   <!-- c -->   <loc>" + hole + "</loc>   <a href=\"" + hole[:5] + "\"/>  </r>"},
	}
	for _, tt := range tests {
		t.Run(tt.src, func(t *testing.T) {
			t.Parallel()
			in := textInput(tt.path, tt.src+padding[tt.path])
			if tt.path == "a.css" && strings.HasPrefix(tt.src, "@import") {
				in.Bytes = []byte(tt.src + padding[tt.path])
			}
			in.Module = strings.Contains(tt.src, "import") || strings.Contains(tt.src, "export")
			for _, o := range []*Optimizer{CSS, JS, HTML, SVG, JSON, XML} {
				if o.Kinds[0] != in.Kind {
					continue
				}
				out, err := o.Run(t.Context(), in)
				if err != nil || out.Bytes == nil {
					t.Fatalf("kept: %s %v %v", out.Kept, out.Diags, err)
				}
				if n := bytes.Count(out.Bytes, []byte(hole)); n != 1 {
					t.Errorf("%d placeholders in %q", n, out.Bytes)
				}
			}
		})
	}
}
