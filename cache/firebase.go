package cache

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/hone-web/hone/site"
)

// Firebase writes firebase.json, merged with the owner's. The host keeps files
// for an hour by default, so the first rule says what the others do not; of
// two rules for one field the last counts.
var Firebase = &Target{
	Name:    "firebase",
	Doc:     "hosts/firebase.json, to stand in the project's root",
	Reads:   []site.Path{"firebase.json"},
	Emit:    emitFirebase,
	Resolve: resolveFirebase,
}

type firebaseHeader struct {
	Source  string      `json:"source,omitempty"`
	Regex   string      `json:"regex,omitempty"`
	Headers []keyValues `json:"headers"`
}

// firebaseMaxRegex keeps expressions as long as other hosts allow them.
const firebaseMaxRegex = 4096

func emitFirebase(m *site.Manifest, s Site) ([]site.Output, []site.Diagnostic) {
	view, have := view(m), pathsOf(m)
	rules := []firebaseHeader{{Source: "**", Headers: append([]keyValues{{"Cache-Control", revalidate}}, keyed(view.common)...)}}
	values, paths := view.group(view.told(m, byDefault), have)
	for _, v := range values {
		var alts []string
		for _, p := range paths[v] {
			alts = append(alts, urlForms(s.Prefix+p)...)
		}
		for _, a := range alternatives(alts, firebaseMaxRegex) {
			rules = append(rules, firebaseHeader{Regex: "^/(" + a + ")$", Headers: keyed(linesOf(v))})
		}
	}
	own := s.Own["firebase.json"]
	top := map[string]json.RawMessage{}
	if len(own) > 0 {
		if err := json.Unmarshal(own, &top); err != nil {
			return nil, []site.Diagnostic{unreadable("firebase.json", err)}
		}
	}
	hosting, err := mergeJSON(top["hosting"], "headers", rules)
	if err != nil { // several sites: nobody knows which is meant
		return nil, []site.Diagnostic{unreadable("firebase.json", err)}
	}
	top["hosting"] = hosting
	text, err := indentJSON(top)
	if err != nil {
		return nil, []site.Diagnostic{unreadable("firebase.json", err)}
	}
	return []site.Output{{Path: "firebase.json", Bytes: text}}, nil
}

func resolveFirebase(outs []site.Output) (func(string) http.Header, error) {
	if len(outs) != 1 {
		return nil, fmt.Errorf("firebase.json: %d files", len(outs))
	}
	cs := readFirebase(ConfFile{Path: "firebase.json", Text: outs[0].Bytes})
	if len(cs) != 1 {
		return nil, fmt.Errorf("firebase.json: %d sites", len(cs))
	}
	return func(url string) http.Header {
		// The request names the file in one form: the one that a rule of its
		// own speaks of.
		h := http.Header{}
		for _, u := range []string{site.Escape(url), url} {
			for _, x := range cs[0].Headers(u) {
				if h.Get(x.Name) == "" || x.Value != revalidate {
					h.Set(x.Name, x.Value)
				}
			}
		}
		return h
	}, nil
}
