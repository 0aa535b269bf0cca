package cache

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

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
	left := 0
	view, have := view(m), pathsOf(m)
	entries := view.told(m, byDefault)
	// Where there is no room, the routes that save most came first.
	slices.SortStableFunc(entries, func(a, b *site.Entry) int { return urgency(a) - urgency(b) })
	folders := alikeFolders(m, &view)
	write := func(n int) ([]byte, int, error) {
		routes := []azureRoute{}
		done := map[string]bool{}
		skipped := 0
		for _, e := range entries {
			names, star := requests(e, have), ""
			if dir := folders[e.Path]; dir != "" {
				names, star = []string{dir}, "/*"
			}
			for _, name := range names {
				route := s.Prefix + name
				sayable := plain(route)
				route += star
				switch {
				case done[route]:
				case !sayable || len(routes) >= n:
					skipped++
				default:
					done[route] = true
					h := map[string]string{}
					for _, f := range linesOf(view.of(e)) {
						h[f[0]] = f[1]
					}
					routes = append(routes, azureRoute{route, h})
				}
			}
		}
		text, err := azureText(own, routes, view.common)
		return text, skipped, err
	}
	// The longest list that fits.
	text, left, err := write(3 * len(entries))
	for lo, hi := 0, 3*len(entries); err == nil && len(text) > swaMaxBytes && lo < hi; {
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
	outs := []site.Output{{Path: "staticwebapp.config.json", Bytes: text}}
	var diags []site.Diagnostic
	if left > 0 {
		diags = append(diags, limit(m, s, resolveAzure, outs, site.Warn, site.Diagnostic{Path: "staticwebapp.config.json",
			Message: fmt.Sprintf("%d files found no room in the 20 KB that Azure Static Web Apps reads; they are asked for again each time", left),
			Hint:    "set keep_urls to none, or let the generator put fingerprinted files into a folder of their own"}))
	}
	return outs, diags
}

// plain reports whether a route means itself.
func plain(route string) bool { return site.Escape(route) == route }

// alikeFolders returns, for each file in a folder whose files are all sent
// with one value that is not the default, the outermost such folder.
func alikeFolders(m *site.Manifest, view *sent) map[site.Path]string {
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
			if v, ok := value[d]; ok && v != view.of(e) {
				value[d] = ""
			} else {
				value[d] = view.of(e)
			}
		}
	}
	out := map[site.Path]string{}
	for i := range m.Entries {
		p := m.Entries[i].Path
		for _, d := range parents(p) {
			if v := value[d]; v != "" && v != byDefault {
				out[p] = d
			}
		}
	}
	return out
}

func azureText(own []byte, routes []azureRoute, common [][2]string) ([]byte, error) {
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
	for _, f := range append([][2]string{{"Cache-Control", revalidate}}, common...) {
		if _, ok := global[f[0]]; !ok {
			global[f[0]] = f[1]
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
