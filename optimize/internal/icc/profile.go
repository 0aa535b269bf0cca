package icc

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// maxProfile bounds a profile. The largest in use, for printing presses, are
// 3 MB.
const maxProfile = 8 << 20

// maxTags bounds the tag table; profiles have about twenty.
const maxTags = 200

var errShort = errors.New("it ends early")

// profile is the header and the tags of a profile (section 7).
type profile struct {
	data     []byte
	channels int
	lab      bool // the connection space is CIELAB, else XYZ
}

func parse(b []byte) (*profile, error) {
	if len(b) < 132 {
		return nil, errors.New("icc: not a profile: it ends early")
	}
	if len(b) > maxProfile {
		return nil, fmt.Errorf("icc: a profile of more than %d MB", maxProfile>>20)
	}
	if string(b[36:40]) != "acsp" {
		return nil, errors.New("icc: not a profile: it lacks the signature")
	}
	p := &profile{data: b}
	switch class := string(b[12:16]); class {
	case "mntr", "scnr", "prtr", "spac":
	default:
		return nil, fmt.Errorf("icc: a profile of the class %q", class)
	}
	switch space := string(b[16:20]); space {
	case "GRAY":
		p.channels = 1
	case "RGB ":
		p.channels = 3
	case "CMYK":
		p.channels = 4
	default:
		return nil, fmt.Errorf("icc: a profile of the colour space %q", space)
	}
	switch pcs := string(b[20:24]); pcs {
	case "XYZ ":
	case "Lab ":
		p.lab = true
	default:
		return nil, fmt.Errorf("icc: a profile with the connection space %q", pcs)
	}
	return p, nil
}

// tag returns the data of a tag (section 7.3), nil if there is none.
func (p *profile) tag(name string) []byte {
	n := min(binary.BigEndian.Uint32(p.data[128:]), maxTags)
	for e := p.data[132:]; n > 0 && len(e) >= 12; n, e = n-1, e[12:] {
		off, size := uint64(binary.BigEndian.Uint32(e[4:])), uint64(binary.BigEndian.Uint32(e[8:]))
		if string(e[:4]) == name && off+size <= uint64(len(p.data)) {
			return p.data[off : off+size]
		}
	}
	return nil
}

// fixed returns a number of s15Fixed16Number (section 4.6).
func fixed(b []byte) float64 { return float64(int32(binary.BigEndian.Uint32(b))) / 65536 }
