package optimize

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"strings"

	"github.com/disintegration/imaging"

	"github.com/hone-web/hone/site"
)

// Rules of the diagnostics of images.
const (
	ruleImageType       = "image-type-mismatch"
	ruleImageCorrupt    = "image-corrupt"
	ruleImageLimit      = "image-limit"
	ruleImageUnverified = "image-unverified"
)

// errTruncated says that an image ends before its picture is complete.
var errTruncated = errors.New("the file ends before the picture is complete")

// errUnverified says that what an encoder wrote does not decode to what it
// was given.
var errUnverified = errors.New("was kept, because its smaller copy did not show the same pixels")

// header is what the first bytes of an image say, before any pixel is decoded.
type header struct {
	width, height int // as stored
	orientation   int // EXIF orientation, 1 to 8; 0 when it is unknown how browsers turn it
	frames        int
	alpha         bool
	// keep is why the file must stay as it is, "" when it may be optimized.
	keep string
}

// facts returns what later ranks may know: sizes are those of the picture as
// it is displayed.
func (h header) facts() site.Facts {
	f := site.Facts{Width: h.width, Height: h.height, Frames: h.frames, Alpha: h.alpha}
	switch {
	case h.orientation == 0:
		f.Width, f.Height = 0, 0
	case h.orientation >= 5:
		f.Width, f.Height = h.height, h.width
	}
	return f
}

// sniff names the format of an image by its first bytes, as browsers do
// (MIME Sniffing Standard, section 6.1); "" when it is none.
func sniff(b []byte) string {
	has := func(off int, s string) bool { return len(b) >= off+len(s) && string(b[off:off+len(s)]) == s }
	switch {
	case has(0, "\xff\xd8\xff"):
		return "jpeg"
	case has(0, "\x89PNG\r\n\x1a\n"):
		return "png"
	case has(0, "GIF87a"), has(0, "GIF89a"):
		return "gif"
	case has(0, "RIFF") && has(8, "WEBPVP"):
		return "webp"
	case has(4, "ftypavif"), has(4, "ftypavis"):
		return "avif"
	case has(0, "\x00\x00\x01\x00"), has(0, "\x00\x00\x02\x00"):
		return "ico"
	case has(0, "BM"):
		return "bmp"
	}
	return ""
}

var imageExtensions = map[string]string{
	".jpg": "jpeg", ".jpeg": "jpeg", ".jpe": "jpeg", ".jfif": "jpeg", ".png": "png", ".apng": "png",
	".gif": "gif", ".webp": "webp", ".avif": "avif", ".ico": "ico", ".cur": "ico", ".bmp": "bmp",
}

// matchImage returns an Optimizer.Match for the extensions of a format.
func matchImage(format string) func(site.Path) bool {
	return func(p site.Path) bool { return imageExtensions[p.Ext()] == format }
}

// readHeader reads the header of an image of a known format.
func readHeader(format string, b []byte) (header, error) {
	switch format {
	case "jpeg":
		return jpegHeader(b)
	case "png":
		return pngHeader(b)
	case "gif":
		return gifHeader(b)
	case "webp":
		return webpHeader(b)
	case "avif":
		return avifHeader(b)
	case "bmp":
		return bmpHeader(b)
	}
	return header{}, nil
}

// runImage does what every image optimizer must do around its own work: it
// tells the true format, fills the facts, applies the limits, and turns an
// error or a panic of a decoder into a diagnostic that keeps the file.
func runImage(format string, work func(context.Context, *Input, header) (Output, error)) func(context.Context, *Input) (Output, error) {
	return func(ctx context.Context, in *Input) (out Output, err error) {
		if err := ctx.Err(); err != nil {
			return Output{}, err
		}
		is := sniff(in.Bytes)
		if is == "" {
			return keepImage(Output{}, in, ruleImageCorrupt, "is not an image of a known format",
				"browsers will show a broken picture; export the file again"), nil
		}
		h, herr := readHeader(is, in.Bytes)
		if herr != nil {
			return corrupt(Output{}, in, herr), nil
		}
		base := Output{Facts: h.facts()}
		if want := imageExtensions[in.Path.Ext()]; is != want {
			return keepImage(base, in, ruleImageType, fmt.Sprintf("is %s, but its name says %s", strings.ToUpper(is), strings.TrimPrefix(in.Path.Ext(), ".")),
				"rename the file: servers take the media type from the name"), nil
		}
		if why := overLimit(h, in.Options.limits()); why != "" {
			return keepImage(base, in, ruleImageLimit, why, "publish a smaller picture, or raise the limit"), nil
		}
		if h.keep != "" {
			base.Kept = h.keep
			return base, nil
		}
		defer func() {
			if r := recover(); r != nil {
				out, err = corrupt(base, in, fmt.Errorf("the decoder gave up: %v", r)), nil
			}
		}()
		out, err = work(ctx, in, h)
		base.Facts.Lossy, base.Facts.Score, base.Facts.Note = out.Facts.Lossy, out.Facts.Score, out.Facts.Note
		base.Facts.Color, base.Facts.Thumb = in.look.color, in.look.thumb
		out.Facts = base.Facts
		switch {
		case errors.Is(err, errUnverified):
			return keepImage(base, in, ruleImageUnverified, err.Error(), "please report this picture"), nil
		case err != nil && ctx.Err() == nil:
			return corrupt(base, in, err), nil
		}
		return out, err
	}
}

// Size returns the pixels of a picture as it is seen, zeros if its header
// cannot be read, or if it is animated.
func Size(p site.Path, b []byte) (w, h int) {
	is := sniff(b)
	if is == "" || is != imageExtensions[p.Ext()] {
		return 0, 0
	}
	head, err := readHeader(is, b)
	if err != nil || head.frames > 1 || head.keep != "" {
		return 0, 0
	}
	f := head.facts()
	return f.Width, f.Height
}

// limits returns the limits of o with the defaults filled in.
func (o *Options) limits() Limits {
	if o == nil {
		return DefaultLimits
	}
	l := o.Limits
	if l.Pixels <= 0 {
		l.Pixels = DefaultLimits.Pixels
	}
	if l.Side <= 0 {
		l.Side = DefaultLimits.Side
	}
	if l.Frames <= 0 {
		l.Frames = DefaultLimits.Frames
	}
	return l
}

func (o *Options) preset() string {
	if o == nil || o.Preset == "" {
		return "default"
	}
	return o.Preset
}

func overLimit(h header, l Limits) string {
	switch {
	case h.width > l.Side || h.height > l.Side:
		return fmt.Sprintf("is %d×%d pixels, over the limit of %d a side", h.width, h.height, l.Side)
	case int64(h.width)*int64(h.height) > l.Pixels:
		return fmt.Sprintf("is %d×%d pixels, over the limit of %d million", h.width, h.height, l.Pixels/1e6)
	case h.frames > l.Frames:
		return fmt.Sprintf("has more than %d frames", l.Frames)
	}
	return ""
}

// corrupt keeps an image that cannot be decoded.
func corrupt(out Output, in *Input, err error) Output {
	return keepImage(out, in, ruleImageCorrupt, "cannot be decoded: "+strings.TrimSpace(err.Error()),
		"browsers may show part of it or nothing; export the file again")
}

func keepImage(out Output, in *Input, rule, message, hint string) Output {
	out.Bytes, out.Variants = nil, nil
	out.Kept = message
	out.Diags = append(out.Diags, site.Diagnostic{
		Rule: rule, Severity: site.Warn, Path: in.Path, Message: "image " + message, Hint: hint,
	})
	return out
}

// Weight returns the bytes of memory that optimizing an image of w×h pixels
// may hold at its peak, to bound how many are worked on at once. Measured at
// 1.5 and 3 million pixels, in bytes a pixel: JPEG 30, turned by EXIF 45,
// without loss 17; PNG 27, with lossless WebP 57.
func Weight(w, h int) int64 { return int64(w)*int64(h)*60 + 16<<20 }

// toNRGBA returns m as 8-bit pixels without alpha multiplied in, with its
// origin at 0, 0 and four bytes a pixel of stride.
func toNRGBA(m image.Image) *image.NRGBA {
	r := m.Bounds()
	if n, ok := m.(*image.NRGBA); ok && r.Min == (image.Point{}) && n.Stride == 4*r.Dx() && len(n.Pix) == 4*r.Dx()*r.Dy() {
		return n
	}
	if rgba, ok := m.(*image.RGBA); ok && rgba.Opaque() { // opaque: both models agree
		return toNRGBA(&image.NRGBA{Pix: rgba.Pix, Stride: rgba.Stride, Rect: rgba.Rect})
	}
	if y, ok := m.(*image.YCbCr); ok { // opaque, and there is a quick way to draw it so
		out := image.NewRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
		draw.Draw(out, out.Rect, y, r.Min, draw.Src)
		return &image.NRGBA{Pix: out.Pix, Stride: out.Stride, Rect: out.Rect}
	}
	out := image.NewNRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
	if g, ok := m.(*image.Gray); ok {
		fillGray(out, g)
		return out
	}
	if p, ok := m.(*image.Paletted); ok {
		// Drawing goes by premultiplied colours, which cannot tell all
		// colours of a translucent pixel apart.
		fillPaletted(out, p)
		return out
	}
	draw.Draw(out, out.Rect, m, r.Min, draw.Src)
	return out
}

func fillGray(dst *image.NRGBA, m *image.Gray) {
	w := m.Rect.Dx()
	for y := range m.Rect.Dy() {
		for x, v := range m.Pix[y*m.Stride : y*m.Stride+w] {
			copy(dst.Pix[y*dst.Stride+4*x:], []byte{v, v, v, 255})
		}
	}
}

func fillPaletted(dst *image.NRGBA, m *image.Paletted) {
	var colors [256][4]byte
	for i, c := range m.Palette {
		n, ok := c.(color.NRGBA)
		if !ok {
			n = color.NRGBAModel.Convert(c).(color.NRGBA)
		}
		colors[i] = [4]byte{n.R, n.G, n.B, n.A}
	}
	w := m.Rect.Dx()
	for y := range m.Rect.Dy() {
		for x, v := range m.Pix[y*m.Stride : y*m.Stride+w] {
			copy(dst.Pix[y*dst.Stride+4*x:], colors[v][:])
		}
	}
}

// orient turns a stored picture the way its EXIF orientation (Exif 2.3,
// table 6) says it is to be seen.
func orient(m image.Image, orientation int) *image.NRGBA {
	switch orientation {
	case 2:
		return imaging.FlipH(m)
	case 3:
		return imaging.Rotate180(m)
	case 4:
		return imaging.FlipV(m)
	case 5:
		return imaging.Transpose(m)
	case 6:
		return imaging.Rotate270(m) // imaging turns counter-clockwise
	case 7:
		return imaging.Transverse(m)
	case 8:
		return imaging.Rotate90(m)
	}
	return toNRGBA(m)
}

// sameNRGBA reports whether two pictures look the same on every background:
// the colour of a fully transparent pixel does not count.
func sameNRGBA(a, b *image.NRGBA) bool {
	if a.Rect != b.Rect {
		return false
	}
	if bytes.Equal(a.Pix, b.Pix) {
		return true
	}
	for i := 0; i+3 < len(a.Pix); i += 4 {
		if a.Pix[i+3] != b.Pix[i+3] || a.Pix[i+3] != 0 && [3]byte(a.Pix[i:i+3]) != [3]byte(b.Pix[i:i+3]) {
			return false
		}
	}
	return true
}
