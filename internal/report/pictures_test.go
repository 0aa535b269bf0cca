package report

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/site"
)

// TestPairs: the smallest free output stands for a picture, most saved first.
func TestPairs(t *testing.T) {
	t.Parallel()
	d := &Document{}
	add := func(name string, before int64, outputs ...site.Entry) {
		d.Files = append(d.Files, pipeline.FileStory{Path: site.Path(name), Kind: "image", Before: before})
		for _, e := range outputs {
			e.From = []site.Path{site.Path(name)}
			d.entries = append(d.entries, e)
		}
	}
	add("a.jpg", 100, site.Entry{Path: "a.1.jpg", Type: "image/jpeg", Size: 60}, site.Entry{Path: "a.1.avif", Type: "image/avif", Size: 30})
	add("b.png", 100, site.Entry{Path: "b.png", Type: "image/png", Size: 100})
	add("paid.jpg", 900, site.Entry{Path: "paid.jpg", Type: "image/jpeg", Size: 1, Zone: "club"})
	add("c.png", 500, site.Entry{Path: "c.png", Type: "image/png", Size: 400})
	var got []string
	for _, p := range Pairs(d) {
		got = append(got, fmt.Sprint(p))
	}
	if want := []string{"{c.png c.png 500 400}", "{a.jpg a.1.avif 100 30}"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestPictureRoom: a long report has fewer pictures, and stays as light as it
// is to be.
func TestPictureRoom(t *testing.T) {
	t.Parallel()
	jpeg := bytes.Repeat([]byte("j"), 7000)
	fill := func(d *Document) int {
		for i := range maxPairs {
			d.Likenesses = append(d.Likenesses, Likeness{Pair{site.Path(fmt.Sprint(i)), "out", 9, 3}, jpeg, jpeg})
		}
		text := written(t, "html", d)
		if len(text) > 400_000 {
			t.Errorf("the report has %d bytes", len(text))
		}
		return strings.Count(text, "<figure")
	}
	if n := fill(large()); n < 1 || n == maxPairs {
		t.Errorf("%d pictures in a long report", n)
	}
	if n := fill(&Document{}); n != maxPairs {
		t.Errorf("%d pictures in a short report", n)
	}
}

// TestBudgetCard: the head says whether budgets were held, where there are any.
func TestBudgetCard(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		budgets  bool
		findings []site.Diagnostic
		want     string
	}{{false, nil, ""}, {true, nil, "<b>all held</b>"}, {true, []site.Diagnostic{{Rule: "budget-exceeded"}, {Rule: "other"}}, "<b>1 limit exceeded</b>"}} {
		text := written(t, "html", &Document{Budgets: c.budgets, Findings: c.findings})
		if got := strings.Contains(text, "<li>Budgets"); got != c.budgets || !strings.Contains(text, c.want) {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// TestRemember: only builds of one input are compared, and others stay.
func TestRemember(t *testing.T) {
	t.Parallel()
	a, b := &Document{Input: "./a"}, &Document{Input: "b/"}
	a.Totals.BytesAfter, b.Totals.BytesAfter = 1, 2
	all := a.Remember([]Build{{BytesAfter: 9}}) // of a version that did not note the input
	all = b.Remember(all)
	if len(b.History) != 1 || len(all) != 2 {
		t.Errorf("%v of %v", b.History, all)
	}
	a.Totals.BytesAfter = 3
	all = a.Remember(all)
	if len(a.History) != 2 || a.History[0].BytesAfter != 1 || len(all) != 3 {
		t.Errorf("%v of %v", a.History, all)
	}
	if all = a.Remember(all); len(all) != 3 {
		t.Errorf("a build that is as the last one is remembered: %v", all)
	}
	for i := range 3000 {
		b.Input, b.Totals.BytesAfter = fmt.Sprint(i%30), int64(i)
		all = b.Remember(all)
	}
	if len(all) > maxHistory*maxInputs {
		t.Errorf("%d builds are remembered", len(all))
	}
}
