package pipeline

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/internal/vendor"
	"github.com/hone-web/hone/optimize"
	"github.com/hone-web/hone/site"
)

// Vendor copies the files of other hosts that a site loads into the store and
// pins them, and builds nothing. It returns what was copied, and what stands
// against it elsewhere.
func Vendor(ctx context.Context, o Options) ([]Copied, []site.Diagnostic, error) {
	b := &build{o: &o, files: map[site.Path]*site.File{}, docs: map[site.Path]*scan.Doc{}, copies: true}
	if o.Limits == (optimize.Limits{}) {
		o.Limits = optimize.DefaultLimits
	}
	var err error
	if b.store, err = openStore(&o); err != nil {
		return nil, nil, err
	}
	defer b.store.Close()
	if err := b.read(ctx); err != nil {
		return nil, nil, err
	}
	defer b.src.close()
	return b.vendored, site.SortDiagnostics(slices.DeleteFunc(b.diags, func(d site.Diagnostic) bool { return !strings.HasPrefix(d.Rule, "vendor-") })), nil
}

// settle takes back what only files that stay away use, and names the rest.
func (v *vendoring) settle() {
	used := map[*foreign]bool{}
	var queue []*foreign
	for _, x := range v.order {
		if x.by != nil && x.why == "" {
			queue = append(queue, x)
		}
	}
	for len(queue) > 0 {
		x := queue[0]
		queue = queue[1:]
		if used[x] || x.why != "" {
			continue
		}
		used[x] = true
		queue = append(queue, x.deps...)
	}
	taken := map[string]bool{}
	for p := range v.b.files {
		taken[strings.ToLower(string(p))] = true
	}
	away := map[string]bool{}
	for _, x := range v.order {
		if !used[x] {
			away[strings.ToLower(x.url.Host)] = away[strings.ToLower(x.url.Host)] || x.by != nil || x.why != ""
			continue
		}
		x.path = vendor.Name(x.url, x.pin.Type)
		if taken[strings.ToLower(string(x.path))] {
			ext := path.Ext(string(x.path))
			x.path = site.Path(strings.TrimSuffix(string(x.path), ext) + "-" + site.Sum([]byte(x.url.String())).String()[:6] + ext)
		}
		taken[strings.ToLower(string(x.path))] = true
		v.copied = append(v.copied, x)
	}
	for _, x := range v.copied {
		v.gone[strings.ToLower(x.url.Host)] = !away[strings.ToLower(x.url.Host)]
	}
	slices.SortFunc(v.copied, func(a, b *foreign) int { return strings.Compare(string(a.path), string(b.path)) })
}

// tell reports what was pinned, what changed and what stays away.
func (v *vendoring) tell() {
	b := v.b
	for _, x := range v.copied {
		b.vendored = append(b.vendored, Copied{URL: x.url.String(), Path: x.path, Size: x.pin.Size})
	}
	slices.Sort(v.changed)
	for _, u := range v.changed {
		b.diags = append(b.diags, site.Diagnostic{Rule: "vendor-changed", Severity: site.Error, Message: u + " answers with other bytes than those that hone.lock pins",
			Hint: "look at what changed; 'hone vendor --update' accepts it"})
	}
	if v.fresh > 0 && v.o.LockFile != "" && !b.o.DryRun && len(v.changed) == 0 {
		b.diags = append(b.diags, site.Diagnostic{Rule: "vendor-locked", Severity: site.Info, Message: fmt.Sprintf("files of other hosts newly pinned in %s: %d", path.Base(v.o.LockFile), v.fresh),
			Hint: "keep it under version control: it is what makes the next build the same"})
	}
	for _, x := range v.order {
		if x.why == "" || slices.Contains(v.changed, x.url.String()) {
			continue
		}
		d := site.Diagnostic{Rule: "vendor-left", Severity: site.Info, Message: fmt.Sprintf("%s stays where it is: %s", x.url, x.why), Hint: "nothing breaks; take its host out of external.vendor if that is meant"}
		// What was pinned made the last build what it was.
		if _, pinned := v.lock.Pin(x.url.String()); pinned && (strings.HasPrefix(x.why, "it could not be downloaded") || strings.HasPrefix(x.why, "--offline")) {
			d = site.Diagnostic{Rule: "vendor-unavailable", Severity: site.Error, Message: d.Message, Hint: "try again, or take its host out of external.vendor; hone.lock says that it was copied"}
		}
		if x.by != nil {
			d.Path = x.by.Path
			if text, err := b.src.read(x.by); err == nil && v.b.docs[x.by.Path] != nil {
				if i := strings.Index(string(text), x.url.Host); i >= 0 {
					d.Line, d.Column = site.Position(text, i)
				}
			}
		}
		b.diags = append(b.diags, d)
	}
}
