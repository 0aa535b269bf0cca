//go:build e2e

package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	_ "image/png"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// screen is a device.
type screen struct {
	width, height int64
	scale         float64
}

var (
	desktop = screen{1200, 900, 1}
	phone   = screen{412, 823, 2.625}
)

// visit is what a visitor meets on one page.
type visit struct {
	Title, Text string
	Boxes       []box
	Images      []picture
	Styles      []string
	Executed    []string // names that the fixture's modules leave when they run
	problems    []string // console errors, exceptions, failed requests
	requests    map[string]int
	shot        image.Image
}

type box struct {
	Tag        string
	X, Y, W, H float64
}

type picture struct {
	Loaded        bool
	Width, Height float64
	Shown         float64 // width in device pixels
}

// same reports whether a shows what b did: the same file, or one of its shape
// that has as many pixels as the screen shows.
func (a picture) same(b picture) bool {
	if a.Loaded != b.Loaded || a.Width == b.Width && a.Height == b.Height {
		return a.Loaded == b.Loaded
	}
	return math.Abs(a.Width*b.Height-b.Width*a.Height) <= 0.01*a.Width*b.Height && a.Width >= 0.98*min(b.Width, b.Shown)
}

// settle waits until nothing on the page will move any more, lazy pictures
// included, and then looks at it.
const settle = `(async () => {
  const images = [...document.images];
  for (const i of images) { i.loading = "eager"; i.decoding = "sync"; }
  await Promise.race([
    Promise.all([document.fonts.ready, ...images.map((i) => i.decode().catch(() => 0))]),
    new Promise((r) => setTimeout(r, 5000)),
  ]);
  await new Promise((r) => setTimeout(r, 50));
  // A picture element around an img, and its sources, have no box; scripts and
  // style sheets have none either, and may be joined or written into the page.
  const all = [...document.body.querySelectorAll("*")].filter((e) => !/^(picture|source|script|style|link)$/.test(e.localName));
  const boxes = all.map((e) => {
    const r = e.getBoundingClientRect();
    return {Tag: e.localName, X: r.x + scrollX, Y: r.y + scrollY, W: r.width, H: r.height};
  });
  const props = ["color", "background-color", "display", "font-size", "font-family", "font-weight", "white-space", "margin-top", "padding-left",
    "border-top-width", "text-align", "position", "opacity", "content"];
  const styles = all.slice(0, 400).map((e) => {
    const s = getComputedStyle(e);
    return props.map((p) => s.getPropertyValue(p).replace(/url\([^)]*\)/g, "url()")).join("|") + "|" + (s.backgroundImage === "none" ? "" : "image");
  });
  for (const i of images) { if (/\.gif|spinner/.test(i.currentSrc)) { i.style.visibility = "hidden"; } }
  return {
    Title: document.title, Text: document.body.innerText, Boxes: boxes, Styles: styles,
    Images: images.map((i) => ({Loaded: i.complete && i.naturalWidth > 0, Width: i.naturalWidth, Height: i.naturalHeight,
      Shown: i.getBoundingClientRect().width * devicePixelRatio})),
    Executed: globalThis.executed || [],
  };
})()`

// watch collects what goes wrong and what is asked for in a tab.
type watch struct {
	sync.Mutex
	origin   string
	problems []string
	requests map[string]int
	urls     map[network.RequestID]string
	good     map[string]bool // answered without an error
}

// fingerprint is what a build adds to names, and to what is said of them.
var fingerprint = regexp.MustCompile(`\.[0-9a-f]{10}(\.\w+)`)

// digest is what Chromium computed where an integrity attribute is wrong; the
// bytes may change, the refusal is the same.
var digest = regexp.MustCompile(`integrity '[A-Za-z0-9+/=]+'`)

func (w *watch) say(format string, args ...any) {
	s := digest.ReplaceAllString(fmt.Sprintf(format, args...), "integrity")
	s = strings.ReplaceAll(s, w.origin, "")
	w.problems = append(w.problems, fingerprint.ReplaceAllString(s, "$1"))
}

func (w *watch) event(ev any) {
	w.Lock()
	defer w.Unlock()
	switch ev := ev.(type) {
	case *runtime.EventExceptionThrown:
		text := ev.ExceptionDetails.Text
		if ev.ExceptionDetails.Exception != nil {
			text, _, _ = strings.Cut(ev.ExceptionDetails.Exception.Description, "\n")
		}
		w.say("exception: %s", text)
	case *runtime.EventConsoleAPICalled:
		if ev.Type == runtime.APITypeError {
			w.say("console.error: %s", ev.Args[0].Value)
		}
	case *log.EventEntryAdded:
		if ev.Entry.Level == log.LevelError && !strings.Contains(ev.Entry.URL, "/favicon.ico") {
			w.say("log: %s %s", ev.Entry.Text, ev.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		w.urls[ev.RequestID] = ev.Request.URL
		if strings.HasPrefix(ev.Request.URL, w.origin) {
			w.requests[strings.TrimPrefix(ev.Request.URL, w.origin)]++
		}
	case *network.EventResponseReceived:
		if u := ev.Response.URL; ev.Response.Status >= 400 && strings.HasPrefix(u, w.origin) && !strings.HasSuffix(u, "/favicon.ico") {
			w.say("status %d: %s", ev.Response.Status, u)
		} else if ev.Response.Status < 400 {
			w.good[strings.TrimPrefix(u, w.origin)] = true
		}
	case *network.EventLoadingFailed:
		if u := w.urls[ev.RequestID]; strings.HasPrefix(u, w.origin) && !ev.Canceled {
			w.say("failed: %s %s", ev.ErrorText, u)
		}
	}
}

// open goes to a page and returns what is there.
func open(t *testing.T, origin, path string, s screen) *visit {
	t.Helper()
	ctx := tab(t)
	w := &watch{origin: origin, requests: map[string]int{}, urls: map[network.RequestID]string{}, good: map[string]bool{}}
	chromedp.ListenTarget(ctx, w.event)
	v := &visit{}
	var shot []byte
	err := chromedp.Run(ctx,
		network.Enable(), log.Enable(), runtime.Enable(),
		network.SetBypassServiceWorker(true),
		emulation.SetDeviceMetricsOverride(s.width, s.height, s.scale, s.scale > 1),
		chromedp.Navigate(origin+path),
		chromedp.Evaluate(settle, v, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }),
		chromedp.ActionFunc(func(ctx context.Context) (err error) {
			shot, err = stillShot(ctx)
			return err
		}))
	if err != nil {
		t.Fatalf("open %s: %v", path, err)
	}
	if v.shot, _, err = image.Decode(bytes.NewReader(shot)); err != nil {
		t.Fatal(err)
	}
	w.Lock()
	defer w.Unlock()
	// A file that is not there is asked for once or twice, as the preload
	// scanner and the parser happen to meet: each problem counts once.
	v.problems, v.requests = slices.Compact(slices.Sorted(slices.Values(w.problems))), w.requests
	maps.DeleteFunc(v.requests, func(u string, _ int) bool { return !w.good[u] })
	return v
}

// stillShot takes pictures of the page until two in a row are the same: the
// browser may paint a picture after it said that it has it.
func stillShot(ctx context.Context) ([]byte, error) {
	var last []byte
	for range 6 {
		shot, err := page.CaptureScreenshot().WithFormat(page.CaptureScreenshotFormatPng).Do(ctx)
		if err != nil || bytes.Equal(shot, last) {
			return shot, err
		}
		last = shot
	}
	return last, nil
}
