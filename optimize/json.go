package optimize

import (
	"bytes"
	"context"
	"encoding/json"

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

// compactJSON drops white space and keeps everything else byte for byte:
// numbers and escapes as they are written, keys that come twice. The standard
// library refuses what is not exactly one JSON value, and more than 10,000
// levels.
func compactJSON(src []byte) ([]byte, error) {
	if bytes.HasPrefix(src, utf8BOM) {
		return nil, keep("begins with a byte order mark")
	}
	var out bytes.Buffer
	out.Grow(len(src))
	if err := json.Compact(&out, src); err != nil {
		return nil, keep("not valid JSON")
	}
	return out.Bytes(), nil
}
