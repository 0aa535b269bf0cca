package optimize

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// pngFile is a PNG taken apart (PNG specification, third edition, section 5).
type pngFile struct {
	width, height    int
	depth, colorType uint8
	interlaced       bool
	palette, trns    []byte
	icc, chrm, gama  []byte // chunk data; nil when absent
	sbit, exif, cicp []byte
	srgb, animated   bool
	frames           int
}

// The colour types (section 6.1).
const (
	pngGray      = 0
	pngRGB       = 2
	pngPaletted  = 3
	pngGrayAlpha = 4
	pngRGBA      = 6
)

var errPNG = errors.New("not a valid PNG")

// parsePNG reads the chunks of b up to IEND. With headerOnly it stops at the
// first image data and checks no checksum.
func parsePNG(b []byte, headerOnly bool) (*pngFile, error) {
	if !bytes.HasPrefix(b, []byte(pngMagic)) {
		return nil, errPNG
	}
	f := &pngFile{}
	seenData := false
	for rest, first := b[len(pngMagic):], true; ; first = false {
		if len(rest) < 8 {
			return nil, errTruncated
		}
		n, kind := binary.BigEndian.Uint32(rest), string(rest[4:8])
		if first != (kind == "IHDR") {
			return nil, errPNG
		}
		if kind == "IDAT" && headerOnly {
			return f, nil
		}
		if uint64(n)+12 > uint64(len(rest)) {
			return nil, errTruncated
		}
		data := rest[8 : 8+n]
		if !headerOnly && crc32.ChecksumIEEE(rest[4:8+n]) != binary.BigEndian.Uint32(rest[8+n:]) {
			return nil, fmt.Errorf("the checksum of its %q part is wrong", kind)
		}
		seenData = seenData || kind == "IDAT"
		if kind == "IEND" {
			if !seenData {
				return nil, errTruncated
			}
			return f, nil
		}
		if err := f.chunk(kind, data); err != nil {
			return nil, err
		}
		rest = rest[12+n:]
	}
}

func (f *pngFile) chunk(kind string, data []byte) error {
	switch kind {
	case "IHDR":
		if len(data) != 13 {
			return errPNG
		}
		w, h := binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[4:])
		if w == 0 || h == 0 || w > 1<<31-1 || h > 1<<31-1 {
			return errPNG
		}
		f.width, f.height, f.depth, f.colorType, f.interlaced = int(w), int(h), data[8], data[9], data[12] != 0
	case "PLTE":
		f.palette = data
	case "tRNS":
		f.trns = data
	case "iCCP":
		f.icc = data
	case "cHRM":
		f.chrm = data
	case "gAMA":
		f.gama = data
	case "sRGB":
		f.srgb = true
	case "sBIT":
		f.sbit = data
	case "eXIf":
		f.exif = data
	case "cICP":
		f.cicp = data
	case "acTL":
		f.animated = true
		if len(data) == 8 {
			f.frames = int(min(binary.BigEndian.Uint32(data), 1<<30))
		}
	}
	return nil
}

// gray reports whether the colour type has no colour. A colour profile must
// fit it (section 11.3.2.3).
func (f *pngFile) gray() bool { return f.colorType == pngGray || f.colorType == pngGrayAlpha }

// managed reports whether the file says what its colours mean in a way that
// is not plain sRGB, and returns the chunks that say so, to be carried over.
func (f *pngFile) managed() []byte {
	var out []byte
	switch {
	case f.icc != nil: // wins over the others (section 4.3)
		if !pngProfileIsSRGB(f.icc) {
			out = appendChunk(out, "iCCP", f.icc)
		}
	case f.srgb:
	case f.gama != nil || f.chrm != nil:
		// Without gAMA, browsers take the curve of sRGB, or look at neither.
		if (f.gama == nil || bytes.Equal(f.gama, srgbGamma)) && (f.chrm == nil || nearSRGB(f.chrm)) {
			break
		}
		if f.gama != nil {
			out = appendChunk(out, "gAMA", f.gama)
		}
		if f.chrm != nil {
			out = appendChunk(out, "cHRM", f.chrm)
		}
	}
	return out
}

// The values of gAMA and cHRM that stand for sRGB (section 11.3.2.5).
var (
	srgbGamma          = []byte{0, 0, 0xb1, 0x8f} // 45455
	srgbChromaticities = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(
		binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(
			binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil,
				31270), 32900), 64000), 33000), 30000), 60000), 15000), 6000)
)

// nearSRGB reports whether chromaticities are those of sRGB but for how they
// were rounded: Adobe's programs write 0.63999 for 0.64.
func nearSRGB(chrm []byte) bool {
	if len(chrm) != len(srgbChromaticities) {
		return false
	}
	for i := 0; i < len(chrm); i += 4 {
		if abs(int(binary.BigEndian.Uint32(chrm[i:]))-int(binary.BigEndian.Uint32(srgbChromaticities[i:]))) > 10 {
			return false
		}
	}
	return true
}

func appendChunk(b []byte, kind string, data []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(data)))
	start := len(b)
	b = append(b, kind...)
	b = append(b, data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[start:]))
}

// pngHeader reads the facts of a PNG.
func pngHeader(b []byte) (header, error) {
	f, err := parsePNG(b, true)
	if err != nil {
		return header{}, err
	}
	h := header{width: f.width, height: f.height, orientation: 1, frames: 1}
	h.alpha = f.colorType == pngGrayAlpha || f.colorType == pngRGBA || f.trns != nil
	switch {
	case f.cicp != nil:
		h.keep = "its colours are coded by cICP"
	case f.exif != nil:
		// Browsers differ in whether they turn a PNG by its eXIf chunk.
		if e := parseExif(f.exif); e.orientation != 1 || e.scales(f.width) {
			h.orientation, h.keep = 0, "its EXIF data turns or scales it"
		}
	}
	if f.animated {
		h.frames = max(1, f.frames)
		if h.frames == 1 {
			h.keep = "animated PNG"
		}
	}
	return h, nil
}
