package main

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"strings"
	"testing"
)

// TestLikenesses: the report shows a picture that became smaller from both
// sides, the same when it comes from the store, and no paid one.
func TestLikenesses(t *testing.T) {
	t.Parallel()
	dir := testSite(t)
	m := image.NewRGBA(image.Rect(0, 0, 400, 300))
	for y := range 300 {
		for x := range 400 {
			m.SetRGBA(x, y, color.RGBA{uint8(x), uint8(y), uint8(x * y >> 8), 255})
		}
	}
	var j bytes.Buffer
	if err := jpeg.Encode(&j, m, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	put(t, dir+"/public/sunset.jpg", j.String())
	j.Reset()
	if err := jpeg.Encode(&j, m, &jpeg.Options{Quality: 99}); err != nil {
		t.Fatal(err)
	}
	put(t, dir+"/public/club/secret.jpg", j.String())
	put(t, dir+"/hone.toml", "image.avif = \"off\"\n[[paywall.rule]]\nid = \"club\"\npath = \"/club/**\"\naccess = \"paid\"\n")
	build := func() string {
		t.Helper()
		var said bytes.Buffer
		if code := run(context.Background(), []string{"build", "--meta", dir + "/.hone", "-o", dir + "/out", "--config", dir + "/hone.toml", dir + "/public"}, nil, io.Discard, &said); code != 0 {
			t.Fatalf("%d: %s", code, said.String())
		}
		return read(t, dir+"/.hone/report.html")
	}
	first := build()
	if n := strings.Count(first, `<figure class="shot">`); n != 1 || !strings.Contains(first, "before: sunset.jpg") {
		t.Errorf("%d pictures", n)
	}
	// The second build finds them in the store; only its verdict is another.
	pictures := func(text string) string {
		_, text, _ = strings.Cut(text, `<div class="shots">`)
		text, _, _ = strings.Cut(text, "</section>")
		return text
	}
	if again := build(); pictures(again) == "" || pictures(again) != pictures(first) {
		t.Error("the same build has other pictures")
	}
	var said bytes.Buffer
	if code := run(context.Background(), []string{"build", "--meta", dir + "/.hone", "--replace", "--force", "--config", dir + "/hone.toml", dir + "/public"}, nil, io.Discard, &said); code != 0 {
		t.Fatalf("%d: %s", code, said.String())
	}
	if strings.Contains(read(t, dir+"/.hone/report.html"), "<figure") {
		t.Error("a picture is shown before and after, and the one before is gone")
	}
}
