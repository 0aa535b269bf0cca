package measure

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// watch collects what a tab asks for and what goes wrong in it.
type watch struct {
	mu       sync.Mutex
	origin   string // scheme and host
	host     string
	loaded   chan struct{}
	once     sync.Once
	status   int64
	problems []string
	outside  []string
	urls     map[network.RequestID]string
	open     map[network.RequestID]bool
	changes  int // counts what began and ended
	requests int
	bytes    int64
}

func newWatch(origin *url.URL) *watch {
	return &watch{origin: origin.Scheme + "://" + origin.Host, host: origin.Host, loaded: make(chan struct{}), status: -1,
		urls: map[network.RequestID]string{}, open: map[network.RequestID]bool{}}
}

func (w *watch) ours(u string) bool {
	return u == w.origin || strings.HasPrefix(u, w.origin+"/")
}

// note adds a problem of the page.
func (w *watch) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.say(format, args...)
}

func (w *watch) say(format string, args ...any) {
	if s := w.normal(fmt.Sprintf(format, args...)); len(w.problems) < maxProblems && !slices.Contains(w.problems, s) {
		w.problems = append(w.problems, s)
	}
}

// maxProblems bounds what one page may complain of.
const maxProblems = 100

// event takes one event of the browser.
func (w *watch) event(tab context.Context, ev any) {
	switch ev.(type) {
	case *page.EventJavascriptDialogOpening:
		// Answered from another goroutine: this one must go on to read.
		go func() { _ = chromedp.Run(tab, page.HandleJavaScriptDialog(false)) }()
		return
	case *page.EventLoadEventFired:
		w.once.Do(func() { close(w.loaded) })
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch ev := ev.(type) {
	case *runtime.EventExceptionThrown:
		text := ev.ExceptionDetails.Text
		if ev.ExceptionDetails.Exception != nil {
			text, _, _ = strings.Cut(ev.ExceptionDetails.Exception.Description, "\n")
		}
		w.say("exception: %s", text)
	case *runtime.EventConsoleAPICalled:
		if ev.Type == runtime.APITypeError && len(ev.Args) > 0 {
			text := string(ev.Args[0].Value)
			if text == "" {
				text, _, _ = strings.Cut(ev.Args[0].Description, "\n")
			}
			w.say("console.error: %s", text)
		}
	case *log.EventEntryAdded:
		// What failed to load is told by the network, with less noise.
		if ev.Entry.Level == log.LevelError && ev.Entry.Source != log.SourceNetwork {
			w.say("console: %s", ev.Entry.Text)
		}
	default:
		w.networkEvent(ev)
	}
}

func (w *watch) networkEvent(ev any) {
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		w.asked(ev)
	case *network.EventResponseReceived:
		u := ev.Response.URL
		if ev.Type == network.ResourceTypeDocument && w.status < 0 {
			w.status = ev.Response.Status
		}
		if ev.Response.Status >= 400 && w.ours(u) && !isFavicon(u) {
			w.say("status %d: %s", ev.Response.Status, w.short(u))
		}
	case *network.EventLoadingFinished:
		if w.open[ev.RequestID] && w.ours(w.urls[ev.RequestID]) {
			w.bytes += int64(ev.EncodedDataLength)
		}
		w.close(ev.RequestID)
	case *network.EventLoadingFailed:
		u := w.urls[ev.RequestID]
		if w.ours(u) && !ev.Canceled && ev.ErrorText != "net::ERR_ABORTED" {
			w.say("failed: %s %s", ev.ErrorText, w.short(u))
		}
		w.close(ev.RequestID)
	}
}

// asked takes note of a request, and of the answer that redirected it.
func (w *watch) asked(ev *network.EventRequestWillBeSent) {
	u, err := url.Parse(ev.Request.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return
	}
	w.urls[ev.RequestID] = ev.Request.URL
	w.changes++
	if !w.ours(ev.Request.URL) {
		if !slices.Contains(w.outside, u.Host) {
			w.outside = append(w.outside, u.Host)
		}
		return // others may never answer: nothing waits for them
	}
	if isFavicon(ev.Request.URL) {
		return
	}
	w.requests++
	w.open[ev.RequestID] = true
}

func (w *watch) close(id network.RequestID) {
	if w.open[id] {
		delete(w.open, id)
		w.changes++
	}
}

// isFavicon recognises what browsers ask for by themselves.
func isFavicon(u string) bool { return strings.HasSuffix(u, "/favicon.ico") }

// quietFor is how long nothing may be asked for until a page counts as loaded,
// and look how often one looks.
const (
	quietFor = 300 * time.Millisecond
	look     = 25 * time.Millisecond
)

// idle waits until the site is asked for nothing any more, at most so long.
func (w *watch) idle(most time.Duration) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		end := time.NewTimer(most)
		defer end.Stop()
		tick := time.NewTicker(look)
		defer tick.Stop()
		last, still := -1, time.Duration(0)
		for {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-end.C:
				return nil
			case <-tick.C:
				w.mu.Lock()
				changes, busy := w.changes, len(w.open) > 0
				w.mu.Unlock()
				if still += look; busy || changes != last {
					last, still = changes, 0
				}
				if still >= quietFor {
					return nil
				}
			}
		}
	})
}

// result returns the status of the page and what went wrong, sorted.
func (w *watch) result() (status int64, problems, outside []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	problems, outside = slices.Clone(w.problems), slices.Clone(w.outside)
	slices.Sort(problems)
	slices.Sort(outside)
	return w.status, problems, outside
}

// short is an address without what every one of the site begins with.
func (w *watch) short(u string) string { return strings.TrimPrefix(u, w.origin) }

var (
	// fingerprints are what builds add to names, and to what is said of them.
	fingerprints = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\.[0-9a-f]{10}(\.\w+)`) })
	// places in scripts move when their text is made smaller.
	places = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`:\d+(:\d+)?\b`) })
	// sums are what the browser computed where an integrity attribute is wrong.
	sums = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(integrity|sha(256|384|512))[ -]'?[A-Za-z0-9+/=]{40,}'?`)
	})
)

// normal takes out of a message what may rightly change.
func (w *watch) normal(s string) string {
	s = strings.ReplaceAll(s, w.origin, "")
	s = sums().ReplaceAllString(s, "$1")
	s = fingerprints().ReplaceAllString(s, "$1")
	s = places().ReplaceAllString(s, "")
	if len(s) > 300 {
		s = s[:300]
	}
	return strings.ToValidUTF8(strings.Join(strings.Fields(s), " "), "")
}
