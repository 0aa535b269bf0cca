package verify

import (
	"testing"
)

// FuzzFacts: whatever a file of the site or a live sitemap holds.
func FuzzFacts(f *testing.F) {
	for _, s := range []string{
		`<script type=speculationrules>{"prefetch":[{"urls":["/a"]},{"where":{"and":[{"href_matches":"/*"},{"not":{"href_matches":["/b","/c/*"]}}]}}]}</script>`,
		`<script type=speculationrules>{"prerender":[{"where":{"or":[]}},{"where":{"not":[]}}]}</script>`,
		`<script type="application/ld+json">{"isAccessibleForFree":false,"articleBody":"a b c","hasPart":[{"cssSelector":".x","isAccessibleForFree":false}]}</script><p class=x>d e`,
		"<sitemapindex><sitemap><loc>https://x.org/a.xml</loc></sitemap></sitemapindex>", "\x1f\x8b", "https://x.org/a\n/b", "Sitemap: https://x.org/s.xml",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, page := range []bool{true, false} {
			for _, s := range readFacts(text, page).ahead {
				for i := range s.where {
					s.where[i].takes("/a/b")
				}
			}
		}
		urls, maps, _ := parseSitemap(text)
		for _, u := range append(append(urls, maps...), robotsSitemaps(text)...) {
			if u == "" || u[0] != '/' {
				t.Errorf("%q is no path", u)
			}
		}
		freeOperations(text)
	})
}
