package avif

import (
	"context"
	"fmt"
	"image"
	"math"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// instance is the module with a memory of its own. It serves one picture.
type instance struct {
	ctx context.Context
	mod api.Module
}

// instance returns a fresh instance, with room bytes of memory set aside,
// whose calls end when ctx does. It sees no files, no environment and no
// output.
func (m *machine) instance(ctx context.Context, room int64) (*instance, error) {
	mod, err := m.runtime.InstantiateModule(experimental.WithMemoryAllocator(ctx, reserve(room)), m.module, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		return nil, fmt.Errorf("avif: start the encoder: %w", err)
	}
	return &instance{ctx: ctx, mod: mod}, nil
}

// close frees the memory; an instance that is gone already has none.
func (in *instance) close() { _ = in.mod.Close(context.WithoutCancel(in.ctx)) }

// call calls a function of the module.
func (in *instance) call(name string, args ...uint64) (uint64, error) {
	res, err := in.mod.ExportedFunction(name).Call(in.ctx, args...)
	if e := in.ctx.Err(); e != nil {
		return 0, e
	}
	if err != nil {
		return 0, fmt.Errorf("avif: %s: %w", name, err)
	}
	return res[0], nil
}

// alloc returns n bytes of the instance's memory. They are freed with it.
func (in *instance) alloc(n int64) (uint32, error) {
	if n > math.MaxUint32 {
		return 0, errMemory
	}
	p, err := in.call("malloc", uint64(n))
	if err == nil && p == 0 {
		err = errMemory
	}
	return uint32(p), err
}

func (in *instance) encode(m *image.NRGBA, o Options) ([]byte, error) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	pix, err := in.alloc(4 * int64(w) * int64(h))
	if err != nil {
		return nil, err
	}
	size, err := in.alloc(8)
	if err != nil {
		return nil, err
	}
	for y := range h {
		row, ok := in.mod.Memory().Read(pix+uint32(4*w*y), uint32(4*w))
		if !ok {
			return nil, errMemory
		}
		premultiply(row, m.Pix[y*m.Stride:][:4*w])
	}
	const yuv444, yuv420 = 1, 3 // avifPixelFormat
	format := uint64(yuv420)
	if o.Subsample444 {
		format = yuv444
	}
	out, err := in.call("encode", uint64(pix), uint64(w), uint64(h), uint64(size),
		uint64(o.Quality), uint64(o.QualityAlpha), uint64(o.Speed), format, 0)
	if err != nil {
		return nil, err
	}
	n, ok := in.mod.Memory().ReadUint32Le(size)
	if !ok || out == 0 || n == 0 {
		return nil, errEncode
	}
	data, ok := in.mod.Memory().Read(uint32(out), n)
	if !ok {
		return nil, errEncode
	}
	return append([]byte(nil), data...), nil
}

func (in *instance) decode(data []byte, maxPixels int64) (*image.NRGBA, error) {
	src, err := in.alloc(int64(len(data)))
	if err != nil {
		return nil, err
	}
	if !in.mod.Memory().Write(src, data) {
		return nil, errMemory
	}
	head, err := in.alloc(16)
	if err != nil {
		return nil, err
	}
	// First the header alone, then one picture.
	var delay, out uint32
	run := func(headOnly uint64) error {
		ok, err := in.call("decode", uint64(src), uint64(len(data)), headOnly, 0,
			uint64(head), uint64(head+4), uint64(head+8), uint64(head+12), uint64(delay), uint64(out))
		if err == nil && ok == 0 {
			err = errDecode
		}
		return err
	}
	if err := run(1); err != nil {
		return nil, err
	}
	w, h, depth := in.word(head), in.word(head+4), in.word(head+8)
	if w <= 0 || h <= 0 || w > maxPixels/h {
		return nil, fmt.Errorf("avif: %d × %d is more than %d pixels", w, h, maxPixels)
	}
	size := 4 * w * h
	if depth > 8 {
		size *= 2
	}
	if delay, err = in.alloc(8); err != nil {
		return nil, err
	}
	if out, err = in.alloc(size); err != nil {
		return nil, err
	}
	if err := run(0); err != nil {
		return nil, err
	}
	pix, ok := in.mod.Memory().Read(out, uint32(size))
	if !ok {
		return nil, errMemory
	}
	dst := image.NewNRGBA(image.Rect(0, 0, int(w), int(h)))
	if depth > 8 {
		pix = narrow(pix)
	}
	unpremultiply(dst.Pix, pix)
	return dst, nil
}

// word reads 32 bits at p; outside of the memory they are 0.
func (in *instance) word(p uint32) int64 {
	v, _ := in.mod.Memory().ReadUint32Le(p)
	return int64(v)
}
