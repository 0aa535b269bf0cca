package verify_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/hone-web/hone/site"
	. "github.com/hone-web/hone/verify"
)

// TestInfer: every source that a policy can be drafted from, with what it says
// and how sure that is.
func TestInfer(t *testing.T) {
	t.Parallel()
	ld := `<script type="application/ld+json">{"isAccessibleForFree": false}</script>`
	for _, tt := range []struct {
		name  string
		files map[site.Path]string
		want  []string
		rules []string // of the findings
	}{
		{"JSON-LD of a folder", map[site.Path]string{"index.html": page, "club/a.html": ld, "club/b.html": ld}, []string{"isAccessibleForFree high /club/** paid"}, nil},
		{"microdata", map[site.Path]string{"index.html": page, "a.html": `<meta itemprop="isAccessibleForFree" content="False">`}, []string{"isAccessibleForFree high /a.html paid"}, nil},
		{"a part", map[site.Path]string{"a.html": `<script type="application/ld+json">{"isAccessibleForFree":"False","hasPart":{"@type":"WebPageElement","isAccessibleForFree":false,"cssSelector":".x"}}</script>`}, []string{"isAccessibleForFree high /a.html preview"}, nil},
		{"discovery", map[site.Path]string{".well-known/x402": `{"items":[{"resource":"https://x.org/club/a"}]}`}, []string{"x402 discovery medium /club/a paid"}, nil},
		{"OpenAPI of a gateway", map[site.Path]string{"openapi.json": `{"servers":[{"url":"https://x.org/v1"}],"paths":{"/a/{id}":{"get":{"responses":{"402":{}}}},"/b":{"post":{"x-payment-info":{"price":"1"}}},"/c":{"get":{"responses":{"200":{}}}}}}`},
			[]string{"OpenAPI high /v1/a/* paid", "OpenAPI high /v1/b paid"}, nil},
		{"nginx", map[site.Path]string{"club/a.html": page, "club/b.html": page, "nginx.conf": "location /club { return 402; }"}, []string{"nginx medium /club/** paid"}, nil},
		{"closed", map[site.Path]string{"club/a.html": page, "nginx.conf": "location /club { return 403; }"}, []string{"nginx low /club/** deny"}, nil},
		{"vercel", map[site.Path]string{"club/a.html": page, "vercel.json": `{"routes":[{"src":"/club/(.*)","status":402}]}`}, []string{"Vercel medium /club/** paid"}, nil},
		{"routes", map[site.Path]string{"middleware.ts": "import {x} from 'x402-next'\npaymentMiddleware(to, { 'GET /api/*': { price: '$0.01' }, '/v/[id]/x': { price: '$1' } })"}, []string{"x402 routes medium /api/** paid", "x402 routes medium /v/*/x paid"}, nil},
		{"robots", map[site.Path]string{"index.html": page, "robots.txt": "User-agent: GPTBot\nDisallow: /club/\n\nUser-agent: *\nDisallow: /tmp/\n"}, []string{"robots.txt low /club/** free training=deny"}, nil},
		{"RSL", map[site.Path]string{"robots.txt": "License: https://x.org/license.xml\nUser-agent: *\n", "license.xml": `<rsl xmlns="https://rslstandard.org/rsl"><content url="/club/"><license><payment type="crawl"><amount currency="USD">1</amount></payment></license></content><content url="/free/"><license><payment type="free"/></license></content></rsl>`},
			[]string{"RSL licence license.xml low /club/** free training=paid"}, nil},
		{"sitemap against markup", map[site.Path]string{"a.html": ld, "b.html": page, "sitemap.xml": "<urlset><url><loc>https://x.org/a.html</loc></url><url><loc>https://x.org/b.html</loc></url></urlset>"},
			[]string{"isAccessibleForFree high /a.html paid", "sitemap low /a.html preview"}, []string{"PF005", "PF005"}},
		{"discovery against markup", map[site.Path]string{"a.html": `<script type="application/ld+json">{"isAccessibleForFree":"False","hasPart":{"@type":"WebPageElement","isAccessibleForFree":false,"cssSelector":".x"}}</script>`, ".well-known/x402": `{"items":[{"resource":"/a.html"}]}`},
			[]string{"isAccessibleForFree high /a.html preview", "x402 discovery medium /a.html paid"}, []string{"PF005", "PF007"}},
		{"nothing", map[site.Path]string{"index.html": page, "robots.txt": "User-agent: *\nAllow: /\n", "sitemap.xml": "<urlset><url><loc>https://x.org/</loc></url></urlset>"}, nil, nil},
	} {
		found, err := payment(t, nil, tt.files).Infer()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range found {
			line := fmt.Sprintf("%s %s %s %s", f.Source, f.Confidence, f.Path, f.Access)
			for _, a := range Agents {
				if v, ok := f.ByAgent[a]; ok {
					line += fmt.Sprintf(" %s=%s", a, v)
				}
			}
			got = append(got, line)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: drafted %q, want %q", tt.name, got, tt.want)
		}
		var rules []string
		for _, d := range Disagreements(found) {
			rules = append(rules, d.Rule)
		}
		if slices.Sort(rules); !slices.Equal(rules, tt.rules) {
			t.Errorf("%s: findings of %q, want %q", tt.name, rules, tt.rules)
		}
	}
}

func FuzzDiscovery(f *testing.F) {
	for _, s := range []string{`{"items":[{"resource":"/a"}]}`, `{"paths":{"/a":{"get":{"responses":{"402":{}}}}}}`, `<urlset><url><loc>https://x.org/a</loc></url></urlset>`, "User-agent: GPTBot\nDisallow: /a*$\nLicense: /l.xml", `<rsl><content url="/"><license><payment type="crawl"/></license></content></rsl>`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := payment(t, nil, map[site.Path]string{"a/index.html": page, ".well-known/x402": text, "openapi.json": text, "sitemap.xml": text, "l.xml": text, "robots.txt": text + "\nLicense: /l.xml", "middleware.ts": "x402 " + text})
		found, err := p.Infer()
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range found {
			if i.Confidence == "" || i.Source == "" {
				t.Errorf("%+v", i)
			}
			if _, err := NewGlob(i.Path); err != nil && i.Against == "" {
				t.Errorf("%+v: %v", i, err)
			}
		}
	})
}
