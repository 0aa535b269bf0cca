package cache

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

func TestTagsAreSent(t *testing.T) {
	t.Parallel()
	for field, sep := range map[string]string{"Cache-Tag": ",", "Surrogate-Key": " "} {
		p := Policy{Tags: field}
		m := &site.Manifest{Entries: []site.Entry{{Path: "a.css"}, {Path: "paid.css", Zone: "x"}, {Path: "_headers"}}}
		if err := p.Apply(m); err != nil {
			t.Fatal(err)
		}
		if got, want := m.Entries[0].Header[field], "class-asset"+sep+fileTag("a.css"); got != want {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
		for _, e := range m.Entries[1:] {
			if e.Header[field] != "" {
				t.Errorf("%s: %s is sent with tags", field, e.Path)
			}
		}
		Describe(m, "/")
		if got := m.Entries[0].Header[field]; !slices.Equal(m.Entries[0].Tags, strings.Split(got, sep)) {
			t.Errorf("the manifest lists %q, the field %q", m.Entries[0].Tags, got)
		}
		for _, r := range Why(&m.Entries[0]) {
			if r.Name == field && r.Why != whyTags {
				t.Errorf("%s: %s", field, r.Why)
			}
		}
	}
}

// TestTagsPurgeTheSame: what a plan purges by URL it also purges by tag, and
// the tags of nothing else.
func TestTagsPurgeTheSame(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		old, now []site.Entry
		want     []string // files whose tags are dropped
	}{
		{"a page", []site.Entry{{Path: "a/index.html"}}, []site.Entry{{Path: "a/index.html", SHA256: site.Digest{1}}}, []string{"a/index.html"}},
		{"its forms", []site.Entry{{Path: "a.css", Encodings: []string{"br", "gzip"}}}, []site.Entry{{Path: "a.css", SHA256: site.Digest{1}, Encodings: []string{"br", "gzip"}}}, []string{"a.css"}},
		{"nothing changed", []site.Entry{{Path: "a.css"}}, []site.Entry{{Path: "a.css"}}, nil},
		{"in the place of another", []site.Entry{{Path: "a/index.html"}}, []site.Entry{{Path: "a.html"}, {Path: "a/index.html"}}, []string{"a.html", "a/index.html"}},
		{"became paid", []site.Entry{{Path: "a.css"}}, []site.Entry{{Path: "a.css", Zone: "x"}}, []string{"a.css"}},
		{"gone", []site.Entry{{Path: "a.css"}}, nil, []string{"a.css"}},
	}
	for _, tt := range tests {
		old, now := &site.Manifest{Entries: tt.old}, &site.Manifest{Entries: tt.now}
		Apply(old)
		Apply(now)
		var want, got []string
		for _, f := range tt.want {
			want = append(want, fileTag(site.Path(f)))
		}
		slices.Sort(want)
		for _, s := range Diff(old, now).Steps {
			got = append(got, s.Tags...)
			if (len(s.Tags) == 0) != (len(s.Purge) == 0) {
				t.Errorf("%s: %s purges %q and the tags %q", tt.name, s.Phase, s.Purge, s.Tags)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", tt.name, got, want)
		}
	}
}

// TestTagBatches: each CDN gets tags in its own words, within its limits, and
// is warned where what it holds has none.
func TestTagBatches(t *testing.T) {
	t.Parallel()
	files := map[string]bool{}
	for i := range 300 {
		files[fmt.Sprintf("p%d/index.html", i)] = true
	}
	old, now := edited(files)
	plain := Diff(old, now)
	p := Policy{Tags: "Cache-Tag"}
	if err := p.Apply(old); err != nil {
		t.Fatal(err)
	}
	tagged := Diff(old, now)
	for name, want := range map[string][2]int{"cloudflare": {3, 100}, "fastly": {2, 256}, "bunny": {300, 1}} {
		f := Formats[slices.Index(FormatNames(), name)]
		for _, plan := range []*Plan{plain, tagged} {
			var b bytes.Buffer
			if err := f.Write(&b, plan, now, Deploy{ByTag: true}); err != nil {
				t.Fatal(err)
			}
			var got payload
			if err := json.Unmarshal(b.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			requests, largest, all := 0, 0, map[string]bool{}
			for _, r := range got.Requests {
				if r.Phase != PhasePurge {
					continue
				}
				requests++
				n := 0
				for _, word := range strings.FieldsFunc(fmt.Sprint(r.Body), func(c rune) bool { return strings.ContainsRune("[]: ", c) }) {
					if strings.HasPrefix(word, "file-") {
						all[word] = true
						n++
					}
				}
				largest = max(largest, n)
			}
			if requests != want[0] || largest != want[1] || len(all) != 300 {
				t.Errorf("%s: %d requests of at most %d, %d tags", name, requests, largest, len(all))
			}
			if warned := strings.Contains(strings.Join(got.Notes, " "), "hold no tags"); warned != (plan == plain) {
				t.Errorf("%s: %q", name, got.Notes)
			}
		}
	}
}
