package optimize

import (
	"encoding/binary"
	"image"
	"io"
)

// webpFilm reads an animated WebP (RFC 9649, section 2.7) as it is shown.
func webpFilm(b []byte) (*film, error) {
	chunks, err := webpChunks(b)
	if err != nil {
		return nil, err
	}
	if len(chunks) < 3 || chunks[0].kind != "VP8X" || len(chunks[0].data) != 10 || chunks[0].data[0]&vp8xAnim == 0 ||
		chunks[1].kind != "ANIM" || len(chunks[1].data) != 6 {
		return nil, errWebP
	}
	head := chunks[0].data
	f := &film{width: 1 + int24(head[4:]), height: 1 + int24(head[7:]), plays: int(binary.LittleEndian.Uint16(chunks[1].data[4:]))}
	if f.width*f.height > webpPixels {
		return nil, errWebP
	}
	var frames []animFrame
	for _, c := range chunks[2:] {
		if c.kind != "ANMF" {
			continue
		}
		a, err := readFrame(c.data)
		if err != nil || !a.rect.In(image.Rect(0, 0, f.width, f.height)) {
			return nil, errWebP
		}
		frames = append(frames, a)
	}
	f.frames = len(frames)
	f.open = func() func() (*image.NRGBA, int, error) {
		p := &webpPlayer{frames: frames, canvas: image.NewNRGBA(image.Rect(0, 0, f.width, f.height))}
		return p.next
	}
	return f, nil
}

// readFrame reads an ANMF chunk, of which data holds the chunks of a still.
func readFrame(b []byte) (animFrame, error) {
	if len(b) < 16 {
		return animFrame{}, errTruncated
	}
	x, y := 2*int24(b), 2*int24(b[3:])
	a := animFrame{
		rect: image.Rect(x, y, x+1+int24(b[6:]), y+1+int24(b[9:])), ms: int24(b[12:]),
		blend: b[15]&anmfReplace == 0, dispose: b[15]&anmfDispose != 0, data: b[16:],
	}
	return a, nil
}

func int24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// webpPlayer composes the frames of an animated WebP.
type webpPlayer struct {
	frames []animFrame
	i      int
	canvas *image.NRGBA
}

func (p *webpPlayer) next() (*image.NRGBA, int, error) {
	if p.i == len(p.frames) {
		return nil, 0, io.EOF
	}
	if p.i > 0 && p.frames[p.i-1].dispose {
		clearRect(p.canvas, p.frames[p.i-1].rect)
	}
	a := &p.frames[p.i]
	m, err := decodeWebP(riffWebP(a.data))
	if err != nil {
		return nil, 0, err
	}
	if m.Rect.Size() != a.rect.Size() {
		return nil, 0, errWebP
	}
	drawFrame(p.canvas, m, a.rect.Min, a.blend)
	p.i++
	return p.canvas, a.ms, nil
}

// riffWebP makes a file of the chunks of a still.
func riffWebP(chunks []byte) []byte {
	b := append([]byte("RIFF\x00\x00\x00\x00WEBP"), chunks...)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return b
}

// drawFrame puts m onto canvas at a point, where it must fit: in place of what
// is there, or blended with it (PNG specification, section 13.16; the formula
// of WebP is the same).
func drawFrame(canvas, m *image.NRGBA, at image.Point, blend bool) {
	w := m.Rect.Dx()
	for y := range m.Rect.Dy() {
		src, dst := m.Pix[y*m.Stride:][:4*w], canvas.Pix[canvas.PixOffset(at.X, at.Y+y):][:4*w]
		if !blend {
			copy(dst, src)
			continue
		}
		for x := 0; x < 4*w; x += 4 {
			blendPixel(dst[x:x+4], src[x:x+4])
		}
	}
}

func blendPixel(dst, src []byte) {
	switch a := int(src[3]); {
	case a == 0:
	case a == 255 || dst[3] == 0:
		copy(dst, src)
	default:
		u, v := a*255, (255-a)*int(dst[3])
		for c := range 3 {
			dst[c] = byte((int(src[c])*u + int(dst[c])*v + (u+v)/2) / (u + v))
		}
		dst[3] = byte((u + v + 127) / 255)
	}
}
