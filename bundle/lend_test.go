package bundle

import (
	"testing"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// What is asked for early must not come before what the first paint waits for:
// there are servers that send in the order of the requests.
func TestHintPlace(t *testing.T) {
	t.Parallel()
	for page, want := range map[string]string{
		`<head><link rel=stylesheet href=a.css><link rel=stylesheet href=b.css><script src=c.js defer></script></head><body>x`: `<script src=c.js`,
		`<head><script src=c.js></script><script src=d.js async></script></head><body>x`:                                       `<script src=d.js`,
		`<head><link rel=stylesheet href=a.css><script src=c.js></script><style>b{}</style></head><body>x`:                     `<style>`,
		`<head><script src=c.js defer></script><link rel=stylesheet href=a.css media=print></head><body>x`:                     `<script src=c.js`,
		`<head><style>b{}</style></head><body><link rel=stylesheet href=a.css>x`:                                               `<style>`,
		`<head><link rel=stylesheet href=https://cdn.example/a.css></head><body><script src=c.js></script>`:                    `</head>`,
		`<head><title>x</title></head><body><p>x</p><link rel=stylesheet href=a.css>`:                                          ``,
	} {
		doc := scan.Scan("a.html", site.HTML, []byte(page), scan.Options{})
		at, ok := hintPlace(doc)
		got := ""
		if ok {
			got = page[at.Start:]
		}
		if ok != (want != "") || len(got) < len(want) || got[:len(want)] != want || at.Len() != 0 {
			t.Errorf("%s\nhints before %q", page, got)
		}
	}
}
