package site

import (
	"encoding/json"
	"testing"
)

func TestEscape(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a/b-c_d.e~f": "a/b-c_d.e~f",
		"two words":   "two%20words",
		"café":        "caf%C3%A9",
		"100%.css":    "100%25.css",
		`a"b'c(d)`:    "a%22b%27c%28d%29",
		"x,y@2x.png":  "x%2Cy%402x.png",
		"\xff\n":      "%FF%0A",
	} {
		if got := Escape(in); got != want {
			t.Errorf("Escape(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestPathParts(t *testing.T) {
	t.Parallel()
	p := Path("a/b.c/D.Min.CSS")
	if p.Dir() != "a/b.c" || p.Base() != "D.Min.CSS" || p.Ext() != ".css" || p.Stem() != "D.Min" {
		t.Errorf("%q %q %q %q", p.Dir(), p.Base(), p.Ext(), p.Stem())
	}
	for in, want := range map[[2]string]Path{{"a", "../b"}: "b", {"a", "../../b"}: "", {"", "/x"}: "", {"", "."}: "", {"a/b", "c"}: "a/b/c"} {
		if got := Join(in[0], in[1]); got != want {
			t.Errorf("Join(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestPathInRecords(t *testing.T) {
	t.Parallel()
	for p, want := range map[Path]string{"é.txt": `"é.txt"`, "a\xffb\xfe": `"a\\xFFb\\xFE"`} {
		if got, err := json.Marshal(p); err != nil || string(got) != want {
			t.Errorf("%q: %s, %v; want %s", p, got, err, want)
		}
	}
}

func TestPosition(t *testing.T) {
	t.Parallel()
	src := []byte("a\nbé c\n")
	for off, want := range map[int][2]int{0: {1, 1}, 2: {2, 1}, 5: {2, 3}, 7: {2, 5}, 99: {3, 1}, -1: {1, 1}} {
		if l, c := Position(src, off); l != want[0] || c != want[1] {
			t.Errorf("%d: %d:%d, want %v", off, l, c, want)
		}
	}
}
