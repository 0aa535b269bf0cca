package optimize

import (
	"bytes"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/json"
	"github.com/tdewolff/minify/v2/svg"
)

// This file is the only one that knows github.com/tdewolff/minify. Its
// lexers write a terminator behind the slice they get, so they get a copy.

// minifySVG keeps every digit: rounding is for those who see the picture.
func minifySVG(src []byte) ([]byte, error) {
	return run(&svg.Minifier{}, src)
}

// minifyJSON keeps numbers as they are written: 1.10 is a version to some.
func minifyJSON(src []byte) ([]byte, error) {
	return run(&json.Minifier{KeepNumbers: true}, src)
}

func run(m minify.Minifier, src []byte) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(len(src))
	if err := m.Minify(minify.New(), &out, bytes.NewReader(src), nil); err != nil {
		return nil, keep("it does not parse: " + err.Error())
	}
	return out.Bytes(), nil
}
