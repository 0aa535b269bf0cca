package optimize

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/hone-web/hone/site"
)

// WebP drops hidden data from WebP pictures: EXIF, XMP, unknown chunks, an
// sRGB colour profile. Picture data is not touched, but AVIF is offered for
// stills.
var WebP = &Optimizer{
	Name:    "webp",
	Doc:     "WebP: EXIF, XMP and other hidden data dropped; AVIF beside it",
	Version: 6,
	Kinds:   []site.Kind{site.Image},
	Match:   matchImage("webp"),
	Run:     runImage("webp", optimizeWebP),
}

// webpChunk is a chunk of a RIFF file with its padding.
type webpChunk struct {
	kind string
	data []byte
}

var errWebP = errors.New("not a valid WebP")

// webpChunks takes a WebP apart (RFC 9649, section 2.3 to 2.5).
func webpChunks(b []byte) ([]webpChunk, error) {
	if len(b) < 20 {
		return nil, errTruncated
	}
	size := uint64(binary.LittleEndian.Uint32(b[4:])) + 8
	if size < 12 || size > uint64(len(b)) {
		return nil, errTruncated
	}
	rest := b[12:size]
	var chunks []webpChunk
	for len(rest) >= 8 {
		n := uint64(binary.LittleEndian.Uint32(rest[4:]))
		if n > uint64(len(rest)-8) {
			return nil, errTruncated
		}
		chunks = append(chunks, webpChunk{string(rest[:4]), rest[8 : 8+n]})
		rest = rest[min(8+n+n&1, uint64(len(rest))):]
	}
	if len(chunks) == 0 || len(rest) > 0 {
		return nil, errWebP
	}
	return chunks, nil
}

// The flags of VP8X (section 2.7.1.2).
const (
	vp8xAnim  = 0x02
	vp8xXMP   = 0x04
	vp8xExif  = 0x08
	vp8xAlpha = 0x10
	vp8xICC   = 0x20
)

func optimizeWebP(ctx context.Context, in *Input, h header) (Output, error) {
	chunks, err := webpChunks(in.Bytes)
	if err != nil {
		return Output{}, err
	}
	out, err := stripWebP(in, chunks)
	if err != nil {
		return Output{}, err
	}
	best := len(in.Bytes)
	if out.Bytes != nil {
		best = len(out.Bytes)
	}
	out.Variants, err = webpVariants(ctx, in, h, chunks, best)
	return out, err
}

// stripWebP drops the chunks that are not shown.
func stripWebP(in *Input, chunks []webpChunk) (Output, error) {
	if chunks[0].kind != "VP8X" {
		// The simple format holds one picture and nothing else to be read.
		if len(chunks) == 1 && int(binary.LittleEndian.Uint32(in.Bytes[4:]))+8 == len(in.Bytes) {
			return Output{Kept: "nothing hidden in it"}, nil
		}
		chunks = chunks[:1]
	}
	var kept []webpChunk
	var drop byte
	for _, c := range chunks {
		switch {
		case c.kind == "EXIF":
			drop |= vp8xExif
		case c.kind == "XMP ":
			drop |= vp8xXMP
		case c.kind == "ICCP" && isSRGB(c.data):
			drop |= vp8xICC
		case slices.Contains([]string{"VP8X", "VP8L", "VP8 ", "ALPH", "ANIM", "ANMF", "ICCP"}, c.kind):
			kept = append(kept, c)
		}
	}
	out := writeWebP(kept, drop)
	if len(out) >= len(in.Bytes) {
		return Output{Kept: "nothing hidden in it"}, nil
	}
	if err := sameWebP(in.Bytes, out); err != nil {
		return Output{}, err
	}
	return Output{Bytes: out}, nil
}

// writeWebP puts chunks together, the flags in drop cleared.
func writeWebP(chunks []webpChunk, drop byte) []byte {
	b := []byte("RIFF\x00\x00\x00\x00WEBP")
	for _, c := range chunks {
		start := len(b)
		b = append(b, c.kind...)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(c.data)))
		b = append(b, c.data...)
		if c.kind == "VP8X" && len(c.data) == 10 {
			b[start+8] &^= drop
		}
		if len(c.data)&1 != 0 {
			b = append(b, 0)
		}
	}
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return b
}

// sameWebP reports an error unless the picture chunks of a and b are equal
// byte for byte, which is more than equal pixels.
func sameWebP(a, b []byte) error {
	shown := func(file []byte) (out []webpChunk, err error) {
		chunks, err := webpChunks(file)
		for _, c := range chunks {
			switch c.kind {
			case "VP8 ", "VP8L", "ALPH", "ANIM", "ANMF":
				out = append(out, c)
			}
		}
		return out, err
	}
	x, err := shown(a)
	if err != nil {
		return err
	}
	y, err := shown(b)
	if err != nil || len(x) == 0 {
		return errUnverified
	}
	if x, y = dropTail(x), dropTail(y); len(x) != len(y) {
		return errUnverified
	}
	for i := range x {
		if x[i].kind != y[i].kind || !bytes.Equal(x[i].data, y[i].data) {
			return errUnverified
		}
	}
	return nil
}

// dropTail ends a file of the simple format after its picture.
func dropTail(c []webpChunk) []webpChunk {
	if len(c) > 0 && c[0].kind == "VP8L" {
		return c[:1]
	}
	return c
}

// webpHeader reads the facts of a WebP.
func webpHeader(b []byte) (header, error) {
	h := header{orientation: 1, frames: 1}
	chunks, err := webpChunks(b)
	if err != nil {
		return h, err
	}
	switch c := chunks[0]; {
	case c.kind == "VP8X" && len(c.data) == 10:
		d := c.data
		h.alpha = d[0]&vp8xAlpha != 0
		h.width, h.height = 1+(int(d[4])|int(d[5])<<8|int(d[6])<<16), 1+(int(d[7])|int(d[8])<<8|int(d[9])<<16)
		if d[0]&vp8xAnim != 0 {
			h.frames = 0
		}
	case c.kind == "VP8L" && len(c.data) >= 5 && c.data[0] == 0x2f: // section 3.4
		v := binary.LittleEndian.Uint32(c.data[1:])
		h.width, h.height, h.alpha = int(v&0x3fff)+1, int(v>>14&0x3fff)+1, v>>28&1 != 0
	case c.kind == "VP8 " && len(c.data) >= 10: // RFC 6386, section 9.1
		h.width = int(binary.LittleEndian.Uint16(c.data[6:]) & 0x3fff)
		h.height = int(binary.LittleEndian.Uint16(c.data[8:]) & 0x3fff)
	default:
		return h, errWebP
	}
	for _, c := range chunks {
		switch c.kind {
		case "ANMF":
			h.frames++
		case "EXIF":
			e := parseExif(bytes.TrimPrefix(c.data, []byte("Exif\x00\x00")))
			if e.orientation != 1 || e.scales(h.width) { // browsers differ
				h.orientation, h.keep = 0, "its EXIF data turns or scales it"
			}
		}
	}
	return h, nil
}
