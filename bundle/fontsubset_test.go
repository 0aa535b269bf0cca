package bundle

import (
	"slices"
	"strings"
	"testing"

	"github.com/hone-web/hone/bundle/internal/style"
	"github.com/hone-web/hone/internal/scan"
)

func TestLastClass(t *testing.T) {
	t.Parallel()
	for selector, want := range map[string]string{
		".fa-Home:before":           "fa-home",
		".fas.fa-home::before":      "fa-home",
		"i.icon>b.icon_2:hover":     "icon_2",
		".ícon:before":              "ícon",
		"[class^=icon-]:before":     "",
		"ul li::before":             "",
		".a .b,":                    "b",
		"details[open] > summary::": "",
	} {
		if got := lastClass(selector); got != want {
			t.Errorf("%s: %q, want %q", selector, got, want)
		}
	}
}

func TestUnescapeCSS(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`"\f00c"`:          "\"\uf00c\"",
		`"\F00C d"`:        "\"\uf00cd\"",
		`"\00f00cd"`:       "\"\uf00cd\"",
		`"\201C\201d"`:     `"“”"`,
		`"☃ \""`:           `"☃ ""`,
		"\"\\e000\n\\41\"": "\"\ue000A\"",
		`\`:                "",
	} {
		if got := unescapeCSS(in); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

// TestIconIndex: an icon belongs to whoever names its class.
func TestIconIndex(t *testing.T) {
	t.Parallel()
	src := []byte(`.i-a:before{content:"\e000"}.i-b:before,.i-c::after{content:"\e001"}@media print{.i-d:before{content:"\e002"}}
.i-e{--icon:"\e003"}q{quotes:"«" "»"}li::marker{content:"→"}@counter-style x{symbols:"☃"}`)
	rules, ok := style.Parse(src)
	if !ok {
		t.Fatal("not read")
	}
	x := iconIndex{rules: map[string]string{}}
	x.read(src, rules)
	if got := x.others; got != `"→"symbols:"☃"` {
		t.Errorf("whoever it is, there is %s", got)
	}
	if got := len(x.icons()); got != 4+1 { // and the quotes around them
		t.Errorf("%d icons", got)
	}
	for _, c := range []struct {
		doc  scan.Doc
		want string
	}{
		{scan.Doc{Names: scan.Names{Elems: []string{".i-a", "i-b", "#i-c", "i"}}}, "\ue000"},
		{scan.Doc{Names: scan.Names{Strings: []string{"i-c"}, Words: []string{"i-d"}}}, "\ue001\ue002"},
		{scan.Doc{Letters: "\ue009…", Names: scan.Names{Elems: []string{".i-e"}}}, "…\ue003\ue009"},
	} {
		var got []rune
		for r := range x.in(&c.doc) {
			if r > 0xff {
				got = append(got, r)
			}
		}
		slices.Sort(got)
		if string(got) != c.want {
			t.Errorf("%+v: %q, want %q", c.doc, string(got), c.want)
		}
	}
	set := letterSet{}
	set.put("a")
	set.put("c\ue000")
	if got := set.ranges(); !slices.Equal(got, [][2]rune{{'A', 'A'}, {'C', 'C'}, {'a', 'a'}, {'c', 'c'}, {0xe000, 0xe000}}) {
		t.Errorf("ranges %x", got)
	}
	if strings.Contains(x.others, "«") {
		t.Error("Latin-1 is there anyway")
	}
}
