package layout

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hone-web/hone/internal/scan"
)

func TestFont(t *testing.T) {
	t.Parallel()
	elems := []scan.Elem{{Parent: -1, Tag: "html", Count: 1}, {Parent: 0, Tag: "body", Count: 1}, {Parent: 1, Tag: "p", Classes: []string{"a"}, Count: 4},
		{Parent: 1, Tag: "h1", Index: 1, Count: 4}, {Parent: 2, Tag: "strong", Count: 1}, {Parent: 1, Tag: "code", Index: 2, Count: 4},
		{Parent: 1, Tag: "em", Index: 3, Count: 4, Attrs: []string{"style", "font-family: 'T  w', serif"}}}
	const p, h1, strong, code, em = 2, 3, 4, 5, 6
	for _, c := range []struct {
		css  string // rules SELECTOR|MEDIA|PROP:VALUE;…
		elem int
		want string
	}{
		{"body||font-family:'x', serif", p, "[x serif] 400 false"},
		{"body||font-family:x", h1, "[x] 700 false"},
		{"body||font:italic 300 1rem/1.5 x, y", p, "[x y] 300 true"},
		{"body||font:italic 300 1rem/1.5 x, y", strong, "[x y] 400 true"},
		{"body||font:16px / 2 x", p, "[x] 400 false"},
		{"body||font:caption", p, "?"},
		{"body||font:var(--w) 16px x", p, "?"},
		{":root||--f: y, x\nbody||font:16px/var(--l) var(--f)", p, "[y x] 400 false"},
		{"body||font-family:x\np||font-family:inherit;font-weight:bolder", strong, "[x] 900 false"},
		{"body||font-family:x\np||font-family:initial", p, "?"},
		{"body||font-family:x", code, "[monospace] 400 false"},
		{"body||font-weight:600", em, "[t w serif] 600 true"},
		{"body||font-family:x\np|(min-width: 500px)|font-family:y", p, "[x] 400 false"},
		{"body||font-family:x\np|(max-width: 500px)|font-family:y", p, "[y] 400 false"},
		{"body||font-family:x\np|(prefers-color-scheme: dark)|font-family:y", p, "?"},
		{"body||font-family:x\n.added p||font-family:y", p, "?"},
		{"body||font-family:x\np::before||font-family:y", p, "[x] 400 false"},
		{"", p, "?"},
	} {
		var rules []scan.Rule
		for i, line := range strings.Split(c.css, "\n") {
			f := strings.Split(line, "|")
			if len(f) == 3 {
				rules = append(rules, scan.Rule{At: i, Selector: f[0], Media: f[1], Decls: declarations(f[2])})
			}
		}
		page := NewPage(NewTree(elems, map[string]bool{"added": true}), []Applied{{Sheet: Read(rules)}})
		got := "?"
		if f, ok := page.Font(c.elem, 400); ok {
			got = fmt.Sprint(f.Families, f.Weight, f.Italic)
		}
		if got != c.want {
			t.Errorf("%q, %s: %s, want %s", c.css, elems[c.elem].Tag, got, c.want)
		}
	}
}

func TestShown(t *testing.T) {
	t.Parallel()
	elems := []scan.Elem{{Parent: -1, Tag: "html", Count: 1}, {Parent: 0, Tag: "body", Count: 1}, {Parent: 1, Tag: "p", Count: 1}}
	for decl, want := range map[string]bool{"": true, "display:none": false, "display:flex": true, "content-visibility:auto": false, "display:var(--x)": false} {
		page := NewPage(NewTree(elems, nil), []Applied{{Sheet: Read([]scan.Rule{{Selector: "body", Decls: declarations(decl)}})}})
		if got := page.Shown(2, 400); got != want {
			t.Errorf("%q: %v", decl, got)
		}
	}
}
