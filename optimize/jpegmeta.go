package optimize

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// The markers of JPEG (ITU-T T.81, table B.1) that matter here.
const (
	mSOF0 = 0xc0
	mSOF2 = 0xc2
	mDHT  = 0xc4
	mJPG  = 0xc8
	mDAC  = 0xcc
	mRST0 = 0xd0
	mSOI  = 0xd8
	mEOI  = 0xd9
	mSOS  = 0xda
	mDQT  = 0xdb
	mAPP0 = 0xe0
)

// jpegMeta is what the segments before the first scan say.
type jpegMeta struct {
	width, height int
	components    int
	ids           [4]byte
	sampling      [4]byte // horizontal and vertical factor, four bits each
	quant         [4][64]uint16
	quantOf       [4]byte // which of quant a component uses
	exif          []byte  // TIFF data
	icc           []byte  // the whole profile
	iccWhole      bool    // its parts were complete
	adobe         []byte  // data of APP14
	jfif, gainMap bool
	scan          int  // where the first scan begins
	supported     bool // baseline or progressive, Huffman coded, 8 bits
}

var errJPEG = errors.New("not a valid JPEG")

// readJPEGMeta reads the segments of b up to the first scan.
func readJPEGMeta(b []byte) (*jpegMeta, error) {
	m := &jpegMeta{}
	var icc jpegProfile
	for pos := 2; ; {
		marker, data, next, err := jpegSegment(b, pos)
		if err != nil {
			return nil, err
		}
		m.scan, pos = pos, next
		switch {
		case marker == mSOS:
			if m.components == 0 {
				return nil, errJPEG
			}
			m.icc, m.iccWhole = icc.join()
			return m, nil
		case marker == mEOI:
			return nil, errTruncated
		case marker == mDQT:
			if err := m.tables(data); err != nil {
				return nil, err
			}
		case marker >= mSOF0 && marker <= 0xcf && marker != mDHT && marker != mJPG && marker != mDAC:
			if err := m.frame(marker, data); err != nil {
				return nil, err
			}
		case marker == mAPP0 && bytes.HasPrefix(data, []byte("JFIF\x00")):
			m.jfif = true
		case marker == mAPP0+1 && bytes.HasPrefix(data, []byte("Exif\x00")) && len(data) > 6:
			if m.exif == nil {
				m.exif = data[6:]
			}
		case marker == mAPP0+1 && bytes.Contains(data, []byte("http://ns.adobe.com/hdr-gain-map/")):
			m.gainMap = true
		case marker == mAPP0+2 && bytes.HasPrefix(data, []byte("urn:iso:std:iso:ts:21496")):
			m.gainMap = true
		case marker == mAPP0+2 && bytes.HasPrefix(data, []byte("ICC_PROFILE\x00")) && len(data) >= 14:
			icc.add(data[12], data[13], data[14:])
		case marker == mAPP0+14 && bytes.HasPrefix(data, []byte("Adobe")) && len(data) >= 12:
			m.adobe = data
		}
	}
}

// coded returns how many bytes of b, a JPEG of that frame, are pixels.
func (m *jpegMeta) coded(b []byte) int { return len(b) - m.scan }

// jpegSegment reads the marker segment at pos (section B.1.1.4).
func jpegSegment(b []byte, pos int) (marker byte, data []byte, next int, err error) {
	for {
		if pos+2 > len(b) {
			return 0, nil, 0, errTruncated
		}
		if b[pos] != 0xff {
			return 0, nil, 0, errJPEG
		}
		if b[pos+1] != 0xff {
			break
		}
		pos++ // fill byte, section B.1.1.2
	}
	marker, pos = b[pos+1], pos+2
	if marker == mEOI {
		return marker, nil, pos, nil
	}
	if marker < mSOF0 || marker >= mRST0 && marker <= mSOI {
		return 0, nil, 0, errJPEG
	}
	if pos+2 > len(b) {
		return 0, nil, 0, errTruncated
	}
	n := int(binary.BigEndian.Uint16(b[pos:]))
	if n < 2 {
		return 0, nil, 0, errJPEG
	}
	if pos+n > len(b) {
		return 0, nil, 0, errTruncated
	}
	return marker, b[pos+2 : pos+n], pos + n, nil
}

func (m *jpegMeta) frame(marker byte, d []byte) error {
	if len(d) < 6 || m.components != 0 {
		return errJPEG
	}
	m.height, m.width = int(binary.BigEndian.Uint16(d[1:])), int(binary.BigEndian.Uint16(d[3:]))
	n := int(d[5])
	if n < 1 || n > 4 || len(d) != 6+3*n || m.width == 0 {
		return errJPEG
	}
	m.components = n
	for i := range n {
		m.ids[i], m.sampling[i], m.quantOf[i] = d[6+3*i], d[7+3*i], d[8+3*i]&3
	}
	m.supported = marker <= mSOF2 && d[0] == 8 && m.height > 0
	return nil
}

// tables reads DQT (section B.2.4.1); entries stay in zigzag order.
func (m *jpegMeta) tables(d []byte) error {
	for len(d) > 0 {
		wide, id := d[0]>>4 != 0, d[0]&15
		size := 64
		if wide {
			size = 128
		}
		if id > 3 || len(d) < 1+size {
			return errJPEG
		}
		for i := range 64 {
			if wide {
				m.quant[id][i] = binary.BigEndian.Uint16(d[1+2*i:])
			} else {
				m.quant[id][i] = uint16(d[1+i])
			}
		}
		d = d[1+size:]
	}
	return nil
}

// jpegProfile collects the parts of an ICC profile (ICC.1:2022, annex B.4).
type jpegProfile struct {
	parts [256][]byte
	count byte
	bad   bool
}

func (p *jpegProfile) add(seq, count byte, data []byte) {
	if p.count == 0 {
		p.count = count
	}
	p.bad = p.bad || seq == 0 || count != p.count || seq > count || p.parts[seq] != nil
	p.parts[seq] = data
}

func (p *jpegProfile) join() (profile []byte, whole bool) {
	if p.count == 0 {
		return nil, true
	}
	for i := 1; i <= int(p.count); i++ {
		p.bad = p.bad || p.parts[i] == nil
		profile = append(profile, p.parts[i]...)
	}
	return profile, !p.bad
}

// profileSegments writes a profile as APP2 segments.
func profileSegments(profile []byte) []byte {
	const most = 65535 - 2 - 14
	count := (len(profile) + most - 1) / most
	var b []byte
	for i := range count {
		part := profile[i*most : min((i+1)*most, len(profile))]
		b = append(b, 0xff, mAPP0+2)
		b = binary.BigEndian.AppendUint16(b, uint16(2+14+len(part)))
		b = append(b, "ICC_PROFILE\x00"...)
		b = append(b, byte(i+1), byte(count))
		b = append(b, part...)
	}
	return b
}

// orientationSegment is an EXIF APP1 segment with nothing but an orientation.
func orientationSegment(orientation int) []byte {
	b := []byte("\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
	b[len(b)-7] = byte(orientation)
	return b
}

// jpegHeader reads the facts of a JPEG.
func jpegHeader(b []byte) (header, error) {
	m, err := readJPEGMeta(b)
	if err != nil {
		return header{}, err
	}
	e := parseExif(m.exif)
	h := header{width: m.width, height: m.height, orientation: e.orientation, frames: 1}
	switch {
	case e.scales(m.width):
		h.orientation, h.keep = 0, "its EXIF resolution scales it"
	case m.gainMap:
		h.keep = "carries an HDR gain map"
	case !m.supported:
		h.keep = "a kind of JPEG that hone does not read"
	case !m.iccWhole:
		h.keep = "its colour profile is broken"
	}
	return h, nil
}
