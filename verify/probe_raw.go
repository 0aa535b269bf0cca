package verify

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// variants are other ways to write a path: gates that compare text take them
// for another path, and servers for the same.
func variants(p string) []string {
	out := []string{"/" + p, strings.Replace(p, "/", "/./", 1), "/hone-probe/.." + p, "/hone-probe/%2e%2e" + p}
	if len(p) > 1 {
		out = append(out, fmt.Sprintf("/%%%02X%s", p[1], p[2:]), fmt.Sprintf("/%%%02x%s", p[1], p[2:]), "/"+flip(p[1:2])+p[2:], `/\`+p[1:], "/%5C"+p[1:])
	}
	if i := strings.IndexByte(p[1:], '/'); i > 0 {
		at := i + 1
		out = append(out, p[:at]+"/"+p[at:], p[:at]+"%2F"+p[at+1:], p[:at]+"%252F"+p[at+1:], p[:at]+`\`+p[at+1:])
	}
	return append(out, p+"/", p+";x", p+"%00", p+"%", p+"?x", p+".br", p+".gz")
}

func flip(c string) string {
	if up := strings.ToUpper(c); up != c {
		return up
	}
	return strings.ToLower(c)
}

// raw asks for a target as it is written: HTTP clients tidy paths up.
func (p *Probe) raw(ctx context.Context, target string) Reply {
	r := Reply{Ask: Ask{Method: "GET", Path: target}, Stable: true}
	if strings.ContainsAny(target, " \r\n\x00") {
		r.Err = fmt.Errorf("%q is no request target", target)
		return r
	}
	if !p.take() {
		r.Err = errBudget
		return r
	}
	if p.Interval > 0 {
		if r.Err = p.sleep(ctx, p.Interval); r.Err != nil {
			return r
		}
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(p.Timeout, 10*time.Second))
	defer cancel()
	conn, err := p.connect(ctx)
	if err != nil {
		r.Err = err
		return r
	}
	defer conn.Close()
	if t, ok := ctx.Deadline(); ok {
		r.Err = conn.SetDeadline(t)
	}
	if r.Err == nil {
		_, r.Err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: */*\r\nConnection: close\r\n\r\n", target, p.Origin.Host, Human.UserAgent())
	}
	if r.Err != nil {
		return r
	}
	res, err := http.ReadResponse(bufio.NewReader(io.LimitReader(conn, cmp.Or(p.MaxBody, 2<<20)+1<<20)), nil)
	if err != nil {
		r.Err = err
		return r
	}
	defer res.Body.Close()
	r.Status, r.Header = res.StatusCode, res.Header
	r.Body, _ = io.ReadAll(io.LimitReader(res.Body, cmp.Or(p.MaxBody, 2<<20))) // a part of it is enough to compare
	return r
}

func (p *Probe) connect(ctx context.Context) (net.Conn, error) {
	host := p.Origin.Host
	if p.Origin.Port() == "" {
		host = net.JoinHostPort(p.Origin.Hostname(), map[bool]string{true: "443", false: "80"}[p.Origin.Scheme == "https"])
	}
	conn, err := p.dial(ctx, "tcp", host)
	if err != nil || p.Origin.Scheme != "https" {
		return conn, err
	}
	t := tls.Client(conn, &tls.Config{ServerName: p.Origin.Hostname(), NextProtos: []string{"http/1.1"}, RootCAs: p.Roots})
	if err := t.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return t, nil
}
