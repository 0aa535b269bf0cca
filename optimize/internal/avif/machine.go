package avif

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"fmt"
	"io"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/hone-web/hone/optimize/internal/codecache"
)

//go:embed wasm/avif.wasm.gz
var packed []byte

// maxPages bounds the memory of an instance to 3 GiB, in pages of 64 KiB.
const maxPages = 3 << 30 >> 16

// machine is the compiled module.
type machine struct {
	runtime wazero.Runtime
	cache   wazero.CompilationCache
	module  wazero.CompiledModule
}

// start compiles the module, or reads the compiled code from dir. Whatever is
// wrong with dir, the module is compiled in memory instead.
func start(dir string) (*machine, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("avif: unpack the encoder: %w", err)
	}
	code, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("avif: unpack the encoder: %w", err)
	}
	if dir != "" {
		codecache.Discard(dir)
		if cache, err := wazero.NewCompilationCacheWithDir(dir); err == nil {
			m, err := compile(code, cache)
			if err == nil {
				codecache.Seal(dir)
				return m, nil
			}
		}
	}
	return compile(code, wazero.NewCompilationCache())
}

// compile takes over cache.
func compile(code []byte, cache wazero.CompilationCache) (*machine, error) {
	// Not the context of a caller: what it starts outlives the call.
	ctx := context.Background()
	m := &machine{cache: cache, runtime: wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2|experimental.CoreFeaturesThreads).
		WithMemoryLimitPages(maxPages).
		WithCompilationCache(cache))}
	_, err := wasi_snapshot_preview1.Instantiate(ctx, m.runtime)
	if err == nil {
		m.module, err = m.runtime.CompileModule(withCheckpoint(ctx), code)
	}
	if err != nil {
		_ = m.close() // the first error says more
		return nil, fmt.Errorf("avif: compile the encoder: %w", err)
	}
	return m, nil
}

func (m *machine) close() error {
	ctx := context.Background()
	err := m.runtime.Close(ctx)
	if e := m.cache.Close(ctx); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("avif: close: %w", err)
	}
	return nil
}
