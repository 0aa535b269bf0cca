package cache

import (
	"testing"

	"github.com/hone-web/hone/site"
)

func TestDictionaries(t *testing.T) {
	t.Parallel()
	long := func(path, class string, zone site.Zone) site.Entry {
		return site.Entry{Path: site.Path(path), Class: class, Zone: zone, Size: 4096, Type: site.TypeOf(site.Path(path)), Encodings: []string{"br"}}
	}
	paid := long("css/app.paid.css", ClassAsset, "members")
	for _, c := range []struct {
		name  string
		entry site.Entry
		also  *site.Entry
		want  string
	}{
		{"a style sheet", long("css/app.0123456789.css", ClassFingerprinted, ""), nil, `match="/docs/css/app.*.css"`},
		{"a script", long("js/app.min.0123456789.mjs", ClassFingerprinted, ""), nil, `match="/docs/js/app.min.*.mjs"`},
		{"a name that stays", long("css/app.css", ClassAsset, ""), nil, ""},
		{"a picture", long("a.0123456789.png", ClassFingerprinted, ""), nil, ""},
		{"paid", long("css/app.0123456789.css", ClassFingerprinted, "members"), nil, ""},
		{"a name that a pattern reads otherwise", long("css/a(b)*.0123456789.css", ClassFingerprinted, ""), nil, ""},
		{"what is paid matches", long("css/app.0123456789.css", ClassFingerprinted, ""), &paid, ""},
		{"what is paid does not match", long("css/site.0123456789.css", ClassFingerprinted, ""), &paid, `match="/docs/css/site.*.css"`},
	} {
		m := &site.Manifest{Entries: []site.Entry{c.entry}}
		if c.also != nil {
			m.Entries = append(m.Entries, *c.also)
		}
		p := Policy{Dictionary: true, Prefix: "/docs/"}
		if err := p.Apply(m); err != nil {
			t.Fatal(err)
		}
		h := m.Entries[0].Header
		if h[useAsDictionary] != c.want || (h["Vary"] == varyDictionary) != (c.want != "") {
			t.Errorf("%s: %v", c.name, h)
		}
		p.Dictionary = false
		if err := p.Apply(m); err != nil || m.Entries[0].Header[useAsDictionary] != "" {
			t.Errorf("%s: %v, %v", c.name, m.Entries[0].Header, err)
		}
	}
	small := long("a.0123456789.css", ClassFingerprinted, "")
	small.Size = 100
	if Dictionary(&small) {
		t.Error("a hundred bytes are no dictionary")
	}
}
