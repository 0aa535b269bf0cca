package cache

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"

	"github.com/hone-web/hone/site"
)

// Vercel writes vercel.json, merged with the owner's. Its own default for
// files is to revalidate, so only what differs gets a rule.
var Vercel = &Target{
	Name:    "vercel",
	Doc:     "hosts/vercel.json, to stand in the project's root",
	Reads:   []site.Path{"vercel.json"},
	Emit:    emitVercel,
	Resolve: resolveVercel,
}

type vercelHeader struct {
	Source  string      `json:"source"`
	Headers []keyValues `json:"headers"`
}

type keyValues struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

func emitVercel(m *site.Manifest, s Site) ([]site.Output, []site.Diagnostic) {
	rules, diags := vercelRules(m, s)
	text, err := mergeJSON(s.Own["vercel.json"], "headers", rules)
	if err != nil {
		return nil, append(diags, unreadable("vercel.json", err))
	}
	return []site.Output{{Path: "vercel.json", Bytes: text}}, diags
}

// vercelRules returns the rules for headers, the widest first: the last that
// matches counts.
func vercelRules(m *site.Manifest, s Site) ([]vercelHeader, []site.Diagnostic) {
	view, have := view(m), pathsOf(m)
	var rules []vercelHeader
	if len(view.common) > 0 {
		rules = append(rules, vercelHeader{"/(.*)", keyed(view.common)})
	}
	values, paths := view.group(view.told(m, byDefault), have)
	for _, v := range values {
		var alts []string
		for _, p := range paths[v] {
			alts = append(alts, urlForms(s.Prefix+p)...)
		}
		for _, a := range alternatives(alts, vercelMaxString-4) {
			rules = append(rules, vercelHeader{"/(" + a + ")", keyed(linesOf(v))})
		}
	}
	var diags []site.Diagnostic
	if len(rules) > vercelMaxRules {
		diags = append(diags, site.Diagnostic{Rule: "headers-limit", Severity: site.Warn, Path: "vercel.json",
			Message: fmt.Sprintf("%d header rules; Vercel accepts %d", len(rules), vercelMaxRules), Hint: "set keep_urls to media or none, so that fewer names answer"})
	}
	return rules, diags
}

// keyed writes fields as these hosts do.
func keyed(list [][2]string) []keyValues {
	var out []keyValues
	for _, f := range list {
		out = append(out, keyValues{f[0], f[1]})
	}
	return out
}

// urlForms returns the expressions for a URL path without its first slash, as
// it is written in a request and as it is meant; mostly they are one.
func urlForms(url string) []string {
	url = url[1:]
	esc := regexp.QuoteMeta(site.Escape(url))
	if raw := regexp.QuoteMeta(url); raw != esc && json.Valid(mustQuote(raw)) {
		return []string{esc, raw}
	}
	return []string{esc}
}

// mustQuote returns s as JSON text; what is not UTF-8 becomes invalid.
func mustQuote(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil || bytes.Contains(b, []byte(`\ufffd`)) {
		return nil
	}
	return b
}

// mergeJSON puts rules behind those that stand under key in the owner's text,
// whose other settings stay as they are written.
func mergeJSON(own []byte, key string, rules any) ([]byte, error) {
	top := map[string]json.RawMessage{}
	if len(bytes.TrimSpace(own)) > 0 {
		if err := json.Unmarshal(own, &top); err != nil {
			return nil, err
		}
	}
	var old []json.RawMessage
	if raw, ok := top[key]; ok {
		if err := json.Unmarshal(raw, &old); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	ours, err := flatJSON(rules)
	if err != nil {
		return nil, err
	}
	var list []json.RawMessage
	if err := json.Unmarshal(ours, &list); err != nil {
		return nil, err
	}
	// The last rule for a field counts: the owner's come last.
	all, err := flatJSON(slices.Concat(list, old))
	if err != nil {
		return nil, err
	}
	top[key] = all
	return indentJSON(top)
}

// flatJSON writes v without escaping for HTML.
func flatJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

func indentJSON(v any) ([]byte, error) {
	flat, err := flatJSON(v)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = json.Indent(&b, flat, "", "  ")
	return b.Bytes(), err
}

func unreadable(p site.Path, err error) site.Diagnostic {
	return site.Diagnostic{Rule: "host-config", Severity: site.Warn, Path: p, Message: fmt.Sprintf("it could not be read (%v), so no headers were added to it", err),
		Hint: "correct the file and build again"}
}

func resolveVercel(outs []site.Output) (func(string) http.Header, error) {
	if len(outs) != 1 {
		return nil, fmt.Errorf("vercel.json: %d files", len(outs))
	}
	c := readVercel(ConfFile{Path: "vercel.json", Text: outs[0].Bytes})
	return throughConf(c, revalidate), nil
}

// throughConf returns what a host sends whose configuration was read.
func throughConf(c *site.HostConf, byDefault string) func(string) http.Header {
	return func(url string) http.Header {
		h := http.Header{}
		for _, u := range []string{site.Escape(url), url} {
			for _, x := range c.Headers(u) {
				h.Set(x.Name, x.Value)
			}
		}
		if h.Get("Cache-Control") == "" {
			h.Set("Cache-Control", byDefault)
		}
		return h
	}
}
