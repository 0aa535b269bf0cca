package optimize

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/hone-web/hone/site"
)

// OtherImage reads the size of pictures that hone does not rewrite.
var OtherImage = &Optimizer{
	Name:    "image-size",
	Doc:     "BMP, ICO: size read, bytes kept",
	Version: 1,
	Kinds:   []site.Kind{site.Image},
	Match: func(p site.Path) bool {
		switch imageExtensions[p.Ext()] {
		case "bmp", "ico":
			return true
		}
		return false
	},
	Run: runImage("", keepAsIs),
}

// keepAsIs is the work of an optimizer that only reads facts.
func keepAsIs(context.Context, *Input, header) (Output, error) {
	return Output{Kept: "hone does not rewrite this format"}, nil
}

// bmpHeader reads the size of a BMP of the kinds in use (BITMAPINFOHEADER and
// later; a negative height stands for rows from the top).
func bmpHeader(b []byte) (header, error) {
	if len(b) < 26 || binary.LittleEndian.Uint32(b[14:]) < 40 {
		return header{}, errors.New("not a BMP of a known kind")
	}
	w, h := int(int32(binary.LittleEndian.Uint32(b[18:]))), int(int32(binary.LittleEndian.Uint32(b[22:])))
	if w <= 0 || h == 0 {
		return header{}, errors.New("not a valid BMP")
	}
	return header{width: w, height: abs(h), orientation: 1, frames: 1}, nil
}
