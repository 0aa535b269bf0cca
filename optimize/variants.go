package optimize

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"slices"

	"github.com/hone-web/hone/optimize/internal/avif"
	"github.com/hone-web/hone/optimize/internal/resize"
	"github.com/hone-web/hone/site"
)

// AVIFEncoder encodes AVIF. It is handed in because starting one costs a
// second of CPU, which a run that needs no AVIF should not pay.
type AVIFEncoder interface {
	Encode(ctx context.Context, m *image.NRGBA, o AVIFOptions) ([]byte, error)
	Decode(ctx context.Context, b []byte) (*image.NRGBA, error)
}

// AVIFOptions are the settings of one picture.
type AVIFOptions struct {
	Quality int  // 0 to 100
	Speed   int  // 0 (slowest) to 10, of libaom
	Full    bool // one colour sample for each pixel (4:4:4)
}

// seen is a decoded picture as it is shown: turned, in sRGB, 8 bits a sample.
type seen struct {
	m       *image.NRGBA
	alpha   bool
	soft    bool    // of a shadow or glass that AVIF would lose; set by variants
	graphic bool    // drawn, not photographed: flat areas and sharp edges
	full    bool    // colour has edges as sharp as brightness
	source  int     // bytes of the file it came from
	quality int     // of jpegli, found for the whole picture; 0 if it was not looked for
	score   float64 // at that quality; 0 if it is not known
	avifQ   int     // of AVIF, found for the widest copy so far
	webpQ   int     // of WebP, the same

	converted bool         // from other colours of the file
	few       *image.NRGBA // in the 256 colours that the file itself was reduced to; nil if it was not
	fewScore  float64
}

// Bounds on what is encoded as AVIF: a file under minAVIF bytes has too little
// to gain for another request's worth of markup, and libaom takes some 70
// bytes a pixel.
const (
	minAVIF    = 8 << 10
	avifPixels = 8 << 20
)

// AVIFWeight returns the bytes of memory that encoding a picture of w×h pixels
// as AVIF takes besides Weight.
func AVIFWeight(w, h int) int64 {
	return avif.Options{Subsample444: true}.Memory(min(int64(w)*int64(h), avifPixels)) + 64<<20
}

// variants makes the encodings that in.Want asks for. best is the size of the
// smallest file that shows the whole picture so far.
func (s *seen) variants(ctx context.Context, in *Input, best int) ([]Variant, error) {
	in.look = s.look(in.Options)
	want := in.Want
	if s.soft = s.alpha && softAlpha(s.m); s.soft {
		want = insteadOfAVIF(want)
	}
	var out []Variant
	sizes := map[int]*image.NRGBA{0: s.m}
	w, h := s.m.Rect.Dx(), s.m.Rect.Dy()
	for _, key := range slices.Backward(want) { // the widest of each format first
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		ext, width := site.ParseVariantKey(key)
		if width >= w || width < 0 {
			continue
		}
		m := sizes[width]
		if m == nil {
			// From the source each time: a step on the way would save a third of
			// the time, which is little beside encoding, and show (54 to 57 dB).
			m = resize.NRGBA(s.m, width, max(1, (h*width+w/2)/w))
			sizes[width] = m
		}
		limit := best - max(100, best/20)
		v, err := s.variant(ctx, in, ext, m, limit)
		if err != nil {
			return nil, err
		}
		if v == nil || len(v.Bytes) > limit {
			continue
		}
		if width > 0 {
			v.Width, v.Height = width, m.Rect.Dy()
		}
		out = append(out, *v)
	}
	slices.Reverse(out)
	return out, nil
}

// variant encodes m, nil where that format is of no use; more than limit bytes
// are of none.
func (s *seen) variant(ctx context.Context, in *Input, ext string, m *image.NRGBA, limit int) (*Variant, error) {
	switch ext {
	case ".avif":
		return s.avif(ctx, in, m, limit)
	case ".jpg":
		if s.alpha {
			return nil, nil
		}
		return s.jpeg(in, m)
	case ".webp":
		return s.webp(in, m, limit)
	}
	return nil, fmt.Errorf("no encoder for %s", ext)
}

// jpeg encodes a narrower copy.
func (s *seen) jpeg(in *Input, m *image.NRGBA) (*Variant, error) {
	q := cmp.Or(in.Options.jpegQuality(), s.quality)
	if q == 0 {
		q, _, _ = searchJPEG(in.Options, m, m, s.full)
		s.quality = q
	}
	b, err := encodeJPEG(m, q, s.full, nil)
	if err != nil {
		return nil, err
	}
	back, err := decodeJPEG(b)
	if err != nil || !near(m, back) {
		return nil, errUnverified
	}
	return &Variant{Ext: ".jpg", Type: "image/jpeg", Bytes: b, Lossy: true, Score: scoreOf(m, toNRGBA(back)), Note: fmt.Sprintf("jpegli, quality %d", q)}, nil
}

// isGraphic reports whether a picture was drawn: many of its pixels equal the
// one before, which noise rules out in photographs.
func isGraphic(m *image.NRGBA) bool {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	same, n := 0, 0
	for y := range h {
		row := m.Pix[y*m.Stride:]
		for x := 1; x < w; x++ {
			if row[4*x+3] == 0 && row[4*x-1] == 0 { // nothing is seen there
				continue
			}
			if [4]byte(row[4*x:]) == [4]byte(row[4*x-4:]) {
				same++
			}
			n++
		}
	}
	return n > 0 && same*10 >= n*4
}
