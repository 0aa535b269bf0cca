package cache

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/hone-web/hone/site"
)

// Bunny writes edge rules for a pull zone, each the body of a request to
// /pullzone/{id}/edgerules/addOrUpdate. Any address meets one rule at most: the
// rules that Bunny runs set fields one after another and cannot take one away,
// and of those that say how long the edge keeps a file only the first counts.
// Types are the storage zone's, which goes by the name.
var Bunny = &Target{
	Name:    "bunny",
	Doc:     "hosts/bunny.json, edge rules for a pull zone of Bunny",
	Asked:   true,
	Emit:    emitBunny,
	Resolve: resolveBunny,
}

// The numbers of Bunny's API ("Add/Update Edge Rule").
const (
	bunnyKeep      = 3 // seconds that the edge keeps what it sends; 0 means not at all
	bunnySet       = 5 // field and value
	bunnyURL       = 0
	bunnyStatus    = 8
	bunnyAny       = 0
	bunnyAll       = 1
	bunnyNone      = 2
	bunnyHashed    = "pattern:^.*%.[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]%.%w+$" // hashedName, as a pattern of Lua
	bunnyTarget    = "hone: "
	bunnyOther     = "*"
	bunnyFolder    = "*/"
	bunnyStatusSet = "200 206 304"
)

type bunnyRule struct {
	ActionType          int
	ActionParameter1    string
	ActionParameter2    string `json:",omitempty"`
	ExtraActions        []bunnyAction
	TriggerMatchingType int
	Triggers            []bunnyTrigger
	Description         string
	Enabled             bool
	OrderIndex          int
}

type bunnyAction struct {
	ActionType       int
	ActionParameter1 string
	ActionParameter2 string `json:",omitempty"`
}

type bunnyTrigger struct {
	Type                int
	PatternMatchingType int
	PatternMatches      []string
}

func emitBunny(m *site.Manifest, s Site) ([]site.Output, []site.Diagnostic) {
	m, diags := withoutTags(m)
	f, have := fold(m), pathsOf(m)
	var rules []bunnyRule
	// rule adds one for the addresses that match any of the patterns and none
	// of the others; errors are sent with it too if always is set, and else with
	// nothing, for they must not be kept as long as what they stand for.
	rule := func(about, text string, patterns, but []string, always bool) {
		r := bunnyRule{TriggerMatchingType: bunnyAll, Triggers: []bunnyTrigger{{bunnyURL, bunnyAny, patterns}}, Description: bunnyTarget + about, Enabled: true, OrderIndex: len(rules) + 1}
		if len(but) > 0 {
			r.Triggers = append(r.Triggers, bunnyTrigger{bunnyURL, bunnyNone, but})
		}
		if !always {
			r.Triggers = append(r.Triggers, bunnyTrigger{bunnyStatus, bunnyAny, strings.Fields(bunnyStatusSet)})
		}
		r.ActionType, r.ActionParameter1 = bunnyKeep, strconv.FormatInt(bunnyLife(text), 10)
		for _, x := range slices.Concat(f.common, linesOf(text)) {
			r.ExtraActions = append(r.ExtraActions, bunnyAction{bunnySet, x[0], x[1]})
		}
		rules = append(rules, r)
	}
	var ofHash, ofOther []string
	ofExt := map[string][]string{}
	type group struct {
		text   string
		always bool
	}
	var groups []group
	exact := map[group][]string{}
	for _, e := range f.except {
		g := group{f.of(e), e.Class == ClassError || e.Zone != ""}
		if exact[g] == nil {
			groups = append(groups, g)
		}
		for _, name := range requests(e, have) {
			urls := spellings([]string{s.Prefix + name})
			urls = slices.DeleteFunc(urls, func(u string) bool { return strings.Contains(u, "*") })
			exact[g] = append(exact[g], urls...)
			switch p := site.Path(name); {
			case hashed.MatchString(p.Base()):
				ofHash = append(ofHash, urls...)
			case f.byExt[bunnyExt(name)] != "":
				ofExt[f.byExt[bunnyExt(name)]] = append(ofExt[f.byExt[bunnyExt(name)]], urls...)
			default:
				ofOther = append(ofOther, urls...)
			}
		}
	}
	for _, g := range groups {
		rule(fmt.Sprintf("%d addresses", len(exact[g])), g.text, exact[g], nil, g.always)
	}
	byHashText := byDefault
	if f.hashed {
		byHashText = byHash
	}
	rule("fingerprinted names", byHashText, []string{bunnyHashed}, ofHash, false)
	var exts []string
	for _, g := range f.exts {
		var patterns []string
		for _, ext := range g.exts {
			patterns = append(patterns, "*."+ext)
			if ext == "html" {
				patterns = append(patterns, bunnyFolder)
			}
		}
		exts = append(exts, patterns...)
		rule(strings.Join(g.exts, " "), g.text, patterns, append([]string{bunnyHashed}, ofExt[g.text]...), false)
	}
	rule("what is left", byDefault, []string{bunnyOther}, slices.Concat([]string{bunnyHashed}, exts, ofOther), false)
	text, err := indentJSON(rules)
	if err != nil {
		return nil, append(diags, unreadable("bunny.json", err))
	}
	return []site.Output{{Path: "bunny.json", Bytes: text}}, diags
}

// withoutTags returns m without its tags: each file has its own, and a zone
// does not take a rule for each file.
func withoutTags(m *site.Manifest) (*site.Manifest, []site.Diagnostic) {
	out, n := &site.Manifest{Entries: slices.Clone(m.Entries)}, 0
	for i := range out.Entries {
		e := &out.Entries[i]
		if !slices.ContainsFunc(TagFields, func(f string) bool { return fieldOf(e.Header, f) != "" }) {
			continue
		}
		e.Header = maps.Clone(e.Header)
		maps.DeleteFunc(e.Header, func(name, _ string) bool {
			return slices.ContainsFunc(TagFields, func(f string) bool { return strings.EqualFold(f, name) })
		})
		n++
	}
	if n == 0 {
		return m, nil
	}
	return out, []site.Diagnostic{{Rule: "headers-limit", Severity: site.Info, Path: "bunny.json", Message: fmt.Sprintf("the tags of %d files are left out: each would need an edge rule of its own", n),
		Hint: "purge by URL (hone diff --format bunny), or let an origin of yours send the tags"}}
}

// bunnyExt returns the extension that patterns of extensions go by; a folder is
// answered by its page.
func bunnyExt(name string) string {
	if name == "" || strings.HasSuffix(name, "/") {
		return "html"
	}
	return extOf(site.Path(name))
}

// bunnyLife returns how long the edge keeps what has these fields, in seconds. A
// field for CDNs comes first (RFC 9213), and of the directives the one for
// shared caches (RFC 9111, section 5.2.2.10).
func bunnyLife(text string) int64 {
	value := ""
	for _, f := range linesOf(text) {
		if f[0] == "CDN-Cache-Control" || f[0] == "Cache-Control" && value == "" {
			value = f[1]
		}
	}
	for _, name := range directives(value) {
		if name == "private" || name == "no-store" || name == "no-cache" {
			return 0
		}
	}
	if n, ok := seconds(value, "s-maxage"); ok {
		return n
	}
	n, _ := seconds(value, "max-age")
	return n
}

func resolveBunny(outs []site.Output) (func(string) http.Header, error) {
	if len(outs) != 1 {
		return nil, errors.New("bunny.json: it is one file")
	}
	var rules []bunnyRule
	if err := json.Unmarshal(outs[0].Bytes, &rules); err != nil {
		return nil, fmt.Errorf("bunny.json: %w", err)
	}
	matches := func(at string, patterns []string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool {
			if p == bunnyHashed {
				return hashed.MatchString(at)
			}
			if end, ok := strings.CutPrefix(p, "*"); ok {
				return strings.HasSuffix(at, end)
			}
			return p == at
		})
	}
	return func(url string) http.Header {
		at, h := typed(url), http.Header{}
		for _, r := range rules {
			if slices.ContainsFunc(r.Triggers, func(t bunnyTrigger) bool {
				return t.Type == bunnyURL && matches(at, t.PatternMatches) == (t.PatternMatchingType == bunnyNone)
			}) {
				continue
			}
			for _, a := range r.ExtraActions {
				h.Add(a.ActionParameter1, a.ActionParameter2) // two rules for one address would show
			}
		}
		return h
	}, nil
}
