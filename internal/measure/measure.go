// Package measure loads pages of a site in a real browser, before and after,
// and says what a visitor would notice and how long it takes. It owns the
// browser, the stage on which both sides stand under one address, and the
// comparison; it must not know how the files were made.
//
// Nothing but the two folders is reached: every request of the browser goes
// through a proxy of ours, which answers for the site and refuses the rest.
package measure

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Options say what is measured.
type Options struct {
	Origin  string // scheme and host that both sites stand under; "" means DefaultOrigin
	Before  http.Handler
	After   http.Handler
	Pages   []Page
	Profile Profile
	Runs    int           // timed loads of each page on each side; 0 leaves times out
	Timeout time.Duration // of one load; 0 means DefaultTimeout
	Network bool          // let requests to other hosts pass
	// Progress is told which page is next; nil is fine.
	Progress func(done, total int, path string)
}

// The defaults.
const (
	DefaultOrigin  = "https://site.test"
	DefaultTimeout = 45 * time.Second
	DefaultRuns    = 3
	DefaultPages   = 8
)

// Page is a page to load.
type Page struct {
	Path     string // of the file, relative to the folder
	Address  string // path of its URL, prefix included
	Template int    // how many pages of the site are built alike, itself included
}

// Pair is a page before and after.
type Pair struct {
	Path        string       `json:"path"`
	Template    int          `json:"pages_alike"`
	Before      *Times       `json:"before,omitempty"`
	After       *Times       `json:"after,omitempty"`
	Differences []Difference `json:"differences"`
	// Noise says that the page differs from itself: something on it changes
	// from load to load, and was left out of the comparison.
	Noise []string `json:"noise,omitempty"`
	// Pixels is the share of pixels that differ visibly, 0 to 1.
	Pixels float64 `json:"pixels_differ"`
	// ErrorsBefore and ErrorsAfter are what the console and the network say.
	ErrorsBefore []string `json:"errors_before"`
	ErrorsAfter  []string `json:"errors_after"`
	// Outside are the other hosts that the page asked, which were not reached
	// unless Options.Network is set.
	Outside []string `json:"outside_hosts,omitempty"`
	// Failed says why a page could not be compared.
	Failed string `json:"failed,omitempty"`
}

// Same reports whether a visitor meets the same before and after.
func (p *Pair) Same() bool { return p.Failed == "" && len(p.Differences) == 0 }

// Lab is a browser with both sites on stage.
type Lab struct {
	o       Options
	browser *Browser
	origin  *url.URL
	before  *stage
	after   *stage
	seen    map[string]*visit // by path, before
}

// NewLab puts both sites on stage for a browser that runs. Close ends them,
// and not the browser.
func NewLab(b *Browser, o Options) (*Lab, error) {
	if o.Origin == "" {
		o.Origin = DefaultOrigin
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	u, err := url.Parse(o.Origin)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q is not the address of a site", o.Origin)
	}
	l := &Lab{o: o, browser: b, origin: u, seen: map[string]*visit{}}
	if l.before, err = newStage(u, b.identity, o.Before, o.Network); err != nil {
		return nil, err
	}
	if l.after, err = newStage(u, b.identity, o.After, o.Network); err != nil {
		l.before.close()
		return nil, err
	}
	return l, nil
}

// Close takes both sites off the stage.
func (l *Lab) Close() {
	l.before.close()
	l.after.close()
}

// Run compares and times every page. An error means that the browser is gone
// or the context ended; a page that cannot be loaded is part of the answer.
func (l *Lab) Run(ctx context.Context) ([]Pair, error) {
	pairs := make([]Pair, 0, len(l.o.Pages))
	for i, p := range l.o.Pages {
		if l.o.Progress != nil {
			l.o.Progress(i, len(l.o.Pages), p.Path)
		}
		pair, err := l.Compare(ctx, p)
		if err != nil {
			return pairs, err
		}
		if l.o.Runs > 0 && pair.Failed == "" {
			if err := l.time(ctx, p, &pair); err != nil {
				return pairs, err
			}
		}
		pairs = append(pairs, pair)
	}
	return pairs, nil
}

// time loads a page several times on either side, in turns, so that whatever
// else the machine does falls on both.
func (l *Lab) time(ctx context.Context, p Page, pair *Pair) error {
	var before, after []Times
	for range l.o.Runs {
		for _, s := range []struct {
			on   *stage
			runs *[]Times
		}{{l.before, &before}, {l.after, &after}} {
			t, err := l.load(ctx, s.on, p)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				pair.Failed = err.Error()
				return l.browser.alive()
			}
			*s.runs = append(*s.runs, t)
		}
	}
	b, a := median(before), median(after)
	pair.Before, pair.After = &b, &a
	return nil
}
