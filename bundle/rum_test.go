package bundle

import (
	"strings"
	"testing"

	"github.com/hone-web/hone/internal/rum"
)

func TestForbids(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		policy, endpoint, base string
		want                   string // part of the reason; "" where it is allowed
	}{
		{"", "/rum", "", ""},
		{"img-src 'none'", "/rum", "", ""},
		{"default-src 'self'", "/rum", "", ""},
		{"default-src 'self'", "https://stats.example/rum", "", "connect-src"},
		{"default-src 'self'; connect-src https://stats.example", "https://stats.example/rum", "", ""},
		{"default-src 'self'; connect-src stats.example", "https://stats.example/rum", "", ""},
		{"default-src 'self'; connect-src https://stats.example/", "https://stats.example/rum", "", ""},
		{"default-src 'self'; connect-src https://stats.example/rum", "https://stats.example/rum?x=1", "", ""},
		{"default-src 'self'; connect-src https://stats.example/other", "https://stats.example/rum", "", "connect-src"},
		{"default-src 'self'; connect-src *.example", "https://stats.example/rum", "", ""},
		{"default-src 'self'; connect-src *.stats.example", "https://stats.example/rum", "", "connect-src"},
		{"default-src 'self'; connect-src http://stats.example", "https://stats.example/rum", "", "connect-src"},
		{"default-src 'self'; connect-src https:", "https://stats.example/rum", "", ""},
		{"default-src 'self'; connect-src https:", "/rum", "", "connect-src"},
		{"default-src 'self'; connect-src https:", "/rum", "https://www.example.com", ""},
		{"default-src 'self'; connect-src *", "https://stats.example/rum", "", ""},
		{"default-src 'self'; connect-src 'none'; connect-src *", "/rum", "", "connect-src"},
		{"connect-src *; script-src 'none'", "/rum", "", "script-src"},
		{"connect-src *; script-src https:", "/rum", "", "script-src"},
		{"connect-src *; script-src https:", "/rum", "https://www.example.com", ""},
		{"connect-src *; script-src https://www.example.com", "/rum", "https://www.example.com", ""},
		{"connect-src *; script-src 'sha256-abc'", "/rum", "", "script-src"},
		{"connect-src *; script-src 'self'; script-src-elem 'none'", "/rum", "", "script-src"},
		{"connect-src *; script-src 'self' 'strict-dynamic'", "/rum", "", "script-src"},
		{"sandbox", "/rum", "", "sandbox"},
		{"sandbox allow-scripts; script-src 'self'", "/rum", "", ""},
		{"default-src 'self'; connect-src 'none'", "ga4:G-ABC1234567", "", ""},
	} {
		cfg, err := rum.Parse(c.endpoint, 1)
		if err != nil {
			t.Fatal(err)
		}
		p := &Planner{Graph: &Graph{Base: Base{Origin: c.base}}, RUM: RUMOptions{Config: cfg}}
		if got := p.forbids(c.policy); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%q, %s: %q, want %q", c.policy, c.endpoint, got, c.want)
		}
	}
}

func TestScriptPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		page, after string // the text before the place; "" where there is none
		told        bool
	}{
		{page: `<!doctype html><head><title>a</title></head><body>`, after: `</title>`},
		{page: `<!doctype html><head><title>a</title><body>`, after: `</title>`},
		{page: `<!doctype html><body><svg><title>a</title></svg>`, after: `html>`},
		{page: `<!doctype html><title>a</title><p>b`, after: `</title>`},
		{page: `<!doctype html><noscript><title>a</title></noscript><title>b</title><p>b`, after: `b</title>`},
		{page: `<!doctype html><p>a`, told: true},
		{page: `<html amp><head></head>`, told: true},
		{page: `<!doctype html><html><head><title>x</title></head><frameset cols=1><frame></frameset>`, after: `</title>`},
		{page: `<!doctype html><html><title>x</title><frameset cols=1><frame></frameset>`},
		{page: `<title>a fragment</title>`},
		{page: `<p>a</p>`},
		{page: ``},
		{page: `<!doctype html><script>"</head>"</script><!-- </head> --><title></head></title>`, after: `</head></title>`},
	} {
		at, why := scriptPlace([]byte(c.page))
		switch {
		case (at < 0) != (c.after == ""), at >= 0 && !strings.HasSuffix(c.page[:at], c.after):
			t.Errorf("%s: %d", c.page, at)
		case (why != "") != c.told:
			t.Errorf("%s: %q", c.page, why)
		}
	}
}

// FuzzScriptPlace: the place stands in the page, between two tokens.
func FuzzScriptPlace(f *testing.F) {
	f.Add([]byte(`<!doctype html><html><head><title>a</title></head><body>`))
	f.Add([]byte(`<html ⚡><svg><head><title>`))
	f.Fuzz(func(t *testing.T, src []byte) {
		if at, _ := scriptPlace(src); at > len(src) || at >= 0 && at < len(src) && at > 0 && src[at] != '<' && src[at-1] != '>' {
			t.Errorf("%q: %d", src, at)
		}
	})
}
