//go:build e2e

package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/hone-web/hone/fixtures/trap"
)

// TestGuardCopies: the stage reaches no other host, so a page that gets its
// style sheet from one looks bare there. A build that copies it changes nothing.
func TestGuardCopies(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("authorities are read from SSL_CERT_FILE on Linux")
	}
	if findBrowser() == "" {
		if os.Getenv("E2E_REQUIRED") == "1" {
			t.Fatal("no browser")
		}
		t.Skip("no browser")
	}
	tabs <- struct{}{}
	defer func() { <-tabs }()
	hone, err := program()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	trap.Tree{"lib/lib.css": []byte("/* a library */\nmain > p { color : #336699 ; margin : 0 0 0 40px }\n")}.Write(t, filepath.Join(dir, "cdn"))
	c, err := trap.StartCDN(filepath.Join(dir, "cdn"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	files := guardSite(t)
	for _, page := range []string{"index.html", "blog/index.html"} {
		files[page] = []byte(strings.Replace(string(files[page]), "</head>", `<link rel="stylesheet" href="https://`+c.Host+`/lib/lib.css"></head>`, 1))
	}
	files.Write(t, filepath.Join(dir, "in"))
	trap.Tree{"hone.toml": []byte("[external]\nvendor = [\"" + c.Host + "\"]\n"), "authority.pem": c.Authority}.Write(t, dir)
	cmd := exec.CommandContext(t.Context(), hone, "build", "--guard", "--browser", findBrowser(), "--allow-private", "--out", "out", "in")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+filepath.Join(dir, "authority.pem"))
	if said, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(said), "guard") {
		t.Fatalf("%v: %s", err, said)
	}
	page, err := os.ReadFile(filepath.Join(dir, "out", "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(page), "https://"+c.Host) || !strings.Contains(string(page), "href=style-lib.") {
		t.Errorf("not copied: %s", page)
	}
}
