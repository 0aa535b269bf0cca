package optimize

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"io"
	"slices"

	"github.com/klauspost/compress/zlib"
)

// deflater finds the smallest DEFLATE stream of a picture. It keeps its
// compressors, which are large.
type deflater struct {
	fast, best *zlib.Writer
	buf        bytes.Buffer
}

// pngEffort is how long to search.
type pngEffort struct {
	rules     []filterRule
	probe     int // level of the first round
	level     int // level of the second
	finalists int // how many of the first round reach the second
	small     int // below so many bytes all do
}

var pngEfforts = map[string]pngEffort{
	"fast":    {rules: []filterRule{filterNone, filterMinSum}, probe: 6, level: 6, finalists: 1, small: 1 << 14},
	"default": {rules: []filterRule{filterNone, filterSub, filterUp, filterPaeth, filterMinSum, filterEntropy, filterBigrams}, probe: 3, level: 9, finalists: 3, small: 1 << 15},
	"max":     {rules: []filterRule{filterNone, filterSub, filterUp, filterAverage, filterPaeth, filterMinSum, filterEntropy, filterBigrams}, probe: 6, level: 9, finalists: 8, small: 1 << 20},
}

func newDeflater(e pngEffort) (*deflater, error) {
	var d deflater
	var err error
	if d.fast, err = zlib.NewWriterLevel(io.Discard, e.probe); err != nil {
		return nil, err
	}
	d.best, err = zlib.NewWriterLevel(io.Discard, e.level)
	return &d, err
}

type countWriter int

func (c *countWriter) Write(p []byte) (int, error) {
	*c += countWriter(len(p))
	return len(p), nil
}

// probe returns how many bytes rows take at the fast level.
func (d *deflater) probe(rows []byte) (int, error) {
	var n countWriter
	d.fast.Reset(&n)
	if _, err := d.fast.Write(rows); err != nil {
		return 0, err
	}
	err := d.fast.Close()
	return int(n), err
}

// pack compresses rows at the best level. The result is valid until the next
// call.
func (d *deflater) pack(rows []byte) ([]byte, error) {
	d.buf.Reset()
	d.best.Reset(&d.buf)
	if _, err := d.best.Write(rows); err != nil {
		return nil, err
	}
	err := d.best.Close()
	return d.buf.Bytes(), err
}

// encode returns the smallest PNG of r that the effort finds. Each raster is
// searched by itself, so that the answer for it does not depend on which
// others were tried.
func (d *deflater) encode(ctx context.Context, r *raster, e pngEffort, extra []byte) ([]byte, error) {
	type candidate struct {
		rule filterRule
		size int
	}
	var all []candidate
	rules := e.rules
	if r.depth < 8 { // neighbouring bytes hold several pixels: differences say little
		rules = []filterRule{filterNone, filterUp, filterMinSum}
	}
	for _, rule := range rules {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c := candidate{rule: rule}
		if len(r.rows) > e.small {
			var err error
			if c.size, err = d.probe(filterRows(r, rule)); err != nil {
				return nil, err
			}
		}
		all = append(all, c)
	}
	if len(r.rows) > e.small {
		slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(a.size, b.size) })
		all = all[:min(len(all), e.finalists)]
	}
	var best []byte
	for _, c := range all {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		z, err := d.pack(filterRows(r, c.rule))
		if err != nil {
			return nil, err
		}
		if best == nil || len(z) < len(best) {
			best = bytes.Clone(z)
		}
	}
	return writePNG(r, best, extra), nil
}

// writePNG puts the chunks together; extra are finished chunks that must
// stand before PLTE and IDAT (section 5.6).
func writePNG(r *raster, idat, extra []byte) []byte {
	b := append(make([]byte, 0, len(idat)+len(extra)+len(r.palette)+len(r.trns)+100), pngMagic...)
	ihdr := binary.BigEndian.AppendUint32(nil, uint32(r.width))
	ihdr = binary.BigEndian.AppendUint32(ihdr, uint32(r.height))
	b = appendChunk(b, "IHDR", append(ihdr, r.depth, r.colorType, 0, 0, 0))
	b = append(b, extra...)
	if r.palette != nil {
		b = appendChunk(b, "PLTE", r.palette)
	}
	if r.trns != nil {
		b = appendChunk(b, "tRNS", r.trns)
	}
	b = appendChunk(b, "IDAT", idat)
	return appendChunk(b, "IEND", nil)
}
