//go:build unix

package gates

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The emulator of Azure Static Web Apps sends the file under the 402 that a
// route asks for. It is looked at where swa is on the path, and never required:
// it brings some four hundred packages.
func TestStaticWebApps(t *testing.T) {
	if _, err := exec.LookPath("swa"); err != nil {
		t.Skip("swa (@azure/static-web-apps-cli) is not installed")
	}
	root := spread(t)
	conf(t, root, "staticwebapp.config.json", `{"routes":[{"route":"/club/*","statusCode":402}]}`)
	addr, port := freeAddr(t)
	t.Setenv("SWA_CLI_DISABLE_TELEMETRY", "1")
	t.Setenv("HOME", open(t))
	run(t, addr, "swa", "start", root, "--swa-config-location", root, "--port", port, "--host", "127.0.0.1")
	r := probe(t, "http://"+addr, false, nil)
	if found := rules(r); !slices.Contains(found, "PL004") || !slices.Contains(found, "PC001") {
		t.Errorf("found %v, want PL004 and PC001 among them", found)
	}
	for _, d := range r.Findings {
		t.Logf("%s %s", d.Rule, d.Message)
	}
}

// The emulator of Cloudflare Pages drops a line of _redirects that asks for
// 402, so the paid file is sent; a function in front of the files keeps it. It
// is looked at where wrangler is on the path, and never required: it brings the
// runtime of Workers, some 100 MB.
func TestCloudflarePages(t *testing.T) {
	if _, err := exec.LookPath("wrangler"); err != nil {
		t.Skip("wrangler is not installed")
	}
	t.Setenv("WRANGLER_SEND_METRICS", "false")
	t.Setenv("HOME", open(t))
	serve := func(t *testing.T, dir, root string) string {
		addr, port := freeAddr(t)
		inspector, _ := freeAddr(t)
		run(t, addr, "wrangler", "--cwd", dir, "pages", "dev", root, "--ip", "127.0.0.1", "--port", port, "--inspector-port", inspector[strings.LastIndexByte(inspector, ':')+1:],
			"--compatibility-date", "2025-01-01", "--show-interactive-dev-session=false")
		return "http://" + addr
	}
	t.Run("redirects", func(t *testing.T) {
		root := spread(t)
		conf(t, root, "_redirects", "/club/* /about 402\n")
		r := probe(t, serve(t, open(t), root), false, nil)
		if found := rules(r); !slices.Contains(found, "PL001") {
			t.Errorf("found %v, want PL001 among them", found)
		}
	})
	t.Run("function", func(t *testing.T) {
		root, dir := spread(t), open(t)
		if err := os.MkdirAll(filepath.Join(dir, "functions"), 0o755); err != nil {
			t.Fatal(err)
		}
		conf(t, dir, "functions/_middleware.js", `export async function onRequest({ request, next }) {
  const path = decodeURIComponent(new URL(request.url).pathname).toLowerCase().replace(/\/+/g, "/");
  if (path !== "/club" && !path.startsWith("/club/")) return next();
  return new Response('<!doctype html><title>Payment</title><a href="/about">How to pay</a>', {
    status: 402, headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" } });
}
`)
		r := probe(t, serve(t, dir, root), false, nil)
		if found := rules(r); slices.Contains(found, "PL001") || slices.Contains(found, "PC001") {
			t.Errorf("found %v", found)
		}
		for _, d := range r.Findings {
			t.Logf("%s %s", d.Rule, d.Message)
		}
	})
}
