package optimize

import "encoding/binary"

// exifInfo is what of EXIF data changes how a picture is shown.
type exifInfo struct {
	orientation int // 1 to 8
	pixelX      int // PixelXDimension; 0 when absent
	xRes        float64
}

// scales reports whether browsers show a picture of the given stored width
// at another size because of its resolution (HTML, "density-corrected natural
// size"): they do when resolution and pixel size agree with each other.
func (e exifInfo) scales(width int) bool {
	if e.pixelX <= 0 || e.xRes <= 0 || e.pixelX == width {
		return false
	}
	d := float64(width)*72/e.xRes - float64(e.pixelX)
	return -1 < d && d < 1
}

// parseExif reads TIFF-structured EXIF data (Exif 2.3, section 4.5). What it
// cannot read counts as absent, as in browsers.
func parseExif(b []byte) exifInfo {
	info := exifInfo{orientation: 1}
	if len(b) < 8 {
		return info
	}
	var order binary.ByteOrder = binary.BigEndian
	switch string(b[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
	default:
		return info
	}
	r := tiffReader{b, order}
	ifd0 := r.dir(order.Uint32(b[4:]))
	if o, ok := r.short(ifd0, 0x112); ok && o >= 1 && o <= 8 {
		info.orientation = int(o)
	}
	info.xRes, _ = r.ratio(ifd0, 0x11a)
	if sub, ok := r.short(ifd0, 0x8769); ok {
		w, _ := r.short(r.dir(sub), 0xa002)
		info.pixelX = int(min(w, 1<<24))
	}
	return info
}

type tiffReader struct {
	b     []byte
	order binary.ByteOrder
}

// dir returns the entries of the directory at off, twelve bytes each.
func (r tiffReader) dir(off uint32) []byte {
	if uint64(off)+2 > uint64(len(r.b)) {
		return nil
	}
	n := int(r.order.Uint16(r.b[off:]))
	rest := r.b[off+2:]
	return rest[:min(n, len(rest)/12)*12]
}

// entry returns type and value field of the entry with the tag.
func (r tiffReader) entry(dir []byte, tag uint16) (kind uint16, value []byte) {
	for ; len(dir) >= 12; dir = dir[12:] {
		if r.order.Uint16(dir) == tag {
			return r.order.Uint16(dir[2:]), dir[8:12]
		}
	}
	return 0, nil
}

// short reads an entry of type SHORT or LONG.
func (r tiffReader) short(dir []byte, tag uint16) (uint32, bool) {
	switch kind, v := r.entry(dir, tag); kind {
	case 3:
		return uint32(r.order.Uint16(v)), true
	case 4:
		return r.order.Uint32(v), true
	}
	return 0, false
}

// ratio reads an entry of type RATIONAL.
func (r tiffReader) ratio(dir []byte, tag uint16) (float64, bool) {
	kind, v := r.entry(dir, tag)
	if kind != 5 {
		return 0, false
	}
	off := r.order.Uint32(v)
	if uint64(off)+8 > uint64(len(r.b)) {
		return 0, false
	}
	num, den := r.order.Uint32(r.b[off:]), r.order.Uint32(r.b[off+4:])
	if den == 0 {
		return 0, false
	}
	return float64(num) / float64(den), true
}
