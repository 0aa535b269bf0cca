package verify

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hone-web/hone/internal/fetch"
	"github.com/hone-web/hone/site"
)

// Probe asks a live origin, within bounds. It never pays and never leaves the
// origin.
type Probe struct {
	Origin *url.URL // scheme and host
	// AllowPrivate lets a public name lead to an address of a private network.
	AllowPrivate bool
	Requests     int           // at most; 0 means 500
	Interval     time.Duration // between requests; 0 means none
	Timeout      time.Duration // of each request; 0 means 10 s
	MaxBody      int64         // bytes read of an answer; 0 means 2 MB
	Now          func() time.Time
	Roots        *x509.CertPool // whose certificates count; nil means those of the system
	// Lookup resolves names; nil asks the system.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	// Sleep waits; nil sleeps for real.
	Sleep func(context.Context, time.Duration) error

	mu     sync.Mutex
	asked  int
	client *http.Client
}

// probeWorkers is how many requests are under way at once.
const probeWorkers = 4

// Ask is one request.
type Ask struct {
	Method string
	Path   string // path and query
	Agent  Agent
	Header map[string]string
	Secret bool // the fields prove who asks: they are not shown
}

// Reply is the answer to it.
type Reply struct {
	Ask
	Status int
	Header http.Header
	Body   []byte
	Err    error // nothing answered; Status is 0
	Stable bool  // it stayed the same when it was asked again
}

// errBudget says that no more requests may be made.
var errBudget = errors.New("the bound on requests is reached")

// errPrivate says that a name leads into a private network.
var errPrivate = errors.New("the name leads to an address of a private network; --allow-private asks it all the same")

// Asked returns how many requests were made.
func (p *Probe) Asked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// take counts a request, and says whether it may be made.
func (p *Probe) take() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked >= cmp.Or(p.Requests, 500) {
		return false
	}
	p.asked++
	return true
}

// dial resolves a name and connects to an address that may be asked. A
// literal address, or localhost, was named by the owner.
func (p *Probe) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	var d net.Dialer
	if _, err := netip.ParseAddr(host); err == nil || strings.EqualFold(host, "localhost") || p.AllowPrivate {
		return d.DialContext(ctx, network, addr)
	}
	lookup := p.Lookup
	if lookup == nil {
		lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	ips, err := lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	// What is dialed is the address that was looked at, not the name again: it
	// may lead elsewhere a moment later.
	err = errPrivate
	for _, ip := range ips {
		if fetch.Private(ip) {
			continue
		}
		var c net.Conn
		if c, err = d.DialContext(ctx, network, net.JoinHostPort(ip.String(), port)); err == nil {
			return c, nil
		}
	}
	return nil, err
}

func (p *Probe) http() *http.Client {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.client == nil {
		p.client = &http.Client{
			Timeout:       cmp.Or(p.Timeout, 10*time.Second),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{DialContext: p.dial, DisableCompression: true, MaxIdleConnsPerHost: probeWorkers, MaxResponseHeaderBytes: 1 << 20,
				TLSClientConfig: &tls.Config{RootCAs: p.Roots}, TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true},
		}
	}
	return p.client
}

// Close ends the connections that are kept. The probe may be used again.
func (p *Probe) Close() {
	p.http().CloseIdleConnections()
}

// Do makes a request. Answers that pass, such as 503, and failures are asked
// for twice more; they are stable if they stay the same. What may change
// something is asked once.
func (p *Probe) Do(ctx context.Context, a Ask) Reply {
	r := p.once(ctx, a)
	if !passing(&r) || errors.Is(r.Err, errBudget) || errors.Is(r.Err, errPrivate) || a.Method != "" && a.Method != "GET" && a.Method != "HEAD" {
		r.Stable = true
		return r
	}
	first := r.Status
	for try := range 2 {
		if err := p.sleep(ctx, p.pause(&r, try)); err != nil {
			return r
		}
		again := p.once(ctx, a)
		if errors.Is(again.Err, errBudget) {
			return r
		}
		if r = again; !passing(&r) {
			r.Stable = true
			return r // it was a hiccup
		}
	}
	r.Stable = r.Status == first
	return r
}

// maxPause bounds how long Retry-After makes the probe wait.
const maxPause = 10 * time.Second

// pause says how long to wait before the next try: a little longer each time,
// not the same for all addresses, and as long as the server asks for.
func (p *Probe) pause(r *Reply, try int) time.Duration {
	wait := time.Duration(try+1)*400*time.Millisecond + time.Duration(fnv1a(r.Path)%200)*time.Millisecond
	if s, err := strconv.Atoi(r.Header.Get("Retry-After")); err == nil && s > 0 {
		wait = max(wait, min(time.Duration(min(s, 3600))*time.Second, maxPause))
	}
	return wait
}

// passing reports whether an answer may be another a moment later.
func passing(r *Reply) bool {
	return r.Err != nil || r.Status == 408 || r.Status == 429 || r.Status >= 500
}

func (p *Probe) sleep(ctx context.Context, d time.Duration) error {
	if p.Sleep != nil {
		return p.Sleep(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func (p *Probe) once(ctx context.Context, a Ask) Reply {
	r := Reply{Ask: a}
	if !p.take() {
		r.Err = errBudget
		return r
	}
	if p.Interval > 0 {
		if r.Err = p.sleep(ctx, p.Interval); r.Err != nil {
			return r
		}
	}
	req, err := http.NewRequestWithContext(ctx, cmp.Or(a.Method, "GET"), p.Origin.Scheme+"://"+p.Origin.Host+a.Path, nil)
	if err != nil {
		r.Err = err
		return r
	}
	req.Header.Set("User-Agent", cmp.Or(a.Agent, Human).UserAgent())
	req.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	for k, v := range a.Header {
		req.Header.Set(k, v)
	}
	res, err := p.http().Do(req)
	if err != nil {
		r.Err = err
		return r
	}
	defer res.Body.Close()
	r.Status, r.Header = res.StatusCode, res.Header
	r.Body, r.Err = io.ReadAll(io.LimitReader(res.Body, cmp.Or(p.MaxBody, 2<<20)))
	if r.Err != nil {
		r.Status = 0
	}
	return r
}

// All makes requests side by side and returns the answers in order.
func (p *Probe) All(ctx context.Context, asks []Ask) []Reply {
	out := make([]Reply, len(asks))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(probeWorkers, len(asks)) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				out[i] = p.Do(ctx, asks[i])
			}
		}()
	}
	for i := range asks {
		next <- i
	}
	close(next)
	wg.Wait()
	return out
}

// Trouble says in words why nothing answered.
func Trouble(err error) string {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var timeout net.Error
	switch {
	case errors.As(err, &dns):
		return "the name is not found (DNS)"
	case errors.As(err, &cert):
		return "the certificate is not valid (TLS)"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	case errors.Is(err, errPrivate):
		return errPrivate.Error()
	}
	return err.Error()
}

// secretFields are not shown: they prove who asks.
var secretFields = []string{"Authorization", "Cookie", "Set-Cookie", "Payment-Signature", "X-Payment", "X-Api-Key"}

// sent returns the names of the fields that prove who asks.
func (r *Reply) sent() []string {
	var out []string
	for k := range r.Ask.Header {
		if r.Secret || slices.ContainsFunc(secretFields, func(f string) bool { return strings.EqualFold(f, k) }) {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// Digest is that of the body.
func (r *Reply) Digest() site.Digest { return sha256.Sum256(r.Body) }

// Evidence tells an answer in one line, without secrets.
func (r *Reply) Evidence() string {
	if r.Err != nil {
		return fmt.Sprintf("%s %s: %s", cmp.Or(r.Method, "GET"), Redact(r.Path), Redact(Trouble(r.Err)))
	}
	sum := sha256.Sum256(r.Body)
	s := fmt.Sprintf("%s %s answers %d, %d bytes, sha256 %s", cmp.Or(r.Method, "GET"), Redact(r.Path), r.Status, len(r.Body), hex.EncodeToString(sum[:4]))
	if cc := r.Header.Get("Cache-Control"); cc != "" {
		s += ", Cache-Control: " + clip(cc)
	}
	if sent := r.sent(); len(sent) > 0 {
		s += ", asked with " + strings.Join(sent, ", ")
	}
	return s
}
