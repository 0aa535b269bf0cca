//go:build unix

package gates

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hone-web/hone/verify"
)

// behind is an origin behind a cache: its fields are what a row of the matrix
// varies.
type behind struct {
	unpaid, paid http.Header // of the 402, and of what was paid for
	proves       string      // the field of the proof; "" is PAYMENT-SIGNATURE
}

func (o behind) proof() (name, value string) {
	switch o.proves {
	case "Authorization":
		return o.proves, "Payment proof-of-the-tests"
	case "Cookie":
		return o.proves, "member=proof-of-the-tests"
	}
	return "PAYMENT-SIGNATURE", "proof-of-the-tests"
}

func (o behind) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	if name == "" || strings.HasSuffix(name, "/") {
		name += "index.html"
	}
	text, ok := files[name]
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if !ok {
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if !strings.HasPrefix(name, "club/") {
		w.Header().Set("Cache-Control", "no-store")
		fmt.Fprint(w, text)
		return
	}
	field, value := o.proof()
	if r.Header.Get(field) == value {
		copyFields(w.Header(), o.paid)
		fmt.Fprint(w, text)
		return
	}
	copyFields(w.Header(), o.unpaid)
	w.Header().Set("crawler-price", "USD 0.01")
	w.WriteHeader(http.StatusPaymentRequired)
	fmt.Fprint(w, `<!doctype html><html lang=en><title>Club</title><p>Members read this. <a href="/contact.html">Join</a>`)
}

func copyFields(to, from http.Header) {
	for k, v := range from {
		to[k] = slices.Clone(v)
	}
}

func fields(kv ...string) http.Header {
	h := http.Header{}
	for i := 0; i+1 < len(kv); i += 2 {
		h.Set(kv[i], kv[i+1])
	}
	return h
}

func freeAddr(t *testing.T) (addr, port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	addr = l.Addr().String()
	return addr, addr[strings.LastIndexByte(addr, ':')+1:]
}

// run starts a server in the foreground, waits until it takes connections and
// ends it with all its children.
func run(t *testing.T, addr, name string, args ...string) {
	t.Helper()
	exe, err := exec.LookPath(name)
	if err != nil {
		exe = "/usr/sbin/" + name
		_, err = os.Stat(exe)
	}
	need(t, err == nil, name)
	c := exec.Command(exe, args...)
	var log strings.Builder
	c.Stdout, c.Stderr = &log, &log
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.WaitDelay = 5 * time.Second
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = c.Wait(); close(ended) }() // by the signal
	t.Cleanup(func() {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
			<-ended
		}
	})
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(20 * time.Second); ; {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			return
		}
		select {
		case <-ended:
			t.Fatalf("%s ended:\n%s", name, log.String())
		case <-end:
			t.Fatalf("%s does not answer", name)
		case <-tick.C:
		}
	}
}

func conf(t *testing.T, dir, name, format string, args ...any) string {
	t.Helper()
	p := filepath.Join(dir, name)
	if err := os.WriteFile(p, fmt.Appendf(nil, format, args...), 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}

// open returns a folder that servers may write to after they gave up root.
func open(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hone-cache")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

func nginx(extra string) func(*testing.T, string) string {
	return func(t *testing.T, origin string) string {
		dir := open(t)
		addr, _ := freeAddr(t)
		c := conf(t, dir, "nginx.conf", `daemon off; pid %[1]s/pid; error_log %[1]s/error.log; worker_processes 1;
events {} http { access_log off; proxy_cache_path %[1]s/store keys_zone=z:1m; proxy_temp_path %[1]s/t; client_body_temp_path %[1]s/b; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
server { listen %[2]s; location / { proxy_pass http://%[3]s; proxy_set_header Host $http_host; proxy_cache z; %[4]s add_header X-Cache-Status $upstream_cache_status always; } } }`, dir, addr, origin, extra)
		run(t, addr, "nginx", "-p", dir, "-e", dir+"/error.log", "-c", c)
		return addr
	}
}

func varnish(t *testing.T, origin string) string {
	dir := open(t)
	addr, _ := freeAddr(t)
	run(t, addr, "varnishd", "-F", "-n", dir, "-a", addr, "-b", origin, "-s", "malloc,10m", "-T", "none")
	return addr
}

func squid(t *testing.T, origin string) string {
	dir := open(t)
	addr, port := freeAddr(t)
	host, oport, _ := net.SplitHostPort(origin)
	c := conf(t, dir, "squid.conf", `http_port 127.0.0.1:%s accel defaultsite=%s no-vhost
cache_peer %s parent %s 0 no-query originserver login=PASSTHRU name=o
http_access allow all
cache_mem 8 MB
pid_filename %[5]s/pid
cache_log %[5]s/cache.log
access_log none
coredump_dir %[5]s
shutdown_lifetime 0 seconds
visible_hostname cache
pinger_enable off
`, port, addr, host, oport, dir)
	run(t, addr, "squid", "-N", "-f", c)
	return addr
}

func apache(t *testing.T, origin string) string {
	dir := open(t)
	addr, _ := freeAddr(t)
	var mods strings.Builder
	for _, m := range []string{"mpm_event", "authz_core", "proxy", "proxy_http", "cache", "cache_disk"} {
		fmt.Fprintf(&mods, "LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n", m, m)
	}
	if err := os.Mkdir(dir+"/store", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir+"/store", 0o777); err != nil {
		t.Fatal(err)
	}
	c := conf(t, dir, "apache.conf", `%[1]sServerRoot %[2]s
DefaultRuntimeDir %[2]s
PidFile %[2]s/pid
ErrorLog %[2]s/error.log
ServerName cache
Listen %[3]s
CacheRoot %[2]s/store
CacheEnable disk /
CacheHeader on
CacheQuickHandler on
ProxyPreserveHost On
ProxyPass / http://%[4]s/
`, mods.String(), dir, addr, origin)
	run(t, addr, "apache2", "-X", "-f", c)
	return addr
}

// The matrix of caches: a 402 that is kept is PC008, a paid file that is kept
// PC009. PC001 and PC004 are found wherever the fields allow it, whatever the
// cache in front does.
func TestCaches(t *testing.T) {
	caches := []struct {
		name  string
		start func(*testing.T, string) string
	}{{"nginx", nginx("")}, {"nginx any 1m", nginx("proxy_cache_valid any 1m;")}, {"Varnish", varnish}, {"Squid", squid}, {"Apache", apache}}
	none, never := fields(), fields("Cache-Control", "no-store")
	dated := fields("Last-Modified", "Mon, 05 Jan 2026 10:00:00 GMT")
	aged := fields("Cache-Control", "max-age=60")
	later := fields("Expires", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
	shared := fields("Cache-Control", "s-maxage=60")
	rows := []struct {
		what  string
		o     behind
		field string    // the rule about the fields, which needs no cache to be found
		want  [5]string // P: a kept 402, L: a leak, in the order of caches
	}{
		{"402 none", behind{unpaid: none, paid: never}, "PC001", [5]string{"", "P", "", "", ""}},
		{"402 max-age", behind{unpaid: aged, paid: never}, "PC001", [5]string{"P", "P", "", "", "P"}},
		{"402 s-maxage", behind{unpaid: shared, paid: never}, "PC001", [5]string{"P", "P", "", "", "P"}},
		{"402 public", behind{unpaid: fields("Cache-Control", "public"), paid: never}, "PC001", [5]string{"", "P", "", "", ""}},
		{"402 Expires", behind{unpaid: later, paid: never}, "PC001", [5]string{"P", "P", "", "", "P"}},
		{"402 Last-Modified", behind{unpaid: dated, paid: never}, "PC001", [5]string{"", "P", "", "", ""}},
		{"402 Retry-After", behind{unpaid: fields("Retry-After", "60"), paid: never}, "PC001", [5]string{"", "P", "", "", ""}},
		{"402 max-age, Vary: proof", behind{unpaid: fields("Cache-Control", "max-age=60", "Vary", "PAYMENT-SIGNATURE"), paid: never}, "PC001", [5]string{"", "", "", "", ""}},
		{"402 max-age, Set-Cookie", behind{unpaid: fields("Cache-Control", "max-age=60", "Set-Cookie", "a=b"), paid: never}, "PC001", [5]string{"", "", "", "", "P"}},
		{"402 private", behind{unpaid: fields("Cache-Control", "private"), paid: never}, "", [5]string{}},
		{"402 public and private", behind{unpaid: fields("Cache-Control", "public, max-age=0, private"), paid: never}, "PC005", [5]string{}},
		{"402 no-store", behind{unpaid: never, paid: never}, "", [5]string{}},
		{"paid none", behind{unpaid: never, paid: none}, "PC004", [5]string{"", "L", "L", "", ""}},
		{"paid Last-Modified", behind{unpaid: never, paid: dated}, "PC004", [5]string{"", "L", "L", "L", ""}}, // Apache leaks it under addresses without a query, where hone does not try,
		{"paid max-age", behind{unpaid: never, paid: aged}, "PC004", [5]string{"L", "L", "L", "L", "L"}},
		{"paid max-age, Authorization", behind{unpaid: never, paid: aged, proves: "Authorization"}, "PC004", [5]string{"L", "L", "", "", ""}},
		{"paid s-maxage", behind{unpaid: never, paid: shared}, "PC004", [5]string{"L", "L", "L", "L", "L"}},
		{"paid public", behind{unpaid: never, paid: fields("Cache-Control", "public")}, "PC004", [5]string{"", "L", "L", "", ""}},
		{"paid Expires", behind{unpaid: never, paid: later}, "PC004", [5]string{"L", "L", "L", "L", "L"}},
		{"paid max-age, Cookie", behind{unpaid: never, paid: aged, proves: "Cookie"}, "PC004", [5]string{"L", "L", "", "L", "L"}},
		{"paid max-age, Vary: proof", behind{unpaid: never, paid: fields("Cache-Control", "max-age=60", "Vary", "PAYMENT-SIGNATURE")}, "PC004", [5]string{}},
		{"paid max-age, Set-Cookie", behind{unpaid: never, paid: fields("Cache-Control", "max-age=60", "Set-Cookie", "a=b")}, "PC004", [5]string{"", "", "", "L", "L"}},
		{"paid private", behind{unpaid: never, paid: fields("Cache-Control", "private, no-store")}, "", [5]string{}},
	}
	got := make([][5]string, len(rows))
	t.Run("all", func(t *testing.T) {
		for col, c := range caches {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel() // most of the time goes by in Varnish and Squid starting
				for i, row := range rows {
					t.Run(row.what, func(t *testing.T) {
						s := httptest.NewServer(row.o)
						defer s.Close()
						addr := c.start(t, s.Listener.Addr().String()) // anew: what one row leaves in it would be another's
						r := probe(t, "http://"+addr, true, func(context.Context, *verify.ProofRequest) (string, string, error) {
							n, v := row.o.proof()
							return n, v, nil
						})
						var want []string
						switch got[i][col] = row.want[col]; row.want[col] {
						case "P":
							want = []string{"PC008"}
						case "L":
							want = []string{"PC009"}
						}
						if row.field != "" && !(row.want[col] == "P" && row.field == "PC004") {
							want = append(want, row.field)
						}
						slices.Sort(want)
						if found := rules(r); !slices.Equal(found, want) {
							got[i][col] = strings.Join(found, " ")
							expect(t, r, want...)
						}
					})
				}
			})
		}
	})
	t.Logf("%-28s %-8s %-14s %-8s %-8s %s", "", "nginx", "nginx any 1m", "Varnish", "Squid", "Apache")
	for i, row := range rows {
		var cells [5]any
		for j, s := range got[i] {
			if cells[j] = s; s == "" {
				cells[j] = "ok"
			}
		}
		t.Logf("%-28s %-8s %-14s %-8s %-8s %s", append([]any{row.what}, cells[:]...)...)
	}
}
