package optimize

import (
	"bytes"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/svg"
)

// This file is the only one that knows github.com/tdewolff/minify.

// minifySVG keeps every digit: rounding is for those who see the picture.
func minifySVG(src []byte) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(len(src))
	if err := (&svg.Minifier{}).Minify(minify.New(), &out, bytes.NewReader(src), nil); err != nil {
		return nil, keep("it does not parse: " + err.Error())
	}
	return out.Bytes(), nil
}
