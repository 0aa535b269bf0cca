package cache

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/hone-web/hone/site"
)

// TestBunny: at each address one rule says what is sent and for how long the
// edge keeps it, and only errors and what is paid are sent so whatever happens.
func TestBunny(t *testing.T) {
	t.Parallel()
	for _, p := range []Policy{{}, {Tags: "CDN-Tag"}, {Security: true, Purged: true}} {
		checked, rules := 0, 0
		for seed := range uint64(20) {
			m := randomManifest(rand.New(rand.NewPCG(seed, 6)), 60)
			if err := p.Apply(m); err != nil {
				t.Fatal(err)
			}
			outs, diags := Bunny.Emit(m, Site{Prefix: "/a b/"})
			if (p.Tags != "") != (len(diags) == 1) {
				t.Fatal(diags)
			}
			var list []bunnyRule
			if err := json.Unmarshal(outs[0].Bytes, &list); err != nil {
				t.Fatal(err)
			}
			rules = max(rules, len(list))
			resolve, err := resolveBunny(outs)
			if err != nil {
				t.Fatal(err)
			}
			for i := range m.Entries {
				e := &m.Entries[i]
				if e.Class == ClassConfig {
					continue
				}
				for name, values := range resolve("/a b/" + string(e.Path)) {
					if len(values) != 1 || values[0] != fieldOf(e.Header, name) {
						t.Fatalf("%q is sent with %s %q, want %q", e.Path, name, values, fieldOf(e.Header, name))
					}
					checked++
				}
			}
			if got := resolve("/a b/never/there").Values("Cache-Control"); len(got) != 1 || got[0] != revalidate {
				t.Errorf("what no file is called is sent with %q", got)
			}
		}
		if checked < 500 || rules > 30 {
			t.Errorf("%d fields, %d rules", checked, rules)
		}
	}
	m := manifest(fingerprinted("a.1234567890.css"), site.Entry{Path: "404.html"}, site.Entry{Path: "club/index.html", Zone: "club"}, site.Entry{Path: "index.html"})
	outs, _ := Bunny.Emit(m, Site{Prefix: "/"})
	var list []bunnyRule
	if err := json.Unmarshal(outs[0].Bytes, &list); err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		status := len(r.Triggers) > 1 && r.Triggers[len(r.Triggers)-1].Type == bunnyStatus
		switch cc := r.ExtraActions[len(r.ExtraActions)-1].ActionParameter2; {
		case r.ActionType != bunnyKeep || r.TriggerMatchingType != bunnyAll || !r.Enabled:
			t.Errorf("rule %+v", r)
		case cc == forever && (r.ActionParameter1 != "31536000" || !status), cc == private && (r.ActionParameter1 != "0" || status):
			t.Errorf("%s is kept for %s s, by status: %v", cc, r.ActionParameter1, status)
		}
	}
}

func TestBunnyLife(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"Cache-Control: " + forever:                                              31536000,
		"Cache-Control: " + revalidate:                                           0,
		"Cache-Control: " + private:                                              0,
		"Cache-Control: " + short:                                                3600,
		"Cache-Control: " + revalidate + "\nCDN-Cache-Control: " + edgePage:      300,
		"CDN-Cache-Control: max-age=7\nCache-Control: max-age=1, s-maxage=\"9\"": 7,
		"Cache-Control: max-age=1, s-maxage=\"9\"":                               9,
		"Cache-Control: public":                                                  0,
		"":                                                                       0,
	} {
		if got := bunnyLife(text); got != want {
			t.Errorf("%q: %d s, want %d", text, got, want)
		}
	}
}
