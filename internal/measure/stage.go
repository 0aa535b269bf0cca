package measure

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// identity is the key by which the browser knows our stages. Its certificate
// is accepted by that one browser process for its key alone, and by nobody
// else; it never leaves this process.
type identity struct {
	key  *ecdsa.PrivateKey
	spki string // base64 of the SHA-256 of the public key (RFC 7469, section 2.4)
}

func newIdentity() (*identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key for the local server: %w", err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("make a key for the local server: %w", err)
	}
	sum := sha256.Sum256(der)
	return &identity{key, base64.StdEncoding.EncodeToString(sum[:])}, nil
}

// certificate speaks for host. Its dates are far apart, so that it needs no
// clock.
func (i *identity) certificate(host string) (tls.Certificate, error) {
	t := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if ip := net.ParseIP(host); ip != nil {
		t.IPAddresses = []net.IP{ip}
	} else {
		t.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &i.key.PublicKey, i.key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("certificate for the local server: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: i.key}, nil
}

// stage is a proxy on the loopback that plays one site under its own address,
// as HTTP/2 over TLS like a real host, and refuses to reach any other.
type stage struct {
	addr    string
	host    string // name and port that a CONNECT for the site asks for
	name    string
	handler http.Handler
	network bool

	proxy *http.Server
	site  *http.Server
	conns *connListener
	ended sync.WaitGroup
}

// newStage listens for a browser that is told to use it as its proxy.
func newStage(origin *url.URL, id *identity, h http.Handler, network bool) (*stage, error) {
	cert, err := id.certificate(origin.Hostname())
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen on the loopback: %w", err)
	}
	port := origin.Port()
	if port == "" {
		port = "443"
	}
	s := &stage{addr: l.Addr().String(), host: net.JoinHostPort(origin.Hostname(), port), name: origin.Host, handler: h, network: network,
		conns: &connListener{conns: make(chan net.Conn), done: make(chan struct{}), addr: l.Addr()}}
	quiet := log.New(io.Discard, "", 0) // a browser that goes away is no news
	s.proxy = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: 10 * time.Second, ErrorLog: quiet}
	s.site = &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ErrorLog: quiet,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}}
	s.ended.Add(2)
	go func() { defer s.ended.Done(); _ = s.proxy.Serve(l) }()
	go func() { defer s.ended.Done(); _ = s.site.ServeTLS(s.conns, "", "") }()
	return s, nil
}

// close ends the stage and every connection to it.
func (s *stage) close() {
	s.proxy.Close()
	s.conns.Close()
	s.site.Close()
	s.ended.Wait()
}

func (s *stage) serve(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodConnect && r.Host == s.host:
		s.hand(w)
	case r.Method != http.MethodConnect && r.URL.Host == s.name:
		s.handler.ServeHTTP(w, r)
	case !s.network:
		http.Error(w, "other hosts are not reached", http.StatusForbidden)
	case r.Method == http.MethodConnect:
		s.tunnel(w, r)
	default:
		pass(w, r)
	}
}

// hand gives the connection of a CONNECT to the site's own server.
func (s *stage) hand(w http.ResponseWriter) {
	if c := established(w); c != nil && !s.conns.push(c) {
		c.Close()
	}
}

// established answers a CONNECT and takes its connection over.
func established(w http.ResponseWriter) net.Conn {
	h, ok := w.(http.Hijacker)
	if !ok {
		return nil
	}
	c, buf, err := h.Hijack()
	if err != nil {
		return nil
	}
	if _, err := io.WriteString(c, "HTTP/1.1 200 connected\r\n\r\n"); err != nil {
		c.Close()
		return nil
	}
	return &buffered{c, buf.Reader}
}

// buffered is a connection of which something may have been read already.
type buffered struct {
	net.Conn
	r *bufio.Reader
}

func (b *buffered) Read(p []byte) (int, error) { return b.r.Read(p) }

// dialTimeout bounds how long another host may take to answer a call.
const dialTimeout = 10 * time.Second

// tunnel joins the browser with another host.
func (s *stage) tunnel(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), dialTimeout)
	defer cancel()
	var d net.Dialer
	there, err := d.DialContext(ctx, "tcp", r.Host)
	if err != nil {
		http.Error(w, "not reached", http.StatusBadGateway)
		return
	}
	defer there.Close()
	here := established(w)
	if here == nil {
		return
	}
	defer here.Close()
	both := make(chan struct{}, 2)
	join := func(to, from net.Conn) {
		// Whichever side ends, the other ends with it.
		_, _ = io.Copy(to, from)
		both <- struct{}{}
	}
	go join(there, here)
	go join(here, there)
	select {
	case <-both:
	case <-s.conns.done:
	}
}

// pass forwards a plain request to another host.
func pass(w http.ResponseWriter, r *http.Request) {
	out := r.Clone(r.Context())
	out.RequestURI = ""
	out.Header.Del("Proxy-Connection")
	res, err := http.DefaultTransport.RoundTrip(out)
	if err != nil {
		http.Error(w, "not reached", http.StatusBadGateway)
		return
	}
	defer res.Body.Close()
	for k, v := range res.Header {
		w.Header()[k] = v
	}
	w.WriteHeader(res.StatusCode)
	// The status is sent: who goes away now is not our concern.
	_, _ = io.Copy(w, res.Body)
}

// connListener hands connections that were accepted elsewhere to a server.
type connListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
	addr  net.Addr
}

func (l *connListener) push(c net.Conn) bool {
	select {
	case l.conns <- c:
		return true
	case <-l.done:
		return false
	}
}

// Accept implements net.Listener.
func (l *connListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *connListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Addr implements net.Listener.
func (l *connListener) Addr() net.Addr { return l.addr }
