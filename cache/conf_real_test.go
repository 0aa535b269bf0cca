//go:build unix

package cache

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hone-web/hone/site"
)

// realFiles lie behind the servers that configurations are tried on.
var realFiles = []string{"index.html", "about.html", "club/index.html", "club/a.html", "club/open/a.html", "club/b.pdf", "club-guide/index.html", "vip", "img/a.png", "x/y.pdf", "sub/p.html", "nest/in/a.html", "nest/a.html", "h/a.html", "h/free/a.html"}

var realURLs = []string{"/", "/index.html", "/about.html", "/club/", "/club/index.html", "/club/a.html", "/club/open/a.html", "/club/b.pdf", "/club-guide/", "/vip", "/img/a.png", "/x/y.pdf", "/sub/p.html", "/nest/in/a.html", "/nest/a.html", "/h/a.html", "/h/free/a.html"}

// startServer runs a server and returns when its log says that it is ready.
func startServer(t *testing.T, ready, name string, args ...string) {
	t.Helper()
	exe, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("SERVERS_REQUIRED") == "1" {
			t.Fatalf("%s is required and not installed", name)
		}
		t.Skipf("%s is not installed", name)
	}
	c := exec.Command(exe, args...)
	c.Env = append(os.Environ(), "HOME="+t.TempDir())
	log, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		<-done
		_ = c.Wait() // ended by the signal
	})
	up := make(chan string, 1)
	go func() {
		defer close(done)
		var seen strings.Builder
		s := bufio.NewScanner(log)
		for s.Scan() {
			seen.WriteString(s.Text() + "\n")
			if strings.Contains(s.Text(), ready) {
				up <- ""
				break
			}
		}
		select {
		case up <- seen.String():
		default:
		}
		_, _ = io.Copy(io.Discard, log)
	}()
	if trouble := <-up; trouble != "" {
		t.Fatalf("%s did not start:\n%s", name, trouble)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func gatedSite(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, f := range realFiles {
		name := filepath.Join(root, filepath.FromSlash(f))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("text of "+f), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// compare asks a server for every path and holds its status, and the
// Cache-Control of its 402, against what was read from its configuration.
func compare(t *testing.T, addr string, c *site.HostConf) {
	t.Helper()
	told := 0
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, u := range realURLs {
		req, err := http.NewRequest("GET", "http://"+addr+u, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("User-Agent", plainAgent)
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		a := c.Answer(u, true)
		if a.Status == site.HostUnknown {
			continue
		}
		told++
		want := a.Status
		if want == 0 {
			want = 200
		}
		if res.StatusCode != want {
			t.Errorf("%s answers %s with %d, and its configuration was read as %d", c.Host, u, res.StatusCode, want)
		}
		if want == 402 {
			cc := ""
			for _, h := range c.Rules[a.Rule].Header {
				if h.Name == "Cache-Control" {
					cc = h.Value
				}
			}
			if got := res.Header.Get("Cache-Control"); got != cc {
				t.Errorf("%s sends the 402 of %s with Cache-Control %q, and its configuration was read as %q", c.Host, u, got, cc)
			}
		}
	}
	if told < len(realURLs)-2 {
		t.Errorf("%s: only %d answers were told", c.Host, told)
	}
}

func TestNginxAgrees(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"location /club { return 402; }\nlocation = /club/open/a.html { }\nlocation ~* \\.PDF$ { add_header Cache-Control no-store always; return 402; }\nlocation ^~ /x/ { }",
		"add_header Cache-Control \"max-age=9\" always;\nlocation /club/ { if ($http_x_payment = \"\") { return 402; } }\nlocation /nest/ { location /nest/in/ { add_header Cache-Control no-store; return 402; } }",
		"error_page 402 /about.html;\nlocation = /about.html { add_header Cache-Control no-store always; }\nlocation ~ ^/(club|vip) { return 402; }\nlocation /img/ { if ($http_user_agent ~* gptbot) { return 402; } }\nlocation /h/ { deny all; }",
	} {
		addr := startNginx(t, gatedSite(t), text)
		compare(t, addr, conf(map[site.Path]string{"nginx.conf": text})[0])
	}
}

func TestCaddyAgrees(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"header Cache-Control \"public, max-age=60\"\n@gate {\n\tpath /club/* /vip\n\tnot path /club/open/*\n}\nrespond @gate \"pay\" 402\nfile_server\n",
		"handle /h/* {\n\theader Cache-Control no-store\n\trespond 402\n}\nhandle /h/free/* {\n\tfile_server\n}\nhandle {\n\tfile_server\n}\n",
		"@nopay not header X-Payment *\nrespond @nopay 402\nfile_server\n",
		"@bots header User-Agent *GPTBot*\nrespond @bots 402\nrespond /CLUB/* 402\nerror /vip 403\nfile_server\n",
	} {
		addr, dir := freePort(t), t.TempDir()
		file := fmt.Sprintf("{\n\tadmin off\n\tauto_https off\n}\nhttp://%s {\nroot * %s\n%s}\n", addr, gatedSite(t), text)
		name := filepath.Join(dir, "Caddyfile")
		if err := os.WriteFile(name, []byte(file), 0o644); err != nil {
			t.Fatal(err)
		}
		startServer(t, "serving initial configuration", "caddy", "run", "--config", name, "--adapter", "caddyfile")
		compare(t, addr, conf(map[site.Path]string{"Caddyfile": file})[0])
	}
}

func TestApacheAgrees(t *testing.T) {
	t.Parallel()
	modules := "/usr/lib/apache2/modules"
	if _, err := os.Stat(modules); err != nil {
		t.Skip("the modules of Apache are not where Debian has them")
	}
	for _, text := range []string{
		"RewriteEngine On\nRewriteCond %{HTTP:PAYMENT-SIGNATURE} ^$\nRewriteRule ^club/ - [R=402,L]\nHeader set Cache-Control no-store\n",
		"Redirect 402 /club\nRedirectMatch 402 \"^/x/.*\\.pdf$\"\nHeader always set Cache-Control no-store\n<FilesMatch \"\\.png$\">\nRequire all denied\n</FilesMatch>\n",
		"RewriteEngine On\nRewriteCond %{HTTP_USER_AGENT} gptbot [NC]\nRewriteRule ^ - [R=402,L]\nRewriteRule ^VIP$ - [R=402,NC,L]\nRewriteRule ^h/ - [F]\n",
	} {
		addr, dir, root := freePort(t), t.TempDir(), gatedSite(t)
		if err := os.WriteFile(filepath.Join(root, ".htaccess"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, m := range []string{"mpm_event", "authz_core", "authz_host", "rewrite", "alias", "headers", "dir", "mime"} {
			fmt.Fprintf(&b, "LoadModule %s_module %s/mod_%s.so\n", m, modules, m)
		}
		fmt.Fprintf(&b, "ServerName x\nServerRoot %[1]s\nPidFile %[1]s/pid\nDefaultRuntimeDir %[1]s\nMutex posixsem\nErrorLog /dev/stderr\nTypesConfig /dev/null\nListen %[2]s\nDocumentRoot %[3]s\nDirectoryIndex index.html\n<Directory %[3]s>\nAllowOverride All\nRequire all granted\n</Directory>\n", dir, addr, root)
		name := filepath.Join(dir, "httpd.conf")
		if err := os.WriteFile(name, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		open(t, dir, root)
		startServer(t, "resuming normal operations", "apache2", "-DFOREGROUND", "-f", name)
		compare(t, addr, conf(map[site.Path]string{".htaccess": text})[0])
	}
}

// open lets the worker of a server, which is another user, read folders.
func open(t *testing.T, dirs ...string) {
	t.Helper()
	for _, d := range dirs {
		for p := d; strings.HasPrefix(p, os.TempDir()) && p != os.TempDir(); p = filepath.Dir(p) {
			if err := os.Chmod(p, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
}
