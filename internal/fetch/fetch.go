package fetch

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"
)

// File is what answered.
type File struct {
	URL  string // where it was found in the end, after redirects
	Type string // media type in lower case, without parameters
	Body []byte
}

// Client downloads files. Its fields must not change once it is in use; its
// methods may be called from many goroutines.
type Client struct {
	// AllowPrivate also asks addresses of private networks.
	AllowPrivate bool
	// Timeout is the longest time for one answer with its body; 0 means 30 s.
	Timeout time.Duration
	// MaxBytes bounds a body, decompressed; 0 means 16 MiB.
	MaxBytes int64
	// Roots are the certificate authorities; nil means those of the system.
	Roots *x509.CertPool

	once   sync.Once
	client *http.Client
}

// The bounds that apply unless others are given.
const (
	DefaultTimeout  = 30 * time.Second
	DefaultMaxBytes = 16 << 20
	maxRedirects    = 5
)

// agent names a browser that takes WOFF2 and modern CSS, since font services
// answer each browser with what it understands.
const agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"

var (
	// ErrPrivate says that a name leads into a private network.
	ErrPrivate = errors.New("the name leads to an address of a private network")
	// ErrTooLarge says that a body goes on after MaxBytes.
	ErrTooLarge = errors.New("the file is too large")
)

// StatusError is an answer that is no file.
type StatusError struct{ Status int }

func (e *StatusError) Error() string {
	return fmt.Sprintf("the answer is %d %s", e.Status, http.StatusText(e.Status))
}

// Check says why a URL may not be fetched: only https, with a name for a host
// and nobody's credentials.
func Check(u *url.URL) error {
	switch {
	case u.Scheme != "https":
		return errors.New("it is not an https address")
	case u.User != nil:
		return errors.New("it holds credentials")
	case u.Hostname() == "":
		return errors.New("it has no host")
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return errors.New("its host is a number, not a name")
	}
	return nil
}

// Get downloads a file. allowed says of each host (with its port, if it is
// written) whether it may be asked: that of the URL and those of redirects.
// Failures that may pass are tried once more.
func (c *Client) Get(ctx context.Context, address string, allowed func(host string) bool) (*File, error) {
	f, err := c.get(ctx, address, allowed)
	if err == nil || !passing(err) || ctx.Err() != nil {
		return f, err
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(time.Second):
	}
	return c.get(ctx, address, allowed)
}

// passing reports whether a second try may do better.
func passing(err error) bool {
	var s *StatusError
	if errors.As(err, &s) {
		return s.Status == http.StatusTooManyRequests || s.Status >= 500
	}
	var n net.Error
	return errors.As(err, &n) && n.Timeout() || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.ErrUnexpectedEOF)
}

func (c *Client) get(ctx context.Context, address string, allowed func(host string) bool) (*File, error) {
	c.once.Do(c.start)
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.Timeout, DefaultTimeout))
	defer cancel()
	for range maxRedirects + 1 {
		u, err := url.Parse(address)
		if err != nil {
			return nil, err
		}
		if err := Check(u); err != nil {
			return nil, err
		}
		if !allowed(u.Host) {
			return nil, fmt.Errorf("it is redirected to %s, which is not listed", u.Host)
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return nil, err
		}
		req.Header.Set("User-Agent", agent)
		req.Header.Set("Accept", "*/*")
		resp, err := c.client.Do(req)
		if err != nil {
			return nil, plain(err)
		}
		switch resp.StatusCode {
		case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
			to, err := resp.Location()
			resp.Body.Close()
			if err != nil {
				return nil, err
			}
			to.Fragment = ""
			address = to.String()
			continue
		}
		return c.read(resp, address)
	}
	return nil, errors.New("it is redirected too often")
}

func (c *Client) read(resp *http.Response, address string) (*File, error) {
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, &StatusError{resp.StatusCode}
	}
	most := cmp.Or(c.MaxBytes, DefaultMaxBytes)
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err != nil {
		return nil, plain(err)
	}
	if int64(len(body)) > most {
		return nil, fmt.Errorf("%w: it has more than %d bytes", ErrTooLarge, most)
	}
	typ, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		typ = ""
	}
	return &File{URL: address, Type: typ, Body: body}, nil
}

// plain takes the URL out of an error: who asks names it already.
func plain(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func (c *Client) start() {
	d := net.Dialer{Timeout: 10 * time.Second, Control: func(_, addr string, _ syscall.RawConn) error {
		// The address that is really dialed is looked at: the name may lead
		// elsewhere each time it is resolved.
		if c.AllowPrivate {
			return nil
		}
		ap, err := netip.ParseAddrPort(addr)
		if err != nil {
			return err
		}
		if Private(ap.Addr()) {
			return ErrPrivate
		}
		return nil
	}}
	c.client = &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DialContext: d.DialContext, MaxIdleConnsPerHost: 8, MaxResponseHeaderBytes: 1 << 20,
			TLSClientConfig: &tls.Config{RootCAs: c.Roots, MinVersion: tls.VersionTLS12}, TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true},
	}
}

// Close ends the connections that are kept.
func (c *Client) Close() {
	c.once.Do(c.start)
	c.client.CloseIdleConnections()
}

// Host reports whether a host, with its port if one is written, is one of
// list. An entry "*.example.com" stands for all names under example.com; one
// without a port stands for the port of https.
func Host(list []string, host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ":443")
	for _, l := range list {
		l = strings.TrimSuffix(strings.ToLower(l), ":443")
		if l == host || strings.HasPrefix(l, "*.") && strings.HasSuffix(host, l[1:]) {
			return true
		}
	}
	return false
}
