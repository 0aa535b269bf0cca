package measure

import (
	"cmp"
	"context"
	_ "embed"
	"slices"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

//go:embed load.js
var loadScript string

// Times are what one load of a page takes, or the median of several: times in
// milliseconds since navigation, each number for itself.
type Times struct {
	FCP      float64 `json:"fcp_ms"`  // first contentful paint
	LCP      float64 `json:"lcp_ms"`  // largest contentful paint
	TBT      float64 `json:"tbt_ms"`  // total blocking time, until the page is quiet
	CLS      float64 `json:"cls"`     // cumulative layout shift
	Load     float64 `json:"load_ms"` // the load event; 0 when it did not come in time
	Requests int     `json:"requests"`
	Bytes    int64   `json:"bytes"` // as transferred, headers included
}

// Screen is what a page is shown on.
type Screen struct {
	Name          string
	Width, Height int64
	Touch         bool
}

// The screens.
var (
	Desktop = Screen{"desktop", 1280, 800, false}
	Phone   = Screen{"phone", 412, 823, true}
)

// Profile is a machine and its connection.
type Profile struct {
	Name    string
	Doc     string
	Latency float64 // milliseconds from request to answer
	Down    float64 // bits a second; 0 means as fast as it goes
	Up      float64
	CPU     float64 // how many times slower than this machine
	Screen  Screen
}

// Profiles are those that can be asked for; the first is the default.
var Profiles = []Profile{
	{Name: "slow-4g", Doc: "phone, 1.6 Mbit/s, 150 ms, processor 4 times slower", Latency: 150, Down: 1.6e6, Up: 750e3, CPU: 4, Screen: Phone},
	{Name: "fast-4g", Doc: "phone, 9 Mbit/s, 60 ms, processor 4 times slower", Latency: 60, Down: 9e6, Up: 1.5e6, CPU: 4, Screen: Phone},
	{Name: "desktop", Doc: "desktop, 10 Mbit/s, 40 ms", Latency: 40, Down: 10e6, Up: 5e6, CPU: 1, Screen: Desktop},
	{Name: "none", Doc: "desktop, nothing slowed down", CPU: 1, Screen: Desktop},
}

// ProfileNamed returns a profile.
func ProfileNamed(name string) (Profile, bool) {
	i := slices.IndexFunc(Profiles, func(p Profile) bool { return p.Name == name })
	if i < 0 {
		return Profile{}, false
	}
	return Profiles[i], true
}

// afterLoad is how long a page is watched once it is quiet: long enough for
// the paint and the shifts that its last file causes.
const afterLoad = 700 * time.Millisecond

// load times one cold load.
func (l *Lab) load(ctx context.Context, on *stage, p Page) (Times, error) {
	tab, done, err := l.browser.tab(ctx, on, l.o.Timeout)
	if err != nil {
		return Times{}, l.explain(ctx, err, p)
	}
	defer done()
	w := newWatch(l.origin)
	chromedp.ListenTarget(tab, func(ev any) { w.event(tab, ev) })
	f := l.o.Profile
	var got struct {
		LCP, CLS, FCP, Load, Tbt float64
	}
	err = chromedp.Run(tab,
		network.Enable(), log.Enable(), runtime.Enable(), page.Enable(),
		network.SetBypassServiceWorker(true),
		emulation.SetDeviceMetricsOverride(f.Screen.Width, f.Screen.Height, 1, f.Screen.Touch),
		addScript(loadScript),
		throttle(f),
		l.navigate(p, w),
		w.idle(l.o.Timeout/4),
		chromedp.Sleep(afterLoad),
		evaluate(`(() => { const w = __hone_times, n = performance.getEntriesByType("navigation")[0];
			return { LCP: w.lcp, CLS: w.cls, FCP: w.fcp, Load: n ? n.loadEventEnd : 0,
				Tbt: w.tasks.reduce((s, [at, d]) => s + (at + d > w.fcp && d > 50 ? d - 50 : 0), 0) }; })()`, &got))
	if err != nil {
		return Times{}, l.explain(ctx, err, p)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return Times{FCP: got.FCP, LCP: got.LCP, TBT: got.Tbt, CLS: got.CLS, Load: got.Load, Requests: w.requests, Bytes: w.bytes}, nil
}

// throttle slows the tab down as the profile says.
func throttle(f Profile) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		if f.Down > 0 {
			if err := network.EmulateNetworkConditions(false, f.Latency, f.Down/8, f.Up/8).Do(ctx); err != nil {
				return err
			}
		}
		if f.CPU > 1 {
			return emulation.SetCPUThrottlingRate(f.CPU).Do(ctx)
		}
		return nil
	})
}

// median takes the median of each number by itself.
func median(runs []Times) Times {
	return Times{
		FCP: middle(runs, func(t Times) float64 { return t.FCP }), LCP: middle(runs, func(t Times) float64 { return t.LCP }),
		TBT: middle(runs, func(t Times) float64 { return t.TBT }), CLS: middle(runs, func(t Times) float64 { return t.CLS }),
		Load:     middle(runs, func(t Times) float64 { return t.Load }),
		Requests: middle(runs, func(t Times) int { return t.Requests }), Bytes: middle(runs, func(t Times) int64 { return t.Bytes }),
	}
}

func middle[T cmp.Ordered](runs []Times, of func(Times) T) T {
	list := make([]T, len(runs))
	for i, r := range runs {
		list[i] = of(r)
	}
	slices.Sort(list)
	var zero T
	if len(list) == 0 {
		return zero
	}
	return list[(len(list)-1)/2]
}
