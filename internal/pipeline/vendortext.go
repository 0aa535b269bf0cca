package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/hone-web/hone/bundle"
	"github.com/hone-web/hone/internal/par"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/internal/store"
	"github.com/hone-web/hone/internal/vendor"
	"github.com/hone-web/hone/site"
)

// ownPlace matches code by which a script finds out where it was loaded from.
var ownPlace = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`currentScript|document\.scripts\b|getElementsByTagName\(\s*["'` + "`" + `]script|querySelector(?:All)?\(\s*["'` + "`" + `][^"'` + "`" + `]*script|import\.meta|importScripts|new\s+(?:Shared)?Worker|\.stack\b[^;]{0,80}https?`)
})

// standsAlone says why a script cannot be served from another place, "" if
// nothing stands against it.
func standsAlone(d *scan.Doc, text []byte) string {
	for i := range d.Refs {
		switch r := &d.Refs[i]; r.Role {
		case site.RoleModule, site.RoleDynamic:
			return "the script imports " + r.URL
		}
	}
	if d.DynamicImport {
		return "the script imports other files"
	}
	if m := ownPlace().Find(text); m != nil {
		return fmt.Sprintf("the script may ask where it was loaded from (%s)", m)
	}
	return ""
}

// directives are the lists of hosts in content security policies, by directive.
type directives [][2]string

// policyText matches a directive that governs what is copied, wherever a
// policy stands: in a page, a header file, a configuration.
var policyText = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(default|style|script|font|img)-src(?:-elem)?[ \t]+([^;"\n]*)`)
})

// own reports whether every policy allows files of the site of a kind (CSP 3,
// section 6.8): its directive, or else default-src, lists 'self' or all.
func (ds directives) own(k site.Kind) bool {
	name := map[site.Kind]string{site.CSS: "style", site.JS: "script", site.Font: "font", site.Image: "img", site.SVG: "img"}[k]
	has, allowed := false, true
	check := func(of string) {
		for _, d := range ds {
			if d[0] == of {
				words := strings.Fields(strings.ToLower(d[1]))
				has = true
				allowed = allowed && (slices.Contains(words, "'self'") || slices.Contains(words, "*")) && !slices.Contains(words, "'strict-dynamic'")
			}
		}
	}
	if check(name); !has {
		check("default")
	}
	return allowed
}

// readPolicies gathers the policies of pages and of the host.
func (v *vendoring) readPolicies() {
	add := func(text []byte) {
		for _, m := range policyText().FindAllSubmatch(text, -1) {
			v.policy = append(v.policy, [2]string{strings.ToLower(string(m[1])), string(m[2])})
		}
	}
	for _, f := range v.b.src.files {
		if d := v.b.docs[f.Path]; d != nil {
			for _, p := range d.CSP {
				add([]byte(p))
			}
		}
	}
	for _, text := range v.b.host.texts {
		add(text)
	}
}

// readSums notes whose bytes must stay: a hash of them stands somewhere.
func (v *vendoring) readSums() {
	v.sums, v.hashes = map[string]bool{}, map[string]site.Path{}
	for _, f := range v.b.src.files {
		d := v.b.docs[f.Path]
		if d == nil {
			continue
		}
		for _, s := range d.Sums {
			if u, err := url.Parse(d.Refs[s.Ref].URL); err == nil {
				v.sums[path.Base(u.Path)] = true
			}
		}
		for _, h := range d.Hashes {
			v.hashes[h] = f.Path
		}
	}
}

// add puts the copies among the files of the input.
func (v *vendoring) add() error {
	b := v.b
	for _, x := range v.copied {
		if x.text == nil {
			x.text = x.body
		}
		if x.doc == nil || vendor.Kind(x.pin.Type) != site.CSS {
			continue
		}
		var edits []site.Edit
		for i := range x.doc.Refs {
			e, ok := v.inSheet(x, &x.doc.Refs[i])
			if !ok {
				continue
			}
			edits = append(edits, e)
		}
		x.text = vendor.Apply(x.text, edits)
	}
	for _, x := range v.copied {
		d, err := b.store.PutBlob(x.text)
		if err != nil {
			return err
		}
		f := &site.File{Path: x.path, Kind: site.KindOf(x.path), Size: int64(len(x.text)), Digest: d, Vendored: x.url.String()}
		b.src.hold(f, b.store)
		b.src.files = append(b.src.files, f)
		b.files[f.Path] = f
		if hasRefs(f.Kind) {
			if b.docs[f.Path], err = b.scanFile(f.Path, f.Kind, d, func() ([]byte, error) { return x.text, nil }); err != nil {
				return err
			}
		}
	}
	slices.SortFunc(b.src.files, func(a, c *site.File) int { return strings.Compare(string(a.Path), string(c.Path)) })
	return b.src.zones(b.o.Paywall)
}

// inSheet writes an address in a copied style sheet anew: of the copy, or in
// full.
func (v *vendoring) inSheet(x *foreign, r *site.Ref) (site.Edit, bool) {
	u, err := url.Parse(r.URL)
	if err != nil || r.Role == site.RoleSourceMap { // a map that is not there is dropped
		return site.Edit{}, false
	}
	if y := v.copyOf(r, x.base); y != nil {
		if at, ok := vendor.Place(x.text, r); ok {
			return site.Edit{Span: at, New: vendor.Relative(x.path.Dir(), y.path)}, true
		}
	}
	to := x.base.ResolveReference(u)
	to.RawQuery, to.Fragment, to.RawFragment = "", "", ""
	return site.Edit{Span: r.Span, New: escapeURL(to.String())}, true
}

// escapeURL makes a URL fit to stand in CSS without quotes.
func escapeURL(u string) string {
	return strings.NewReplacer("(", "%28", ")", "%29", "'", "%27", `"`, "%22", " ", "%20", `\`, "%5C").Replace(u)
}

// copyOf returns the copy that a reference leads to, nil if there is none.
func (v *vendoring) copyOf(r *site.Ref, base *url.URL) *foreign {
	if kindWanted(r) == site.Opaque || r.Fixed != "" {
		return nil
	}
	u, ok := vendor.Address(r, base)
	if !ok {
		return nil
	}
	if x := v.files[u.String()]; x != nil && x.path != "" {
		return x
	}
	return nil
}

// rewriteSite lets pages and style sheets of the site name the copies.
func (v *vendoring) rewriteSite(ctx context.Context) error {
	b := v.b
	var todo []*site.File
	for _, f := range b.src.files {
		if d := b.docs[f.Path]; d != nil && f.Frozen == "" && f.Vendored == "" && (f.Kind == site.HTML || f.Kind == site.CSS) {
			todo = append(todo, f)
		}
	}
	_, err := par.Map(ctx, par.Limits{Jobs: b.o.Jobs, Weight: b.o.MemoryLimit}, todo, func(f *site.File) int64 { return 8 * f.Size },
		func(_ context.Context, f *site.File) (struct{}, error) { return struct{}{}, v.rewrite(f) })
	if err != nil {
		return err
	}
	for _, f := range todo {
		if b.src.held[f.Path] == nil {
			continue
		}
		if b.docs[f.Path], err = b.scanFile(f.Path, f.Kind, f.Digest, func() ([]byte, error) { return b.src.read(f) }); err != nil {
			return err
		}
	}
	return nil
}

// rewritten is a text with other addresses, as the store knows it.
type rewritten struct {
	Blob site.Digest
	Size int64
}

// newAddress is what becomes of a reference.
type newAddress struct {
	Ref      int
	URL, Sum string // the new address, and the new hash if one stands beside it
}

func (v *vendoring) rewrite(f *site.File) error {
	b, d := v.b, v.b.docs[f.Path]
	var news []newAddress
	for i := range d.Refs {
		if x := v.copyOf(&d.Refs[i], nil); x != nil && !v.fixed(f, d, i) {
			if sum, ok := newSum(d, i, x); ok {
				news = append(news, newAddress{Ref: i, URL: string(x.path), Sum: sum})
			}
		}
	}
	if len(news) == 0 {
		return nil
	}
	gone := []string{}
	for h, g := range v.gone {
		if g {
			gone = append(gone, h)
		}
	}
	slices.Sort(gone)
	id := store.NewKey("vendored text 1").Str(string(f.Path)).Str(b.base.Prefix).Digest(f.Digest).Value(news).Value(gone).ID()
	got := store.Load[rewritten](b.store, id)
	if got == nil || !b.store.HasBlob(got.Blob, got.Size) {
		text, err := b.src.read(f)
		if err != nil {
			return err
		}
		if f.Kind == site.CSS && writtenDown(text, v.hashes, true) != "" {
			return nil
		}
		out := v.edit(f, d, text, news)
		got = &rewritten{Size: int64(len(out))}
		if got.Blob, err = b.store.PutBlob(out); err != nil {
			return err
		}
		if err := store.Keep(b.store, id, got); err != nil {
			return err
		}
	}
	f.Digest, f.Size = got.Blob, got.Size
	b.src.hold(f, b.store)
	return nil
}

// fixed reports whether a text around a reference must stay as it is.
func (v *vendoring) fixed(f *site.File, d *scan.Doc, i int) bool {
	if f.Kind == site.CSS {
		return v.sums[f.Path.Base()]
	}
	// Inline styles may be allowed by their hash.
	inline := d.Refs[i].Attrs["<"] == "" || d.Refs[i].Attrs["<"] == "style"
	return inline && slices.ContainsFunc(d.CSP, func(p string) bool { return strings.Contains(p, "'sha") })
}

// newSum returns the hash to write beside a reference to x; "" where none
// stands there or it stays. It is not ok when it is wrong already: then the
// browser refuses the file, and has to go on doing so.
func newSum(d *scan.Doc, ref int, x *foreign) (string, bool) {
	for _, s := range d.Sums {
		if s.Ref != ref {
			continue
		}
		if s.Kind != site.SumIntegrity || !sumHolds(s.Text, x.body) {
			return "", false
		}
		if !bytes.Equal(x.body, x.text) {
			return "sha384-" + bundle.HashText(x.text, "sha384"), true
		}
	}
	return "", true
}

func (v *vendoring) edit(f *site.File, d *scan.Doc, text []byte, news []newAddress) []byte {
	rooted := f.Kind == site.HTML && (f.Path.Base() == "404.html" || bytes.Contains(bytes.ToLower(text), []byte("<base")))
	for i := range d.Refs {
		u := d.Refs[i].URL
		rooted = rooted || f.Kind == site.HTML && strings.HasPrefix(u, "/") && !strings.HasPrefix(u, "//") && d.Refs[i].Role != site.RoleCanonical
	}
	var edits []site.Edit
	done := map[int]bool{}
	for _, n := range news {
		at, ok := vendor.Place(text, &d.Refs[n.Ref])
		if !ok {
			continue
		}
		to := vendor.Relative(f.Path.Dir(), site.Path(n.URL))
		if rooted {
			to = site.Escape(v.b.base.Prefix) + n.URL
		}
		edits = append(edits, site.Edit{Span: at, New: to})
		done[n.Ref] = true
		for _, s := range d.Sums {
			if s.Ref == n.Ref && n.Sum != "" {
				edits = append(edits, site.Edit{Span: s.Span, New: n.Sum})
			}
		}
	}
	if f.Kind == site.HTML && len(done) == len(news) {
		edits = append(edits, vendor.StaleHints(text, func(host string) bool { return v.gone[host] })...)
	}
	return vendor.Apply(text, edits)
}
