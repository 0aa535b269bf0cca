package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/hone-web/hone/bundle"
	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/internal/store"
	"github.com/hone-web/hone/site"
)

// Style sheets and scripts of the last deploy are dictionaries for those of
// this one (RFC 9842): browsers that say they have one get what changed.

const (
	maxDictionaries    = 4       // for one file
	maxDictionarySize  = 4 << 20 // a file larger than this is none
	maxPreviousEntries = 200_000
	// A packed form must be much smaller than what is sent without: it is a file
	// for the visitors of one deploy alone.
	maxPacked     = 0.8
	minPackedGain = 512
)

// previous are the dictionaries of the last deploy.
type previous struct {
	root  *os.Root
	files map[site.Path][]site.Path // name without hash → names
}

// openPrevious lists the output of the last deploy; nil if there is none.
func openPrevious(dir string) (*previous, error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // this is the first deploy
	}
	if err != nil {
		return nil, fmt.Errorf("open the last deploy: %w", err)
	}
	p, seen := &previous{root: root, files: map[site.Path][]site.Path{}}, 0
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if seen++; err != nil || !d.Type().IsRegular() || seen > maxPreviousEntries {
			return err
		}
		path := site.Path(name)
		if k := site.KindOf(path); (k == site.CSS || k == site.JS) && bundle.NameHash(path) != "" {
			key := withoutHash(path)
			p.files[key] = append(p.files[key], path)
		}
		return nil
	})
	if err != nil {
		root.Close()
		return nil, fmt.Errorf("list the last deploy: %w", err)
	}
	return p, nil
}

// withoutHash is the name that a fingerprinted file had.
func withoutHash(p site.Path) site.Path {
	ext := p.Ext()
	return p[:len(p)-len(ext)-len(".")-bundle.HashLen] + site.Path(ext)
}

// read returns a dictionary, nil if it is none.
func (p *previous) read(name site.Path) ([]byte, error) {
	fi, err := p.root.Stat(string(name))
	if err != nil || fi.Size() > maxDictionarySize || fi.Size() == 0 {
		return nil, err
	}
	return p.root.ReadFile(string(name))
}

// packed makes the packed forms of a file that pay.
func (b *build) packed(e *emitted, text func() ([]byte, error)) error {
	if b.last == nil || !cache.Dictionary(&e.entry) || e.entry.Size > maxDictionarySize || bundle.NameHash(e.entry.Path) == "" {
		return nil
	}
	plain := e.entry.Size
	for _, size := range e.entry.Encoded {
		plain = min(plain, size)
	}
	for _, name := range b.last.files[withoutHash(e.entry.Path)] {
		if len(e.entry.Dictionaries) == maxDictionaries {
			break
		}
		dict, err := b.last.read(name)
		if err != nil {
			return fmt.Errorf("read the last deploy: %w", err)
		}
		sum := site.Sum(dict)
		if dict == nil || sum == e.entry.SHA256 {
			continue
		}
		blob, size, err := b.pack(e.entry.SHA256, sum, dict, text)
		if err != nil {
			return err
		}
		if float64(size) > maxPacked*float64(plain) || size+minPackedGain > plain {
			continue
		}
		path := e.entry.Path + site.Path("."+sum.String()[:bundle.HashLen]+".dcz")
		if slices.ContainsFunc(e.entry.Dictionaries, func(d site.Dictionary) bool { return d.Path == path }) {
			continue // two files of the same bytes
		}
		e.entry.Dictionaries = append(e.entry.Dictionaries, site.Dictionary{SHA256: sum, Path: path, Size: size})
		e.codes[string(path)] = blob
	}
	return nil
}

// pack returns a text as what it has beyond a dictionary, from the store when
// it was made before.
func (b *build) pack(d, dict site.Digest, with []byte, read func() ([]byte, error)) (site.Digest, int64, error) {
	id := store.NewKey("dcz 1").Str(libraries).Digest(d).Digest(dict).ID()
	if c := store.Load[coded](b.store, id); c != nil && b.store.HasBlob(c.Blob, c.Size) {
		return c.Blob, c.Size, nil
	}
	text, err := read()
	if err != nil {
		return d, 0, err
	}
	add(&b.work.Compressed)
	out, err := dcz(text, with)
	if err != nil {
		return d, 0, fmt.Errorf("dcz: %w", err)
	}
	c := coded{Size: int64(len(out))}
	if c.Blob, err = b.store.PutBlob(out); err != nil {
		return d, 0, err
	}
	return c.Blob, c.Size, store.Keep(b.store, id, &c)
}

// dczMagic begins a Zstandard frame that decoders skip: it holds the hash of
// the dictionary (RFC 9842, section 5).
var dczMagic = []byte{0x5e, 0x2a, 0x4d, 0x18, 0x20, 0, 0, 0}

// dczWindow is the window that every client has to have room for.
const dczWindow = 8 << 20

// dcz writes a text as Dictionary-Compressed Zstandard, and reads it back.
func dcz(text, dict []byte) ([]byte, error) {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(dczWindow), zstd.WithEncoderDictRaw(0, dict))
	if err != nil {
		return nil, err
	}
	defer w.Close()
	sum := site.Sum(dict)
	out := w.EncodeAll(text, slices.Concat(dczMagic, sum[:]))
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(dczWindow), zstd.WithDecoderDictRaw(0, dict))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	back, err := r.DecodeAll(out[len(dczMagic)+len(sum):], nil)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(back, text) {
		return nil, errors.New("it does not read back as what it was")
	}
	return out, nil
}

// unsent tells of hosts that cannot choose the packed forms.
func (b *build) unsent(m *site.Manifest) {
	forms := 0
	for i := range m.Entries {
		forms += len(m.Entries[i].Dictionaries)
	}
	for _, h := range b.o.Hosts {
		if forms > 0 && !cache.ServesPacked(h) {
			b.diags = append(b.diags, site.Diagnostic{Rule: "dictionary-unsent", Severity: site.Info,
				Message: fmt.Sprintf("%s cannot choose an answer by what the visitor has (Available-Dictionary), so nobody gets the %d packed forms (.dcz)", h, forms),
				Hint:    "leave cache.previous out, or put nginx, Apache or Caddy in front"})
		}
	}
}

// isPacked reports whether a name is that of a packed form, and of which file.
func isPacked(p site.Path) (of site.Path, ok bool) {
	rest, ok := strings.CutSuffix(string(p), ".dcz")
	if at := len(rest) - bundle.HashLen - 1; ok && at > 0 && bundle.NameHash(site.Path(rest[at:]+".dcz")) != "" {
		return site.Path(rest[:at]), true
	}
	return "", false
}
