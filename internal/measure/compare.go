package measure

import (
	"context"
	"fmt"
	"image"
	"math"
	"slices"
	"strings"
)

// Difference is something that a visitor, or a program of the page, meets
// after and did not before.
type Difference struct {
	Kind string `json:"kind"` // of Kinds
	Text string `json:"text"`
}

// Kinds are the kinds of differences, the surest first.
var Kinds = []string{"status", "console", "request", "text", "title", "image", "layout", "pixels"}

// Tolerances. A lossy picture differs by a few levels everywhere and by some
// tens along its edges; a picture or a line of text that moved differs by a
// hundred.
const (
	boxSlack     = 2    // CSS pixels
	channelSlack = 48   // of 255
	pixelSlack   = 0.01 // share of pixels of a page
	meanSlack    = 3.0  // mean difference of a channel over the page
	tile         = 16   // side of the squares in which noise is left out
)

// Compare looks at a page on both sides. What differs is looked at once more
// on both, and only what stays, and what the page before does not also differ
// in from itself, is told.
func (l *Lab) Compare(ctx context.Context, p Page) (Pair, error) {
	pair := Pair{Path: p.Path, Template: p.Template, Differences: []Difference{}, ErrorsBefore: []string{}, ErrorsAfter: []string{}}
	before, err := l.visitBefore(ctx, p)
	if err == nil {
		pair.ErrorsBefore, pair.Outside = orEmpty(before.problems), before.outside
		var after *visit
		if after, err = l.visit(ctx, l.after, p); err == nil {
			pair.ErrorsAfter = orEmpty(after.problems)
			err = l.judge(ctx, p, &pair, before, after)
		} else if ctx.Err() == nil && l.browser.alive() == nil {
			// It could be loaded as it was, and cannot any more.
			pair.Differences = append(pair.Differences, Difference{"status", "does not load: " + err.Error()})
			return pair, nil
		}
	}
	if ctx.Err() != nil {
		return pair, ctx.Err()
	}
	if err != nil {
		pair.Failed = err.Error()
		return pair, l.browser.alive()
	}
	return pair, nil
}

// visitBefore remembers the first look at each page: its folder stays as it is.
func (l *Lab) visitBefore(ctx context.Context, p Page) (*visit, error) {
	if v := l.seen[p.Path]; v != nil {
		return v, nil
	}
	v, err := l.visit(ctx, l.before, p)
	if err == nil {
		l.seen[p.Path] = v
	}
	return v, err
}

func (l *Lab) judge(ctx context.Context, p Page, pair *Pair, before, after *visit) error {
	found, pixels := differences(before, after, nil)
	pair.Pixels = pixels
	if len(found) == 0 {
		return nil
	}
	again, err := l.visit(ctx, l.before, p)
	if err != nil {
		return err
	}
	after2, err := l.visit(ctx, l.after, p)
	if err != nil {
		return err
	}
	n := noiseOf(before, again)
	first, share := differences(before, after, n)
	second, share2 := differences(again, after2, n)
	pair.Pixels = min(share, share2)
	for _, d := range first {
		if slices.ContainsFunc(second, func(e Difference) bool { return e.Kind == d.Kind }) {
			pair.Differences = append(pair.Differences, d)
		}
	}
	pair.Noise = n.says()
	return nil
}

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// noise is what differs between two loads of one page.
type noise struct {
	problems []string
	text     map[string]bool // lines
	title    bool
	order    bool // of lines
	boxes    bool
	at       map[int]bool // boxes by index
	images   map[int]bool
	tiles    map[image.Point]bool
}

func noiseOf(a, b *visit) *noise {
	n := &noise{text: map[string]bool{}, at: map[int]bool{}, images: map[int]bool{}, title: a.Title != b.Title, order: a.Text != b.Text}
	n.problems = append(newProblems(a.problems, b.problems), newProblems(b.problems, a.problems)...)
	for _, line := range append(lines(a.Text, b.Text), lines(b.Text, a.Text)...) {
		n.text[line] = true
	}
	n.boxes = len(a.Boxes) != len(b.Boxes)
	for i := range min(len(a.Boxes), len(b.Boxes)) {
		if a.Boxes[i].moved(b.Boxes[i]) {
			n.at[i] = true
		}
	}
	for i := range min(len(a.Images), len(b.Images)) {
		if a.Images[i].Loaded != b.Images[i].Loaded {
			n.images[i] = true
		}
	}
	n.tiles = noisyTiles(a.shot, b.shot)
	return n
}

func (n *noise) says() []string {
	var s []string
	for _, x := range []struct {
		on   bool
		text string
	}{{len(n.problems) > 0, "errors"}, {n.order, "text"}, {n.title, "title"}, {n.boxes || len(n.at) > 0, "layout"}, {len(n.images) > 0, "pictures"}, {len(n.tiles) > 0, "pixels"}} {
		if x.on {
			s = append(s, x.text)
		}
	}
	return s
}

// differences lists what is worse or other in after; n may be nil.
func differences(before, after *visit, n *noise) ([]Difference, float64) {
	if n == nil {
		n = &noise{}
	}
	var d []Difference
	add := func(kind, format string, args ...any) {
		d = append(d, Difference{kind, fmt.Sprintf(format, args...)})
	}
	if before.status != after.status {
		add("status", "answers %d, was %d", after.status, before.status)
	}
	for _, s := range newProblems(before.problems, after.problems) {
		if slices.Contains(n.problems, s) {
			continue
		}
		kind := "console"
		if strings.HasPrefix(s, "status ") || strings.HasPrefix(s, "failed: ") {
			kind = "request"
		}
		add(kind, "%s", s)
	}
	for _, h := range after.outside {
		if !slices.Contains(before.outside, h) {
			add("request", "asks %s, another host", h)
		}
	}
	compareText(before, after, n, add)
	compareImages(before, after, n, add)
	if i, ok := movedBox(before, after, n); ok {
		add("layout", "%s", describeMove(before, after, i))
	}
	share, mean := pixels(before, after, n.tiles)
	if share > pixelSlack || mean > meanSlack {
		add("pixels", "%.1f %% of the pixels differ visibly (mean difference %.1f of 255)", 100*share, mean)
	}
	return d, share
}

// newProblems are those of after that before has none of. An exception may
// name variables, which get other names: it counts as the same when before
// has as many of its class.
func newProblems(before, after []string) []string {
	var added []string
	spare := map[string]int{}
	for _, s := range before {
		if c, ok := exceptionClass(s); ok && !slices.Contains(after, s) {
			spare[c]++
		}
	}
	for _, s := range after {
		if slices.Contains(before, s) {
			continue
		}
		if c, ok := exceptionClass(s); ok && spare[c] > 0 {
			spare[c]--
			continue
		}
		added = append(added, s)
	}
	return added
}

func exceptionClass(s string) (string, bool) {
	rest, ok := strings.CutPrefix(s, "exception: ")
	if !ok {
		return "", false
	}
	rest = strings.TrimPrefix(rest, "Uncaught ")
	class, _, _ := strings.Cut(rest, ":")
	return class, true
}

// lines are those of b that a has fewer of.
func lines(a, b string) []string {
	have := map[string]int{}
	for _, s := range strings.Split(a, "\n") {
		have[s]++
	}
	var more []string
	for _, s := range strings.Split(b, "\n") {
		if have[s]--; have[s] < 0 {
			more = append(more, s)
		}
	}
	return more
}

func compareText(before, after *visit, n *noise, add func(kind, format string, args ...any)) {
	if before.Title != after.Title && !n.title {
		add("title", "the title is %.80q, was %.80q", after.Title, before.Title)
	}
	quiet := func(list []string) []string {
		return slices.DeleteFunc(list, func(s string) bool { return n.text[s] })
	}
	lost, won := quiet(lines(after.Text, before.Text)), quiet(lines(before.Text, after.Text))
	switch {
	case len(n.text) > 0 && len(lost) <= len(n.text):
		// Text that changes from load to load: nothing is known of so few lines.
	case len(lost) > 0:
		add("text", "%d lines of text are missing, such as %.80q", len(lost), lost[0])
	case len(won) > 0:
		add("text", "%d lines of text are new, such as %.80q", len(won), won[0])
	case before.Text != after.Text && !n.order:
		add("text", "lines of text stand in another order")
	}
}

func compareImages(before, after *visit, n *noise, add func(kind, format string, args ...any)) {
	broken := 0
	name := ""
	for i := range min(len(before.Images), len(after.Images)) {
		b, a := before.Images[i], after.Images[i]
		if b.Loaded && !a.Loaded && !n.images[i] && b.Shown {
			if broken++; broken == 1 {
				name = b.Name
			}
		}
	}
	if broken > 0 {
		if len(name) > 0 {
			name = name[strings.LastIndexByte(name, '/')+1:]
		}
		add("image", "%d pictures do not load, such as %.80s", broken, name)
	}
	if b, a := len(before.Images), len(after.Images); a < b && len(n.images) == 0 && !n.boxes {
		add("image", "%d pictures, were %d", a, b)
	}
}

func (b box) moved(c box) bool {
	far := func(x, y float64) bool { return math.Abs(x-y) > boxSlack }
	return b.Tag != c.Tag || far(b.X, c.X) || far(b.Y, c.Y) || far(b.W, c.W) || far(b.H, c.H)
}

// movedBox returns the first element that stands elsewhere; an index beyond
// the boxes means that there are more or fewer of them.
func movedBox(before, after *visit, n *noise) (int, bool) {
	if n.boxes {
		return 0, false
	}
	for i := range min(len(before.Boxes), len(after.Boxes)) {
		if before.Boxes[i].moved(after.Boxes[i]) && !n.at[i] {
			return i, true
		}
	}
	return len(before.Boxes), len(before.Boxes) != len(after.Boxes)
}

func describeMove(before, after *visit, i int) string {
	if i >= len(before.Boxes) || i >= len(after.Boxes) {
		return fmt.Sprintf("%d elements are shown, were %d", len(after.Boxes), len(before.Boxes))
	}
	b, a := before.Boxes[i], after.Boxes[i]
	if b.Tag != a.Tag {
		return fmt.Sprintf("%s stands where %s was", a.At, b.At)
	}
	return fmt.Sprintf("%s is %s, was %s", b.At, a.rect(), b.rect())
}

func (b box) rect() string { return fmt.Sprintf("%.0f×%.0f at %.0f,%.0f", b.W, b.H, b.X, b.Y) }
