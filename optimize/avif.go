package optimize

import (
	"encoding/binary"
	"errors"
	"strings"

	"github.com/hone-web/hone/site"
)

// AVIF reads the size of AVIF pictures; their bytes are kept.
var AVIF = &Optimizer{
	Name:    "avif",
	Doc:     "AVIF: size read, bytes kept",
	Version: 1,
	Kinds:   []site.Kind{site.Image},
	Match:   matchImage("avif"),
	Run:     runImage("avif", keepAsIs),
}

var errAVIF = errors.New("not a valid AVIF")

// box is a box of the ISO base media file format (ISO/IEC 14496-12, 4.2).
type box struct {
	kind string
	data []byte
}

// nextBox splits the first box off b.
func nextBox(b []byte) (x box, rest []byte, ok bool) {
	if len(b) < 8 {
		return box{}, nil, false
	}
	n, head := uint64(binary.BigEndian.Uint32(b)), uint64(8)
	switch n {
	case 0:
		n = uint64(len(b))
	case 1:
		if len(b) < 16 {
			return box{}, nil, false
		}
		n, head = binary.BigEndian.Uint64(b[8:]), 16
	}
	if n < head || n > uint64(len(b)) {
		return box{}, nil, false
	}
	return box{string(b[4:8]), b[head:n]}, b[n:], true
}

// child returns the data of the first box of a kind in b.
func child(b []byte, kind string) []byte {
	for {
		x, rest, ok := nextBox(b)
		if !ok || x.kind == kind {
			return x.data
		}
		b = rest
	}
}

// avifHeader reads the size of an AVIF's primary item from its properties
// (ISO/IEC 23008-12, section 6.5): ispe, turned by irot.
func avifHeader(b []byte) (header, error) {
	h := header{orientation: 1, frames: 1}
	meta := child(b, "meta")
	if len(meta) < 4 {
		return h, errAVIF
	}
	meta = meta[4:] // version and flags
	pitm, iprp := child(meta, "pitm"), child(meta, "iprp")
	if len(pitm) < 6 {
		return h, errAVIF
	}
	id := uint32(binary.BigEndian.Uint16(pitm[4:]))
	if pitm[0] != 0 {
		if len(pitm) < 8 {
			return h, errAVIF
		}
		id = binary.BigEndian.Uint32(pitm[4:])
	}
	var props []box
	for rest := child(iprp, "ipco"); ; {
		x, r, ok := nextBox(rest)
		if !ok || len(props) == 1<<15 {
			break
		}
		props, rest = append(props, x), r
		h.alpha = h.alpha || x.kind == "auxC" && strings.Contains(string(x.data), ":alpha")
	}
	for _, i := range itemProperties(child(iprp, "ipma"), id) {
		if i < 1 || i > len(props) {
			continue
		}
		switch p := props[i-1]; {
		case p.kind == "ispe" && len(p.data) >= 12:
			h.width, h.height = int(binary.BigEndian.Uint32(p.data[4:])), int(binary.BigEndian.Uint32(p.data[8:]))
		case p.kind == "irot" && len(p.data) >= 1 && p.data[0]&1 != 0:
			h.orientation = 6
		case p.kind == "clap": // a crop: rare, and its size is a fraction
			h.orientation = 0
		}
	}
	if h.width <= 0 || h.height <= 0 {
		return h, errAVIF
	}
	if string(b[8:12]) == "avis" {
		h.frames = 0 // a sequence; its length is not read
	}
	return h, nil
}

// itemProperties returns the numbers, from 1, of the properties of an item
// (ipma, section 9.3.1).
func itemProperties(b []byte, id uint32) []int {
	if len(b) < 8 {
		return nil
	}
	version, wide := b[0], b[3]&1 != 0
	n := binary.BigEndian.Uint32(b[4:])
	for b = b[8:]; n > 0; n-- {
		var item uint32
		if version < 1 {
			if len(b) < 3 {
				return nil
			}
			item, b = uint32(binary.BigEndian.Uint16(b)), b[2:]
		} else {
			if len(b) < 5 {
				return nil
			}
			item, b = binary.BigEndian.Uint32(b), b[4:]
		}
		count := int(b[0])
		b = b[1:]
		size := 1
		if wide {
			size = 2
		}
		if len(b) < count*size {
			return nil
		}
		if item == id {
			out := make([]int, 0, count)
			for i := range count {
				if wide {
					out = append(out, int(binary.BigEndian.Uint16(b[2*i:])&0x7fff))
				} else {
					out = append(out, int(b[i]&0x7f))
				}
			}
			return out
		}
		b = b[count*size:]
	}
	return nil
}
