//go:build e2e

package layout

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestSlotInBrowser lays the same pages out in Chromium: no picture may be
// shown wider than its slot, and one whose slot is exact as wide. Where the
// slot is said to be neutral, a picture of half the pixels with the attribute
// the slot asks for must not change the layout.
func TestSlotInBrowser(t *testing.T) {
	path := os.Getenv("CHROMIUM")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); path == "" && err == nil {
			path = p
		}
	}
	if path == "" {
		if os.Getenv("E2E_REQUIRED") != "" {
			t.Fatal("no Chromium found")
		}
		t.Skip("no Chromium found")
	}
	alloc, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)...)
	defer stop()
	ctx, stop := chromedp.NewContext(alloc)
	defer stop()
	ctx, stop = context.WithTimeout(ctx, 3*time.Minute)
	defer stop()
	for _, c := range layoutCases {
		s := c.slot(t)
		for i, w := range windows {
			if c.name == "supports" && i > 0 {
				continue // one window is enough to see that the bound holds
			}
			full := measure(t, ctx, &c, w, naturalW, "")
			before := math.Min(full, naturalW) // more pixels than it has are of no use
			if before > c.want[i]+0.5 || !c.loose && math.Abs(before-c.want[i]) > 0.5 && before < naturalW {
				t.Errorf("%s: %g wide in a window of %g, thought %g", c.name, before, w, c.want[i])
			}
			if !s.Neutral {
				continue
			}
			attr := ""
			if s.Hint {
				attr = fmt.Sprintf(" width=%d", naturalW)
			}
			if after := measure(t, ctx, &c, w, naturalW/2, attr); math.Abs(after-full) > 0.5 {
				t.Errorf("%s: in a window of %g a smaller file is shown %g wide, not %g", c.name, w, after, full)
			}
		}
	}
}

// measure returns how wide the case's picture is shown when its file is px
// pixels wide and its tag has attr besides.
func measure(t *testing.T, ctx context.Context, c *layoutCase, window float64, px int, attr string) float64 {
	t.Helper()
	file := url.PathEscape(fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d"/>`, px, px*naturalH/naturalW))
	page := strings.Replace(c.html(), `src="p.jpg"`, `src="data:image/svg+xml,`+file+`"`+attr, 1)
	var width float64
	err := chromedp.Run(ctx, chromedp.EmulateViewport(int64(window), 900), chromedp.Navigate("data:text/html,"+url.PathEscape(page)),
		chromedp.Poll("document.images[0].complete", nil), chromedp.Evaluate("document.images[0].getBoundingClientRect().width", &width))
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	return width
}
