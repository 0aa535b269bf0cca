package pipeline

import (
	"context"
	"errors"

	"github.com/hone-web/hone/bundle"
	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/internal/store"
	"github.com/hone-web/hone/site"
)

// adopt makes objects of the files that combiners joined.
func (b *build) adopt() error {
	for _, j := range b.plan.Joined {
		p := j.Node.File.Path
		if b.objects[p] != nil {
			continue
		}
		d, err := b.store.PutBlob(j.Code)
		if err != nil {
			return err
		}
		j.Node.File.Digest = d
		b.files[p], b.docs[p] = j.Node.File, j.Node.Doc
		b.objects[p] = &site.Object{Path: p, Kind: j.Node.File.Kind, Blob: d, Size: int64(len(j.Code)), Relocs: j.Relocs}
		j.Code = nil
	}
	return nil
}

// dissolve takes a joined file back: the pages load its parts again.
func (b *build) dissolve(ctx context.Context, j *bundle.Node) error {
	pages := b.plan.Loaders(j)
	b.plan.Release(j)
	for _, page := range pages {
		if _, err := b.undoEdits(ctx, page); err != nil {
			return err
		}
	}
	return nil
}

// bundle has esbuild bundle modules, once for the same modules.
func (b *build) bundle(ctx context.Context, in guard.Bundle) (string, error) {
	in.Legal = b.o.optimize().KeepLegal
	id := store.NewKey("bundle 1").Str(libraries).Value(in).ID()
	var made guard.TransformResult
	if !b.store.Get(id, &made) {
		var err error
		if made, err = b.o.Esbuild.Bundle(ctx, in); err != nil {
			return "", err
		}
		if err := b.store.Put(id, made); err != nil {
			return "", err
		}
	}
	if len(made.Errors) > 0 {
		return "", errors.New(made.Errors[0].Text)
	}
	return made.Code, nil
}

// partsTransfer returns the wire bytes of what a joined file is made of.
func (b *build) partsTransfer(j *bundle.Node) (int64, error) {
	var sum int64
	for _, n := range j.Parts {
		t, err := b.sourceTransfer(n)
		if err != nil {
			return 0, err
		}
		sum += t
	}
	return sum, nil
}

// wire returns the bytes that a text takes on the wire.
func (b *build) wire(text []byte) int64 {
	n, err := b.transfer(site.Sum(text), site.CSS, func() ([]byte, error) { return text, nil })
	if err != nil {
		return int64(len(text)) // the store is failing, which the build notices
	}
	return n
}

// shrink runs the optimizers over a picture that combiners made, without loss.
func (b *build) shrink(ctx context.Context, p site.Path, png []byte) ([]byte, error) {
	f := &site.File{Path: p, Kind: site.Image, Size: int64(len(png)), Digest: site.Sum(png)}
	j := b.job(&bundle.Node{File: f})
	j.Lossless = true
	id := store.NewKey("sprite 1").Str(libraries).Digest(f.Digest).Value(j).ID()
	o := store.Load[site.Object](b.store, id)
	if o == nil || !o.Same && !b.store.HasBlob(o.Blob, o.Size) {
		var err error
		if o, err = b.run(ctx, f, png, j); err != nil {
			return nil, err
		}
		if err := store.Keep(b.store, id, o); err != nil {
			return nil, err
		}
	}
	if o.Same {
		return png, nil
	}
	return b.code(o)
}
