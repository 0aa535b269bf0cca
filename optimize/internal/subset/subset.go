// Package subset makes fonts that hold some characters of others: HarfBuzz,
// compiled to WebAssembly, runs in wazero. Nothing starts before the first
// font.
package subset

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/hone-web/hone/optimize/internal/codecache"
)

//go:embed wasm/harfbuzz-subset.wasm.gz
var packed []byte

// Bounds on what a font may take: memory, in pages of 64 KiB, and time.
const (
	maxPages = 512 << 20 >> 16
	maxTime  = 20 * time.Second
)

// Subsetter makes subsets. It may be used by many goroutines at once.
type Subsetter struct {
	cacheDir string
	mu       sync.Mutex // guards what follows while it starts and stops
	runtime  wazero.Runtime
	cache    wazero.CompilationCache
	module   wazero.CompiledModule
	closed   bool
}

// New returns a subsetter that keeps its compiled code in cacheDir, or in
// memory alone if that is "". The code is run as it stands: cacheDir must be a
// folder that others cannot write to.
func New(cacheDir string) *Subsetter { return &Subsetter{cacheDir: cacheDir} }

var (
	errClosed = errors.New("subset: it is closed")
	errSubset = errors.New("subset: HarfBuzz made no font of it")
	errMemory = errors.New("subset: out of memory")
)

// start compiles the module, or reads the compiled code from the folder.
// Whatever is wrong with that, the module is compiled in memory instead.
func (s *Subsetter) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	if s.runtime != nil {
		return nil
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return fmt.Errorf("subset: unpack: %w", err)
	}
	code, err := io.ReadAll(z)
	if err != nil {
		return fmt.Errorf("subset: unpack: %w", err)
	}
	if s.cacheDir != "" {
		codecache.Discard(s.cacheDir)
		if cache, err := wazero.NewCompilationCacheWithDir(s.cacheDir); err == nil {
			if s.compile(code, cache) == nil {
				codecache.Seal(s.cacheDir)
				return nil
			}
		}
	}
	return s.compile(code, wazero.NewCompilationCache())
}

// compile takes over cache.
func (s *Subsetter) compile(code []byte, cache wazero.CompilationCache) error {
	// Not the context of a caller: what it starts outlives the call.
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCoreFeatures(api.CoreFeaturesV2).
		WithMemoryLimitPages(maxPages).WithCompilationCache(cache).WithCloseOnContextDone(true))
	m, err := r.CompileModule(ctx, code)
	if err != nil {
		_, _ = r.Close(ctx), cache.Close(ctx) // the first error says more
		return fmt.Errorf("subset: compile: %w", err)
	}
	s.runtime, s.cache, s.module = r, cache, m
	return nil
}

// Close frees the compiled code. Calls that still run fail.
func (s *Subsetter) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.runtime == nil {
		return nil
	}
	ctx := context.Background()
	err := errors.Join(s.runtime.Close(ctx), s.cache.Close(ctx))
	s.runtime = nil
	return err
}

// What HarfBuzz calls these (hb-subset.h, hb-blob.h).
const (
	featureTags   = 6     // HB_SUBSET_SETS_LAYOUT_FEATURE_TAG
	notdefOutline = 0x040 // HB_SUBSET_FLAGS_NOTDEF_OUTLINE
	keepRanges    = 0x100 // HB_SUBSET_FLAGS_NO_PRUNE_UNICODE_RANGES
	readOnly      = 1     // HB_MEMORY_MODE_READONLY
)

// Subset returns an OpenType font with the characters of ranges, which are
// inclusive, all glyphs that the font's own rules make of them, hints and
// layout features.
func (s *Subsetter) Subset(ctx context.Context, font []byte, ranges [][2]rune) ([]byte, error) {
	if err := s.start(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	mod, err := s.runtime.InstantiateModule(ctx, s.module, wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize"))
	if err != nil {
		return nil, fmt.Errorf("subset: start: %w", err)
	}
	defer mod.Close(context.WithoutCancel(ctx))
	in := &instance{ctx: ctx, mod: mod}
	out := in.subset(font, ranges)
	if in.err != nil {
		return nil, in.err
	}
	return out, nil
}

// instance is the module with a memory of its own, for one font. After an
// error its calls do nothing.
type instance struct {
	ctx context.Context
	mod api.Module
	err error
}

func (in *instance) call(name string, args ...uint64) uint64 {
	if in.err != nil {
		return 0
	}
	res, err := in.mod.ExportedFunction(name).Call(in.ctx, args...)
	if err != nil {
		in.err = fmt.Errorf("subset: %s: %w", name, err)
	}
	if len(res) == 0 || err != nil {
		return 0
	}
	return res[0]
}

// must is call, but for functions that return null for what they cannot do.
func (in *instance) must(fail error, name string, args ...uint64) uint64 {
	v := in.call(name, args...)
	if v == 0 && in.err == nil {
		in.err = fail
	}
	return v
}

func (in *instance) subset(font []byte, ranges [][2]rune) []byte {
	at := in.must(errMemory, "malloc", uint64(len(font)))
	if in.err != nil || !in.mod.Memory().Write(uint32(at), font) {
		return nil
	}
	blob := in.call("hb_blob_create", at, uint64(len(font)), readOnly, 0, 0)
	face := in.call("hb_face_create", blob, 0)
	input := in.must(errMemory, "hb_subset_input_create_or_fail")
	letters := in.call("hb_subset_input_unicode_set", input)
	for _, r := range ranges {
		for c := r[0]; c <= r[1]; c++ {
			in.call("hb_set_add", letters, uint64(c))
		}
	}
	features := in.call("hb_subset_input_set", input, featureTags)
	in.call("hb_set_clear", features)
	in.call("hb_set_invert", features)
	in.call("hb_subset_input_set_flags", input, notdefOutline|keepRanges)
	small := in.must(errSubset, "hb_subset_or_fail", face, input)
	out := in.call("hb_face_reference_blob", small)
	data, size := in.call("hb_blob_get_data", out, 0), in.call("hb_blob_get_length", out)
	if in.err != nil {
		return nil
	}
	b, ok := in.mod.Memory().Read(uint32(data), uint32(size))
	if !ok || size == 0 {
		in.err = errSubset
	}
	return append([]byte(nil), b...)
}
