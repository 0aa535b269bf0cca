//go:build e2e

package e2e_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	// boxSlack is how far, in CSS pixels, an element may move: sub-pixel
	// rounding, and nothing else.
	boxSlack = 1
	// A photograph recoded at quality 75 differs by a few levels here and
	// there; text, edges or pictures that moved differ by a hundred.
	channelSlack = 48   // of 255
	pixelSlack   = 0.01 // share of pixels that may differ by more
	meanSlack    = 3.0  // mean difference of a channel over the page

	// scriptedPicture is the trap whose script puts an address together that
	// stands in the page, too: the picture has two names and comes twice.
	scriptedPicture = "script-array-of-names"
	// placeholders is the trap whose owner asks for colours behind pictures.
	placeholders = "TestTraps/placeholder"
)

// compare reports what a visitor would notice.
func compare(t *testing.T, before, after *visit) {
	t.Helper()
	if before.Title != after.Title {
		t.Errorf("title %q, was %q", after.Title, before.Title)
	}
	if before.Text != after.Text {
		t.Errorf("text\n%s\nwas\n%s", after.Text, before.Text)
	}
	for _, p := range added(before.problems, after.problems) {
		if strings.HasSuffix(p, " https://stats.example/rum") {
			continue // where the traps of rum send to, which is not there
		}
		t.Errorf("new problem: %s", p)
	}
	if !slices.Equal(before.Executed, after.Executed) {
		t.Errorf("modules ran: %v, before: %v", after.Executed, before.Executed)
	}
	compareBoxes(t, before.Boxes, after.Boxes)
	for i := range min(len(before.Images), len(after.Images)) {
		if b, a := before.Images[i], after.Images[i]; !a.same(b) {
			t.Errorf("image %d: %+v, was %+v", i, a, b)
		}
	}
	for i := range min(len(before.Styles), len(after.Styles)) {
		if before.Styles[i] != after.Styles[i] && !strings.HasPrefix(t.Name(), placeholders) {
			t.Errorf("style of element %d %s:\n%s\nwas\n%s", i, before.Boxes[i].Tag, after.Styles[i], before.Styles[i])
			break
		}
	}
	if share, mean, err := difference(before.shot, after.shot); err != nil || share > pixelSlack || mean > meanSlack {
		saveShots(t, before.shot, after.shot)
		t.Errorf("picture of the page: %.2f %% of the pixels differ, mean difference %.2f, %v", 100*share, mean, err)
	}
	for url, n := range after.requests {
		if n > 1 && before.requests[fingerprint.ReplaceAllString(url, "$1")] < n {
			t.Errorf("%s is asked for %d times", url, n)
		}
	}
	more := 0
	if strings.HasPrefix(t.Name(), "TestTraps/rum/") || strings.HasPrefix(t.Name(), "TestTraps/rum-") {
		more = 1 // the script that these traps ask for
	}
	if fetched(after.requests) > fetched(before.requests)+more && !strings.Contains(t.Name(), scriptedPicture) {
		t.Errorf("%d requests, before: %d\n%v\n%v", len(after.requests), len(before.requests), keys(after.requests), keys(before.requests))
	}
}

func keys(m map[string]int) []string {
	var k []string
	for s := range m {
		k = append(k, s)
	}
	slices.Sort(k)
	return k
}

func compareBoxes(t *testing.T, before, after []box) {
	t.Helper()
	if len(before) != len(after) {
		t.Errorf("%d elements, before: %d", len(after), len(before))
		return
	}
	for i := range before {
		b, a := before[i], after[i]
		if b.Tag != a.Tag || far(b.X, a.X) || far(b.Y, a.Y) || far(b.W, a.W) || far(b.H, a.H) {
			t.Errorf("element %d: %+v, was %+v", i, a, b)
			return // those after it have moved with it
		}
	}
}

func far(a, b float64) bool { return math.Abs(a-b) > boxSlack }

// added returns what is in after and not in before.
func added(before, after []string) []string {
	return slices.DeleteFunc(slices.Clone(after), func(s string) bool { return slices.Contains(before, s) })
}

func difference(a, b image.Image) (share, mean float64, err error) {
	if a.Bounds() != b.Bounds() {
		return 1, 0, fmt.Errorf("%v, was %v", b.Bounds(), a.Bounds())
	}
	many, sum, n := 0, 0, 0
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			r1, g1, b1, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			d := [3]int{apart(r1, r2), apart(g1, g2), apart(b1, b2)}
			if max(d[0], d[1], d[2]) > channelSlack {
				many++
			}
			sum += d[0] + d[1] + d[2]
			n++
		}
	}
	return float64(many) / float64(n), float64(sum) / float64(3*n), nil
}

// saveShots keeps the pictures of a page that differs, where E2E_SHOTS names a
// folder.
func saveShots(t *testing.T, before, after image.Image) {
	dir := os.Getenv("E2E_SHOTS")
	if dir == "" {
		return
	}
	for name, m := range map[string]image.Image{"before": before, "after": after} {
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		file := strings.ReplaceAll(t.Name(), "/", "_") + "-" + name + ".png"
		if err := os.WriteFile(filepath.Join(dir, file), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func apart(a, b uint32) int {
	d := int(a>>8) - int(b>>8)
	return max(d, -d)
}

// fetched counts requests but those of films and sounds, which a browser
// fetches when it finds the time.
func fetched(requests map[string]int) int {
	n := 0
	for url := range requests {
		switch path.Ext(url) {
		case ".webm", ".mp4", ".ogg", ".mp3", ".m4a", ".wav", ".vtt":
		default:
			n++
		}
	}
	return n
}
