package cache

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

// TestLimit: what a host does not read is a note, unless paid files are among
// it.
func TestLimit(t *testing.T) {
	t.Parallel()
	many := func(free, paid int) *site.Manifest {
		m := &site.Manifest{Version: site.ManifestVersion}
		for i := range free {
			p := site.Path(fmt.Sprintf("img/%03d-%s.%010x.png", i, strings.Repeat("n", 40), i))
			m.Entries = append(m.Entries, site.Entry{Path: p, Type: site.TypeOf(p), Class: ClassFingerprinted})
		}
		for i := range paid {
			p := site.Path(fmt.Sprintf("%03d%s", i, strings.Repeat("p", 200)))
			m.Entries = append(m.Entries, site.Entry{Path: p, Type: site.TypeOf(p), Zone: "members"})
		}
		Apply(m)
		return m
	}
	tests := []struct {
		name       string
		target     *Target
		free, paid int
		want       string // severity of the finding; "" if there is none
	}{
		{"few", Netlify, 10, 10, ""},
		{"free files", Netlify, 200, 0, "info"},
		{"paid files come first", Netlify, 200, 10, "info"},
		{"paid files", Netlify, 200, 150, "warn"},
		{"free files", Cloudflare, 200, 10, "info"},
		{"paid files", Cloudflare, 0, 150, "error"},
		{"free files", Azure, 0, 0, ""},
		{"paid files come first", Azure, 200, 10, ""},
		{"paid files", Azure, 200, 150, "warn"},
	}
	for _, tt := range tests {
		t.Run(tt.target.Name+"/"+tt.name, func(t *testing.T) {
			t.Parallel()
			_, diags := tt.target.Emit(many(tt.free, tt.paid), Site{Prefix: "/"})
			got := ""
			for _, d := range diags {
				if d.Rule == "headers-limit" {
					got = d.Severity.String()
					if (d.Severity > site.Info) != strings.Contains(d.Message, "paid files are among them, ") {
						t.Errorf("%s: %s", d.Severity, d.Message)
					}
				}
			}
			if got != tt.want {
				t.Errorf("%q, want %q: %v", got, tt.want, diags)
			}
		})
	}
}
