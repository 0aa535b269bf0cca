package cache

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/hone-web/hone/site"
)

// Azure writes staticwebapp.config.json, merged with the owner's. The host
// takes 20 KB, so a folder whose files are all sent alike is one route, and
// what does not fit is asked for again each time, which is safe.
var Azure = &Target{
	Name:    "azure",
	Doc:     "hosts/staticwebapp.config.json, to stand in the published folder",
	Reads:   []site.Path{"staticwebapp.config.json"},
	Emit:    emitAzure,
	Resolve: resolveAzure,
}

type azureRoute struct {
	Route   string            `json:"route"`
	Headers map[string]string `json:"headers"`
}

func emitAzure(m *site.Manifest, s Site) ([]site.Output, []site.Diagnostic) {
	own := s.Own["staticwebapp.config.json"]
	var diags []site.Diagnostic
	left := 0
	entries := told(m, revalidate)
	folders := alikeFolders(m)
	write := func(n int) ([]byte, int, error) {
		routes := []azureRoute{}
		done := map[string]bool{}
		skipped := 0
		for _, e := range entries {
			route, star := s.Prefix+string(e.Path), ""
			if dir := folders[e.Path]; dir != "" {
				route, star = s.Prefix+dir, "/*"
			}
			sayable := plain(route)
			route += star
			switch {
			case done[route]:
			case !sayable || len(routes) == n:
				skipped++
			default:
				done[route] = true
				routes = append(routes, azureRoute{route, map[string]string{"Cache-Control": e.Header["Cache-Control"]}})
			}
		}
		text, err := azureText(own, routes)
		return text, skipped, err
	}
	// The longest list that fits.
	text, left, err := write(len(entries))
	for lo, hi := 0, len(entries); err == nil && len(text) > swaMaxBytes && lo < hi; {
		mid := (lo + hi) / 2
		t, l, e := write(mid)
		if e != nil {
			err = e
		}
		if len(t) > swaMaxBytes {
			hi = mid
			continue
		}
		if text, left = t, l; lo == mid {
			break
		}
		lo = mid
	}
	if err != nil {
		return nil, []site.Diagnostic{unreadable("staticwebapp.config.json", err)}
	}
	if left > 0 {
		diags = append(diags, site.Diagnostic{Rule: "headers-limit", Severity: site.Info, Path: "staticwebapp.config.json",
			Message: fmt.Sprintf("%d files found no room in the 20 KB that Azure Static Web Apps reads; they are asked for again each time", left),
			Hint:    "set keep_urls to none, or let the generator put fingerprinted files into a folder of their own"})
	}
	return []site.Output{{Path: "staticwebapp.config.json", Bytes: text}}, diags
}

// plain reports whether a route means itself.
func plain(route string) bool { return site.Escape(route) == route }

// alikeFolders returns, for each file in a folder whose files are all sent
// with one value that is not the default, the outermost such folder.
func alikeFolders(m *site.Manifest) map[site.Path]string {
	value := map[string]string{} // folder → the value of all that is in it; "" if they differ
	parents := func(p site.Path) []string {
		var out []string
		for d := p.Dir(); d != ""; d = site.Path(d).Dir() {
			out = append(out, d)
		}
		return out
	}
	for i := range m.Entries {
		e := &m.Entries[i]
		for _, d := range parents(e.Path) {
			if v, ok := value[d]; ok && v != e.Header["Cache-Control"] {
				value[d] = ""
			} else {
				value[d] = e.Header["Cache-Control"]
			}
		}
	}
	out := map[site.Path]string{}
	for i := range m.Entries {
		p := m.Entries[i].Path
		for _, d := range parents(p) {
			if v := value[d]; v != "" && v != revalidate {
				out[p] = d
			}
		}
	}
	return out
}

func azureText(own []byte, routes []azureRoute) ([]byte, error) {
	text, err := mergeJSON(own, "routes", routes)
	if err != nil {
		return nil, err
	}
	top := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &top); err != nil {
		return nil, err
	}
	global := map[string]string{}
	if raw, ok := top["globalHeaders"]; ok {
		if err := json.Unmarshal(raw, &global); err != nil {
			return nil, fmt.Errorf("globalHeaders: %w", err)
		}
	}
	for k, v := range map[string]string{"Cache-Control": revalidate, "X-Content-Type-Options": "nosniff"} {
		if _, ok := global[k]; !ok {
			global[k] = v
		}
	}
	raw, err := flatJSON(global)
	if err != nil {
		return nil, err
	}
	top["globalHeaders"] = raw
	return flatJSON(top) // not indented: every byte counts here
}

func resolveAzure(outs []site.Output) (func(string) http.Header, error) {
	if len(outs) != 1 {
		return nil, fmt.Errorf("staticwebapp.config.json: %d files", len(outs))
	}
	return throughConf(readSWA(ConfFile{Path: "staticwebapp.config.json", Text: outs[0].Bytes}), revalidate), nil
}
