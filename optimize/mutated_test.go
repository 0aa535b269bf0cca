package optimize

import (
	"bytes"
	"image/gif"
	"image/jpeg"
	"math/rand/v2"
	"testing"

	"github.com/hone-web/hone/optimize/internal/libwebp"
	"github.com/hone-web/hone/site"
)

// mutations is how many damaged files of each format TestDamaged makes.
const mutations = 150

// A file that was damaged at random places is kept or becomes smaller, and no
// decoder panics.
func TestDamaged(t *testing.T) {
	t.Parallel()
	m := photo(64, 48)
	var jpg, anim bytes.Buffer
	if err := jpeg.Encode(&jpg, m, nil); err != nil {
		t.Fatal(err)
	}
	if err := gif.Encode(&anim, m, nil); err != nil {
		t.Fatal(err)
	}
	web, err := libwebp.EncodeLossless(m, 4, 75)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		o    *Optimizer
		path site.Path
		src  []byte
		want []string
	}{
		{JPEG, "a.jpg", jpg.Bytes(), []string{".jpg@32"}},
		{PNG, "a.png", stdPNG(t, m), []string{".webp"}},
		{PNG, "b.png", stdPNG(t, cutOut(40, 40, true)), []string{".webp"}},
		{GIF, "a.gif", anim.Bytes(), []string{".webp"}},
		{WebP, "a.webp", web, nil},
	} {
		t.Run(string(c.path), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(1, 2))
			for i := range mutations {
				b := damaged(r, c.src)
				out, err := c.o.Run(t.Context(), &Input{Path: c.path, Kind: site.Image, Bytes: b, Want: c.want})
				if err != nil {
					t.Fatalf("file %d: %v", i, err)
				}
				if out.Bytes != nil && len(out.Bytes) >= len(b) {
					t.Errorf("file %d: %d bytes of %d", i, len(out.Bytes), len(b))
				}
				for _, d := range out.Diags {
					if bytes.Contains([]byte(d.Message), []byte("gave up")) {
						t.Errorf("file %d: %s", i, d.Message)
					}
				}
			}
		})
	}
}

// damaged returns b with some bytes changed, a run of them taken out or
// written twice, or the end cut off.
func damaged(r *rand.Rand, b []byte) []byte {
	out := bytes.Clone(b)
	switch at := r.IntN(len(out)); r.IntN(4) {
	case 0:
		for range 1 + r.IntN(8) {
			out[r.IntN(len(out))] = byte(r.Uint32())
		}
	case 1:
		out[at] ^= 1 << r.IntN(8)
	case 2:
		n := min(1+r.IntN(64), len(out)-at)
		if r.IntN(2) == 0 {
			return append(out[:at], out[at+n:]...)
		}
		return append(out[:at+n], b[at:]...)
	case 3:
		return out[:at]
	}
	return out
}
