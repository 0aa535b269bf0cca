//go:build e2e

package e2e_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hone-web/hone/fixtures/trap"
)

// programDir is removed when the tests are over.
var programDir string

// program builds hone once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "hone-e2e")
	if err != nil {
		return "", err
	}
	programDir = dir
	p := filepath.Join(dir, "hone")
	cmd := exec.Command("go", "build", "-o", p, "../cmd/hone")
	cmd.Stderr = os.Stderr
	return p, cmd.Run()
})

// guardSite is what the cases below begin with: two templates, of which the
// first has a picture that the style sheet asks for as a child of main.
func guardSite(t *testing.T) trap.Tree {
	t.Helper()
	photo, err := os.ReadFile("../fixtures/pictures/photos/mountains-small.jpg")
	if err != nil {
		t.Fatal(err)
	}
	head := func(up, title string) string {
		return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>` + title + `</title><link rel="stylesheet" href="` + up + `style.css"></head>`
	}
	return trap.Tree{
		"img/a.jpg": photo,
		"index.html": []byte(head("", "Home") + `<body><main class="wide"><h1>Hello</h1><img src="img/a.jpg" alt="a" width="300" height="200"><p>Beside it.</p></main>
<script src="app.js"></script></body></html>`),
		"blog/index.html": []byte(head("../", "Blog") + `<body><article class="post"><h2>A post</h2><ul class="tags"><li>one<li>two</ul><pre>x</pre><table><tr><td>1</td></tr></table></article>
<script src="../other.js"></script></body></html>`),
		"style.css": []byte("/* the look */\nbody { margin: 0; color: #222222; background-color: #ffffff; }\n.post { padding: 20px 20px 20px 20px; }\nmain > p { color: #336699; }\n"),
		"app.js":    []byte("// says that it ran\ndocument.documentElement.setAttribute('data-ran', 'it did');\n"),
		"other.js":  []byte("// says that it ran, too\ndocument.documentElement.setAttribute('data-ran', 'this did');\n"),
	}
}

// TestGuard builds sites with settings that break a page: that which breaks it
// is taken back, it alone, and the rest is published.
func TestGuard(t *testing.T) {
	t.Parallel()
	if findBrowser() == "" {
		if os.Getenv("E2E_REQUIRED") == "1" {
			t.Fatal("no browser")
		}
		t.Skip("no browser")
	}
	for _, c := range []struct {
		name, config string
		change       func(trap.Tree)
		taken        string // in the message, "" when nothing is
		holds        map[string]string
	}{
		{name: "nothing", holds: map[string]string{"index.html": "img/a."}},
		{name: "picture", config: "[image]\npicture = \"always\"\n",
			change: func(f trap.Tree) {
				f["style.css"] = append(f["style.css"], "main > img { display: block; width: 50%; height: auto }\n"...)
			},
			taken: `image.picture = "always"`, holds: map[string]string{"index.html": "<img src=img/a."}},
		{name: "names", config: "keep_urls = \"none\"\n",
			change: func(f trap.Tree) {
				f["app.js"] = []byte("// an address that nobody can see\nfetch(atob('aW1nL2EuanBn')).then((r) => { if (!r.ok) document.querySelector('h1').textContent = 'lost'; });\n")
			},
			taken: `keep_urls = "none"`},
		{name: "script",
			change: func(f trap.Tree) {
				f["app.js"] = []byte("// counts on its own comments\nfunction f() { /* " + strings.Repeat("as long as it is here, all is well ", 5) + " */ return 1; }\n" +
					"if ((f + '').length < 60 || !f()) document.querySelector('h1').textContent = 'lost';\n")
			},
			taken: "the optimizer js on app.js"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tabs <- struct{}{}
			defer func() { <-tabs }()
			hone, err := program()
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			files := guardSite(t)
			if c.change != nil {
				c.change(files)
			}
			files.Write(t, filepath.Join(dir, "in"))
			if err := os.WriteFile(filepath.Join(dir, "hone.toml"), []byte(c.config), 0o644); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), hone, "build", "--guard", "--browser", findBrowser(), "--out", "out", "in")
			cmd.Dir = dir
			if said, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, said)
			}
			checkGuard(t, dir, c.taken, c.holds)
		})
	}
}

func checkGuard(t *testing.T, dir, taken string, holds map[string]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, ".hone", "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Findings []struct{ Rule, Message string }
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, f := range r.Findings {
		if strings.HasPrefix(f.Rule, "guard-") {
			told = append(told, f.Rule+" "+f.Message)
		}
	}
	switch {
	case taken == "" && len(told) > 0:
		t.Errorf("taken back without need: %q", told)
	case taken != "" && (len(told) != 1 || !strings.HasPrefix(told[0], "guard-taken-back with "+taken+" a visitor")):
		t.Errorf("told %q, want that %s was taken back, and nothing else", told, taken)
	}
	// What did no harm is there.
	for _, want := range []string{"style.", "other."} {
		if got, _ := filepath.Glob(filepath.Join(dir, "out", want+"??????????.*")); len(got) == 0 {
			t.Errorf("no %s file has a name with its hash: too much was taken back", want)
		}
	}
	for name, want := range holds {
		page, err := os.ReadFile(filepath.Join(dir, "out", name))
		if err != nil || !strings.Contains(string(page), want) {
			t.Errorf("%s does not hold %q (%v): %s", name, want, err, page)
		}
	}
}
