package bundle

import (
	"slices"
	"testing"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// TestSelectors compares survives with what a browser would see: a selector
// that matches an address before and not after the fingerprint must be told.
func TestSelectors(t *testing.T) {
	t.Parallel()
	const name = "logo.png"
	values := []string{"img/logo.png", "/img/logo.png?v=1", "logo.png", "a.png 1x, img/logo.png 2x", "logo.png-x", "https://x/logo.png#logo"}
	words := []string{"logo.png", "logo", ".png", "png", "img/", "/img/logo", "go.p", "img/logo.png", "", "x", "o.", "logo.png?v=1", "a.png", "1x,"}
	seen := map[bool]int{}
	for _, op := range []string{"", "=", "^=", "$=", "*=", "~=", "|="} {
		for _, word := range words {
			for _, value := range values {
				s := scan.AttrSelector{Name: "src", Op: op, Value: word}
				if !matches(s, value) {
					continue
				}
				after := string(Fingerprint(site.Path(name), site.Sum(nil), ""))
				i := lastIndex(value, name)
				renamed := value[:i] + after + value[i+len(name):]
				ok := survives(s, value, name)
				seen[ok]++
				if ok && !matches(s, renamed) {
					t.Errorf("[src%s%q] matches %q, and not %q", op, word, value, renamed)
				}
			}
		}
	}
	if seen[true] < 20 || seen[false] < 20 {
		t.Errorf("the table decides too little: %v", seen)
	}
}

func lastIndex(s, sub string) int {
	for i := len(s) - len(sub); i >= 0; i-- {
		if s[i:i+len(sub)] == sub {
			return i
		}
	}
	return -1
}

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		op, value, attr string
		want            bool
	}{
		{"", "", "anything", true},
		{"=", "a", "a", true}, {"=", "a", "ab", false},
		{"^=", "a", "ab", true}, {"^=", "b", "ab", false}, {"^=", "", "ab", false},
		{"$=", "b", "ab", true}, {"$=", "a", "ab", false}, {"$=", "", "ab", false},
		{"*=", "b", "abc", true}, {"*=", "d", "abc", false}, {"*=", "", "abc", false},
		{"~=", "b", "a b c", true}, {"~=", "b", "abc", false},
		{"|=", "en", "en-GB", true}, {"|=", "en", "en", true}, {"|=", "en", "eng", false},
	} {
		if got := matches(scan.AttrSelector{Op: tt.op, Value: tt.value}, tt.attr); got != tt.want {
			t.Errorf("[x%s%q] on %q: %v", tt.op, tt.value, tt.attr, got)
		}
	}
}

func TestEvidence(t *testing.T) {
	t.Parallel()
	g := sources{
		"index.html":   `<link rel=stylesheet href=style.css><script src=plain.js></script><script src=edit.js></script><script src=list.js></script><script>navigator.serviceWorker.register("/worker.js")</script><script type=importmap>{"imports":{"m/":"./mods/"}}</script>`,
		"worker.js":    `var a = ["one.png"]`,
		"sw.js":        `var a = ["two.png"]`,
		"list.js":      `self.__precacheManifest = [{"url":"/three.png","revision":null}]; var b = "four.png"`,
		"plain.js":     `var a = "five.png"; import(a)`,
		"edit.js":      `el.src.split(".")`,
		"style.css":    `a[href$=".pdf"]{color:red}`,
		"three.png":    "x",
		"mods/one.js":  "export {}",
		"Gruntfile.js": `cssmin("app.min.css")`, // nothing loads it
	}.graph(Base{})
	ev := g.evidence()
	for name, want := range map[string]bool{"one.png": true, "two.png": true, "four.png": true, "five.png": false} {
		if ev.precached[name] != want {
			t.Errorf("precached[%s] = %v", name, ev.precached[name])
		}
		if ev.mentioned[name] == "" {
			t.Errorf("%s is not mentioned", name)
		}
	}
	if by := ev.mentioned["app.min.css"]; by != "" {
		t.Errorf("app.min.css is mentioned in %s, which nothing loads", by)
	}
	for p, want := range map[site.Path]bool{"worker.js": true, "list.js": true, "plain.js": false, "sw.js": false} {
		if ev.worker[g.Node(p)] != want {
			t.Errorf("worker[%s] = %v", p, !want)
		}
	}
	if ev.dynamic != "plain.js" || !slices.ContainsFunc(ev.edits, func(e srcEdit) bool { return e.by == "edit.js" }) {
		t.Errorf("dynamic in %q, edits in %v", ev.dynamic, ev.edits)
	}
	if len(ev.selectors) != 1 || ev.selectors[0] != (scan.AttrSelector{Name: "href", Op: "$=", Value: ".pdf"}) {
		t.Errorf("selectors: %v", ev.selectors)
	}
	if len(ev.moduleRoots) != 1 || ev.moduleRoots[0] != "mods/" {
		t.Errorf("folders of import maps: %q", ev.moduleRoots)
	}
}

// A script that takes addresses apart at a text concerns those that have it.
func TestSrcEditReads(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at   string
		path site.Path
		want bool
	}{
		{"_off", "img/button_off.png", true},
		{"_off", "img/photo.jpg", false},
		{"/worker", "img/photo.jpg", false},
		{"/img", "img/photo.jpg", true},
		{"", "img/photo.jpg", true},
		{"1", "img/photo.jpg", true},    // may stand in a fingerprint
		{"e", "img/photo.jpg", true},    // so may that
		{"web", "img/photo.jpg", true},  // and this in another extension
		{".png", "img/photo.jpg", true}, // a name has one point more
		{"//x:", "img/photo.jpg", true}, // the host is not known
		{"%20", "img/a photo.jpg", true},
	} {
		if got := (srcEdit{at: c.at}).reads(c.path); got != c.want {
			t.Errorf("%q in %s: %v", c.at, c.path, got)
		}
	}
}
