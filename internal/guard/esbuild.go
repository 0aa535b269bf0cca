package guard

import (
	"context"
	"fmt"

	"github.com/evanw/esbuild/pkg/api"
)

// InProcess runs esbuild in this process. It is for tests and for the child
// itself: hostile input can end the process.
type InProcess struct{}

// Transform implements Esbuild. It returns an error wrapping ErrRefused for
// input that is known to take esbuild too long, and otherwise puts what
// esbuild says into the result.
func (InProcess) Transform(ctx context.Context, t Transform) (TransformResult, error) {
	if err := ctx.Err(); err != nil {
		return TransformResult{}, err
	}
	if err := Refuse(t.Code, t.Loader); err != nil {
		return TransformResult{}, err
	}
	return transform(t)
}

var targets = map[string]api.Target{
	"": api.ESNext, "esnext": api.ESNext, "es5": api.ES5, "es2015": api.ES2015, "es2016": api.ES2016,
	"es2017": api.ES2017, "es2018": api.ES2018, "es2019": api.ES2019, "es2020": api.ES2020,
	"es2021": api.ES2021, "es2022": api.ES2022,
}

func transform(t Transform) (TransformResult, error) {
	o := api.TransformOptions{
		MinifyWhitespace:  t.Whitespace,
		MinifySyntax:      t.Syntax,
		MinifyIdentifiers: t.Names,
		LegalComments:     api.LegalCommentsNone,
		Charset:           api.CharsetUTF8,
		TreeShaking:       api.TreeShakingFalse,
		LogLevel:          api.LogLevelSilent,
		LogLimit:          20,
	}
	switch t.Loader {
	case "js":
		o.Loader = api.LoaderJS
	case "css":
		o.Loader = api.LoaderCSS
	default:
		return TransformResult{}, fmt.Errorf("esbuild has no loader %q", t.Loader)
	}
	var ok bool
	if o.Target, ok = targets[t.Target]; !ok {
		return TransformResult{}, fmt.Errorf("esbuild has no target %q", t.Target)
	}
	if t.Module {
		o.Format = api.FormatESModule
	}
	if t.Legal {
		o.LegalComments = api.LegalCommentsInline
	}
	if t.ASCII {
		o.Charset = api.CharsetASCII
	}
	if len(t.Unsupported) > 0 {
		o.Supported = make(map[string]bool, len(t.Unsupported))
		for _, f := range t.Unsupported {
			o.Supported[f] = false
		}
	}
	r := api.Transform(t.Code, o)
	res := TransformResult{Code: string(r.Code), Errors: messages(r.Errors), Warnings: messages(r.Warnings)}
	if len(res.Errors) > 0 {
		res.Code = ""
	}
	return res, nil
}

func messages(ms []api.Message) []Message {
	var out []Message
	for _, m := range ms {
		x := Message{Text: m.Text}
		if m.Location != nil {
			x.Line, x.Column = m.Location.Line, m.Location.Column+1
		}
		out = append(out, x)
	}
	return out
}
