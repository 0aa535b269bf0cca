package icc

import "encoding/binary"

// parseLutAB reads a lutAToBType (section 10.12): A curves, a table, M curves,
// a matrix and B curves, of which all but the last may be missing.
func (t *table) parseLutAB(b []byte) error {
	var offset [5]uint64 // B, matrix, M, table, A
	for i := range offset {
		offset[i] = uint64(binary.BigEndian.Uint32(b[12+4*i:]))
		if offset[i] > uint64(len(b)) {
			return errShort
		}
	}
	first := make([]curve, t.channels)
	if o := offset[4]; o != 0 {
		if err := parseCurves(first, b[o:]); err != nil {
			return err
		}
	}
	for c, f := range first {
		t.input[c] = f.levels()
	}
	if o := offset[3]; o != 0 {
		g, err := parseGrid(b[o:], t.channels)
		if err != nil {
			return err
		}
		t.grid = g
	} else if t.channels != 3 {
		return errTable
	}
	if o := offset[2]; o != 0 {
		if err := parseCurves(t.mid[:], b[o:]); err != nil {
			return err
		}
	}
	if o := offset[1]; o != 0 {
		if len(b[o:]) < 48 {
			return errShort
		}
		t.matrix = new([3][4]float64)
		for i := range 3 {
			for j := range 3 {
				t.matrix[i][j] = fixed(b[o+uint64(12*i+4*j):])
			}
			t.matrix[i][3] = fixed(b[o+uint64(36+4*i):])
		}
	}
	if o := offset[0]; o != 0 {
		return parseCurves(t.output[:], b[o:])
	}
	return errShort
}

// parseCurves reads curves that follow each other, each on a multiple of four.
func parseCurves(dst []curve, b []byte) error {
	for i := range dst {
		f, n, err := parseCurve(b)
		if err != nil {
			return err
		}
		dst[i] = f
		b = b[min((n+3)&^3, len(b)):]
	}
	return nil
}

// parseGrid reads the table of a lutAToBType (section 10.12.3).
func parseGrid(b []byte, channels int) (*grid, error) {
	if len(b) < 20 {
		return nil, errShort
	}
	cells := 3
	dims := make([]int, channels)
	for i := range dims {
		dims[i] = int(b[i])
		if dims[i] < 2 {
			return nil, errTable
		}
		if cells *= dims[i]; cells > len(b) {
			return nil, errShort
		}
	}
	size, read := int(b[16]), octets
	switch size {
	case 1:
	case 2:
		read = words
	default:
		return nil, errTable
	}
	if b = b[20:]; cells > len(b)/size {
		return nil, errShort
	}
	return newGrid(dims, read(b[:cells*size])), nil
}
