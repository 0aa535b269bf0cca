// Package deflate compresses once what is read many times: it searches for
// the smallest DEFLATE stream (RFC 1951) that a near-optimal parse finds, as
// levels 10 to 12 of libdeflate do, at a tenth of the speed of a usual
// compressor. It knows nothing of pictures.
//
// A stream is made in segments: all useful matches of a segment are found
// once (match.go), the segment is cut into blocks where its statistics change
// (split.go), and each block is parsed again and again with the costs that
// the last parse implies (parse.go). The output depends on the input and the
// effort alone. Time is linear in the input and memory is bounded by the
// segment.
package deflate

import (
	"context"
	"encoding/binary"
	"hash/adler32"
)

// Effort is how long to search.
type Effort struct {
	Depth  int // nodes of the search tree visited at a position
	Nice   int // bytes by which the tree is ordered, 3 to 258
	Follow int // inside a match of so many bytes nothing is searched, 3 to 258
	Passes int // parses of a block, at least 1
}

// The efforts in use, chosen on filtered rows of pictures. In the searches they
// are used in, Default takes about twice the time of Fast for 3 to 4 % fewer
// bytes, Max six times that of Default for 2 % fewer; a picture that repeats
// itself may gain a quarter.
var (
	Fast    = Effort{Depth: 12, Nice: 32, Follow: 64, Passes: 2}
	Default = Effort{Depth: 100, Nice: 64, Follow: 130, Passes: 3}
	Max     = Effort{Depth: 300, Nice: 258, Follow: 258, Passes: 15}
)

// Encoder compresses. It keeps its tables, which are large, between calls and
// must not be used by two goroutines at a time.
type Encoder struct {
	effort Effort
	finder matchFinder
	seg    segment
	parser parser
	out    bitWriter
}

// New returns an Encoder; zero fields of e mean those of Default.
func New(e Effort) *Encoder {
	if e.Depth < 1 {
		e.Depth = Default.Depth
	}
	if e.Nice < minMatch || e.Nice > maxMatch {
		e.Nice = Default.Nice
	}
	if e.Follow < minMatch || e.Follow > maxMatch {
		e.Follow = Default.Follow
	}
	if e.Passes < 1 {
		e.Passes = Default.Passes
	}
	enc := &Encoder{effort: e}
	enc.parser.passes = e.Passes
	enc.parser.logs.fill()
	return enc
}

// Zlib appends src as a zlib stream (RFC 1950) to dst. The error is that of
// ctx, which is looked at between segments.
func (e *Encoder) Zlib(ctx context.Context, dst, src []byte) ([]byte, error) {
	dst = append(dst, 0x78, 0xda) // 32 KB window, slowest algorithm
	dst, err := e.Deflate(ctx, dst, src)
	if err != nil {
		return nil, err
	}
	return binary.BigEndian.AppendUint32(dst, adler32.Checksum(src)), nil
}

// Deflate appends src as a raw DEFLATE stream to dst.
func (e *Encoder) Deflate(ctx context.Context, dst, src []byte) ([]byte, error) {
	e.out = bitWriter{buf: dst}
	e.finder.reset(e.effort)
	e.seg.reset()
	begin := 0
	for begin < len(src) || len(src) == 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		e.seg.fill(&e.finder, src, begin)
		final := e.seg.end == len(src)
		begin = e.blocks(src, begin, final)
		e.seg.drop(begin)
		if final {
			break
		}
	}
	return e.out.close(), nil
}

// Estimate returns about how many bytes src would take: those of the first
// parse, which needs no costs.
func (e *Encoder) Estimate(src []byte) int {
	e.finder.reset(e.effort)
	e.seg.reset()
	bits := 0
	for begin := 0; begin < len(src); begin = e.seg.end {
		e.seg.drop(e.seg.end)
		e.seg.fill(&e.finder, src, begin)
		for _, c := range split(&e.parser.logs, &e.seg, src) {
			bits += e.parser.logs.bits(&c.stats)
		}
	}
	return bits / 8
}

// blocks writes the segment as blocks and returns where it stopped: before
// the last block if that one may go on in the next segment.
func (e *Encoder) blocks(src []byte, begin int, final bool) int {
	cuts := split(&e.parser.logs, &e.seg, src)
	if n := len(cuts); !final && n > 1 && e.seg.end-cuts[n-2].end < e.seg.len()/2 {
		cuts = cuts[:n-1]
	}
	for i, c := range cuts {
		b := e.parser.parse(&e.seg, src, begin, c)
		e.out.block(b, src[begin:c.end], final && i == len(cuts)-1)
		begin = c.end
	}
	return begin
}
