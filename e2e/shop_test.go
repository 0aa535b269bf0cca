//go:build e2e

package e2e_test

import (
	"crypto/md5"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/hone-web/hone/internal/pipeline"
)

func promise(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// TestServiceWorker installs the shop's worker and looks into its cache: one
// address that does not answer would keep it from installing at all.
func TestServiceWorker(t *testing.T) {
	t.Parallel()
	s := build(t, filepath.Join(sites, "shop"), func(*pipeline.Options) {})
	cached := func(origin string) (urls []string) {
		t.Run("install", func(t *testing.T) {
			err := chromedp.Run(tab(t), chromedp.Navigate(origin+"/"), chromedp.Evaluate(`(async () => {
  await Promise.race([navigator.serviceWorker.ready, new Promise((_, no) => setTimeout(() => no(new Error("no worker after 15 s")), 15000))]);
  const cache = await caches.open("paper-v3");
  const urls = [];
  for (const request of await cache.keys()) {
    const response = await cache.match(request);
    urls.push(new URL(request.url).pathname + " " + response.status);
  }
  return urls.sort();
})()`, &urls, promise))
			if err != nil {
				t.Fatal(err)
			}
		})
		return urls
	}
	before, after := cached(s.before), cached(s.after)
	if len(before) < 12 || len(after) != len(before) {
		t.Errorf("the worker keeps %v, before: %v", after, before)
	}
	for i := range after {
		if got := fingerprint.ReplaceAllString(after[i], "$1"); !slices.Contains(before, got) {
			t.Errorf("kept %s", after[i])
		}
	}
	// A revision that stays when bytes change keeps visitors on the old file.
	text, err := os.ReadFile(filepath.Join(s.out, "sw.js"))
	if err != nil {
		t.Fatal(err)
	}
	entries := regexp.MustCompile(`"?revision"?: ?"([0-9a-f]{32})", ?"?url"?: ?"/([^"]+)"`).FindAllStringSubmatch(string(text), -1)
	if len(entries) != len(before) {
		t.Errorf("%d entries in\n%s", len(entries), text)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(s.out, e[2]))
		if err != nil {
			t.Error(err)
			continue
		}
		if sum := md5.Sum(data); hex.EncodeToString(sum[:]) != e[1] {
			t.Errorf("revision of %s is %s, its bytes have %x", e[2], e[1], sum)
		}
	}
}

// TestBasket buys something: cyclic modules, an import map and a dynamic
// import have to work together, each module running once.
func TestBasket(t *testing.T) {
	t.Parallel()
	s := build(t, filepath.Join(sites, "shop"), func(*pipeline.Options) {})
	buy := func(origin string) (total string, ran []string) {
		t.Run("buy", func(t *testing.T) {
			err := chromedp.Run(tab(t), chromedp.Navigate(origin+"/"),
				chromedp.Click(`button[data-price]`, chromedp.ByQuery), chromedp.WaitVisible(`#total.thanks`, chromedp.ByQuery),
				chromedp.Text("#total", &total, chromedp.ByQuery), chromedp.Evaluate("globalThis.executed", &ran))
			if err != nil {
				t.Fatal(err)
			}
		})
		return total, ran
	}
	total1, ran1 := buy(s.before)
	total2, ran2 := buy(s.after)
	if !strings.Contains(total1, "for 1 items") || total2 != total1 {
		t.Errorf("total %q, before: %q", total2, total1)
	}
	if len(ran1) != 4 || !slices.Equal(ran2, ran1) {
		t.Errorf("modules ran: %v, before: %v", ran2, ran1)
	}
}
