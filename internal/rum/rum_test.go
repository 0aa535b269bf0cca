package rum

import (
	"bytes"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		endpoint string
		sample   float64
		want     string // part of the error; "" if there is none
	}{
		{"https://stats.example/rum", 1, ""},
		{"https://stats.example/rum?site=a&k=b", 0, ""},
		{"/rum", 0.25, ""},
		{"http://localhost:8080/rum", 1, ""},
		{"ga4:G-ABC1234567", 1, ""},
		{"ga4:UA-12345-1", 1, "measurement id"},
		{"ga4:G-abc\"", 1, "measurement id"},
		{"ga4:G-", 1, "measurement id"},
		{"", 1, "must be an address"},
		{"rum", 1, "must be an address"},
		{"//stats.example/rum", 1, "must be an address"},
		{"http://stats.example/rum", 1, "must be an address"},
		{"https://user:pw@stats.example/rum", 1, "must be an address"},
		{"javascript:alert(1)", 1, "must be an address"},
		{"/rum\n", 1, "must be an address"},
		{"/rum", 1.1, "rum.sample"},
		{"/rum", -1, "rum.sample"},
	} {
		c, err := Parse(tc.endpoint, tc.sample)
		switch {
		case tc.want == "" && err != nil:
			t.Errorf("%q: %v", tc.endpoint, err)
		case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
			t.Errorf("%q: %v, want an error about %q", tc.endpoint, err, tc.want)
		case err == nil && strings.HasPrefix(tc.endpoint, "ga4:") == (c.GA4 == ""):
			t.Errorf("%q: %+v", tc.endpoint, c)
		}
	}
}

// TestScript holds the scripts to what they must be: code that parses, with
// the settings in it, and nothing that asks for more than the path.
func TestScript(t *testing.T) {
	t.Parallel()
	for _, c := range []*Config{{Endpoint: "https://stats.example/rum?a=\"</script>", Sample: 0.5}, {Endpoint: "/rum", Sample: 1}, {GA4: "G-ABC1234567", Sample: 1e-7}} {
		text := c.Script()
		if !bytes.HasPrefix(text, []byte(Mark)) || bytes.Contains(text, []byte("HONE_RUM")) {
			t.Errorf("%+v: %s", c, text)
		}
		r := api.Transform(string(text), api.TransformOptions{})
		if len(r.Errors)+len(r.Warnings) > 0 {
			t.Errorf("%+v: %v %v", c, r.Errors, r.Warnings)
		}
		for _, word := range []string{"location.href", "location.search", "document.cookie", "localStorage", "referrer", "</script", "navigationURL=location"} {
			if bytes.Contains(text, []byte(word)) {
				t.Errorf("%+v: it holds %s", c, word)
			}
		}
		if len(text) > 12<<10 {
			t.Errorf("%+v: %d bytes", c, len(text))
		}
	}
}

func BenchmarkScript(b *testing.B) {
	c := &Config{Endpoint: "https://stats.example/rum", Sample: 0.5}
	b.ReportAllocs()
	for range b.N {
		c.Script()
	}
}

// FuzzParse: whatever is taken stands in the script as one string.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"https://stats.example/rum", "/rum", "ga4:G-ABC1234567", "/\u2028", `/"+alert(1)+"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, endpoint string) {
		c, err := Parse(endpoint, 1)
		if err != nil {
			return
		}
		if text := string(c.Script()); strings.ContainsAny(text, "\u2028\u2029") || strings.Contains(text, "</") {
			t.Errorf("%q: %s", endpoint, text)
		}
	})
}
