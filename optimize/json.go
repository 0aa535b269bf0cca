package optimize

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/hone-web/hone/site"
)

// JSON drops the white space of JSON files (RFC 8259).
var JSON = &Optimizer{
	Name:    "json",
	Doc:     "drop white space from JSON",
	Version: 1,
	Kinds:   []site.Kind{site.JSON},
	Run: func(ctx context.Context, in *Input) (Output, error) {
		return runText(ctx, in, func(_ *text, src []byte) ([]byte, error) { return compactJSON(src) })
	},
}

// compactJSON drops white space and keeps everything else, numbers as they
// are written among it.
func compactJSON(src []byte) ([]byte, error) {
	if bytes.HasPrefix(src, utf8BOM) {
		return nil, keep("begins with a byte order mark")
	}
	before, err := jsonTokens(src)
	if err != nil {
		return nil, err
	}
	out, err := minifyJSON(src)
	if err != nil {
		return nil, err
	}
	after, err := jsonTokens(out)
	if err != nil || !bytes.Equal(before, after) {
		return nil, keep("minifying it would change its values")
	}
	return out, nil
}

// jsonTokens returns the values of a JSON text one after another in a form
// that is the same for texts of the same meaning. encoding/json refuses more
// than 10,000 levels.
func jsonTokens(src []byte) ([]byte, error) {
	if !json.Valid(src) {
		return nil, keep("not valid JSON")
	}
	d := json.NewDecoder(bytes.NewReader(src))
	d.UseNumber()
	var out []byte
	for {
		tok, err := d.Token()
		switch {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, keep("not valid JSON")
		}
		switch v := tok.(type) {
		case json.Delim:
			out = append(out, byte(v))
		case json.Number:
			out = append(append(out, 'n'), v...)
		default:
			b, err := json.Marshal(v)
			if err != nil {
				return nil, keep("not valid JSON")
			}
			out = append(out, b...)
		}
		out = append(out, '\n')
	}
}
