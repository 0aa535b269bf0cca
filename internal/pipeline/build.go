package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/hone-web/hone/bundle"
	"github.com/hone-web/hone/internal/par"
	"github.com/hone-web/hone/internal/publish"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/internal/store"
	"github.com/hone-web/hone/optimize"
	"github.com/hone-web/hone/site"
)

// build carries one run through the stages. Each stage fills the fields the
// next one reads.
type build struct {
	o      *Options
	src    *source
	store  *store.Store
	making sync.Map // from the keys of files that are compiled to locks
	files  map[site.Path]*site.File

	docs    map[site.Path]*scan.Doc
	base    bundle.Base
	guessed bool // base was inferred
	graph   *bundle.Graph
	plan    *bundle.Plan
	dir     *publish.Dir // the output, held for the whole run; nil when nothing is published
	space   *optimize.SpaceFacts
	host    hostSays
	objects map[site.Path]*site.Object
	holed   map[site.Path][]bool // file → which of its references the linker writes
	plain   map[site.Path]bool   // references in the file use kept names
	pinned  map[site.Path]bool   // references to the file use its kept name
	linked  *bundle.Linked
	badSums map[site.Path]bool // page, NUL, integrity text: wrong already in the input
	relink  bool               // a page whose hash stands elsewhere changed after linking
	avif    optimize.AVIFEncoder
	fonts   optimize.Subsetter
	last    *previous // the output of the last deploy; nil if it is not known
	// named are the files with code whose functions keep their names.
	named map[*bundle.Node]bool
	// dissolved are joined files that were larger than their parts.
	dissolved map[*bundle.Node]bool
	resources []Resource
	work      Work
	slow      stopwatch
	sizes     sync.Map // pictures, by path → their pixels
	seals     sync.Map // link ids → digests and sizes of final texts
	diags     []site.Diagnostic
	copies    bool // files of other hosts are copied
	vendored  []Copied
	external  []ExternalHost
}

// Work counts what a run did, as opposed to what it took from the store.
type Work struct {
	Compiled   int64 `json:"compiled"`   // files an optimizer ran on
	Reused     int64 `json:"reused"`     // files whose result came from the store
	Compressed int64 `json:"compressed"` // texts that brotli, gzip or zstd ran on
	Scanned    int64 `json:"scanned"`    // texts searched for references
}

// Build runs the pipeline. It returns a Result whenever the site could be
// read, also when findings stopped it from being published; an error means
// that the work itself could not be done.
func Build(ctx context.Context, o Options) (*Result, error) {
	if o.Limits == (optimize.Limits{}) {
		o.Limits = optimize.DefaultLimits
	}
	var dir *publish.Dir
	if o.Out != "" && !o.DryRun {
		// Taken before any work, so that a second run learns at once that it
		// has to wait, and leftovers of a killed one are gone.
		var err error
		if dir, err = publish.Acquire(o.Out); err != nil {
			return nil, err
		}
		defer dir.Release()
	}
	r, err := buildOnce(ctx, &o, dir, false)
	if errors.Is(err, store.ErrNoBlob) {
		// A blob was altered or removed behind the store's back. Once more,
		// reading every blob before relying on it.
		r, err = buildOnce(ctx, &o, dir, true)
	}
	return r, err
}

func buildOnce(ctx context.Context, o *Options, dir *publish.Dir, doubt bool) (*Result, error) {
	b := &build{o: o, dir: dir, files: map[site.Path]*site.File{}, docs: map[site.Path]*scan.Doc{},
		objects: map[site.Path]*site.Object{}, plain: map[site.Path]bool{}, pinned: map[site.Path]bool{}, dissolved: map[*bundle.Node]bool{}, copies: true}
	var err error
	if b.store, err = openStore(o); err != nil {
		return nil, err
	}
	defer b.store.Close()
	if b.avif = o.AVIF; b.avif == nil {
		machine := optimize.NewAVIF(codeCache(o))
		defer machine.Close()
		b.avif = machine
	}
	fonts := optimize.NewSubsetter(codeCache(o))
	defer fonts.Close()
	b.fonts = fonts
	if o.Cache.Dictionary && o.Previous != "" {
		if b.last, err = openPrevious(o.Previous); err != nil {
			return nil, err
		}
		if b.last != nil {
			defer b.last.root.Close()
		}
	}
	if o.Memory != nil {
		b.store.Remember(o.Memory.recall)
	}
	if doubt {
		b.store.Doubt()
	}
	if err := b.analyse(ctx); err != nil {
		return nil, err
	}
	defer b.src.close()
	stages := []func(context.Context) error{b.compile, b.link}
	for _, stage := range stages {
		if err := stage(ctx); err != nil {
			return nil, err
		}
	}
	return b.finish(ctx)
}

// codeCache returns the folder of compiled WebAssembly, "" for none.
func codeCache(o *Options) string {
	if o.NoCache {
		return ""
	}
	return o.CodeCache
}

// publishes reports whether the run writes an output.
func (b *build) publishes() bool { return b.dir != nil }

// Check verifies a folder as it is.
func Check(ctx context.Context, o Options) (*Result, error) {
	b := &build{o: &o, files: map[site.Path]*site.File{}, docs: map[site.Path]*scan.Doc{},
		objects: map[site.Path]*site.Object{}, plain: map[site.Path]bool{}, pinned: map[site.Path]bool{}}
	if o.Limits == (optimize.Limits{}) {
		o.Limits = optimize.DefaultLimits
	}
	var err error
	if b.store, err = openStore(&o); err != nil {
		return nil, err
	}
	defer b.store.Close()
	if err := b.analyse(ctx); err != nil {
		return nil, err
	}
	defer b.src.close()
	return b.checkOnly(ctx)
}

func openStore(o *Options) (*store.Store, error) {
	dir := filepath.Join(o.Meta, "store")
	if o.NoCache {
		return store.Temp(dir, o.Now)
	}
	return store.Open(dir, o.Now)
}

// analyse loads, scans and resolves the input.
func (b *build) analyse(ctx context.Context) error {
	if err := b.read(ctx); err != nil {
		return err
	}
	b.tellScans()
	if err := b.resolve(); err != nil {
		b.src.close()
		return err
	}
	if err := b.judgePayment(); err != nil {
		b.src.close()
		return err
	}
	return nil
}

// read loads and scans the input, and copies into it what it loads of other
// hosts where that is asked for.
func (b *build) read(ctx context.Context) error {
	var err error
	if b.src, err = load(ctx, b.o); err != nil {
		return err
	}
	if len(b.src.files) == 0 {
		b.src.close()
		return fmt.Errorf("%s holds no files to build", b.o.In)
	}
	for _, f := range b.src.files {
		b.files[f.Path] = f
	}
	b.diags = append(b.diags, b.src.diags...)
	if err = b.scanAll(ctx); err == nil {
		err = b.findBase()
	}
	if err == nil && b.copies {
		err = b.vendor(ctx)
	}
	if err != nil {
		b.src.close()
	}
	return err
}

// hasRefs lists the kinds that scan reads.
func hasRefs(k site.Kind) bool { return k.IsText() }

// scanVersion is part of the key of every scan.
const scanVersion = "scan 26"

func (b *build) scanAll(ctx context.Context) error {
	if err := b.readHost(); err != nil {
		return err
	}
	var todo []*site.File
	for _, f := range b.src.files {
		if hasRefs(f.Kind) && f.Size <= b.o.Limits.Text {
			todo = append(todo, f)
		}
	}
	done := counter(b.o, "scan", len(todo))
	docs, err := par.Map(ctx, par.Limits{Jobs: b.o.Jobs, Weight: b.o.MemoryLimit}, todo, func(f *site.File) int64 { return 12 * f.Size },
		func(_ context.Context, f *site.File) (*scan.Doc, error) {
			defer done()
			return b.scanFile(f.Path, f.Kind, f.Digest, func() ([]byte, error) { return b.src.read(f) })
		})
	if err != nil {
		return err
	}
	for i, f := range todo {
		b.docs[f.Path] = docs[i]
	}
	return nil
}

// tellScans reports what was found in texts while they were scanned.
func (b *build) tellScans() {
	for _, f := range b.src.files {
		if doc := b.docs[f.Path]; doc != nil {
			for _, d := range doc.Diags {
				d.Path = f.Path
				b.diags = append(b.diags, d)
			}
		}
	}
}

// scanFile returns the references of a text, from the store when its bytes
// were seen before.
func (b *build) scanFile(p site.Path, k site.Kind, d site.Digest, read func() ([]byte, error)) (*scan.Doc, error) {
	id := store.NewKey(scanVersion).Str(p.Base()).Digest(d).Value(b.host.sums).ID()
	if doc := store.Load[scan.Doc](b.store, id); doc != nil {
		return doc, nil
	}
	text, err := read()
	if err != nil {
		return nil, err
	}
	add(&b.work.Scanned)
	doc := scan.Scan(p, k, text, scan.Options{KeepInline: b.host.sums})
	return doc, store.Keep(b.store, id, doc)
}

// findBase settles where the site is served.
func (b *build) findBase() error {
	if b.o.BaseURL == "" {
		b.base, b.guessed = bundle.InferBase(b.src.files, b.docs), true
		return nil
	}
	var err error
	if b.base, err = bundle.ParseBase(b.o.BaseURL); err != nil {
		return fmt.Errorf("--base-url: %w", err)
	}
	return nil
}

// resolve makes the graph and settles which files may change and which names.
func (b *build) resolve() error {
	b.graph = bundle.NewGraph(b.base, b.src.files, b.docs)
	if err := b.freeze(); err != nil {
		return err
	}
	if err := b.findFinished(); err != nil {
		return err
	}
	if err := b.findBadSums(); err != nil {
		return err
	}
	b.graph.AssignNames()
	b.diags = append(b.diags, b.graph.Unused()...)
	b.plan = bundle.NewPlan()
	for _, c := range b.vendored {
		b.plan.Notes = append(b.plan.Notes, bundle.Note{Combiner: "vendor", Path: c.Path, Text: "a copy of " + c.URL})
	}
	var pre []string
	for _, f := range b.src.files {
		if d := b.docs[f.Path]; d != nil {
			pre = append(pre, d.Pre...)
		}
	}
	read := false
	for _, d := range b.docs {
		read = read || slices.ContainsFunc(d.Selectors, func(s scan.AttrSelector) bool { return s.Name == "style" || strings.HasPrefix(s.Name, "on") })
	}
	slices.Sort(pre)
	b.space = &optimize.SpaceFacts{Pre: slices.Compact(pre), ReadAttrs: read}
	return nil
}

// freeze finds files whose hash somebody wrote down where hone cannot write a
// new one: a policy, a script's own integrity table. Their bytes must stay, and
// so must those of every file whose hash they hold.
func (b *build) freeze() error {
	for _, n := range b.graph.HashCircles() {
		n.File.Frozen = "it holds a hash that depends on its own bytes"
	}
	if err := b.freezeHashed(); err != nil {
		return err
	}
	for again := true; again; {
		again = false
		for _, n := range b.graph.Nodes {
			if n.Doc == nil {
				continue
			}
			for _, s := range n.Doc.Sums {
				r := &n.Doc.Refs[s.Ref]
				to := b.files[n.To[s.Ref].To]
				if to != nil && to.Frozen == "" && (r.Fixed != "" || n.File.Frozen != "" || s.Span.Len() != len(s.Text) && s.Hash.Len() == 0) {
					to.Frozen = "its hash in " + string(n.File.Path) + " cannot be written anew"
					again = true
				}
			}
		}
	}
	return nil
}

// freezeHashed freezes the code whose hash stands anywhere else than beside a
// reference to it.
func (b *build) freezeHashed() error {
	wanted := map[string]site.Path{}
	for _, f := range b.src.files {
		if d := b.docs[f.Path]; d != nil {
			for _, h := range d.Hashes {
				if _, ok := wanted[h]; !ok {
					wanted[h] = f.Path
				}
			}
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	hex := false
	for h := range wanted {
		hex = hex || strings.HasPrefix(h, scan.HexPrefix)
	}
	for _, f := range b.src.files {
		code := f.Kind == site.JS || f.Kind == site.CSS || f.Kind == site.JSON || f.Path.Ext() == ".wasm"
		if !code && !hex {
			continue
		}
		text, err := b.src.read(f)
		if err != nil {
			return err
		}
		if by := writtenDown(text, wanted, hex); by != "" && f.Frozen == "" {
			f.Frozen = "its hash stands in " + string(by)
		}
	}
	return nil
}

// writtenDown returns the file that holds a hash of text.
func writtenDown(text []byte, wanted map[string]site.Path, hex bool) site.Path {
	for _, alg := range []string{"sha256", "sha384", "sha512"} {
		if by, ok := wanted[alg+"-"+bundle.HashText(text, alg)]; ok {
			return by
		}
	}
	if hex {
		for _, alg := range []string{"hex-md5", "hex-sha1", "hex-sha256"} {
			if by, ok := wanted[scan.HexPrefix+bundle.HashText(text, alg)]; ok {
				return by
			}
		}
	}
	return ""
}

// findFinished recognises hone's own output: a file whose name carries the
// hash of its bytes, a circle of files named by their common hash, and every
// file with the same bytes as one of those.
func (b *build) findFinished() error {
	finished := map[site.Digest]bool{}
	for _, n := range b.graph.Nodes {
		if h := bundle.NameHash(n.File.Path); h != "" && strings.HasPrefix(n.File.Digest.String(), h) {
			finished[n.File.Digest] = true
			n.OwnName = true
		}
	}
	circles, err := b.graph.FinishedCircles(func(f *site.File) ([]byte, error) { return b.src.read(f) })
	if err != nil {
		return err
	}
	for _, n := range circles {
		finished[n.File.Digest] = true
		n.OwnName = true
	}
	for _, n := range b.graph.Nodes {
		n.Finished = finished[n.File.Digest] && n.File.Kind != site.HTML && n.File.Size > 0
	}
	return nil
}
