package optimize

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"

	"github.com/galdor/go-thumbhash"

	"github.com/hone-web/hone/optimize/internal/resize"
)

// look is what a page may show before a picture is there.
type look struct{ color, thumb string }

// look returns the look of an opaque picture as far as the options ask for it.
// Through a picture that is not, a placeholder would go on being seen.
func (s *seen) look(o *Options) look {
	if o == nil || o.Placeholder != "color" && o.Placeholder != "thumbhash" || s.alpha || s.m.Rect.Empty() || !s.m.Opaque() {
		return look{}
	}
	l := look{color: meanColor(s.m)}
	if o.Placeholder == "thumbhash" {
		l.thumb = thumbnail(s.m)
	}
	return l
}

// meanColor returns the mean of the samples of a picture, "#rrggbb".
func meanColor(m *image.NRGBA) string {
	var r, g, b uint64
	for y := range m.Rect.Dy() {
		row := m.Pix[y*m.Stride:][:4*m.Rect.Dx()]
		for x := 0; x < len(row); x += 4 {
			r, g, b = r+uint64(row[x]), g+uint64(row[x+1]), b+uint64(row[x+2])
		}
	}
	n := uint64(m.Rect.Dx()) * uint64(m.Rect.Dy())
	return fmt.Sprintf("#%02x%02x%02x", (r+n/2)/n, (g+n/2)/n, (b+n/2)/n)
}

// A ThumbHash is made of a picture of at most hashSide pixels a side (its
// format allows 100), and drawn thumbSide pixels long: its 7 waves along a side
// need no more, for browsers smooth what they enlarge.
const (
	hashSide  = 64
	thumbSide = 8
)

// thumbnail returns the likeness that the ThumbHash of a picture holds, as a
// PNG in base64; "" if it cannot be made.
func thumbnail(m *image.NRGBA) string {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	if long := max(w, h); long > hashSide {
		w, h = max(1, w*hashSide/long), max(1, h*hashSide/long)
	}
	small, err := thumbhash.DecodeImageWithCfg(thumbhash.EncodeImage(resize.NRGBA(m, w, h)), thumbhash.DecodingCfg{BaseSize: thumbSide})
	if err != nil {
		return ""
	}
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestCompression}
	if e.Encode(&b, small) != nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}
