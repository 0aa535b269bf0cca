package cache

import (
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

// TestVercelOutput: what only vercel build can compile is told of, and the
// error page answers where nothing does.
func TestVercelOutput(t *testing.T) {
	t.Parallel()
	m := manifest(fingerprinted("a.1234567890.css"), site.Entry{Path: "404.html"}, site.Entry{Path: "index.html"})
	for _, tt := range []struct {
		own  string
		said []string
	}{
		{"", nil},
		{`{"buildCommand":"make"}`, nil},
		{`{"redirects":[{"source":"/a","destination":"/b"}],"cleanUrls":true}`, []string{"redirects", "cleanUrls"}},
		{`{"headers":[]}`, []string{"headers"}},
	} {
		outs, diags := VercelOutput.Emit(m, Site{Prefix: "/", Own: map[site.Path][]byte{"vercel.json": []byte(tt.own)}})
		if len(outs) != 1 || !strings.Contains(string(outs[0].Bytes), `"dest": "/404.html"`) || !strings.Contains(string(outs[0].Bytes), `"src": "^(?:/(a\\.1234567890\\.css))$"`) {
			t.Fatalf("%q: %s", tt.own, outs[0].Bytes)
		}
		var said []string
		for _, d := range diags {
			if d.Rule != "host-config" {
				t.Errorf("%q: %v", tt.own, d)
			}
			said = append(said, strings.Fields(d.Message)[0])
		}
		if strings.Join(said, " ") != strings.Join(tt.said, " ") {
			t.Errorf("%q: told of %q, want %q", tt.own, said, tt.said)
		}
	}
	outs, diags := VercelOutput.Emit(m, Site{Prefix: "/", Own: map[site.Path][]byte{"vercel.json": []byte("{")}})
	if len(outs) != 0 || len(diags) != 1 || diags[0].Rule != "host-config" {
		t.Errorf("broken: %v, %v", outs, diags)
	}
}
