//go:build e2e

package e2e_test

import (
	"bytes"
	"context"
	"image"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/hone-web/hone/fixtures/trap"
	"github.com/hone-web/hone/internal/pipeline"
)

// TestSprites looks at the pages of the trap on screens of several scales,
// with and without a pointer over an icon: every pixel must be what it was.
func TestSprites(t *testing.T) {
	t.Parallel()
	p := trap.Read(t, "../fixtures/traps/sprites.txtar", "../fixtures/pictures")
	in := filepath.Join(t.TempDir(), "in")
	p.Site.Write(t, in)
	s := build(t, in, func(o *pipeline.Options) { p.Options(t, o) })
	for _, device := range []screen{desktop, {1200, 900, 1.25}, {800, 600, 1.5}, {800, 600, 2}, phone} {
		shots := map[string][]byte{}
		look := func(name, origin, over string) {
			t.Run(name, func(t *testing.T) {
				err := chromedp.Run(tab(t),
					emulation.SetDeviceMetricsOverride(device.width, device.height, device.scale, false),
					chromedp.Navigate(origin+s.prefix+"index.html"),
					chromedp.ActionFunc(func(ctx context.Context) error {
						if over == "" {
							return nil
						}
						var at struct{ X, Y float64 }
						if err := chromedp.Evaluate(`(() => { const r = document.querySelector("`+over+`").getBoundingClientRect(); return {X: r.x + 8, Y: r.y + 8}; })()`, &at).Do(ctx); err != nil {
							return err
						}
						return input.DispatchMouseEvent(input.MouseMoved, at.X, at.Y).Do(ctx)
					}),
					chromedp.ActionFunc(func(ctx context.Context) (err error) {
						shots[name], err = stillShot(ctx)
						return err
					}))
				if err != nil {
					t.Fatal(err)
				}
			})
		}
		// The picture of a state is fetched when it is entered, and a shot may
		// come before it: a difference counts that stays.
		for state, over := range map[string]string{"": "", ", hover": ".icon-b"} {
			n := 0
			for range 4 {
				look("before"+state, s.before, over)
				look("after"+state, s.after, over)
				if n = differing(t, shots["before"+state], shots["after"+state]); n == 0 {
					break
				}
			}
			if n > 0 {
				t.Errorf("scale %g%s: %d pixels differ", device.scale, state, n)
			}
		}
		if device.scale == 1 && differing(t, shots["before"], shots["before, hover"]) == 0 {
			t.Error("the pointer changes nothing, so nothing was seen")
		}
	}
}

// levels is how far apart two values of a channel are, of 255. What is turned
// comes out one apart from one shot to the next.
func levels(a, b uint32) uint32 { return (max(a, b) - min(a, b)) >> 8 }

// differing counts the pixels in which two shots differ.
func differing(t *testing.T, a, b []byte) (n int) {
	t.Helper()
	x, _, err := image.Decode(bytes.NewReader(a))
	if err != nil {
		t.Fatal(err)
	}
	y, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if x.Bounds() != y.Bounds() {
		return 1 << 30
	}
	for py := x.Bounds().Min.Y; py < x.Bounds().Max.Y; py++ {
		for px := x.Bounds().Min.X; px < x.Bounds().Max.X; px++ {
			r1, g1, b1, _ := x.At(px, py).RGBA()
			r2, g2, b2, _ := y.At(px, py).RGBA()
			if levels(r1, r2) > 2 || levels(g1, g2) > 2 || levels(b1, b2) > 2 {
				n++
			}
		}
	}
	return n
}
