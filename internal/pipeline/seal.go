package pipeline

import (
	"github.com/hone-web/hone/bundle"
	"github.com/hone-web/hone/internal/store"
	"github.com/hone-web/hone/site"
)

// sealed identifies the final bytes of a file.
type sealed struct {
	Digest site.Digest
	Size   int64
}

// seal returns the digest and the size of the final bytes of a file. A text
// whose object and whose filled-in words were seen before is not put together
// for it: digests, sizes and findings of most pages are known from the last
// build.
func (b *build) seal(n *bundle.Node) (site.Digest, int64, error) {
	p := n.File.Path
	o := b.objects[p]
	if len(o.Relocs) == 0 {
		if o.Same {
			return n.File.Digest, n.File.Size, nil
		}
		return o.Blob, o.Size, nil
	}
	words, err := b.linked.Words(p)
	if err != nil {
		return site.Digest{}, 0, err
	}
	key := store.NewKey("link 1").Digest(o.Blob)
	for i, w := range words {
		key.Value(o.Relocs[i].Off).Str(w)
	}
	id := key.ID()
	if got, ok := b.seals.Load(id); ok {
		s := got.(sealed)
		return s.Digest, s.Size, nil
	}
	s := store.Recalled[sealed](b.store, id)
	if s == nil {
		text, err := b.final(n)
		if err != nil {
			return site.Digest{}, 0, err
		}
		s = &sealed{site.Sum(text), int64(len(text))}
		store.Note(b.store, id, s)
	}
	b.seals.Store(id, *s)
	return s.Digest, s.Size, nil
}
