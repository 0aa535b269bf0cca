package scan

import (
	"testing"

	"github.com/hone-web/hone/site"
)

func TestLetters(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"plain, é and ÿ":                  "",
		"Ā and ☃ twice ☃":                 "Ā☃",
		"&#x2603; &#9731; &#xf00c;":       "☃\uf00c",
		"&hellip;&rarr;&amp;&nbsp;&copy":  "…→",
		"&#xZZ; &#; &; &":                 "",
		`"\u2603 \uD83D\uDE00 \u{1F601}"`: "☃😀😁",
		`"\\f00c" '\f00d ' "\\u2603"`:     "☃\uf00c\uf00d",
		`\n \x41 \u26 \`:                  "",
		"\xff\xfe\ufffd":                  "",
		"\\ffffff":                        "",
	} {
		if got := letters([]byte(src)); got != want {
			t.Errorf("%q: %q, want %q", src, got, want)
		}
	}
	if d := Scan("a.css", site.CSS, []byte(`a:before{content:"\f00c"}`), Options{}); d.Letters != "" {
		t.Errorf("of a style sheet: %q", d.Letters)
	}
	if d := Scan("a.html", site.HTML, []byte(`<i>&#xf00c;</i><script>x="\u2603"</script>`), Options{}); d.Letters != "☃\uf00c" {
		t.Errorf("of a page: %q", d.Letters)
	}
}
