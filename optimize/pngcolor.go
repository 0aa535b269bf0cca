package optimize

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/zlib"
)

// seenPNG returns the picture as it is shown, nil where other encodings cannot
// show the same: they have 8 bits a sample, no profile, and are in sRGB.
func (p *pngPicture) seenPNG(in *Input) *seen {
	if in.Lossless || len(in.Want) == 0 || p.wide != nil {
		return nil
	}
	s := &seen{m: p.pixels, alpha: !p.pixels.Opaque(), graphic: isGraphic(p.pixels), source: len(in.Bytes)}
	if p.extra == nil {
		return s
	}
	if p.file.icc == nil { // gamma and chromaticities alone
		return nil
	}
	channels := 3
	if p.file.gray() {
		channels = 1
	}
	t := in.Options.toSRGB(pngProfile(p.file.icc), channels)
	if t == nil {
		return nil
	}
	s.m, s.converted = convertedTo(t, p.pixels), true
	return s
}

// pngProfile returns the ICC profile in iCCP data (PNG, section 11.3.2.3), nil
// if it cannot be read.
func pngProfile(iccp []byte) []byte {
	i := bytes.IndexByte(iccp, 0)
	if i < 0 || i+2 > len(iccp) || iccp[i+1] != 0 {
		return nil
	}
	z, err := zlib.NewReader(bytes.NewReader(iccp[i+2:]))
	if err != nil {
		return nil
	}
	p, err := io.ReadAll(io.LimitReader(z, maxProfile))
	if err != nil {
		return nil
	}
	return p
}
