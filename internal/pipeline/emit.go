package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/hone-web/hone/bundle"
	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/internal/par"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/internal/store"
	"github.com/hone-web/hone/site"
)

// output is one file to publish.
type output struct {
	path    site.Path
	node    *bundle.Node
	variant *site.Variant // nil for the file itself
	class   string
	copies  []*bundle.Node // files of the same bytes that have this name, too
}

// emitted is an output with what is known once its bytes are.
type emitted struct {
	entry site.Entry
	codes map[string]site.Digest // blobs of its precompressed forms, by coding or path
	diags []site.Diagnostic
	early []site.Path // style sheets that a page is not shown without
}

// outputs lists every file of the result: fingerprinted names that are used,
// encodings that are used, and the old names that keep answering.
func (b *build) outputs() []output {
	checked := b.checked()
	used := map[site.Path]bool{}  // output paths that a hole names
	asked := map[site.Path]bool{} // files that some reference still calls by the old name
	part := map[site.Path]bool{}  // files whose text is in a joined file
	var queue []*bundle.Node
	for _, n := range b.graph.Nodes {
		if n.File.Vendored == "" && (n.Parts == nil || len(b.plan.Loaders(n)) > 0) {
			queue = append(queue, n)
		}
	}
	copies := map[*bundle.Node]bool{} // of files of other hosts: there for those who name them alone
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		for _, m := range n.Parts {
			part[m.File.Path] = true
		}
		for i := range n.To {
			if t := n.To[i].To; t != "" {
				u := bundle.Use{From: n, Ref: i}
				p := b.target(u)
				used[p] = true
				asked[t] = asked[t] || p == t
				if to := b.to(u); p != "" && to != nil && to.File.Vendored != "" && !copies[to] {
					copies[to] = true
					queue = append(queue, to)
				}
			}
		}
		for _, p := range b.linked.Addresses(n) {
			used[p] = true
		}
	}
	var out []output
	for _, n := range b.graph.Nodes {
		p := n.File.Path
		name := b.linked.Name(p)
		if n.File.Vendored != "" && !copies[n] {
			continue
		}
		if n.Parts != nil {
			if used[name] {
				out = append(out, output{path: name, node: n, class: cache.ClassFingerprinted})
			}
			continue
		}
		for i := range b.objects[p].Variants {
			v := &b.objects[p].Variants[i]
			if vp := b.linked.VariantPath(n, v); used[vp] {
				out = append(out, output{path: vp, node: n, variant: v, class: cache.ClassFingerprinted})
			}
		}
		// A picture that lost detail is always there under its fingerprint,
		// which proves to the next build that it is finished.
		if name != "" && (used[name] || b.objects[p].Facts.Lossy) {
			used[name] = true
			out = append(out, output{path: name, node: n, class: cache.ClassFingerprinted})
		}
		if part[p] && name != "" && !used[name] && !asked[p] && !b.keeps(n) {
			continue
		}
		if name == "" || !used[name] || asked[p] || b.keeps(n) {
			class := ""
			if n.OwnName && b.objects[p].Same {
				class = cache.ClassFingerprinted
			} else if checked[p] {
				class = cache.ClassChecked
			}
			out = append(out, output{path: p, node: n, class: class})
		}
	}
	return distinct(out)
}

// distinct sorts outputs and makes one of those that have one name because
// their bytes are the same.
func distinct(out []output) []output {
	slices.SortFunc(out, func(a, c output) int {
		return cmp.Or(strings.Compare(string(a.path), string(c.path)), strings.Compare(string(a.node.File.Path), string(c.node.File.Path)))
	})
	var all []output
	for _, o := range out {
		if n := len(all); n > 0 && all[n-1].path == o.path {
			if last := &all[n-1]; last.node != o.node {
				last.copies = append(last.copies, o.node)
			}
			continue
		}
		all = append(all, o)
	}
	return all
}

// checked lists the files that are named with their hash beside it by the name
// that they had. Browsers refuse a copy of the last deploy there.
func (b *build) checked() map[site.Path]bool {
	out := map[site.Path]bool{}
	for _, n := range b.graph.Nodes {
		if n.Doc == nil {
			continue
		}
		for _, s := range n.Doc.Sums {
			if t := n.To[s.Ref].To; t != "" && s.Kind == site.SumIntegrity && b.target(bundle.Use{From: n, Ref: s.Ref}) == t {
				out[t] = true
			}
		}
	}
	return out
}

// keeps reports whether the old name of a renamed file goes on answering.
func (b *build) keeps(n *bundle.Node) bool {
	if n.File.Vendored != "" {
		return false // nobody knows it
	}
	switch b.o.KeepURLs {
	case KeepNone:
		return false
	case KeepMedia:
		k := n.File.Kind
		return k == site.Image || k == site.Font || k == site.Media || k == site.SVG
	}
	return true
}

// emit makes and judges the manifest's entries, compressing each text once
// however many names it has.
func (b *build) emit(ctx context.Context, outs []output) ([]emitted, error) {
	done := counter(b.o, "compress", len(outs))
	j := b.newJudge(outs)
	// Names of one file come to one worker, so that nothing is compressed
	// twice at the same time.
	groups := [][]output{}
	at := map[*bundle.Node]int{}
	for _, o := range outs {
		i, ok := at[o.node]
		if !ok {
			i = len(groups)
			at[o.node] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], o)
	}
	got, err := par.Map(ctx, par.Limits{Jobs: b.o.Jobs, Weight: b.o.MemoryLimit}, groups,
		func(g []output) int64 { return 16 * g[0].node.File.Size },
		func(_ context.Context, g []output) ([]emitted, error) {
			es := make([]emitted, len(g))
			for i, o := range g {
				var err error
				if es[i], err = b.emitOne(o, j); err != nil {
					return nil, fmt.Errorf("emit %s: %w", o.path, err)
				}
				e := &es[i].entry
				if e.Digests, err = b.digests(e, func() ([]byte, error) { return b.bytesOf(o) }); err != nil {
					return nil, fmt.Errorf("digests of %s: %w", o.path, err)
				}
				if d, ok := es[i].codes["gzip"]; ok {
					e.Digests.Gzip = d.String()
				}
				done()
			}
			return es, nil
		})
	if err != nil {
		return nil, err
	}
	all := slices.Concat(got...)
	slices.SortFunc(all, func(a, c emitted) int { return strings.Compare(string(a.entry.Path), string(c.entry.Path)) })
	return all, nil
}

func (b *build) emitOne(o output, j *judge) (emitted, error) {
	n := o.node
	obj := b.objects[n.File.Path]
	e := emitted{entry: site.Entry{Path: o.path, From: sources(o), Type: site.TypeOf(o.path), Class: o.class,
		Fixed: o.class != cache.ClassFingerprinted, Zone: n.File.Zone, Kept: obj.Kept, Steps: obj.Steps, Before: n.File.Size, Encodings: []string{}}}
	if o.variant != nil {
		e.entry.SHA256, e.entry.Size, e.entry.Kept = o.variant.Blob, o.variant.Size, ""
		return e, j.file(o, &e, nil, nil)
	}
	if !n.File.Kind.IsText() {
		e.entry.SHA256, e.entry.Size = obj.Blob, obj.Size
		return e, j.file(o, &e, nil, nil)
	}
	var err error
	if e.entry.SHA256, e.entry.Size, err = b.seal(n); err != nil {
		return e, err
	}
	text := sync.OnceValues(func() ([]byte, error) { return b.final(n) })
	var doc *scan.Doc
	if hasRefs(n.File.Kind) && e.entry.Size <= b.o.Limits.Text {
		if doc, err = b.scanFile(o.path, n.File.Kind, e.entry.SHA256, text); err != nil {
			return e, err
		}
	}
	if err := j.file(o, &e, doc, text); err != nil {
		return e, err
	}
	if err := b.precompress(&e, text, b.src.coded[o.path]); err != nil {
		return e, err
	}
	return e, b.packed(&e, text)
}

// Precompressed files must pay: under 1 KB a response fits the first packets
// anyway, and a gain under 3 % is not worth a file.
const (
	minCompress = 1024
	minGain     = 0.97
)

// precompress makes the content codings of a text. forced names those that
// the input had beside it and that must go on answering.
func (b *build) precompress(e *emitted, text func() ([]byte, error), forced []string) error {
	e.codes = map[string]site.Digest{}
	codings := slices.Clone(b.o.Encode) // shared by all workers
	for _, c := range forced {
		if !slices.Contains(codings, c) {
			codings = append(codings, c)
		}
	}
	slices.Sort(codings)
	for _, c := range codings {
		must := slices.Contains(forced, c)
		if e.entry.Size < minCompress && !must {
			continue
		}
		d, size, err := b.code1(c, e.entry.SHA256, text)
		if err != nil {
			return err
		}
		if float64(size) > minGain*float64(e.entry.Size) && !must {
			continue
		}
		e.codes[c] = d
		e.entry.Encodings = append(e.entry.Encodings, c)
		if e.entry.Encoded == nil {
			e.entry.Encoded = map[string]int64{}
		}
		e.entry.Encoded[c] = size
	}
	return nil
}

type coded struct {
	Blob site.Digest
	Size int64
}

// code1 applies one content coding, or finds the result in the store.
func (b *build) code1(coding string, d site.Digest, read func() ([]byte, error)) (site.Digest, int64, error) {
	level := codingLevel(b.o.Preset, coding)
	id := store.NewKey("coding 1").Str(libraries).Str(coding).Value(level).Digest(d).ID()
	if c := store.Load[coded](b.store, id); c != nil && b.store.HasBlob(c.Blob, c.Size) {
		return c.Blob, c.Size, nil
	}
	var c coded
	text, err := read()
	if err != nil {
		return c.Blob, 0, err
	}
	add(&b.work.Compressed)
	var buf bytes.Buffer
	if err := encode(&buf, coding, level, text); err != nil {
		return c.Blob, 0, fmt.Errorf("%s: %w", coding, err)
	}
	c.Size = int64(buf.Len())
	if c.Blob, err = b.store.PutBlob(buf.Bytes()); err != nil {
		return c.Blob, 0, err
	}
	return c.Blob, c.Size, store.Keep(b.store, id, &c)
}

// codingLevel returns the level of a coding under a preset. Brotli 11 gives
// the bytes of the reference encoder and costs 20 times brotli 5, which is
// 12 % larger.
func codingLevel(preset, coding string) int {
	fast := preset == "fast"
	switch {
	case coding == "br" && fast:
		return 5
	case coding == "br":
		return 11
	case coding == "zstd" && fast:
		return int(zstd.SpeedDefault)
	case coding == "zstd":
		return int(zstd.SpeedBestCompression)
	case fast:
		return 6
	}
	return 9
}

// encoders are kept between files: a brotli writer of quality 11 holds some
// 30 MB of tables that cost more to make than most pages to compress.
var encoders sync.Map // coding and level → *sync.Pool of writers

type encoder interface {
	io.WriteCloser
	Reset(io.Writer)
}

func encode(buf *bytes.Buffer, coding string, level int, text []byte) error {
	key := fmt.Sprint(coding, level)
	got, _ := encoders.LoadOrStore(key, new(sync.Pool))
	pool := got.(*sync.Pool)
	w, ok := pool.Get().(encoder)
	if !ok {
		var err error
		if w, err = newEncoder(coding, level); err != nil {
			return err
		}
	}
	w.Reset(buf)
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	pool.Put(w)
	return nil
}

func newEncoder(coding string, level int) (encoder, error) {
	switch coding {
	case "br":
		return brotli.NewWriterOptions(nil, brotli.WriterOptions{Quality: level, LGWin: 22}), nil
	case "gzip":
		return gzip.NewWriterLevel(nil, level)
	case "zstd":
		return zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.EncoderLevel(level)), zstd.WithEncoderConcurrency(1))
	}
	return nil, fmt.Errorf("unknown content coding %q", coding)
}

// libraries are the versions of what makes bytes; a new version makes old
// results of the store unreachable.
const libraries = "brotli 1.2.8, compress 1.20.3, esbuild 0.28.2, minify 2.24.25, parse 2.8.20, jpegli 0.4.2, webp 0.6.4, net 0.62.0, image 0.47.0, imaging 1.6.2, avif 0.5.3, wazero 1.12.0, thumbhash 1.0.0"

// sources returns the input files that an output is made of; none for what
// hone adds.
func sources(o output) []site.Path {
	ps := []site.Path{}
	for _, n := range append([]*bundle.Node{o.node}, o.copies...) {
		if n.Parts == nil {
			ps = append(ps, n.File.Path)
		}
		for _, m := range n.Parts {
			ps = append(ps, m.File.Path)
		}
	}
	return ps
}
