package pipeline

import (
	"slices"
	"strings"
	"testing"
)

func TestPoliciesOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       []string
		unread     bool
	}{
		{"_headers", "/*\n  X-A: b\n", nil, false},
		{"_headers", "/*\n  Content-Security-Policy: default-src 'self'; img-src *\n  X-A: b\n", []string{"default-src 'self'; img-src *"}, false},
		{"_headers", "/*\n  Content-Security-Policy-Report-Only: default-src 'none'\n", nil, false},
		{"_headers", "/*\n  Content-Security-Policy: sandbox, default-src *", []string{"sandbox", "default-src *"}, false},
		{"_headers", "/*\n  ! Content-Security-Policy\n", nil, true},
		{"vercel.json", `{"key": "Content-Security-Policy", "value": "script-src 'none'"}, {"key": "content-security-policy", "value": "frame-ancestors *"}`, []string{"script-src 'none'", "frame-ancestors *"}, false},
		{"netlify.toml", "Content-Security-Policy = \"\"\"\ndefault-src 'self';\n connect-src *\"\"\"", []string{"default-src 'self'; connect-src *"}, false},
		{"netlify.toml", "Content-Security-Policy = '''\ndefault-src https:'''", nil, true},
		{".htaccess", "Header set Content-Security-Policy \"default-src 'self'\"\n", []string{"default-src 'self'"}, false},
		{"staticwebapp.config.json", `{"content-security-policy": 1}`, nil, true},
	} {
		got, ok := policiesOf(c.name == "_headers", []byte(c.text))
		if !slices.Equal(got, c.want) || ok == c.unread {
			t.Errorf("%s: %q: %q, %v", c.name, c.text, got, ok)
		}
	}
}

// FuzzPoliciesOf: what is found stands in one line and holds no other policy.
func FuzzPoliciesOf(f *testing.F) {
	f.Add(true, []byte("/*\n  Content-Security-Policy: default-src 'self', sandbox\n"))
	f.Add(false, []byte(`{"key": "Content-Security-Policy", "value": "script-src 'none'"}`))
	f.Fuzz(func(t *testing.T, lines bool, text []byte) {
		found, _ := policiesOf(lines, text)
		for _, p := range found {
			if strings.ContainsAny(p, "\n,") {
				t.Errorf("%q", p)
			}
		}
	})
}
