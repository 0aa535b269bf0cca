package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/internal/config"
)

// snippet returns a code block of docs/ci.md.
func snippet(t *testing.T, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(read(t, root+"/docs/ci.md"), "<!-- snippet: "+name+" -->\n```")
	if !ok {
		t.Fatalf("docs/ci.md has no snippet %s", name)
	}
	_, rest, _ = strings.Cut(rest, "\n")
	text, _, _ := strings.Cut(rest, "```")
	return text
}

// place is a project with a built site in it, and hone on the PATH. built is
// the name of the folder.
func place(t *testing.T, built string) (dir string, env []string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	put(t, dir+"/"+built+"/index.html", testPage)
	put(t, dir+"/"+built+"/app.css", "body { color : red }\n\n\n")
	put(t, dir+"/.git/HEAD", "")
	bin := t.TempDir()
	// A copy: through a link the child that hone starts would be the test.
	copyFile(t, self, bin+"/hone")
	put(t, bin+"/npx", "#!/bin/sh\nexec \"$@\"\n") // finds what is installed; here, what is on the PATH
	if err := os.Chmod(bin+"/npx", 0o755); err != nil {
		t.Fatal(err)
	}
	return dir, append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "HOME="+dir, "CI=true", "GITHUB_ACTIONS=")
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	if os.Link(from, to) == nil {
		return
	}
	if err := os.WriteFile(to, []byte(read(t, from)), 0o755); err != nil {
		t.Fatal(err)
	}
}

// sh runs a script as CI services do.
func sh(t *testing.T, dir string, env []string, script string) (string, error) {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil || runtime.GOOS == "windows" {
		t.Skip("no bash here")
	}
	c := exec.Command(bash, "-e", "-o", "pipefail", "-c", script)
	c.Dir, c.Env = dir, env
	out, err := c.CombinedOutput()
	return string(out), err
}

func must(t *testing.T, dir string, env []string, script string) string {
	t.Helper()
	out, err := sh(t, dir, env, script)
	if err != nil {
		t.Fatalf("%s\n%v\n%s", script, err, out)
	}
	return out
}

func honed(t *testing.T, dir string) {
	t.Helper()
	if !exists(dir+"/index.html") || !strings.Contains(read(t, dir+"/_headers"), cache.Mark) {
		t.Errorf("%s is no output of hone", dir)
	}
}

// need skips without a program.
func need(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("no %s here", name)
	}
}

// TestDocsCommands runs what docs/ci.md says, with the generator's part done
// before.
func TestDocsCommands(t *testing.T) {
	t.Parallel()
	generated := func(s string) string { return strings.ReplaceAll(s, "npm run build", "true") }
	t.Run("gitlab", func(t *testing.T) {
		t.Parallel()
		dir, env := place(t, "public")
		text := snippet(t, "gitlab")
		must(t, dir, env, regexp.MustCompile(`(?m)^    - (.*)$`).FindStringSubmatch(text)[1])
		honed(t, dir+"/deploy")
		for _, key := range []string{"codequality", "junit"} {
			read(t, dir+"/"+regexp.MustCompile(key + `: (\S+)`).FindStringSubmatch(text)[1])
		}
		read(t, dir+"/.hone/report.html")
	})
	t.Run("cloudflare", func(t *testing.T) {
		t.Parallel()
		dir, env := place(t, "dist")
		must(t, dir, env, generated(snippet(t, "cloudflare")))
		honed(t, dir+"/pages-out")
	})
	t.Run("vercel", func(t *testing.T) {
		t.Parallel()
		var v struct{ BuildCommand, OutputDirectory string }
		if err := json.Unmarshal([]byte(snippet(t, "vercel")), &v); err != nil {
			t.Fatal(err)
		}
		dir, env := place(t, "dist")
		must(t, dir, env, generated(v.BuildCommand))
		honed(t, dir+"/"+v.OutputDirectory)
	})
	t.Run("npm", func(t *testing.T) {
		t.Parallel()
		need(t, "npm")
		dir, env := place(t, "made")
		put(t, dir+"/package.json", strings.Replace(snippet(t, "npm"), "astro build", "mv made dist", 1))
		must(t, dir, env, "npm run build --silent --offline")
		honed(t, dir+"/deploy")
	})
	t.Run("make", func(t *testing.T) {
		t.Parallel()
		need(t, "make")
		dir, env := place(t, "public")
		put(t, dir+"/Makefile", snippet(t, "make"))
		must(t, dir, env, "make deploy && make deploy")
		honed(t, dir+"/deploy")
	})
	t.Run("pre-commit", func(t *testing.T) {
		t.Parallel()
		dir, env := place(t, "public")
		id := regexp.MustCompile(`id: (\S+)`).FindStringSubmatch(snippet(t, "pre-commit"))[1]
		_, hook, ok := strings.Cut(read(t, root+"/.pre-commit-hooks.yaml"), "- id: "+id+"\n")
		if !ok {
			t.Fatalf("there is no hook %s", id)
		}
		entry := regexp.MustCompile(`entry: (.*)`).FindStringSubmatch(hook)[1]
		must(t, dir, env, entry+" public")
		put(t, dir+"/public/index.html", strings.Replace(testPage, "app.css", "gone.css", 1))
		if out, err := sh(t, dir, env, entry+" public"); err == nil {
			t.Errorf("a broken site passes:\n%s", out)
		}
	})
	t.Run("budgets", func(t *testing.T) {
		t.Parallel()
		if c, err := config.Parse("hone.toml", []byte(snippet(t, "budgets"))); err != nil || len(c.Budget) != 2 {
			t.Error(err)
		}
	})
}

// TestAction runs the steps of action.yml as GitHub does.
func TestAction(t *testing.T) {
	t.Parallel()
	text := read(t, root+"/action.yml")
	blocks := strings.Split(text, "      run: |\n")
	if len(blocks) != 3 {
		t.Fatalf("action.yml has %d steps", len(blocks)-1)
	}
	script, _, _ := strings.Cut(blocks[2], "\n    - ")
	for fail, want := range map[string]int{"true": 1, "false": 0} {
		dir, env := place(t, "dist")
		env = append(env, "GITHUB_ACTIONS=true", "GITHUB_OUTPUT="+dir+"/outputs", "GITHUB_STEP_SUMMARY="+dir+"/summary.md",
			"HONE_PATH=dist", "HONE_TO=deploy", "HONE_ARGS=--fail-on warn", "HONE_FAIL="+fail)
		must(t, dir, env, script)
		honed(t, dir+"/deploy")
		if got := read(t, dir+"/outputs"); got != "exit-code=0\n" {
			t.Errorf("outputs %q", got)
		}
		if got := read(t, dir+"/summary.md"); !strings.Contains(got, "## hone: published deploy") {
			t.Errorf("summary %s", got)
		}
		for _, out := range regexp.MustCompile(`value: (\.hone/\S+)`).FindAllStringSubmatch(text, -1) {
			read(t, dir+"/"+out[1])
		}
		put(t, dir+"/dist/index.html", strings.Replace(testPage, "app.css", "gone.css", 1))
		out, err := sh(t, dir, env, script)
		if got := exitCode(err); got != want || !strings.Contains(out, "::warning file=dist/index.html,line=1,") {
			t.Errorf("fail=%s: code %d\n%s", fail, got, out)
		}
		if got := read(t, dir+"/outputs"); !strings.HasSuffix(got, "exit-code=1\n") {
			t.Errorf("outputs %q", got)
		}
	}
}

func exitCode(err error) int {
	if e, ok := err.(*exec.ExitError); ok {
		return e.ExitCode()
	}
	if err != nil {
		return -1
	}
	return 0
}

// TestInstall installs a release from a server, and none that was altered.
func TestInstall(t *testing.T) {
	t.Parallel()
	need(t, "curl")
	dir, env := place(t, "public")
	name := fmt.Sprintf("hone_1.2.3_%s_%s.tar.gz", runtime.GOOS, runtime.GOARCH)
	archive := tarball(t, "hone", "#!/bin/sh\necho installed\n")
	sum := sha256.Sum256(archive)
	sums := hex.EncodeToString(sum[:]) + "  " + name + "\n"
	mux := http.NewServeMux()
	var altered atomic.Bool
	mux.HandleFunc("/v1.2.3/"+name, func(w http.ResponseWriter, _ *http.Request) {
		w.Write(archive)
		if altered.Load() {
			w.Write([]byte{0})
		}
	})
	mux.HandleFunc("/v1.2.3/checksums.txt", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, sums) })
	s := httptest.NewServer(mux)
	defer s.Close()
	script, err := filepath.Abs(root + "/scripts/install.sh")
	if err != nil {
		t.Fatal(err)
	}
	env = append(env, "HONE_RELEASES="+s.URL, "no_proxy=127.0.0.1")
	if got := must(t, dir, env, "sh "+script+" 1.2.3 bin && bin/hone"); got != "installed\n" {
		t.Errorf("%q", got)
	}
	altered.Store(true)
	if out, err := sh(t, dir, env, "sh "+script+" 1.2.3 bin2"); exitCode(err) != 3 || exists(dir+"/bin2/hone") {
		t.Errorf("an altered release was installed: %v\n%s", err, out)
	}
	if _, err := sh(t, dir, env, "sh "+script+" 9.9.9 bin3"); err == nil {
		t.Error("a release that does not exist was installed")
	}
}

func tarball(t *testing.T, name, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(text))})
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestNetlify calls the plugin with what Netlify hands it.
func TestNetlify(t *testing.T) {
	t.Parallel()
	need(t, "node")
	if !strings.Contains(snippet(t, "netlify"), regexp.MustCompile(`(?m)^name: (.*)$`).FindStringSubmatch(read(t, root+"/integrations/netlify/manifest.yml"))[1]) {
		t.Error("the docs name another plugin")
	}
	plugin, err := filepath.Abs(root + "/integrations/netlify/index.js")
	if err != nil {
		t.Fatal(err)
	}
	dir, env := place(t, "dist")
	call := `import * as plugin from "` + plugin + `";
const said = [];
const utils = { cache: { restore: (p) => said.push("restore " + p), save: (p) => said.push("save " + p) }, build: { failBuild: (m) => said.push("fail " + m) }, status: { show: (s) => said.push("show " + s.title) } };
await plugin.onPreBuild({ utils });
await plugin.onPostBuild({ constants: { PUBLISH_DIR: "dist" }, inputs: { args: ["--fail-on", "warn"] }, utils });
console.log("SAID " + JSON.stringify(said));`
	put(t, dir+"/call.mjs", call)
	if out := must(t, dir, env, "node call.mjs"); !strings.Contains(out, `SAID ["restore .hone/store","save .hone/store","show hone"]`) {
		t.Error(out)
	}
	honed(t, dir+"/dist")
	put(t, dir+"/dist/broken.html", strings.Replace(testPage, "app.css", "gone.css", 1))
	if out := must(t, dir, env, "node call.mjs"); !strings.Contains(out, `"fail hone found what stops the deploy`) {
		t.Error(out)
	}
}

// TestNPM makes the packages and starts hone through the wrapper.
func TestNPM(t *testing.T) {
	t.Parallel()
	need(t, "node")
	dir, env := place(t, "public")
	self, err := exec.LookPath(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, system := range []string{"linux", "darwin", "windows"} {
		for _, machine := range []string{"amd64", "arm64"} {
			name := "hone_" + system + "_" + machine
			if system == "windows" {
				name += ".exe"
			}
			put(t, dir+"/bin/"+name, "for another machine")
		}
	}
	here := dir + "/bin/hone_" + runtime.GOOS + "_" + runtime.GOARCH
	if err := os.Remove(here); err != nil {
		t.Skip("there is no release for this machine")
	}
	copyFile(t, self, here)
	script, err := filepath.Abs(root + "/scripts/npm.mjs")
	if err != nil {
		t.Fatal(err)
	}
	must(t, dir, env, "node "+script+" 1.2.3 bin node_modules/@hone-web")
	got := must(t, dir, env, "node node_modules/@hone-web/hone/bin/hone.js version")
	if !strings.HasPrefix(got, "hone dev") {
		t.Errorf("%q", got)
	}
	_, err = sh(t, dir, env, "node node_modules/@hone-web/hone/bin/hone.js build --no-such-flag")
	if exitCode(err) != 2 {
		t.Errorf("the exit code is lost: %v", err)
	}
	names, err := filepath.Glob(dir + "/node_modules/@hone-web/hone-*/package.json")
	if err != nil || len(names) != 6 {
		t.Fatalf("packages %q, %v", names, err)
	}
	for _, n := range append(names, dir+"/node_modules/@hone-web/hone/package.json") {
		var p struct {
			Version              string
			OptionalDependencies map[string]string
			Scripts              map[string]string
		}
		if err := json.Unmarshal([]byte(read(t, n)), &p); err != nil || p.Version != "1.2.3" || len(p.Scripts) > 0 {
			t.Errorf("%s: %+v, %v", n, p, err)
		}
		for name, v := range p.OptionalDependencies {
			if v != "1.2.3" {
				t.Errorf("%s needs %s %s", n, name, v)
			}
		}
	}
	if err := os.RemoveAll(dir + "/node_modules/@hone-web/hone-" + regexp.MustCompile(`\(.*`).ReplaceAllString(nodeName(), "")); err != nil {
		t.Fatal(err)
	}
	if out, err := sh(t, dir, env, "node node_modules/@hone-web/hone/bin/hone.js version"); exitCode(err) != 2 || !strings.Contains(out, "is not installed") {
		t.Errorf("without the package: %v\n%s", err, out)
	}
}

// nodeName is this machine as npm names it.
func nodeName() string {
	return map[string]string{"windows": "win32"}[runtime.GOOS] + map[bool]string{true: "", false: runtime.GOOS}[runtime.GOOS == "windows"] + "-" + map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
}

// TestRelease: what the release set-up names is there, and its systems are
// those that are built on every change.
func TestRelease(t *testing.T) {
	t.Parallel()
	text := read(t, root+"/.goreleaser.yaml")
	for _, name := range []string{"LICENSE", "README.md", "CHANGELOG.md", "scripts/completions.sh"} {
		if !strings.Contains(text, name) || !exists(root+"/"+name) {
			t.Errorf("%s is not in the release, or not here", name)
		}
	}
	list := func(key string) []string {
		return strings.Split(regexp.MustCompile(key + `: \[(.*)\]`).FindStringSubmatch(text)[1], ", ")
	}
	ci := read(t, root+"/.ci/run")
	for _, system := range list("goos") {
		for _, machine := range list("goarch") {
			if target := system + "/" + machine; !strings.Contains(ci, target) && !strings.Contains(ci, "GOOS="+system+" GOARCH="+machine) {
				t.Errorf("%s is released and never built", target)
			}
		}
	}
	dir, env := place(t, "public")
	script, err := filepath.Abs(root + "/scripts/completions.sh")
	if err != nil {
		t.Fatal(err)
	}
	must(t, dir, append(env, "HONE=hone"), "sh "+script+" extra")
	for _, name := range []string{"completions/hone.bash", "completions/_hone", "completions/hone.fish", "completions/hone.ps1", "man/hone.1", "man/hone-build.1", "man/hone-serve.1"} {
		if got := read(t, dir+"/extra/"+name); len(got) < 500 {
			t.Errorf("%s has %d bytes", name, len(got))
		}
	}
	if _, err := exec.LookPath("man"); err == nil {
		if out := must(t, dir, append(env, "MANWIDTH=80"), "man --warnings -l extra/man/hone-build.1 2>&1 >/dev/null"); out != "" {
			t.Errorf("the manual page has faults: %s", out)
		}
	}
}
