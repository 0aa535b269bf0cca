package scan

import (
	"slices"
	"testing"

	"github.com/hone-web/hone/site"
)

func TestBoxes(t *testing.T) {
	t.Parallel()
	d := Scan("index.html", site.HTML, []byte(`<body class=b><p id=x>text<img src=a.png class="c d"><img src=b.png width=3>
<div style="display:flex"><img src=c.png></div><img src=d.png srcset="e.png 2x"><img src=f.png style="float:left"><img data-x src=g.png><br><img alt="" src=h.png>`), Options{})
	if len(d.Boxes) != 3 {
		t.Fatalf("%d boxes: %+v", len(d.Boxes), d.Boxes)
	}
	a := d.Boxes[0]
	if u := d.Refs[a.Ref].URL; u != "a.png" || !slices.Contains(a.Self, ".d") || !slices.Contains(a.Self, "img") {
		t.Errorf("%s %+v", u, a)
	}
	// The paragraph may have ended, so the body counts too.
	if !slices.Contains(a.Parents, "#x") || !slices.Contains(a.Parents, ".b") {
		t.Errorf("parents %v", a.Parents)
	}
	if c := d.Boxes[1]; !slices.Contains(c.Parents, OwnDisplay) || slices.Contains(c.Parents, "body") {
		t.Errorf("parents %v", c.Parents)
	}
	if h := d.Boxes[2]; d.Refs[h.Ref].URL != "h.png" {
		t.Errorf("third box is %s", d.Refs[h.Ref].URL)
	}
}

func TestSizeRules(t *testing.T) {
	t.Parallel()
	for src, want := range map[string][2][]string{
		"img{max-width:100%;height:auto}":                {nil, nil},
		"img{max-width:100%}":                            {{"img"}, nil},
		"@media print{.a img{max-width:100%!important}}": {{"img"}, nil},
		".logo{height:40px}":                             {{".logo"}, nil},
		".a .b>img.c:hover{width:auto;height:auto}":      {nil, nil},
		"#x{width:var(--w)}":                             {{"#x"}, nil},
		":not(p){min-height:1px}":                        {{"*"}, nil},
		".row{display:flex}.g{display:inline-grid}":      {nil, []string{".g", ".row"}},
		".row{display:block;margin:0;float:left}":        {nil, nil},
		"p{display:var(--d)}":                            {nil, []string{"p"}},
	} {
		d := Scan("a.css", site.CSS, []byte(src), Options{})
		if !slices.Equal(d.Sized, want[0]) || !slices.Equal(d.Flex, want[1]) {
			t.Errorf("%s: sized %v, flex %v; want %v, %v", src, d.Sized, d.Flex, want[0], want[1])
		}
	}
}
