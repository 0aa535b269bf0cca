package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hone-web/hone/internal/publish"
)

// page makes a folder with one page and returns it.
func page(t *testing.T, html string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "site")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte(html), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	good := "GOOD" // stands for a site of the test's own
	bad := page(t, "<!DOCTYPE html><title>T</title><img src=gone.png>")
	locked := page(t, "<!DOCTYPE html><title>T</title><p>Text.")
	held, err := publish.Acquire(locked + "-honed")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(held.Release)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		args []string
		want int
		says string
	}{
		{"fine", t.Context(), []string{"build", good}, exitOK, "published"},
		{"findings", t.Context(), []string{"check", bad}, exitFindings, "leads nowhere"},
		{"flag", t.Context(), []string{"build", "--nope", good}, exitUsage, "unknown flag"},
		{"near flag", t.Context(), []string{"build", "--outt=x", good}, exitUsage, "--outt; did you mean --out?"},
		{"command", t.Context(), []string{"bake"}, exitUsage, "unknown command"},
		{"too many arguments", t.Context(), []string{"build", "a", "b"}, exitUsage, "accepts at most"},
		{"refused output", t.Context(), []string{"build", "-o", good, good}, exitUsage, "--replace"},
		{"environment", t.Context(), []string{"build", "--meta", "GOOD/index.html", good}, exitEnvironment, "not a directory"},
		{"locked", t.Context(), []string{"build", locked}, exitLocked, "another run"},
		{"interrupted", cancelled, []string{"build", good}, exitInterrupted, "nothing was published"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			own := page(t, "<!DOCTYPE html><title>T</title><p>Text.")
			var args []string
			for _, a := range c.args {
				args = append(args, strings.Replace(a, good, own, 1))
			}
			if c.name != "environment" && (args[0] == "build" || args[0] == "check") {
				args = append(args, "--meta", filepath.Join(t.TempDir(), "meta"))
			}
			var stderr bytes.Buffer
			if got := run(c.ctx, args, strings.NewReader(""), io.Discard, &stderr); got != c.want {
				t.Errorf("exit code %d, want %d; stderr: %s", got, c.want, stderr.String())
			}
			if !strings.Contains(stderr.String(), c.says) {
				t.Errorf("stderr %q does not say %q", stderr.String(), c.says)
			}
		})
	}
	if _, err := os.Stat(locked + "-honed"); err == nil {
		t.Error("the locked output was written")
	}
}

func TestParseSize(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]int64{"512MB": 512e6, "1GiB": 1 << 30, "2 kB": 2000, "7": 7, "1.5GB": 15e8} {
		if got, err := parseSize(s); err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "lots", "-1MB", "1XB", "1MB2"} {
		if got, err := parseSize(s); err == nil {
			t.Errorf("%q: %d, want an error", s, got)
		}
	}
}
