package cache

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/hone-web/hone/site"
)

// VercelOutput writes the config.json of Vercel's Build Output API (version 3),
// for projects that are deployed as they are (vercel deploy --prebuilt), beside
// the site as the folder static. It is what vercel build makes of the file
// that Vercel writes.
var VercelOutput = &Target{
	Name:    "vercel-output",
	Doc:     "hosts/vercel-output.json, to stand as .vercel/output/config.json beside the site as .vercel/output/static",
	Reads:   []site.Path{"vercel.json"},
	Asked:   true,
	Emit:    emitVercelOutput,
	Resolve: resolveVercelOutput,
}

// vercelRoute is a route of config.json.
type vercelRoute struct {
	Handle   string            `json:"handle,omitempty"`
	Status   int               `json:"status,omitempty"`
	Src      string            `json:"src,omitempty"`
	Dest     string            `json:"dest,omitempty"`
	Headers  map[string]string `json:"headers,omitempty"`
	Continue bool              `json:"continue,omitempty"`
}

func emitVercelOutput(m *site.Manifest, s Site) ([]site.Output, []site.Diagnostic) {
	rules, diags := vercelRules(m, s)
	if text := s.Own["vercel.json"]; len(text) > 0 {
		var own map[string]json.RawMessage
		if err := json.Unmarshal(text, &own); err != nil {
			return nil, append(diags, unreadable("vercel.json", err))
		}
		for _, key := range []string{"headers", "redirects", "rewrites", "routes", "cleanUrls", "trailingSlash"} {
			if own[key] != nil {
				diags = append(diags, uncompiled(key))
			}
		}
	}
	routes := make([]vercelRoute, 0, len(rules)+2)
	for _, r := range rules {
		h := map[string]string{}
		for _, f := range r.Headers {
			h[f.Key] = f.Value
		}
		routes = append(routes, vercelRoute{Src: "^(?:" + r.Source + ")$", Headers: h, Continue: true})
	}
	if slices.ContainsFunc(m.Entries, func(e site.Entry) bool { return e.Path == "404.html" }) {
		routes = append(routes, vercelRoute{Handle: "error"}, vercelRoute{Status: http.StatusNotFound, Src: "^(?!/api).*$", Dest: "/404.html"})
	}
	text, err := indentJSON(struct {
		Version int           `json:"version"`
		Routes  []vercelRoute `json:"routes"`
	}{3, routes})
	if err != nil {
		panic(err) // strings and numbers alone
	}
	return []site.Output{{Path: "vercel-output.json", Bytes: text}}, diags
}

// uncompiled says that a setting of vercel.json is not in what hone writes: its
// patterns are compiled by vercel build.
func uncompiled(key string) site.Diagnostic {
	return site.Diagnostic{Rule: "host-config", Severity: site.Warn, Path: "vercel.json",
		Message: fmt.Sprintf("%s is not part of vercel-output.json: only vercel build compiles its patterns", key),
		Hint:    "take hosts/vercel.json and run vercel build instead, or move the setting to the project on Vercel"}
}

func resolveVercelOutput(outs []site.Output) (func(string) http.Header, error) {
	if len(outs) != 1 {
		return nil, fmt.Errorf("vercel-output.json: %d files", len(outs))
	}
	return throughConf(readVercel(ConfFile{Path: "config.json", Text: outs[0].Bytes}), revalidate), nil
}
