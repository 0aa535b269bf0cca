package optimize

import (
	"image"

	"github.com/hone-web/hone/optimize/internal/icc"
)

// seenJPEG returns the picture as it is shown, nil where other encodings
// cannot show the same: they have no profile and are in sRGB.
func seenJPEG(in *Input, pixels image.Image, picture func() *image.NRGBA, m *jpegMeta, h header) *seen {
	if in.Lossless || len(in.Want) == 0 || h.orientation == 0 {
		return nil
	}
	s := &seen{source: len(in.Bytes)}
	if m.components == 4 {
		s.m, s.converted = srgbInk(pixels, m.icc), true
		if s.m == nil {
			return nil
		}
		s.m = orient(s.m, h.orientation)
		return s
	}
	if m.icc == nil || isSRGB(m.icc) {
		s.m = picture()
		return s
	}
	t := in.Options.toSRGB(m.icc, m.components)
	if t == nil {
		return nil
	}
	s.m, s.converted = convertedTo(t, picture()), true
	return s
}

// toSRGB returns the transform for a picture of one or three channels with a
// profile that is not sRGB; nil if its copies must not be made: because its
// colours go beyond sRGB and the owner did not ask for less, because the
// profile does not fit or cannot be read, or because it has tables, of which
// browsers differ in whether they use them or the matrix beside them.
func (o *Options) toSRGB(profile []byte, channels int) *icc.Transform {
	t, err := icc.ToSRGB(profile)
	if err != nil || t.Channels() != channels {
		return nil
	}
	if o != nil && o.Color == "srgb" {
		return t
	}
	tags := iccTags(profile)
	if tags["A2B0"] != nil || tags["A2B1"] != nil || icc.Wide(profile) {
		return nil
	}
	return t
}

// convertedTo returns a copy of m with its colours converted.
func convertedTo(t *icc.Transform, m *image.NRGBA) *image.NRGBA {
	c := *m
	c.Pix = append([]uint8(nil), m.Pix...)
	t.NRGBA(&c)
	return &c
}

// srgbInk returns a picture of four inks in sRGB, nil if it has no profile
// that says how they look on paper: every browser guesses otherwise.
func srgbInk(pixels image.Image, profile []byte) *image.NRGBA {
	m, ok := pixels.(*image.CMYK)
	if !ok || profile == nil {
		return nil
	}
	t, err := icc.ToSRGB(profile)
	if err != nil || t.Channels() != 4 {
		return nil
	}
	return t.CMYK(m)
}
