package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/internal/report"
	"github.com/hone-web/hone/internal/store"
	"github.com/hone-web/hone/optimize"
	"github.com/hone-web/hone/site"
)

// Likenesses in the report are at most so many pixels.
const likenessWidth, likenessHeight = 320, 240

// likenesses adds small pictures of both sides of what saved most to the
// report. They are kept in the store; what cannot be read or shown as it is is
// left out, for a report without a picture is one all the same.
func likenesses(ctx context.Context, o *pipeline.Options, d *report.Document) {
	if d.Failed || o.DryRun {
		return
	}
	l := &likener{ctx: ctx, code: o.CodeCache}
	if !o.NoCache {
		l.store, _ = store.Open(filepath.Join(o.Meta, "store"), o.Now) // without it they are made again
	}
	defer l.close()
	in, err := os.OpenRoot(o.In)
	if err != nil {
		return
	}
	defer in.Close()
	out, err := os.OpenRoot(o.Out)
	if err != nil {
		return
	}
	defer out.Close()
	before, err := in.Stat(".")
	if err != nil {
		return
	}
	if after, err := out.Stat("."); err != nil || os.SameFile(before, after) {
		return // the output replaced the input: the side before is gone
	}
	d.Likenesses = nil
	for _, p := range report.Pairs(d) {
		was, is := l.of(in, p.Path), l.of(out, p.Output)
		if was != nil && is != nil {
			d.Likenesses = append(d.Likenesses, report.Likeness{Pair: p, Was: was, Is: is})
		}
	}
}

// likener makes likenesses, or finds them in the store.
type likener struct {
	ctx   context.Context
	store *store.Store // may be nil
	code  string
	avif  *optimize.AVIFMachine
}

func (l *likener) close() {
	if l.avif != nil {
		l.avif.Close()
	}
}

// of returns the likeness of a file, nil if there is none.
func (l *likener) of(root *os.Root, p site.Path) []byte {
	b, err := root.ReadFile(filepath.FromSlash(string(p)))
	if err != nil {
		return nil
	}
	id := store.NewKey("likeness").Str(version).Bytes(b).ID()
	var kept struct{ JPEG []byte }
	if l.store != nil && l.store.Get(id, &kept) {
		return kept.JPEG
	}
	if l.ctx.Err() != nil {
		return nil
	}
	kept.JPEG, err = optimize.Likeness(l.ctx, b, likenessWidth, likenessHeight, func() *optimize.AVIFMachine {
		if l.avif == nil {
			l.avif = optimize.NewAVIF(l.code)
		}
		return l.avif
	})
	if l.ctx.Err() != nil {
		return nil
	}
	if err != nil {
		kept.JPEG = nil // and so it stays
	}
	if l.store != nil {
		_ = l.store.Put(id, &kept) // made again next time
	}
	return kept.JPEG
}
