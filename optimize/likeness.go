package optimize

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"

	"github.com/hone-web/hone/optimize/internal/resize"
)

// likenessPixels bounds the pictures that a likeness is made of: decoding one
// holds four bytes a pixel and more.
const likenessPixels = 24_000_000

// likenessQuality is that of JPEG. Both sides of a comparison are written with
// it, so that what differs between them is not its doing.
const likenessQuality = 78

// errLikeness says that a picture is none that a likeness is made of.
var errLikeness = errors.New("no still picture in sRGB of a known format and size")

// Likeness returns a small JPEG, at most w × h pixels, of a still picture as
// browsers show it, on white. Pictures in other colours than sRGB are refused:
// without their profile they would not look as they are. avif decodes AVIF,
// and is asked for only where there is some.
func Likeness(ctx context.Context, b []byte, w, h int, avif func() *AVIFMachine) (out []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, fmt.Errorf("the decoder gave up: %v", r)
		}
	}()
	is := sniff(b)
	head, err := readHeader(is, b)
	if err != nil {
		return nil, err
	}
	if is == "" || head.orientation == 0 || head.frames > 1 || head.width <= 0 || head.height <= 0 ||
		int64(head.width)*int64(head.height) > likenessPixels || is == "avif" && head.orientation != 1 || hasProfile(is, b) {
		return nil, errLikeness
	}
	var m image.Image
	switch is {
	case "jpeg":
		m, err = decodeJPEG(b)
	case "png":
		m, err = png.Decode(bytes.NewReader(b))
	case "gif":
		m, err = gif.Decode(bytes.NewReader(b))
	case "webp":
		m, err = decodeWebP(b)
	case "avif":
		m, err = avif().Decode(ctx, b)
	default:
		err = errLikeness
	}
	if err != nil {
		return nil, err
	}
	src := toNRGBA(m)
	// Scaled before it is turned: less is turned.
	bw, bh := w, h
	if head.orientation >= 5 {
		bw, bh = h, w
	}
	if sw, sh := src.Rect.Dx(), src.Rect.Dy(); sw > bw || sh > bh {
		scale := min(float64(bw)/float64(sw), float64(bh)/float64(sh))
		src = resize.NRGBA(src, max(1, int(float64(sw)*scale+0.5)), max(1, int(float64(sh)*scale+0.5)))
	}
	if head.orientation > 1 {
		src = orient(src, head.orientation)
	}
	paper := image.NewRGBA(src.Rect)
	draw.Draw(paper, paper.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(paper, paper.Rect, src, src.Rect.Min, draw.Over)
	var j bytes.Buffer
	if err := jpeg.Encode(&j, paper, &jpeg.Options{Quality: likenessQuality}); err != nil {
		return nil, err
	}
	return j.Bytes(), nil
}

// hasProfile reports whether a picture may have colours other than those of
// sRGB. Only the profiles of JPEG are looked into: cameras write sRGB there.
func hasProfile(is string, b []byte) bool {
	switch is {
	case "jpeg":
		m, err := readJPEGMeta(b)
		return err != nil || m.icc != nil && !isSRGB(m.icc)
	case "png":
		return bytes.Contains(b[:max(0, bytes.Index(b, []byte("IDAT")))], []byte("iCCP"))
	case "webp":
		return bytes.Contains(b[:min(len(b), 64)], []byte("ICCP"))
	}
	return false
}
