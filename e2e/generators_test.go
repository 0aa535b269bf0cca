//go:build e2e

package e2e_test

import (
	"bufio"
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"golang.org/x/tools/txtar"

	"github.com/hone-web/hone/fixtures/trap"
)

// generators write sites of their own kind into public/, each in its way: some
// delete the folder first. make generators installs those of npm.
var generators = []struct {
	name, source string
	command      []string
}{
	{"hugo", "hugo", []string{"hugo", "--quiet", "--cleanDestinationDir", "--destination", "public"}},
	{"eleventy", "eleventy", []string{"node_modules/.bin/eleventy", "--quiet", "--input=src", "--output=public"}},
	{"vite", "vite", []string{"node_modules/.bin/vite", "build", "--logLevel=warn", "--outDir=public", "--emptyOutDir"}},
	{"astro", "astro", []string{"node_modules/.bin/astro", "build", "--silent", "--outDir=public"}},
}

// TestGenerators lets a generator write into the folder that hone serve
// watches. The page that is open shows what was edited in the source, words and
// style, each time; what is published is what a build publishes.
func TestGenerators(t *testing.T) {
	hone := filepath.Join(t.TempDir(), "hone")
	built := false
	for _, g := range generators {
		t.Run(g.name, func(t *testing.T) {
			dir := project(t, g.source)
			if _, err := exec.LookPath(filepath.Join(dir, g.command[0])); err != nil {
				if _, err := exec.LookPath(g.command[0]); err != nil || strings.Contains(g.command[0], "/") {
					if os.Getenv("GENERATORS_REQUIRED") == "1" {
						t.Fatal(g.name + " is not there: make generators; Hugo is a package of Debian")
					}
					t.Skip(g.name + " is not there: make generators; Hugo is a package of Debian")
				}
			}
			if !built {
				if out, err := exec.Command("go", "build", "-o", hone, "../cmd/hone").CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				built = true
			}
			generate := func() time.Time {
				t.Helper()
				c := exec.Command(g.command[0], g.command[1:]...)
				c.Dir = dir
				c.Env = append(os.Environ(), "ASTRO_TELEMETRY_DISABLED=1", "CI=1")
				if out, err := c.CombinedOutput(); err != nil {
					t.Fatalf("%s: %v\n%s", g.name, err, out)
				}
				return time.Now()
			}
			edit := func(from, to string) {
				t.Helper()
				n := 0
				sources, err := filepath.EvalSymlinks(filepath.Join(dir, "edited"))
				if err != nil {
					t.Fatal(err)
				}
				for name, text := range trap.ReadTree(t, sources) {
					if strings.Contains(string(text), from) && !strings.HasPrefix(name, "public") {
						n++
						text = []byte(strings.ReplaceAll(string(text), from, to))
						if err := os.WriteFile(filepath.Join(sources, name), text, 0o644); err != nil {
							t.Fatal(err)
						}
					}
				}
				if n == 0 {
					t.Fatalf("nothing says %q", from)
				}
			}
			generate()
			ctx := tab(t)
			url := startServe(t, hone, dir)
			// see waits until the page that is open has the words in the colour.
			see := func(words, color string) {
				t.Helper()
				expr := `document.querySelector("h1") && document.querySelector("h1").textContent.trim() === "` + words + `" && getComputedStyle(document.querySelector("h1")).color === "` + color + `"`
				until := time.Now().Add(30 * time.Second)
				for ok := false; !ok; time.Sleep(10 * time.Millisecond) {
					// A page that reloads has no answer for a moment.
					if err := chromedp.Run(ctx, chromedp.Evaluate(expr, &ok)); err == nil && ok {
						return
					}
					if time.Now().After(until) {
						var got string
						err := chromedp.Run(ctx, chromedp.Evaluate(`document.documentElement.outerHTML`, &got))
						t.Fatalf("no %q in %s: %v\n%s", words, color, err, got)
					}
				}
			}
			if err := chromedp.Run(ctx, chromedp.Navigate(url)); err != nil {
				t.Fatal(err)
			}
			see("First words", "rgb(255, 0, 0)")
			for i, step := range []struct{ from, to, words, color string }{
				{"First words", "Second words", "Second words", "rgb(255, 0, 0)"},
				{"rgb(255, 0, 0)", "rgb(0, 0, 255)", "Second words", "rgb(0, 0, 255)"},
				{"Second words", "Third words", "Third words", "rgb(0, 0, 255)"},
			} {
				edit(step.from, step.to)
				began := generate()
				see(step.words, step.color)
				t.Logf("edit %d: seen %v after %s had ended", i+1, time.Since(began).Round(time.Millisecond), g.name)
			}
			published := ""
			for _, text := range trap.ReadTree(t, filepath.Join(dir, "public-honed")) {
				published += string(text)
			}
			if !strings.Contains(published, "Third words") || strings.Contains(published, "First words") || strings.Contains(published, "__hone") {
				t.Errorf("published: %.4000s", published)
			}
		})
	}
}

// project writes the sources of a generator into a folder of their own; what
// an edit changes is reached through "edited".
func project(t *testing.T, name string) string {
	t.Helper()
	a, err := txtar.ParseFile(filepath.Join("generators", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := trap.Tree{}
	for _, f := range a.Files {
		files[f.Name] = f.Data
	}
	files.Write(t, dir)
	modules, err := filepath.Abs("generators/node_modules")
	if err == nil {
		err = os.Symlink(modules, filepath.Join(dir, "node_modules"))
	}
	if err == nil {
		err = os.Symlink(cmp.Or(strings.TrimSpace(string(a.Comment)), "src"), filepath.Join(dir, "edited"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// startServe starts hone serve over the folder public of dir and returns its
// address. It is interrupted with the test, and must end.
func startServe(t *testing.T, hone, dir string) string {
	t.Helper()
	c := exec.Command(hone, "serve", "--port", "0", "--no-progress", "public")
	c.Dir = dir
	c.Env = append(os.Environ(), "CI=")
	errs, err := c.StderrPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	address := make(chan string, 1)
	said := make(chan string, 1)
	go func() {
		re := regexp.MustCompile(`serving \S+ at (http://\S+)`)
		var all strings.Builder
		for s := bufio.NewScanner(errs); s.Scan(); {
			all.WriteString(s.Text() + "\n")
			if m := re.FindStringSubmatch(s.Text()); m != nil {
				address <- strings.Replace(m[1], "localhost", "127.0.0.1", 1) // the browser resolves no names
			}
		}
		said <- all.String()
	}()
	t.Cleanup(func() {
		c.Process.Signal(syscall.SIGINT)
		text := <-said
		if err := c.Wait(); err != nil {
			t.Errorf("hone serve ended with %v", err)
		}
		if t.Failed() {
			t.Log(text)
		}
	})
	select {
	case a := <-address:
		return a
	case <-time.After(time.Minute):
		t.Fatal("no address within a minute")
	}
	return ""
}
