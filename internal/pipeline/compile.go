package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hone-web/hone/bundle"
	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/internal/par"
	"github.com/hone-web/hone/internal/store"
	"github.com/hone-web/hone/optimize"
	"github.com/hone-web/hone/site"
)

// compile makes the objects, rank by rank, letting the combiners of each rank
// decide first.
func (b *build) compile(ctx context.Context) error {
	measuring, err := b.measuring()
	if err != nil {
		return err
	}
	planner := &bundle.Planner{Graph: b.graph, Plan: b.plan, Object: func(p site.Path) *site.Object { return b.objects[p] }, Size: b.pictureSize,
		Images: bundle.ImageOptions{Picture: b.o.Image.Picture, AVIF: b.o.Image.AVIF}, Placeholder: b.placeholder(), NoStyle: b.host.noStyle, Code: b.code, Wire: b.wire, Protocol: b.o.Protocol, Policy: b.host.policy, Open: b.host.open, Inline: b.o.Inline, Sprite: b.o.Sprite, Fonts: b.o.Fonts, RUM: measuring,
		Source: func(p site.Path) ([]byte, error) { return b.src.read(b.files[p]) }, CSS: b.o.CSS,
		Shrink:  func(f site.Path, png []byte) ([]byte, error) { return b.shrink(ctx, f, png) },
		Esbuild: func(in guard.Bundle) (string, error) { return b.bundle(ctx, in) }}
	b.named = b.graph.Named()
	planner.Named = b.named
	done := counter(b.o, "optimize", len(b.graph.Nodes))
	for rank := range 3 {
		planner.Run(rank, b.o.skips)
		if err := b.adopt(); err != nil {
			return err
		}
		var todo []*bundle.Node
		for _, n := range b.graph.Nodes {
			if n.File.Kind.Rank() == rank && n.Parts == nil {
				todo = append(todo, n)
			}
		}
		objects, err := par.Map(ctx, par.Limits{Jobs: b.o.Jobs, Weight: b.o.MemoryLimit}, todo, b.weight,
			func(ctx context.Context, n *bundle.Node) (*site.Object, error) {
				defer done()
				return b.compileFile(ctx, n)
			})
		if err != nil {
			return err
		}
		for i, n := range todo {
			b.objects[n.File.Path] = objects[i]
		}
	}
	b.findHoled()
	b.diags = append(b.diags, b.plan.Diags...)
	for _, n := range b.graph.Nodes {
		for _, d := range b.objects[n.File.Path].Diags {
			d.Path = n.File.Path
			b.diags = append(b.diags, d)
		}
	}
	return nil
}

// pictureSize returns the pixels of a picture of the input as it is seen,
// zeros if its header cannot be read.
func (b *build) pictureSize(p site.Path) (w, h int) {
	if got, ok := b.sizes.Load(p); ok { // it may stand on every page
		size := got.([2]int)
		return size[0], size[1]
	}
	f := b.files[p]
	id := store.NewKey("size 1").Str(f.Path.Ext()).Digest(f.Digest).ID()
	var size [2]int
	if !b.store.Get(id, &size) {
		src, err := b.src.read(f)
		if err != nil {
			return 0, 0
		}
		size[0], size[1] = optimize.Size(p, src)
		if err := b.store.Put(id, size); err != nil {
			return 0, 0 // the build fails for lack of space soon enough, with a better message
		}
	}
	b.sizes.Store(p, size)
	return size[0], size[1]
}

// weight estimates the bytes that compiling n takes.
func (b *build) weight(n *bundle.Node) int64 {
	if n.File.Kind == site.Image {
		w, h := b.pictureSize(n.File.Path)
		need := max(optimize.Weight(w, h), 40*n.File.Size)
		for _, key := range b.plan.Want[n.File.Path] {
			if strings.HasPrefix(key, ".avif") {
				return need + optimize.AVIFWeight(w, h)
			}
		}
		return need
	}
	switch {
	case n.File.Kind.IsText():
		return 30 * n.File.Size
	case n.File.Kind == site.Font && b.plan.Fonts[n.File.Path]:
		return 48<<20 + 16*n.File.Size
	case n.File.Kind == site.Media:
		return 3 * n.File.Size // read, copied, written
	}
	return 0
}

// job is everything that decides what a file compiles to. Its JSON is part of
// the store key.
type job struct {
	Steps    []string // optimizers with their versions
	Options  *optimize.Options
	Ext      string
	Holes    []plannedHole
	Edits    []site.Edit
	Want     []string
	Lossless bool
	Module   bool
	Names    bool
	Whole    bool
	NoMap    bool
	Inline   bool
	Offer    bool          `json:",omitempty"`
	Letters  *site.Letters `json:",omitempty"`
	Space    []string
	ReadAttr bool

	run []*optimize.Optimizer
}

// plannedHole is a piece of source that becomes a hole.
type plannedHole struct {
	Span    site.Span
	Ref     int
	Form    site.Form
	Algs    string
	Variant string // names an encoding of the target
	// Edit says that the hole stands in the new text of an edit.
	Edit bool
}

func (b *build) compileFile(ctx context.Context, n *bundle.Node) (*site.Object, error) {
	f := n.File
	if why := b.untouchable(n); why != "" {
		return &site.Object{Path: f.Path, Kind: f.Kind, Same: true, Blob: f.Digest, Size: f.Size, Kept: why}, nil
	}
	j := b.job(n)
	id := store.NewKey("compile").Str(libraries).Digest(f.Digest).Value(j).ID()
	// Files with the same bytes are made once: whoever comes second waits.
	turn, _ := b.making.LoadOrStore(id, new(sync.Mutex))
	turn.(*sync.Mutex).Lock()
	defer turn.(*sync.Mutex).Unlock()
	if o := store.Load[site.Object](b.store, id); o != nil && b.blobsThere(o, f) {
		add(&b.work.Reused)
		own := *o // what is kept is shared with other files and builds
		own.Path = f.Path
		return &own, nil
	}
	src, err := b.src.read(f)
	if err != nil {
		return nil, err
	}
	add(&b.work.Compiled)
	defer b.slow.start(b.o.Clock, f.Path)()
	o, err := b.run(ctx, f, src, j)
	if err != nil {
		return nil, err
	}
	return o, store.Keep(b.store, id, o)
}

// untouchable says why nothing at all is done to a file.
func (b *build) untouchable(n *bundle.Node) string {
	f := n.File
	switch {
	case f.Frozen != "":
		return f.Frozen
	case n.Finished:
		return "already finished"
	case f.Kind == site.Media && f.Size > optimize.MaxMedia:
		return fmt.Sprintf("larger than %d MB", optimize.MaxMedia>>20)
	case f.Kind.IsText() && f.Size > b.o.Limits.Text:
		return fmt.Sprintf("larger than the limit for text (%d bytes)", b.o.Limits.Text)
	}
	return ""
}

func (b *build) blobsThere(o *site.Object, f *site.File) bool {
	if !(o.Same && len(o.Relocs) == 0) && !b.store.HasBlob(o.Blob, o.Size) {
		return false
	}
	for _, v := range o.Variants {
		if !b.store.HasBlob(v.Blob, v.Size) {
			return false
		}
	}
	return !o.Same || len(o.Relocs) > 0 || o.Blob == f.Digest
}

func (b *build) job(n *bundle.Node) *job {
	f := n.File
	j := &job{Ext: f.Path.Ext()}
	for _, opt := range optimize.All {
		if slices.Contains(opt.Kinds, f.Kind) && (opt.Match == nil || opt.Match(f.Path)) && !b.o.skips(opt.Name) && !slices.Contains(b.o.Leave[f.Path], opt.Name) {
			j.run = append(j.run, opt)
			j.Steps = append(j.Steps, fmt.Sprintf("%s %d", opt.Name, opt.Version))
		}
	}
	if len(j.run) > 0 {
		j.Options = b.o.optimize()
	}
	switch f.Kind {
	case site.Image:
		j.Want = b.plan.Want[f.Path]
		j.Lossless = b.plan.Lossless[f.Path] != "" || b.o.skips(bundle.Lossy.Name)
	case site.HTML:
		j.Names = b.named[n]
		j.Space, j.ReadAttr, j.Inline = b.space.Pre, b.space.ReadAttrs, b.host.sums
	case site.Font:
		if b.plan.Fonts[f.Path] {
			j.Offer, j.Letters = true, b.plan.Letters
		}
	case site.SVG:
		j.Whole = b.plan.Whole[f.Path]
	case site.JS:
		j.Module, j.Names, j.NoMap = b.isModule(n), b.named[n], b.noMap(n)
	case site.CSS:
		j.NoMap = b.noMap(n)
	}
	j.Holes = b.holes(n)
	j.Edits, j.Holes = placeEdits(b.plan.Edits[f.Path], j.Holes)
	return j
}

// noMap reports whether a file has no use for the address of a source map: it
// leads nowhere, or maps are not wanted.
func (b *build) noMap(n *bundle.Node) bool {
	if b.o.SourceMaps == "drop" {
		return true
	}
	if n.Doc != nil {
		for i := range n.Doc.Refs {
			if n.Doc.Refs[i].Role == site.RoleSourceMap {
				return !n.To[i].External && b.graph.Node(n.To[i].To) == nil
			}
		}
	}
	return false
}

// isModule reports whether a script is an ES module: it says so by its syntax,
// its extension or a reference to it.
func (b *build) isModule(n *bundle.Node) bool {
	if n.Doc != nil && n.Doc.Modules || n.File.Path.Ext() == ".mjs" {
		return true
	}
	for _, u := range n.In {
		if u.From.Doc.Refs[u.Ref].Role == site.RoleModule {
			return true
		}
	}
	return false
}

// holes lists the places of a file that depend on other files: addresses of
// files that get a new name or another format, and hashes of files whose
// bytes may change.
func (b *build) holes(n *bundle.Node) []plannedHole {
	if n.Doc == nil {
		return nil
	}
	var hs []plannedHole
	for i := range n.Doc.Refs {
		r := &n.Doc.Refs[i]
		to := b.graph.Node(n.To[i].To)
		if to == nil || r.Fixed != "" || r.Span.Len() == 0 || !bundle.Rewritable(r.Role) || to.Keep != "" && !b.plan.Portable[n.File.Path] {
			continue
		}
		hs = append(hs, plannedHole{Span: r.Span, Ref: i, Form: site.FormURL})
	}
	for _, s := range n.Doc.Sums {
		to := b.graph.Node(n.To[s.Ref].To)
		if to == nil || n.Doc.Refs[s.Ref].Fixed != "" || b.badSums[n.File.Path+"\x00"+site.Path(s.Text)] {
			continue
		}
		hs = append(hs, sumHoles(s)...)
	}
	slices.SortFunc(hs, func(a, c plannedHole) int { return a.Span.Start - c.Span.Start })
	return hs
}

var revisionAlgs = map[int]string{32: "hex-md5", 40: "hex-sha1", 64: "hex-sha256"}

// sumHoles splits a hash attribute into one hole for each hash in it, leaving
// the algorithm's name in the text: "sha384-" stays, what follows is a hole.
func sumHoles(s site.SumRef) []plannedHole {
	if s.Kind == site.SumRevision {
		if alg := revisionAlgs[len(s.Text)]; alg != "" {
			return []plannedHole{{Span: s.Span, Ref: s.Ref, Form: site.FormRevision, Algs: alg}}
		}
		return nil
	}
	if s.Hash.Len() > 0 {
		if alg, _, _ := strings.Cut(s.Text, "-"); bundle.HashText(nil, alg) != "" {
			return []plannedHole{{Span: s.Hash, Ref: s.Ref, Form: site.FormIntegrity, Algs: alg}}
		}
		return nil
	}
	if s.Span.Len() != len(s.Text) {
		return nil // escapes stand in it, and what it is of keeps its bytes
	}
	var hs []plannedHole
	at := 0
	for _, word := range strings.Fields(s.Text) {
		i := at + strings.Index(s.Text[at:], word)
		at = i + len(word)
		alg, hash, ok := strings.Cut(word, "-")
		hash, _, _ = strings.Cut(hash, "?")
		if ok && bundle.HashText(nil, alg) != "" {
			start := s.Span.Start + i + len(alg) + 1
			hs = append(hs, plannedHole{Span: site.Span{Start: start, End: start + len(hash)}, Ref: s.Ref, Form: site.FormIntegrity, Algs: alg})
		}
	}
	return hs
}

// run applies the optimizers of j to src.
func (b *build) run(ctx context.Context, f *site.File, src []byte, j *job) (*site.Object, error) {
	o := &site.Object{Path: f.Path, Kind: f.Kind}
	holes, edits := j.Holes, j.Edits
	if bytes.Contains(src, []byte(holeHead)) {
		// The text holds the very word that stands for an address. Nobody
		// writes it by chance; leave the file alone.
		holes, edits, j.run = nil, nil, nil
		o.Kept = "it contains hone's placeholder word"
	}
	text := splice(src, holes, edits)
	in := &optimize.Input{Path: f.Path, Kind: f.Kind, Bytes: text, Options: j.Options, Want: j.Want, Lossless: j.Lossless, NoMap: j.NoMap,
		Module: j.Module, Names: j.Names, Whole: j.Whole, Space: &optimize.SpaceFacts{Pre: j.Space, ReadAttrs: j.ReadAttr}, Esbuild: b.o.Esbuild, AVIF: b.avif, Offer: j.Offer, Letters: j.Letters, Fonts: b.fonts, KeepInline: j.Inline, Unlinked: len(holes) > 0}
	for _, opt := range j.run {
		out, err := runGuarded(ctx, opt, in)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			o.Diags = append(o.Diags, site.Diagnostic{Rule: "asset-kept", Severity: site.Warn, Path: f.Path,
				Message: fmt.Sprintf("kept as it was: %s: %v", opt.Name, err), Hint: "open the file in a browser; if it works there, report it"})
			o.Kept = err.Error()
			continue
		}
		o.Diags = append(o.Diags, out.Diags...)
		if out.Facts != (site.Facts{}) {
			o.Facts = out.Facts
		}
		if out.Bytes != nil && len(out.Bytes) <= len(in.Bytes) {
			in.Bytes, o.Kept = out.Bytes, ""
			o.Steps = append(o.Steps, opt.Name)
		} else if out.Kept != "" && len(o.Steps) == 0 {
			o.Kept = out.Kept
		}
		for _, v := range out.Variants {
			d, err := b.store.PutBlob(v.Bytes)
			if err != nil {
				return nil, err
			}
			o.Variants = append(o.Variants, site.Variant{Ext: v.Ext, Type: v.Type, Blob: d, Size: int64(len(v.Bytes)), Note: v.Note,
				Width: v.Width, Height: v.Height, Lossy: v.Lossy, Score: v.Score, Range: v.Range})
		}
	}
	code, relocs := split(in.Bytes, holes)
	o.Size, o.Relocs = int64(len(code)), relocs
	if o.Same = len(relocs) == 0 && bytes.Equal(code, src); o.Same {
		o.Blob = f.Digest
		return o, nil
	}
	var err error
	o.Blob, err = b.store.PutBlob(code)
	return o, err
}

// runGuarded turns a panic of a library into an error of its file.
func runGuarded(ctx context.Context, opt *optimize.Optimizer, in *optimize.Input) (out optimize.Output, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the library gave up on it (%v)", p)
		}
	}()
	return opt.Run(ctx, in)
}

// code returns the bytes of an object, holes left out.
func (b *build) code(o *site.Object) ([]byte, error) {
	if o.Same {
		return b.src.read(b.files[o.Path])
	}
	return b.store.Blob(o.Blob)
}

// counter returns a function that reports one more item of a stage done.
func counter(o *Options, stage string, total int) func() {
	var n atomic.Int64
	return func() { o.progress(stage, int(n.Add(1)), total) }
}

func add(n *int64) { atomic.AddInt64(n, 1) }
