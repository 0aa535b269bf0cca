package measure

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Browser is a Chromium or Chrome that runs, with a profile of its own.
type Browser struct {
	Version string
	// Unboxed says that the browser runs without its sandbox, because it
	// would not start with it.
	Unboxed  bool
	identity *identity
	ctx      context.Context
	stop     func()
}

// BrowserOptions say how a browser is started.
type BrowserOptions struct {
	Path string // of the program
	Temp string // folder in which the profile is made; "" means the system's
	// Unboxed starts without the sandbox at once: it refuses to run as root.
	Unboxed bool
}

// How long a browser may take to start, and to close a page.
const (
	startTimeout = 40 * time.Second
	closeTimeout = 5 * time.Second
)

// Start starts a browser that ends with ctx, or with Close.
func Start(ctx context.Context, o BrowserOptions) (*Browser, error) {
	id, err := newIdentity()
	if err != nil {
		return nil, err
	}
	b, said, err := start(ctx, o, id)
	if err != nil && !o.Unboxed && ctx.Err() == nil && bytes.Contains(said, []byte("sandbox")) {
		o.Unboxed = true
		b, said, err = start(ctx, o, id)
	}
	if ctx.Err() != nil {
		if b != nil {
			b.Close()
		}
		return nil, ctx.Err()
	}
	if err != nil {
		// The library quotes what the program said, lines and all.
		why := strings.Join(strings.Fields(err.Error()), " ")
		return nil, fmt.Errorf("start %s: %.300s%s", o.Path, why, lastLine(said))
	}
	return b, nil
}

// lastLine is what a browser that would not start said last.
func lastLine(said []byte) string {
	said = bytes.TrimSpace(said)
	if i := bytes.LastIndexByte(said, '\n'); i >= 0 {
		said = said[i+1:]
	}
	if len(said) == 0 {
		return ""
	}
	return fmt.Sprintf(" (it said: %.200q)", said)
}

func start(ctx context.Context, o BrowserOptions, id *identity) (*Browser, []byte, error) {
	dir, err := os.MkdirTemp(o.Temp, "hone-browser-")
	if err != nil {
		return nil, nil, fmt.Errorf("folder for the browser: %w", err)
	}
	said := &tail{}
	alloc, stopAlloc := chromedp.NewExecAllocator(ctx, flagsOf(o, id, dir, said)...)
	// What the library would print about events that it does not know is of
	// no use to anybody who measures.
	mute := func(string, ...any) {}
	tab, stopTab := chromedp.NewContext(alloc, chromedp.WithErrorf(mute), chromedp.WithLogf(mute))
	stop := sync.OnceFunc(func() {
		stopTab()
		stopAlloc() // waits for the process
		removeAll(dir)
	})
	b := &Browser{identity: id, Unboxed: o.Unboxed, ctx: tab, stop: stop}
	// The first Run starts the program and binds its life to the context, so
	// the time for it must not be a deadline of that context.
	late := time.AfterFunc(startTimeout, stopTab)
	err = chromedp.Run(tab, chromedp.ActionFunc(func(ctx context.Context) error {
		_, product, _, _, _, err := browser.GetVersion().Do(ctx)
		b.Version = product
		return err
	}))
	if !late.Stop() && err == nil {
		err = context.DeadlineExceeded
	}
	if err != nil {
		stop()
		if errors.Is(err, context.Canceled) && ctx.Err() == nil {
			err = fmt.Errorf("it did not answer within %v", startTimeout)
		}
		return nil, said.bytes(), err
	}
	return b, nil, nil
}

// Close ends the browser and removes its profile.
func (b *Browser) Close() { b.stop() }

// alive returns an error when the browser is gone.
func (b *Browser) alive() error {
	if b.ctx.Err() != nil {
		return errors.New("the browser ended")
	}
	return nil
}

// tab opens a page in a profile of its own, empty, that reaches the network
// through a stage only. It is closed by the function that is returned.
func (b *Browser) tab(ctx context.Context, on *stage, limit time.Duration) (context.Context, func(), error) {
	own := chromedp.FromContext(b.ctx).Browser
	ask, cancel := context.WithTimeout(b.ctx, limit)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	ask = cdp.WithExecutor(ask, own)
	// Without <-loopback> a browser goes around its proxy to this machine.
	profile, err := target.CreateBrowserContext().WithProxyServer("http://" + on.addr).WithProxyBypassList("<-loopback>").WithDisposeOnDetach(true).Do(ask)
	if err != nil {
		return nil, nil, err
	}
	dispose := func() {
		late, cancel := context.WithTimeout(b.ctx, closeTimeout)
		defer cancel()
		// A browser that does not answer is ended as a whole later.
		_ = target.DisposeBrowserContext(profile).Do(cdp.WithExecutor(late, own))
	}
	// A profile has no window yet, without which there are no tabs in it.
	id, err := target.CreateTarget("about:blank").WithBrowserContextID(profile).WithNewWindow(true).Do(ask)
	if err != nil {
		dispose()
		return nil, nil, err
	}
	tab, stop := chromedp.NewContext(b.ctx, chromedp.WithTargetID(id))
	tab, end := context.WithTimeout(tab, limit)
	unlink := context.AfterFunc(ctx, end)
	return tab, func() { unlink(); end(); stop(); dispose() }, nil
}

// flagsOf are the command line. Compression and colour are those of a plain
// screen, so that two loads of one page give the same pixels.
func flagsOf(o BrowserOptions, id *identity, dir string, said io.Writer) []chromedp.ExecAllocatorOption {
	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(o.Path), chromedp.UserDataDir(filepath.Join(dir, "profile")), chromedp.NoFirstRun, chromedp.DisableGPU,
		chromedp.CombinedOutput(said), chromedp.WSURLReadTimeout(startTimeout),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("no-pings", true),
		chromedp.Flag("force-device-scale-factor", "1"), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("disable-lcd-text", true), chromedp.Flag("font-render-hinting", "none"),
		chromedp.Flag("force-webrtc-ip-handling-policy", "disable_non_proxied_udp"),
		chromedp.Flag("ignore-certificate-errors-spki-list", id.spki),
		// The browser's own requests have nowhere to go either.
		chromedp.ProxyServer("127.0.0.1:9"), chromedp.Flag("disable-features", "Translate,MediaRouter,OptimizationHints,BackForwardCache,HttpsUpgrades,PaintHolding"))
	if o.Unboxed {
		flags = append(flags, chromedp.NoSandbox)
	}
	return flags
}

// removeAll removes a profile. Children of the browser may write to it for a
// moment after it ended.
func removeAll(dir string) {
	for range 20 {
		if os.RemoveAll(dir) == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// tail keeps the last of what a program says.
type tail struct {
	sync.Mutex
	b []byte
}

const maxTail = 4 << 10

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.Lock()
	defer t.Unlock()
	t.b = append(t.b, p...)
	if n := len(t.b) - maxTail; n > 0 {
		t.b = append(t.b[:0], t.b[n:]...)
	}
	return len(p), nil
}

func (t *tail) bytes() []byte {
	t.Lock()
	defer t.Unlock()
	return bytes.Clone(t.b)
}
