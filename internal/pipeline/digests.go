package pipeline

import (
	"crypto/md5"  //nolint:gosec // what stores compare, no security rests on it
	"crypto/sha1" //nolint:gosec // what hosts address files by, no security rests on it
	"encoding/base64"
	"encoding/hex"
	"io"
	"strings"

	"lukechampine.com/blake3"

	"github.com/hone-web/hone/internal/store"
	"github.com/hone-web/hone/site"
)

// digests returns the digests of an output in the forms that hosts use; they
// are kept in the store, so bytes are called for only when they are new.
func (b *build) digests(e *site.Entry, bytes func() ([]byte, error)) (*site.Digests, error) {
	ext := strings.TrimPrefix(e.Path.Ext(), ".")
	id := store.NewKey("digests 1").Str(ext).Digest(e.SHA256).ID()
	d := store.Load[site.Digests](b.store, id)
	if d == nil {
		text, err := bytes()
		if err != nil {
			return nil, err
		}
		if d, err = sums(text, ext); err != nil {
			return nil, err
		}
		if err := store.Keep(b.store, id, d); err != nil {
			return nil, err
		}
	}
	own := *d // the caller adds to it
	return &own, nil
}

func sums(text []byte, ext string) (*site.Digests, error) {
	s1, m5 := sha1.Sum(text), md5.Sum(text) //nolint:gosec // see above
	// Cloudflare addresses assets by BLAKE3 of the base64 of the bytes and the
	// extension, 128 bits of it.
	h := blake3.New(32, nil)
	enc := base64.NewEncoder(base64.StdEncoding, h)
	if _, err := enc.Write(text); err != nil {
		return nil, err
	}
	if err := enc.Close(); err != nil {
		return nil, err
	}
	if _, err := io.WriteString(h, ext); err != nil {
		return nil, err
	}
	return &site.Digests{SHA1: hex.EncodeToString(s1[:]), MD5: hex.EncodeToString(m5[:]), Cloudflare: hex.EncodeToString(h.Sum(nil))[:32]}, nil
}
