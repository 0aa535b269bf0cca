package optimize

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"math"
	"slices"

	"github.com/hone-web/hone/optimize/internal/quality"
	"github.com/hone-web/hone/site"
)

// avif encodes m as AVIF, nil where that is of no use or clearly takes more
// than limit bytes.
func (s *seen) avif(ctx context.Context, in *Input, m *image.NRGBA, limit int) (*Variant, error) {
	pixels := m.Rect.Dx() * m.Rect.Dy()
	if in.AVIF == nil || s.source < minAVIF || pixels > avifPixels || s.graphic && limit > 0 && limit*8 < pixels/flatDrawing {
		return nil, nil
	}
	f := avifFit{ctx: ctx, in: in, m: m, target: s.target(in), limit: limit}
	f.o.Full = s.graphic || s.full
	start := s.startAVIF(&f)
	f.o.Speed = s.avifSpeed(in.Options, m, start)
	c, err := f.fit(start, avifTries)
	if err != nil || c == nil {
		return nil, err
	}
	s.avifQ = c.quality
	return &Variant{Ext: ".avif", Type: "image/avif", Bytes: c.bytes, Lossy: true, Score: c.score, Note: fmt.Sprintf("AVIF, quality %d", c.quality)}, nil
}

// Chromium 156 takes the alpha plane of an AVIF to begin at 16 and end at 235,
// whatever the file says (full range, as AV1 Image File Format 1.1, section
// 4.1, asks for): measured with files of libavif, lossless and lossy. The edge
// of a cut-out shows no difference; a soft shadow is gone. So a picture
// where that changes the alpha of a square of softTile pixels by more than
// softStep levels on average is offered in other formats.
const (
	softTile = 32
	softStep = 2
)

// softAlpha reports whether m has places that are neither clear nor opaque,
// beside what smooths the edges of a cut-out.
func softAlpha(m *image.NRGBA) bool {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	off := make([]int, (w+softTile-1)/softTile)
	for top := 0; top < h; top += softTile {
		clear(off)
		bottom := min(top+softTile, h)
		for y := top; y < bottom; y++ {
			row := m.Pix[y*m.Stride:]
			for x := range w {
				a := int(row[4*x+3])
				off[x/softTile] += abs(a - min(max((a-16)*255/219, 0), 255))
			}
		}
		for i, d := range off {
			if d > softStep*(bottom-top)*min(softTile, w-i*softTile) {
				return true
			}
		}
	}
	return false
}

// insteadOfAVIF returns the keys of WebP copies for those of AVIF.
func insteadOfAVIF(want []string) []string {
	var out []string
	for _, key := range want {
		ext, width := site.ParseVariantKey(key)
		if ext == ".avif" {
			key = site.VariantKey(".webp", width)
		}
		if !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	return out
}

// A drawing that takes less than a bit for flatDrawing pixels without loss is
// never smaller as AVIF: of 60 diagrams and screenshots the flattest that was
// took 0.23 bits a pixel.
const flatDrawing = 5

// avifTries is how often a picture is encoded at most. Two in three do with
// one, because the start is good.
const avifTries = 3

// By default, pictures of up to slowPixels, those of a quality up to
// slowQuality and drawings are given speed 8 of libaom, the others speed 9,
// which takes a quarter to a third of the time. It costs a photograph full of
// detail 7 to 13 % more bytes, one with much that is smooth 25 to 40 %; and
// detail is what makes speed 8 slow (3.5 s a megapixel, beside 1.2 s).
const (
	slowPixels  = 1 << 17
	slowQuality = 54
)

// avifSpeed returns the speed of libaom for m at about a quality.
func (s *seen) avifSpeed(o *Options, m *image.NRGBA, quality int) int {
	switch p := o.preset(); {
	case p == "max":
		return 6
	case p == "default" && (s.graphic || m.Rect.Dx()*m.Rect.Dy() <= slowPixels || quality <= slowQuality):
		return 8
	}
	return 9
}

// startAVIF returns the quality to try first.
func (s *seen) startAVIF(f *avifFit) int {
	switch {
	case s.avifQ > 0: // the quality found for one width nearly holds for the next
		return s.avifQ
	case s.score > 0 && !s.graphic:
		return likeJPEG(s.quality) - int(math.Round((s.score-f.target)/avifSlope))
	}
	start := int(math.Round(57 + (f.target-scoreBalanced)/avifSlope))
	return f.sampled(start)
}

// likeJPEG returns the quality of AVIF that scores as jpegli does at q: what
// is hard for one encoder is hard for the other. Over 19 photographs it is
// off by 3 steps (standard deviation).
func likeJPEG(q int) int { return 43 + (q-leastJPEG)*53/100 }

// avifSlope is by how much a step of quality raises the score, about.
const avifSlope = 0.9

// A copy whose score falls short of the target by more than scoreSlack, or is
// above it by more than scoreExcess, is encoded once more.
const (
	scoreSlack  = 1.0
	scoreExcess = 4.0
)

// avifFit looks for the quality at which m reaches the target.
type avifFit struct {
	ctx    context.Context
	in     *Input
	o      AVIFOptions
	m      *image.NRGBA
	target float64
	limit  int // bytes from which on the copy is of no use; 0 for no bound
}

// avifCopy is a picture as it came out of the encoder.
type avifCopy struct {
	bytes   []byte
	quality int
	score   float64
}

// The qualities of AVIF that a search chooses from.
const leastAVIF, mostAVIF = 20, 95

// fit encodes at the quality start and, if its score is not near the target,
// at others; it returns the smallest copy that reaches the target but for the
// slack, or else the one that comes nearest. It is nil if m cannot be encoded.
func (f *avifFit) fit(start, tries int) (*avifCopy, error) {
	var best *avifCopy
	slope, last := avifSlope, (*avifCopy)(nil)
	reaches := func(c *avifCopy) bool { return c.score >= f.target-scoreSlack }
	q := min(max(start, leastAVIF), mostAVIF)
	for try := 1; ; try++ {
		c, err := f.encode(q)
		if err != nil || c == nil {
			return nil, err
		}
		if best == nil || reaches(c) && (!reaches(best) || c.quality < best.quality) || !reaches(best) && c.score > best.score {
			best = c
		}
		off, excess := c.score-f.target, scoreExcess
		if f.limit > 0 && len(c.bytes) > f.limit {
			excess = scoreSlack // as it is it serves nobody
		}
		if try == tries || c.score == 0 || off >= -scoreSlack && (off <= excess || try > 1 && excess > scoreSlack) {
			return best, nil
		}
		if last != nil {
			slope = min(max((c.score-last.score)/float64(q-last.quality), avifSlope/3), 3*avifSlope)
		}
		last = c
		q = min(max(q-int(math.Floor(off/slope)), leastAVIF), mostAVIF)
		if q == last.quality || q == last.quality-1 {
			return best, nil // hardly anything to gain
		}
	}
}

// encode encodes the picture, decodes it again and judges it; nil if it cannot
// be encoded or is of no use.
func (f *avifFit) encode(q int) (*avifCopy, error) {
	f.o.Quality = q
	b, err := f.in.AVIF.Encode(f.ctx, f.m, f.o)
	if err != nil { // the other formats serve
		return nil, f.ctx.Err()
	}
	if f.limit > 0 && len(b) > f.limit+f.limit/4 { // no other quality can help
		return nil, nil
	}
	back, err := f.in.AVIF.Decode(f.ctx, b)
	if err != nil {
		return nil, cmp.Or(f.ctx.Err(), errUnverified)
	}
	if back.Rect != f.m.Rect || !near(f.m, back) {
		return nil, errUnverified
	}
	return &avifCopy{b, q, scoreOf(f.m, back)}, nil
}

// sampled returns the quality that a sample of a large picture asks for, start
// for others: the picture itself is as quickly tried.
func (f *avifFit) sampled(start int) int {
	part := quality.Sample(f.m)
	if part == f.m {
		return start
	}
	own := *f
	own.m, own.o.Speed, own.limit, own.target = part, 9, 0, quality.OfSample(f.target)
	// A sample tells the quality, not the bytes.
	c, err := own.fit(start, 2)
	if err != nil || c == nil || c.score == 0 {
		return start
	}
	return c.quality - int(math.Floor((c.score-own.target)/avifSlope))
}
