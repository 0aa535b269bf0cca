package pipeline

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/hone-web/hone/site"
)

func sheetOf(rules int) []byte {
	var b strings.Builder
	for i := range rules {
		fmt.Fprintf(&b, ".rule-%x { margin: %dpx; color: #%06x }\n", i*i*7919, i%97, i*40503%0xffffff)
	}
	return []byte(b.String())
}

// TestDCZ holds the form to RFC 9842, section 5: magic, hash, frame.
func TestDCZ(t *testing.T) {
	t.Parallel()
	dict := sheetOf(500)
	noise := make([]byte, 1<<16)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(noise)
	for name, text := range map[string][]byte{
		"a rule more": append(sheetOf(500), "p { color: red }"...), "the same": dict, "nothing": {}, "other bytes": noise, "a part": dict[1000:5000], "much longer": bytes.Repeat(dict, 40),
	} {
		out, err := dcz(text, dict)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sum := site.Sum(dict)
		if !bytes.HasPrefix(out, []byte("\x5e\x2a\x4d\x18\x20\x00\x00\x00"+string(sum[:]))) {
			t.Errorf("%s: begins with % x", name, out[:48])
		}
		// What is skipped is part of the format: a decoder reads all of it.
		d, err := zstd.NewReader(nil, zstd.WithDecoderDictRaw(0, dict))
		if err != nil {
			t.Fatal(err)
		}
		back, err := d.DecodeAll(out, nil)
		d.Close()
		if err != nil || !bytes.Equal(back, text) {
			t.Errorf("%s: %v", name, err)
		}
		if again, _ := dcz(text, dict); !bytes.Equal(again, out) {
			t.Errorf("%s: other bytes the second time", name)
		}
	}
}

func TestIsPacked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, of string }{
		{"css/a.0123456789.css.abcdef0123.dcz", "css/a.0123456789.css"},
		{"css/a.0123456789.css.dcz", ""},
		{"a.css.ABCDEF0123.dcz", ""},
		{"abcdef0123.dcz", ""},
		{".abcdef0123.dcz", ""},
		{".dcz", ""},
		{"a.css.abcdef0123.br", ""},
	} {
		if of, ok := isPacked(site.Path(c.name)); string(of) != c.of || ok != (c.of != "") {
			t.Errorf("%s: %q, %v", c.name, of, ok)
		}
	}
}

func FuzzIsPacked(f *testing.F) {
	f.Add("css/a.0123456789.css.abcdef0123.dcz")
	f.Add(".dcz")
	f.Fuzz(func(t *testing.T, name string) {
		if of, ok := isPacked(site.Path(name)); ok && (of == "" || !strings.HasPrefix(name, string(of)+".")) {
			t.Errorf("%q: %q", name, of)
		}
	})
}

func BenchmarkDCZ(b *testing.B) {
	dict := sheetOf(4000)
	text := append(sheetOf(4000), "p { color: red }"...)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for range b.N {
		if _, err := dcz(text, dict); err != nil {
			b.Fatal(err)
		}
	}
}
