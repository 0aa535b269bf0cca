package report

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// Pair is a picture of the input and what is served in its place.
type Pair struct {
	Path, Output  site.Path
	Before, After int64
}

// Likeness is a Pair with small JPEGs of either side.
type Likeness struct {
	Pair
	Was, Is []byte
}

const (
	// maxPairs bounds the pictures that are decoded for the report.
	maxPairs = 8
	// maxPage is what the report may weigh with pictures; without them it is as
	// long as its tables are.
	maxPage = 396_000
	// maxPictures is what pictures may weigh in a report that is short.
	maxPictures = 180_000
)

// Pairs returns the pictures that saved most, most first, each with the
// smallest still output that is made of it alone. Paid ones are left out: a
// report is passed on.
func Pairs(d *Document) []Pair {
	best := map[site.Path]Pair{}
	for i := range d.entries {
		e := &d.entries[i]
		if len(e.From) != 1 || e.Zone != "" || !strings.HasPrefix(e.Type, "image/") || e.Type == "image/svg+xml" {
			continue
		}
		if p, ok := best[e.From[0]]; !ok || e.Size < p.After {
			best[e.From[0]] = Pair{Path: e.From[0], Output: e.Path, After: e.Size}
		}
	}
	var list []Pair
	for i := range d.Files {
		f := &d.Files[i]
		p, ok := best[f.Path]
		if f.Kind != "image" || !ok || p.After >= f.Before {
			continue
		}
		p.Before = f.Before
		list = append(list, p)
	}
	slices.SortStableFunc(list, func(a, b Pair) int {
		return cmp.Or(cmp.Compare(b.Before-b.After, a.Before-a.After), cmp.Compare(a.Path, b.Path))
	})
	return list[:min(maxPairs, len(list))]
}

// pagePictures writes as many likenesses as room takes. They are elements, not
// data of the script: they are seen without it, one side beside the other.
func pagePictures(b *strings.Builder, d *Document, room int) {
	room = min(room, maxPictures)
	b.WriteString("<p>Those that saved most. Scores are of SSIMULACRA2: 70 looks as good, 90 cannot be told apart.</p>")
	var figures strings.Builder
	for i := range d.Likenesses {
		l := &d.Likenesses[i]
		text := figure(l)
		if figures.Len()+len(text) > room {
			break
		}
		figures.WriteString(text)
	}
	if figures.Len() > 0 {
		b.WriteString("<p class=soft>Small likenesses of both sides; the slider moves the line between them.</p><div class=\"shots\">" + figures.String() + "</div>")
	}
}

// figure writes one likeness. The script makes a slider of it.
func figure(l *Likeness) string {
	name := esc(Name(l.Path))
	return fmt.Sprintf(`<figure class="shot"><figcaption><b>%s</b><small>%s → %s (%s), %s</small></figcaption>`+
		`<div class="pair">%s%s</div>`+
		`<input type="range" min="0" max="100" value="50" aria-label="Before and after: %s" hidden></figure>`,
		name, Bytes(l.Before), Bytes(l.After), cmp.Or(Saved(l.Before, l.After), "0 %"), esc(Name(l.Output)), likeness(l.Was, "before: "+name), likeness(l.Is, "after: "+name), name)
}

func likeness(jpeg []byte, alt string) string {
	return `<img alt="` + alt + `" src="data:image/jpeg;base64,` + base64.StdEncoding.EncodeToString(jpeg) + `">`
}
