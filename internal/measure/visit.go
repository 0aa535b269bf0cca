package measure

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"image"
	"image/draw"
	_ "image/png" // the browser's pictures of pages
	"net/url"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

//go:embed still.js
var stillScript string

//go:embed scroll.js
var scrollScript string

//go:embed settle.js
var settleScript string

//go:embed collect.js
var collectScript string

// visit is what a visitor meets on one page.
type visit struct {
	Title, Lang, Text string
	Boxes             []box
	Images            []picture
	Height, Width     int64
	Masked            []box // films and frames, which move by themselves

	status   int64
	problems []string
	outside  []string
	shot     *image.RGBA
}

// box is where an element stands, in CSS pixels.
type box struct {
	Tag, At    string
	X, Y, W, H float64
}

// picture is an img.
type picture struct {
	Name                       string
	Loaded, Shown, Blank, Lazy bool
}

// maxHeight bounds how far down a page is looked at, in CSS pixels.
const maxHeight = 6400

// patience is how long a page may go on loading after its load event.
const patience = 4 * time.Second

// visit loads a page and looks at it when nothing moves any more. It takes the
// clock of the machine: a page whose look depends on it differs from itself,
// which the comparison finds out.
func (l *Lab) visit(ctx context.Context, on *stage, p Page) (*visit, error) {
	tab, done, err := l.browser.tab(ctx, on, l.o.Timeout)
	if err != nil {
		return nil, l.explain(ctx, err, p)
	}
	defer done()
	w := newWatch(l.origin)
	chromedp.ListenTarget(tab, func(ev any) { w.event(tab, ev) })
	d := l.o.Profile.Screen
	if d.Width == 0 {
		d = Desktop
	}
	v := &visit{}
	arg := fmt.Sprintf("(%d)", maxHeight)
	err = chromedp.Run(tab,
		network.Enable(), log.Enable(), runtime.Enable(), page.Enable(),
		network.SetBypassServiceWorker(true),
		emulation.SetDeviceMetricsOverride(d.Width, d.Height, 1, d.Touch),
		emulation.SetTimezoneOverride("UTC"),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}, {Name: "prefers-color-scheme", Value: "light"}}),
		addScript(stillScript),
		l.navigate(p, w),
		w.idle(patience),
		evaluate(scrollScript+arg, nil),
		w.idle(patience),
		evaluate(settleScript, nil),
		w.idle(patience/2),
		evaluate(settleScript, nil),
		evaluate(collectScript+arg, v),
		chromedp.ActionFunc(func(ctx context.Context) (err error) {
			v.shot, err = shots(ctx, d, v.Height)
			return err
		}))
	if err != nil {
		return nil, l.explain(ctx, err, p)
	}
	v.status, v.problems, v.outside = w.result()
	return v, nil
}

// explain says what an error of a load means.
func (l *Lab) explain(ctx context.Context, err error, p Page) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: not done after %v", p.Path, l.o.Timeout)
	}
	return fmt.Errorf("%s: %w", p.Path, err)
}

func (l *Lab) address(p Page) string {
	u := url.URL{Scheme: l.origin.Scheme, Host: l.origin.Host, Path: p.Address}
	return u.String()
}

// navigate goes to a page and waits for its load event. A page that never
// fires it is looked at as it is when half of the time is over.
func (l *Lab) navigate(p Page, w *watch) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		_, _, text, _, err := page.Navigate(l.address(p)).Do(ctx)
		if err != nil {
			return err
		}
		if text != "" {
			return errors.New(text)
		}
		late := time.NewTimer(l.o.Timeout / 2)
		defer late.Stop()
		select {
		case <-w.loaded:
		case <-late.C:
			w.note("the load event did not come")
		case <-ctx.Done():
			return ctx.Err()
		}
		return nil
	})
}

func addScript(text string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(text).Do(ctx)
		return err
	})
}

// evaluate runs a script in a world of its own functions; a promise is waited
// for.
func evaluate(text string, into any) chromedp.Action {
	if into == nil {
		var ignored any
		into = &ignored
	}
	return chromedp.Evaluate(text, into, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) })
}

// maxShots bounds the pictures of one page.
const maxShots = 16

// shots takes the page screen by screen. A picture of the whole page at once
// would resize it, and scripts that answer to that race with it.
func shots(ctx context.Context, d Screen, height int64) (*image.RGBA, error) {
	var parts []image.Image
	for y := int64(0); y < max(height, 1) && len(parts) < maxShots; y += d.Height {
		if y > 0 {
			if err := evaluate(fmt.Sprintf(`scrollTo({top:%d,behavior:"instant"});new Promise((r)=>setTimeout(r,60))`, y), nil).Do(ctx); err != nil {
				return nil, err
			}
		}
		m, err := stillShot(ctx)
		if err != nil {
			return nil, err
		}
		parts = append(parts, m)
	}
	all := image.NewRGBA(image.Rect(0, 0, int(d.Width), len(parts)*int(d.Height)))
	for i, m := range parts {
		at := image.Rect(0, i*int(d.Height), int(d.Width), (i+1)*int(d.Height))
		draw.Draw(all, at, m, m.Bounds().Min, draw.Src)
	}
	return all, nil
}

// stillShot takes pictures until two in a row are the same: the browser may
// paint a picture after it said that it has it.
func stillShot(ctx context.Context) (image.Image, error) {
	var last []byte
	for range 4 {
		shot, err := page.CaptureScreenshot().WithFormat(page.CaptureScreenshotFormatPng).WithOptimizeForSpeed(true).Do(ctx)
		if err != nil {
			return nil, err
		}
		if bytes.Equal(shot, last) {
			break
		}
		last = shot
	}
	m, _, err := image.Decode(bytes.NewReader(last))
	return m, err
}
