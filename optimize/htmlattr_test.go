package optimize

import (
	"testing"

	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/site"
)

func TestSqueezeDeclarations(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		" color : red ;  margin:  0  auto ; ":       "color:red;margin:0 auto",
		"width: calc(100% - 2rem) !important":       "width:calc(100% - 2rem) !important",
		"background: url(a b.png) no-repeat":        "background: url(a b.png) no-repeat",
		"font: 1em 'A  B', serif; color: #FFF":      "font:1em 'A  B', serif;color:#FFF",
		"--x:  a ; color: red":                      "--x:  a ; color: red",
		"/* c */ color: red":                        "/* c */ color: red",
		"a:b;c: d:e f":                              "a:b;c:d:e f",
		"filter: progid:DX.M(a='b', c=d)":           "filter:progid:DX.M(a='b', c=d)",
		"background:url(x.png)":                     "background:url(x.png)",
		"color: red;;  ; top: -1px":                 "color:red;;;top:-1px",
		"grid-template-areas: \"a b\"   \"c  d\"  ": "grid-template-areas:\"a b\" \"c  d\"",
	} {
		got := string(squeezeDeclarations([]byte(in)))
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
		if again := string(squeezeDeclarations([]byte(got))); again != got {
			t.Errorf("%q: a second time %q", got, again)
		}
	}
}

func TestHTMLAttributeCode(t *testing.T) {
	t.Parallel()
	const page = `<!DOCTYPE html><title>x</title><p style="color: red; margin: 0 auto;" onclick="go( 1,  'a' ) ;   return  false">x</p><p style="--a:  b" onclick="bad syntax  (">y</p>`
	for _, c := range []struct {
		space *SpaceFacts
		want  string
	}{
		{&SpaceFacts{}, `<!DOCTYPE html><title>x</title><p style="color:red;margin:0 auto" onclick="go(1,'a');return false">x</p><p style="--a:  b" onclick="bad syntax  (">y</p>`},
		{&SpaceFacts{ReadAttrs: true}, ""},
	} {
		out, err := HTML.Run(t.Context(), &Input{Path: "a.html", Kind: site.HTML, Bytes: []byte(page), Options: &Options{}, Space: c.space, Esbuild: guard.InProcess{}})
		if err != nil || string(out.Bytes) != c.want {
			t.Errorf("%+v: got %s %v, want %s", c.space, out.Bytes, err, c.want)
		}
	}
}
