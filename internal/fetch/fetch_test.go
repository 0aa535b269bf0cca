package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestPrivate(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]bool{
		"127.0.0.1": true, "10.1.2.3": true, "172.16.0.1": true, "192.168.1.1": true, "169.254.169.254": true, "100.64.0.1": true, "198.18.0.1": true,
		"0.0.0.0": true, "224.0.0.1": true, "240.0.0.1": true, "::1": true, "::": true, "fc00::1": true, "fe80::1": true, "::ffff:127.0.0.1": true,
		"64:ff9b::7f00:1": true, "2002:7f00:1::": true, "ff02::1": true,
		"93.184.215.14": false, "2606:2800:21f:cb07:6820:80da:af6b:8b2c": false, "64:ff9b::5db8:d70e": false,
	} {
		if got := Private(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %v", addr, got)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for u, ok := range map[string]bool{
		"https://cdn.example.com/a.js": true, "http://cdn.example.com/a.js": false, "https://user@cdn.example.com/": false, "https://127.0.0.1/": false,
		"https://[::1]/": false, "file:///etc/passwd": false, "https:///a": false,
	} {
		p, err := url.Parse(u)
		if err != nil {
			t.Fatal(err)
		}
		if err := Check(p); (err == nil) != ok {
			t.Errorf("%s: %v", u, err)
		}
	}
}

func TestHost(t *testing.T) {
	t.Parallel()
	list := []string{"cdn.example.com", "*.example.net", "own.example.org:8443"}
	for host, want := range map[string]bool{
		"cdn.example.com": true, "CDN.example.com:443": true, "evilcdn.example.com": false, "a.b.example.net": true, "example.net": false,
		"own.example.org": false, "own.example.org:8443": true, "cdn.example.com:8443": false,
	} {
		if got := Host(list, host); got != want {
			t.Errorf("%s: %v", host, got)
		}
	}
}

// server answers under the name localhost, which certificates of httptest are
// not for; they are for example.com.
func server(t *testing.T, h http.HandlerFunc) (base string, c *Client) {
	t.Helper()
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	c = &Client{AllowPrivate: true, Roots: roots, MaxBytes: 1000, Timeout: 5 * time.Second}
	c.once.Do(c.start)
	tr := c.client.Transport.(*http.Transport)
	tr.TLSClientConfig.ServerName = "example.com"
	t.Cleanup(c.Close)
	return strings.Replace(s.URL, "127.0.0.1", "localhost", 1), c
}

func anyHost(string) bool { return true }

func TestGet(t *testing.T) {
	t.Parallel()
	var flaky atomic.Int32
	base, c := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/a.css":
			w.Header().Set("Content-Type", "Text/CSS; charset=utf-8")
			w.Write([]byte("a{}"))
		case "/moved":
			http.Redirect(w, r, "/a.css", http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/plain":
			http.Redirect(w, r, "http://localhost/a.css", http.StatusFound)
		case "/away":
			http.Redirect(w, r, "https://away.example.com/", http.StatusFound)
		case "/large":
			w.Write(make([]byte, 1001))
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			z.Write(make([]byte, 1<<20))
			z.Close()
			w.Write(b.Bytes())
		case "/flaky":
			if flaky.Add(1) == 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			w.Write([]byte("now"))
		case "/agent":
			w.Write([]byte(r.UserAgent()))
		default:
			http.NotFound(w, r)
		}
	})
	own := func(host string) bool { return strings.HasPrefix(host, "localhost:") }
	for path, want := range map[string]string{"/a.css": "a{}", "/moved": "a{}", "/flaky": "now"} {
		f, err := c.Get(t.Context(), base+path, own)
		if err != nil || string(f.Body) != want {
			t.Errorf("%s: %v %v", path, f, err)
			continue
		}
		if path == "/moved" && f.URL != base+"/a.css" || path != "/flaky" && f.Type != "text/css" {
			t.Errorf("%s: %+v", path, f)
		}
	}
	for path, want := range map[string]string{"/loop": "too often", "/plain": "not an https", "/away": "away.example.com, which is not listed", "/large": "too large", "/bomb": "too large", "/none": "404"} {
		if f, err := c.Get(t.Context(), base+path, own); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v %v", path, f, err)
		}
	}
	if f, err := c.Get(t.Context(), base+"/agent", own); err != nil || !strings.Contains(string(f.Body), "Chrome/") {
		t.Errorf("agent: %v %v", f, err)
	}
}

func TestGetPrivate(t *testing.T) {
	t.Parallel()
	base, c := server(t, func(http.ResponseWriter, *http.Request) { t.Error("asked") })
	c.AllowPrivate = false
	if _, err := c.Get(t.Context(), base+"/", anyHost); !errors.Is(err, ErrPrivate) {
		t.Error(err)
	}
}

func TestGetStops(t *testing.T) {
	t.Parallel()
	base, c := server(t, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Get(ctx, base+"/", anyHost); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	c.Timeout = 10 * time.Millisecond
	if _, err := c.Get(t.Context(), base+"/", anyHost); err == nil {
		t.Error("no timeout")
	}
}
