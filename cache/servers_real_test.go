//go:build unix

package cache

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program returns the program of that name, or skips the test.
func program(t *testing.T, name string) string {
	t.Helper()
	for _, n := range []string{name, "/usr/sbin/" + name} {
		if exe, err := exec.LookPath(n); err == nil {
			return exe
		}
	}
	if os.Getenv("SERVERS_REQUIRED") == "1" {
		t.Fatalf("%s is required and not installed", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

// freeAddr returns an address that nothing listens on.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// run starts a server and waits until it answers.
func run(t *testing.T, addr, text string, env []string, exe string, args ...string) {
	t.Helper()
	var log strings.Builder
	c := exec.Command(exe, args...)
	c.Env, c.Stdout, c.Stderr = append(os.Environ(), env...), &log, &log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	dead := make(chan struct{})
	go func() {
		c.Wait()
		close(dead)
	}()
	t.Cleanup(func() {
		c.Process.Signal(syscall.SIGTERM)
		<-dead
		if t.Failed() {
			t.Logf("%s says:\n%s\nto\n%s", exe, &log, text)
		}
	})
	for end := time.Now().Add(20 * time.Second); ; {
		if r, err := http.Get("http://" + addr + "/"); err == nil {
			r.Body.Close()
			return
		}
		select {
		case <-dead:
			t.Fatalf("%s ended: %s", exe, &log)
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(end) {
			t.Fatalf("%s does not answer: %s", exe, &log)
		}
	}
}

// startApache serves root with text as its .htaccess would be.
func startApache(t *testing.T, root, text string) string {
	t.Helper()
	exe := program(t, "apache2")
	dir := t.TempDir()
	addr := freeAddr(t)
	modules := "/usr/lib/apache2/modules"
	var conf strings.Builder
	for _, m := range []string{"mpm_event", "authz_core", "dir", "mime", "headers", "rewrite"} {
		fmt.Fprintf(&conf, "LoadModule %s_module %s/mod_%s.so\n", m, modules, m)
	}
	fmt.Fprintf(&conf, "ServerName localhost\nServerRoot %[1]s\nPidFile %[1]s/pid\nListen %[2]s\nErrorLog %[1]s/log\nTypesConfig /dev/null\nDocumentRoot %[3]s\nDirectoryIndex index.html\n"+
		"<Directory %[3]s>\nAllowOverride None\nOptions FollowSymLinks\nRequire all granted\nInclude %[1]s/site.conf\n</Directory>\n", dir, addr, root)
	for name, text := range map[string]string{"main.conf": conf.String(), "site.conf": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	for d := root; d != "/" && d != os.TempDir(); d = filepath.Dir(d) {
		os.Chmod(d, 0o755) // its workers run as another user
	}
	run(t, addr, text, nil, exe, "-X", "-f", filepath.Join(dir, "main.conf"))
	return addr
}

// startCaddy serves root with text imported into its site block.
func startCaddy(t *testing.T, root, text string) string {
	t.Helper()
	exe := program(t, "caddy")
	dir := t.TempDir()
	addr := freeAddr(t)
	main := fmt.Sprintf("{\n\tadmin off\n\tauto_https off\n}\nhttp://%s {\n\troot * %s\n\timport %s/hone.caddyfile\n}\n", addr, root, dir)
	for name, text := range map[string]string{"Caddyfile": main, "hone.caddyfile": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run(t, addr, text, []string{"HOME=" + dir, "XDG_DATA_HOME=" + dir, "XDG_CONFIG_HOME=" + dir}, exe, "run", "--config", filepath.Join(dir, "Caddyfile"), "--adapter", "caddyfile")
	return addr
}
