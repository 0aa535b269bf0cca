package monitor

import (
	"context"
	"crypto/tls"
	"net/http/httptrace"
	"sync"
	"time"
)

// stopwatch takes the times of the last request that is made under its
// context.
type stopwatch struct {
	now func() time.Time

	mu                            sync.Mutex
	begin, wrote                  time.Time
	dns, connect, tlsAt           time.Time
	dnsTook, connectTook, tlsTook time.Duration
	firstByte                     time.Duration
	expires                       *time.Time
}

func (s *stopwatch) at(f func(now time.Time)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.now())
}

// trace returns a context under which requests are timed. A second request,
// after a hiccup, begins anew.
func (s *stopwatch) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) {
			s.at(func(t time.Time) {
				s.begin, s.dnsTook, s.connectTook, s.tlsTook, s.firstByte = t, 0, 0, 0, 0
			})
		},
		DNSStart:     func(httptrace.DNSStartInfo) { s.at(func(t time.Time) { s.dns = t }) },
		DNSDone:      func(httptrace.DNSDoneInfo) { s.at(func(t time.Time) { s.dnsTook = t.Sub(s.dns) }) },
		ConnectStart: func(string, string) { s.at(func(t time.Time) { s.connect = t }) },
		ConnectDone: func(_, _ string, err error) {
			if err == nil {
				s.at(func(t time.Time) { s.connectTook = t.Sub(s.connect) })
			}
		},
		TLSHandshakeStart: func() { s.at(func(t time.Time) { s.tlsAt = t }) },
		TLSHandshakeDone: func(c tls.ConnectionState, err error) {
			s.at(func(t time.Time) { s.tlsTook = t.Sub(s.tlsAt) })
		},
		GotConn: func(c httptrace.GotConnInfo) {
			if t, ok := c.Conn.(*tls.Conn); ok {
				if certs := t.ConnectionState().PeerCertificates; len(certs) > 0 {
					end := certs[0].NotAfter.UTC()
					s.at(func(time.Time) { s.expires = &end })
				}
			}
		},
		WroteRequest:         func(httptrace.WroteRequestInfo) { s.at(func(t time.Time) { s.wrote = t }) },
		GotFirstResponseByte: func() { s.at(func(t time.Time) { s.firstByte = t.Sub(s.wrote) }) },
	})
}

// into writes the times of an answer. A connection that was there already took
// no time to make.
func (s *stopwatch) into(r *Record, answered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Expires = s.expires
	if !answered || s.begin.IsZero() {
		return
	}
	r.Seconds = map[string]float64{"wait": s.firstByte.Seconds(), "total": s.now().Sub(s.begin).Seconds()}
	for name, d := range map[string]time.Duration{"dns": s.dnsTook, "connect": s.connectTook, "tls": s.tlsTook} {
		if d > 0 {
			r.Seconds[name] = d.Seconds()
		}
	}
}
