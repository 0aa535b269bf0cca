package verify

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// discoveryFiles hold what is sold: the discovery of x402 (a draft, under both
// of its names) and OpenAPI, as MPP and API gateways use it.
var discoveryFiles = []site.Path{".well-known/x402", ".well-known/x402.json", "openapi.json", "swagger.json", ".well-known/openapi.json"}

// soldItem is a path that a discovery file says is sold.
type soldItem struct {
	Path   string // of a URL; parameters are *
	Offers []offer
}

// maxSold bounds what is read of one file.
const maxSold = 10_000

// soldItems reads a discovery file, in the order of its items.
func soldItems(p site.Path, text []byte) []soldItem {
	if len(text) > maxPage {
		return nil
	}
	if strings.HasPrefix(p.Base(), "x402") {
		return x402Items(text)
	}
	return openAPIItems(text)
}

func x402Items(text []byte) []soldItem {
	type entry struct {
		Resource json.RawMessage
		URL      string
		Path     string
		Accepts  []offer
	}
	var doc struct {
		Items     []entry
		Resources []json.RawMessage
		Accepts   []offer
	}
	if json.Unmarshal(text, &doc) != nil {
		return nil
	}
	for _, raw := range doc.Resources {
		var s string
		var e entry
		if json.Unmarshal(raw, &s) == nil {
			e.URL = s
		} else if json.Unmarshal(raw, &e) != nil {
			continue
		}
		doc.Items = append(doc.Items, e)
	}
	for _, o := range doc.Accepts {
		if o.Resource != "" {
			doc.Items = append(doc.Items, entry{URL: o.Resource, Accepts: []offer{o}})
		}
	}
	var out []soldItem
	for _, e := range doc.Items {
		var s string
		var o struct{ URL string }
		if json.Unmarshal(e.Resource, &s) != nil && json.Unmarshal(e.Resource, &o) == nil {
			s = o.URL
		}
		if u := urlPath(cmp.Or(s, e.URL, e.Path)); u != "" && len(out) < maxSold {
			out = append(out, soldItem{u, e.Accepts})
		}
	}
	return out
}

// openAPI is what is read of a document of OpenAPI 3 or Swagger 2.
type openAPI struct {
	Servers []struct {
		URL string `json:"url"`
	} `json:"servers"`
	BasePath string                                `json:"basePath"`
	Paths    map[string]map[string]json.RawMessage `json:"paths"`
}

func (d *openAPI) base() string {
	b := d.BasePath
	if len(d.Servers) > 0 {
		b = urlPath(d.Servers[0].URL)
	}
	return strings.TrimSuffix(b, "/")
}

func openAPIItems(text []byte) []soldItem {
	var doc openAPI
	if json.Unmarshal(text, &doc) != nil {
		return nil
	}
	var out []soldItem
	for p, ops := range doc.Paths {
		paid := false
		for _, raw := range ops {
			var op struct {
				Responses map[string]json.RawMessage `json:"responses"`
				Info      json.RawMessage            `json:"x-payment-info"`
			}
			if json.Unmarshal(raw, &op) == nil && (op.Responses["402"] != nil || op.Info != nil) {
				paid = true
			}
		}
		if paid && strings.HasPrefix(p, "/") {
			out = append(out, soldItem{Path: doc.base() + templates(p)})
		}
	}
	slices.SortFunc(out, func(a, b soldItem) int { return cmp.Compare(a.Path, b.Path) })
	return out[:min(len(out), maxSold)]
}

// openAPIGets returns the paths that answer GET, with * for parameters.
func openAPIGets(text []byte) []string {
	var doc openAPI
	if json.Unmarshal(text, &doc) != nil {
		return nil
	}
	var out []string
	for p, ops := range doc.Paths {
		if ops["get"] != nil && strings.HasPrefix(p, "/") {
			out = append(out, doc.base()+templates(p))
		}
	}
	slices.Sort(out)
	return out
}

// sold holds the discovery files against the policy.
func (j *payment) sold() {
	if j.Policy == nil {
		return
	}
	for _, p := range discoveryFiles {
		if j.at[p] == nil {
			continue
		}
		items := soldItems(p, j.read(p))
		if len(items) == 0 {
			continue
		}
		for _, it := range items {
			if strings.Contains(it.Path, "*") {
				continue
			}
			if d := j.Policy.DecideURL(it.Path, Human); d.Access == Free {
				j.report(site.Diagnostic{Rule: "PF007", Severity: site.Warn, Path: p, Message: fmt.Sprintf("%s offers %s for sale, and the policy says that it is free", p, it.Path),
					Hint: "make the file from the same list as the gate, or add the path to the policy"}, string(p)+"free", "paths", it.Path)
			}
		}
		j.unlisted(p, items)
	}
}

// unlisted finds rules of which a file that lists what is sold says nothing.
// A list of interfaces need not hold pages: only x402's own is held to it.
func (j *payment) unlisted(p site.Path, items []soldItem) {
	if !strings.HasPrefix(p.Base(), "x402") {
		return
	}
	globs := make([]*Glob, 0, len(items))
	for _, it := range items {
		if g, err := NewGlob(strings.ReplaceAll(escapeBraces(it.Path), "/*", "/**")); err == nil {
			globs = append(globs, g)
		}
	}
	for _, r := range j.Policy.Rules {
		if r.Access != Paid {
			continue
		}
		listed := slices.ContainsFunc(items, func(it soldItem) bool { return r.matches([]string{it.Path}) }) ||
			slices.ContainsFunc(globs, func(g *Glob) bool { return g.Match(strings.TrimSuffix(r.Path, "*")) })
		if !listed {
			j.report(place(site.Diagnostic{Rule: "PF007", Severity: site.Warn, Message: fmt.Sprintf("rule %q sells %s, and %s lists nothing of it: paying clients do not find it", r.ID, r.Path, p),
				Hint: "make the file from the same list as the gate"}, j.onRule(r)), string(p)+r.ID, "rules", r.Path)
		}
	}
}

func escapeBraces(s string) string { return strings.NewReplacer("{", "?", "}", "?").Replace(s) }

// maxAskedSold bounds how many items are asked for.
const maxAskedSold = 20

// discovery asks for what the live discovery files say is sold.
func (v *live) discovery(ctx context.Context) {
	for _, p := range discoveryFiles[:3] {
		r := v.Probe.Do(ctx, Ask{Path: "/" + string(p), Header: map[string]string{"Accept": "application/json"}})
		if r.Err != nil || r.Status != 200 {
			continue // machines() tells of a 402; without one there is nothing to hold
		}
		n := 0
		for _, it := range soldItems(p, r.Body) {
			if strings.Contains(it.Path, "*") || n == maxAskedSold {
				continue
			}
			n++
			a := v.Probe.Do(ctx, Ask{Path: site.Escape(it.Path)})
			switch {
			case a.Err != nil:
				v.unclear(&a)
			case a.Status != 402 && a.Status != 405:
				v.at1(site.Diagnostic{Rule: "PF007", Severity: site.Warn, Message: fmt.Sprintf("/%s offers %s for sale, and it answers %d", p, it.Path, a.Status),
					Hint: "make the file from the same list as the gate"}, &a, string(p), "paths")
			case a.Status == 402:
				v.offers(it, &a, p)
			}
		}
	}
}

// offers holds a live offer against the one that is listed.
func (v *live) offers(it soldItem, a *Reply, p site.Path) {
	c := v.classify(a)
	if len(it.Offers) == 0 || len(c.offers) == 0 {
		return
	}
	for i := range it.Offers {
		if slices.ContainsFunc(c.offers, it.Offers[i].same) {
			return
		}
	}
	v.at1(site.Diagnostic{Rule: "PD004", Severity: site.Warn, Message: fmt.Sprintf("/%s offers %s for %s, and the live challenge asks %s", p, it.Path, it.Offers[0].String(), c.offers[0].String()),
		Hint: "make the file from the same list as the gate; the live challenge is what counts"}, a, string(p), "paths")
}
