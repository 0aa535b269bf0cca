//go:build e2e

package e2e_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/hone-web/hone/optimize"
	"github.com/hone-web/hone/site"
)

// drawings are those whose passes could move something.
var drawings = map[string]string{
	"transforms": `<g transform="translate(10.5 20) rotate(30)"><path transform="scale(2.5 -1.5)" fill="#ff0000" d="M 1.23456 2 L 20 3 L 15 -12 A 5 5 0 0 1 9 -9 Z"/></g>`,
	"groups":     `<g fill="red"><g stroke="#0000ff" stroke-width="3.00001"><path d="M 10 10 C 20 20 30 20 40 10 S 60 0 70 10 Q 75 15 80 10 T 90 10"/></g></g>`,
	"defaults":   `<g stroke="blue" fill="none"><path stroke="none" fill="#000000" d="M 5 5 H 50 V 50 H 5 Z"/><path fill="none" d="M 60 60 L 90 90"/></g>`,
	"styles":     `<defs><linearGradient id="a"><stop offset="0%" style="stop-color:#fff"/><stop offset="100%" style="stop-color:#00f;stop-opacity:.5"/></linearGradient></defs><rect x="10" y="10" width="70" height="60" style="fill:url(#a);stroke:rgb(0, 128, 0);stroke-width:2px"/>`,
	"use":        `<defs><path id="p" d="M 0 0 L 20 0 L 10 20 Z"/></defs><g fill="green"><use href="#p" x="10" y="10"/></g><use href="#p" x="50" y="50" fill="red"/>`,
	"sheet":      `<style>.a { fill: #00f } rect { stroke: red }</style><g><path class="a" fill="red" d="M 10 10 L 50 10 L 50 50 Z"/></g><rect x="60" y="60" width="20" height="20" fill="none"/>`,
	"shapes":     `<polygon points="10,10 50,10 30,40"/><line x1="5" y1="90" x2="95" y2="80" stroke="black" stroke-width="2"/><polyline points="60 10 90 10 75 40" fill="none" stroke="red"/>`,
	"clip":       `<clipPath id="c"><path d="M 0 0 H 50 V 50 H 0 Z"/></clipPath><g clip-path="url(#c)"><path transform="translate(20,20)" d="M 0 0 L 60 0 L 60 60 Z"/></g>`,
}

func TestDrawings(t *testing.T) {
	for name, body := range drawings {
		t.Run(name, func(t *testing.T) {
			src := []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" width="400" height="400"><!-- a comment that makes room --> ` + body + `</svg>`)
			out, err := optimize.SVG.Run(t.Context(), &optimize.Input{Path: "a.svg", Kind: site.SVG, Bytes: src, Options: &optimize.Options{}, Whole: true})
			if err != nil || out.Bytes == nil {
				t.Fatalf("kept: %s, %v", out.Kept, err)
			}
			if differ := pixelsApart(t, src, out.Bytes); differ > 0.001 {
				t.Errorf("%.2f %% of the pixels differ\n%s\n%s", 100*differ, src, out.Bytes)
			}
		})
	}
	red := []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400"><path fill="red" d="M0 0h99v99z"/></svg>`)
	if pixelsApart(t, red, bytes.Replace(red, []byte("red"), []byte("blue"), 1)) < 0.01 {
		t.Error("two colours look alike to the comparison")
	}
}

// pixelsApart returns the share of pixels of two drawings that differ by more
// than 8 of 255 in a channel.
func pixelsApart(t *testing.T, a, b []byte) (share float64) {
	t.Helper()
	uri := func(svg []byte) string { return "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(svg) }
	script := fmt.Sprintf(`(async () => {
		const pixels = async u => {
			const i = new Image(); i.src = u; await i.decode();
			const x = new OffscreenCanvas(400, 400).getContext('2d'); x.fillStyle = '#9ab'; x.fillRect(0, 0, 400, 400); x.drawImage(i, 0, 0);
			return x.getImageData(0, 0, 400, 400).data;
		};
		const a = await pixels(%q), b = await pixels(%q);
		let n = 0;
		for (let i = 0; i < a.length; i += 4) n += [0, 1, 2].some(c => Math.abs(a[i + c] - b[i + c]) > 8);
		return n / 160000;
	})()`, uri(a), uri(b))
	if err := chromedp.Run(tab(t), chromedp.Navigate("about:blank"), chromedp.Evaluate(script, &share, promise)); err != nil {
		t.Fatal(err)
	}
	return share
}
