package pipeline

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/hone-web/hone/site"
)

// TestNumber: files that several pages load stand in the table once, in the
// order of the first to load them.
func TestNumber(t *testing.T) {
	t.Parallel()
	a, b, c := Resource{"a.css", "css", 1}, Resource{"b.js", "js", 2}, Resource{"b.js", "js", 1}
	pages := []Page{{Path: "1.html"}, {Path: "2.html"}, {Path: "3.html"}}
	table := number(pages, map[site.Path][2][]Resource{"1.html": {{a, b}, {a, c}}, "2.html": {{b}, nil}})
	if !slices.Equal(table, []Resource{a, b, c}) || !slices.Equal(pages[0].LoadsAfter, Indexes{0, 2}) || !slices.Equal(pages[1].LoadsBefore, Indexes{1}) || len(pages[2].LoadsAfter) != 0 {
		t.Errorf("%v, %+v", table, pages)
	}
	text, err := json.Marshal(&pages[0])
	if err != nil {
		t.Fatal(err)
	}
	var back Page
	if err := json.Unmarshal(text, &back); err != nil || !slices.Equal(back.LoadsBefore, Indexes{0, 1}) || !slices.Equal(back.LoadsAfter, Indexes{0, 2}) {
		t.Errorf("%s read back as %+v, %v", text, back, err)
	}
	if err := json.Unmarshal([]byte(`"1 x"`), &back.LoadsAfter); err == nil {
		t.Error("nonsense was read")
	}
}
