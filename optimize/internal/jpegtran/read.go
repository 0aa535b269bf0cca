package jpegtran

import "encoding/binary"

const (
	mSOF0, mSOF1, mSOF2 = 0xc0, 0xc1, 0xc2
	mDHT, mDQT, mDRI    = 0xc4, 0xdb, 0xdd
	mSOI, mEOI, mSOS    = 0xd8, 0xd9, 0xda
	mRST0, mRST7        = 0xd0, 0xd7
	mDNL                = 0xdc
)

// maxScans bounds the passes over a picture: real files have at most some
// dozens, hostile ones as many as their size allows.
const maxScans = 200

// maxWork bounds the blocks visited by all scans of a file, in multiples of
// its bytes, as a scan of a huge picture can be a few bytes long.
const maxWork = 4096

type reader struct {
	b       []byte
	pos     int
	m       *Image
	dc, ac  [4]*decodeTable
	quant   [4]*[64]uint16
	restart int
	scans   int
	work    int64 // blocks that may still be visited
	// How far each coefficient is known: 0 not yet, else 1 + the low bits
	// still missing.
	known [4][64]uint8
}

// Read reads the coefficients of a baseline, extended or progressive Huffman
// coded JPEG of 8 bits a sample. What follows the end of the picture is
// ignored.
func Read(b []byte) (*Image, error) {
	r := &reader{b: b, work: maxWork * int64(len(b))}
	if len(b) < 4 || b[0] != 0xff || b[1] != mSOI {
		return nil, errSyntax
	}
	r.pos = 2
	for {
		marker, data, err := r.segment()
		if err != nil {
			return nil, err
		}
		switch marker {
		case mSOF0, mSOF1, mSOF2:
			err = r.frame(marker, data)
		case mDQT:
			err = r.quantTables(data)
		case mDHT:
			err = r.huffmanTables(data)
		case mDRI:
			if len(data) != 2 {
				return nil, errSyntax
			}
			r.restart = int(binary.BigEndian.Uint16(data))
		case mSOS:
			err = r.scan(data)
		case mEOI:
			return r.finish()
		default:
			if marker > mSOF2 && marker <= 0xcf || marker == mDNL || marker == 0xde || marker == 0xdf {
				return nil, ErrUnsupported
			}
		}
		if err != nil {
			return nil, err
		}
	}
}

// segment reads the next marker with its data.
func (r *reader) segment() (marker byte, data []byte, err error) {
	for {
		if r.pos+2 > len(r.b) {
			return 0, nil, ErrTruncated
		}
		if r.b[r.pos] != 0xff {
			return 0, nil, errSyntax
		}
		if r.b[r.pos+1] != 0xff {
			break
		}
		r.pos++
	}
	marker = r.b[r.pos+1]
	r.pos += 2
	if marker == mEOI {
		return marker, nil, nil
	}
	if marker < mSOF0 || marker >= mRST0 && marker <= mSOI {
		return 0, nil, errSyntax
	}
	if r.pos+2 > len(r.b) {
		return 0, nil, ErrTruncated
	}
	n := int(binary.BigEndian.Uint16(r.b[r.pos:]))
	if n < 2 {
		return 0, nil, errSyntax
	}
	if r.pos+n > len(r.b) {
		return 0, nil, ErrTruncated
	}
	data = r.b[r.pos+2 : r.pos+n]
	r.pos += n
	return marker, data, nil
}

// frame reads the frame header (section B.2.2).
func (r *reader) frame(marker byte, d []byte) error {
	if r.m != nil || len(d) < 6 {
		return errSyntax
	}
	m := &Image{Height: int(binary.BigEndian.Uint16(d[1:])), Width: int(binary.BigEndian.Uint16(d[3:])), Progressive: marker == mSOF2}
	n := int(d[5])
	if d[0] != 8 || m.Height == 0 {
		return ErrUnsupported
	}
	if m.Width == 0 || n == 0 || len(d) != 6+3*n {
		return errSyntax
	}
	if n > 4 {
		return ErrUnsupported
	}
	blocks := 0
	for i := range n {
		c := Component{ID: d[6+3*i], H: int(d[7+3*i] >> 4), V: int(d[7+3*i] & 15), Table: int(d[8+3*i])}
		if c.H < 1 || c.H > 4 || c.V < 1 || c.V > 4 || c.Table > 3 {
			return errSyntax
		}
		for _, o := range m.Components {
			if o.ID == c.ID {
				return errSyntax
			}
		}
		blocks += c.H * c.V
		m.Components = append(m.Components, c)
	}
	if n == 1 { // the factors of a lone component mean nothing (section A.2.2)
		m.Components[0].H, m.Components[0].V = 1, 1
	} else if blocks > 10 {
		return ErrUnsupported // such an MCU may not be interleaved (section B.2.3)
	}
	if err := m.layout(); err != nil {
		return err
	}
	// At least one bit a block of the first component: less cannot be complete.
	if int64(m.mcusX)*int64(m.mcusY) > 8*int64(len(r.b)) {
		return ErrTruncated
	}
	m.alloc()
	r.m = m
	return nil
}

// quantTables reads DQT (section B.2.4.1).
func (r *reader) quantTables(d []byte) error {
	for len(d) > 0 {
		wide, id, size := d[0]>>4, d[0]&15, 64
		if wide == 1 {
			size = 128
		}
		if wide > 1 || id > 3 || len(d) < 1+size {
			return errSyntax
		}
		t := new([64]uint16)
		for i := range t {
			if wide == 1 {
				t[i] = binary.BigEndian.Uint16(d[1+2*i:])
			} else {
				t[i] = uint16(d[1+i])
			}
			if t[i] == 0 {
				return errSyntax
			}
		}
		r.quant[id] = t
		d = d[1+size:]
	}
	return nil
}

// huffmanTables reads DHT (section B.2.4.2).
func (r *reader) huffmanTables(d []byte) error {
	for len(d) > 0 {
		if len(d) < 17 {
			return errSyntax
		}
		class, id, n := d[0]>>4, d[0]&15, 0
		for _, c := range d[1:17] {
			n += int(c)
		}
		if class > 1 || id > 3 || n > 256 || len(d) < 17+n {
			return errSyntax
		}
		t, err := newDecodeTable([16]byte(d[1:17]), d[17:17+n])
		if err != nil {
			return err
		}
		if class == 0 {
			r.dc[id] = t
		} else {
			r.ac[id] = t
		}
		d = d[17+n:]
	}
	return nil
}

// finish checks that every coefficient was coded.
func (r *reader) finish() (*Image, error) {
	m := r.m
	if m == nil {
		return nil, ErrTruncated
	}
	for i := range m.Components {
		if r.known[i][0] == 0 {
			return nil, ErrTruncated
		}
		if !m.Progressive {
			continue
		}
		for _, k := range r.known[i] {
			// Decoders show a picture whose last passes are missing, less sharp.
			if k != 1 {
				return nil, ErrUnsupported
			}
		}
	}
	m.clearPadding()
	return m, nil
}
