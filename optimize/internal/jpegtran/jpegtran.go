// Package jpegtran rewrites JPEG pictures without touching a pixel: it reads
// the quantized coefficients and codes them anew, with the best Huffman
// tables and the best of a few scan orders, as the program of that name in
// libjpeg does. It owns the coded data and the tables that belong to it
// (ITU-T T.81 | ISO/IEC 10918-1); application segments are the caller's.
//
// Reading is strict: a picture whose coded data is damaged or not complete is
// refused, which decoders for viewing do not do.
package jpegtran

import "errors"

// What Read refuses.
var (
	ErrTruncated   = errors.New("the file ends before the picture is complete")
	ErrUnsupported = errors.New("a kind of JPEG that is not supported")
	errSyntax      = errors.New("the coded data is damaged")
)

// Image is a picture as quantized DCT coefficients.
type Image struct {
	Width, Height int
	Components    []Component
	Quant         [4]*[64]uint16 // in zigzag order
	hMax, vMax    int
	mcusX, mcusY  int
	// Progressive says that the source had more than one pass.
	Progressive bool
}

// Component is one colour channel.
type Component struct {
	ID    byte
	H, V  int // sampling factors
	Table int // which of Image.Quant
	// Blocks that hold samples, and blocks with the padding to whole MCUs.
	blocksX, blocksY int
	stride, rows     int
	// Coefficients in zigzag order, 64 a block.
	coef []int16
}

// Block returns the coefficients of a block, in zigzag order.
func (c *Component) Block(x, y int) []int16 {
	i := 64 * (y*c.stride + x)
	return c.coef[i : i+64 : i+64]
}

// maxCoefficients bounds the memory of a picture (two bytes each): 100
// million pixels of four channels.
const maxCoefficients = 400 << 20

// layout computes block counts from the frame header (section A.1.1, A.2).
func (m *Image) layout() error {
	for _, c := range m.Components {
		m.hMax, m.vMax = max(m.hMax, c.H), max(m.vMax, c.V)
	}
	m.mcusX = ceilDiv(m.Width, 8*m.hMax)
	m.mcusY = ceilDiv(m.Height, 8*m.vMax)
	total := 0
	for i := range m.Components {
		c := &m.Components[i]
		c.blocksX = ceilDiv(ceilDiv(m.Width*c.H, m.hMax), 8)
		c.blocksY = ceilDiv(ceilDiv(m.Height*c.V, m.vMax), 8)
		c.stride, c.rows = m.mcusX*c.H, m.mcusY*c.V
		if total += 64 * c.stride * c.rows; total > maxCoefficients {
			return ErrUnsupported
		}
	}
	return nil
}

func (m *Image) alloc() {
	for i := range m.Components {
		c := &m.Components[i]
		c.coef = make([]int16, 64*c.stride*c.rows)
	}
}

// clearPadding gives the blocks outside the picture the values that make them
// cheapest to code: no detail, and the brightness of the block before. They
// are never shown; making them a function of the rest keeps one picture one
// sequence of bytes.
func (m *Image) clearPadding() {
	for i := range m.Components {
		c := &m.Components[i]
		for y := range c.rows {
			x0 := c.blocksX
			if y >= c.blocksY {
				x0 = 0
			}
			for x := x0; x < c.stride; x++ {
				b := c.Block(x, y)
				clear(b)
				switch {
				case x > 0:
					b[0] = c.Block(x-1, y)[0]
				case y > 0:
					b[0] = c.Block(x, y-1)[0]
				}
			}
		}
	}
}

// Equal reports whether two pictures have the same size, sampling,
// quantization and coefficients, so that every decoder shows them alike.
func (m *Image) Equal(o *Image) bool {
	if m.Width != o.Width || m.Height != o.Height || len(m.Components) != len(o.Components) {
		return false
	}
	for i := range m.Components {
		a, b := &m.Components[i], &o.Components[i]
		if a.ID != b.ID || a.H != b.H || a.V != b.V || *m.Quant[a.Table] != *o.Quant[b.Table] {
			return false
		}
		for y := range a.blocksY {
			for x := range a.blocksX {
				if [64]int16(a.Block(x, y)) != [64]int16(b.Block(x, y)) {
					return false
				}
			}
		}
	}
	return true
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
