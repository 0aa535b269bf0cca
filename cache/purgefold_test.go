package cache

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

// edited is a site of two deploys: every file of which change says so has other
// bytes in the second.
func edited(files map[string]bool) (old, now *site.Manifest) {
	old, now = &site.Manifest{Version: site.ManifestVersion}, &site.Manifest{Version: site.ManifestVersion}
	for name, changed := range files {
		e := site.Entry{Path: site.Path(name), Type: site.TypeOf(site.Path(name)), Size: 1}
		if strings.Contains(name, ".0123456789.") {
			e.Class = ClassFingerprinted
		}
		if strings.HasPrefix(name, "paid/") {
			e.Zone = "paid"
		}
		old.Entries = append(old.Entries, e)
		if changed {
			e.SHA256[0] = 1
		}
		now.Entries = append(now.Entries, e)
	}
	Apply(old)
	Apply(now)
	return old, now
}

func TestFoldPurge(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		files map[string]bool // file → it changed
		limit int
		want  string
	}{
		{"few stay as they are", map[string]bool{"a/x.css": true, "a/y.css": true}, 5, "/a/x.css /a/y.css"},
		{"all of a folder", map[string]bool{"a/x.css": true, "a/y.css": true, "b.css": true}, 1, "/a/* /b.css"},
		{"the outermost folder", map[string]bool{"a/b/x.css": true, "a/c/y.css": true, "a/c/z.css": true}, 1, "/a/*"},
		{"what is immutable stays", map[string]bool{"a/x.css": true, "a/y.css": true, "a/z.0123456789.css": false}, 1, "/a/x.css /a/y.css"},
		{"the folder beside it", map[string]bool{"a/b/x.css": true, "a/b/y.css": true, "a/z.0123456789.css": false}, 1, "/a/b/*"},
		{"most of a folder", map[string]bool{"a/x.css": true, "a/y.css": true, "a/z.css": false}, 1, "/a/*"},
		{"whole folders suffice", map[string]bool{"a/x.css": true, "a/y.css": true, "a/z.css": false, "b/1.css": true, "b/2.css": true}, 3, "/a/x.css /a/y.css /b/*"},
		{"few of a folder", map[string]bool{"a/x.css": true, "a/y.css": true, "a/1.css": false, "a/2.css": false}, 1, "/a/x.css /a/y.css"},
		{"never the root", map[string]bool{"x.css": true, "y.css": true}, 1, "/x.css /y.css"},
		{"one file is named", map[string]bool{"a/x.css": true, "y.css": true}, 1, "/a/x.css /y.css"},
		{"a page and its folder", map[string]bool{"a/index.html": true}, 1, "/a /a/*"},
		{"no cache holds what is paid", map[string]bool{"paid/x.css": false, "paid/y.css": false, "a/x.css": true, "a/y.css": true}, 1, "/a/*"},
		{"a star in a name", map[string]bool{"a/*.css": true, "a/y.css": true, "c.css": true}, 2, "/a/* /c.css"},
	}
	for _, tt := range tests {
		p := Diff(edited(tt.files))
		var purge []string
		for _, s := range p.Steps {
			purge = append(purge, s.Purge...)
		}
		if got := strings.Join(foldPurge(purge, p.held(), tt.limit), " "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// TestFoldPurgeIsSafe: whatever the site is, everything that was to be dropped
// is, and nothing immutable.
func TestFoldPurgeIsSafe(t *testing.T) {
	t.Parallel()
	folded := 0
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 9))
		files := map[string]bool{}
		for range 60 {
			name := strings.Repeat(string(rune('a'+rnd.IntN(3)))+"/", rnd.IntN(4)) + fmt.Sprint(rnd.IntN(40))
			switch rnd.IntN(4) {
			case 0:
				files[name+".0123456789.css"] = false
			case 1:
				files[name+"/index.html"] = rnd.IntN(3) > 0
			default:
				files[name+".css"] = rnd.IntN(3) > 0
			}
		}
		p := Diff(edited(files))
		held := p.held()
		for _, s := range p.Steps {
			out := foldPurge(s.Purge, held, 5)
			covers := func(u string) bool {
				return slices.ContainsFunc(out, func(o string) bool {
					dir, wild := strings.CutSuffix(o, "*")
					return o == u || wild && strings.HasPrefix(u, dir)
				})
			}
			for _, u := range s.Purge {
				if !covers(u) {
					t.Fatalf("seed %d: %s stays in caches: %v", seed, u, out)
				}
			}
			for u, may := range held {
				if !may && covers(u) && !slices.Contains(s.Purge, u) {
					t.Fatalf("seed %d: %s is immutable and dropped: %v", seed, u, out)
				}
			}
			if len(out) < len(s.Purge) {
				folded++
			}
		}
	}
	if folded < 20 {
		t.Errorf("only %d lists were folded", folded)
	}
}

// TestCloudFrontFolds: a site whose pages all changed is some dozens of paths,
// fifteen wildcards to a batch.
func TestCloudFrontFolds(t *testing.T) {
	t.Parallel()
	files := map[string]bool{"css/a.0123456789.css": false}
	for i := range 40 {
		for j := range 50 {
			files[fmt.Sprintf("s%02d/p%02d/index.html", i, j)] = true
		}
	}
	var b bytes.Buffer
	if err := writeCloudFront(&b, Diff(edited(files)), nil, Deploy{}); err != nil {
		t.Fatal(err)
	}
	batches := strings.Split(b.String(), "create-invalidation")[1:]
	all := 0
	for _, text := range batches {
		n := strings.Count(text, "/*'")
		all += n
		if n > cloudFrontWild {
			t.Errorf("%d wildcards in one batch", n)
		}
	}
	if all != 40 || len(batches) != 3 {
		t.Errorf("%d wildcards in %d batches", all, len(batches))
	}
}
