package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/measure"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/internal/report"
	"github.com/hone-web/hone/internal/serve"
	"github.com/hone-web/hone/optimize"
	"github.com/hone-web/hone/site"
)

const (
	defaultGuardPages = 12
	// maxRounds bounds how many causes are looked for, one after another.
	maxRounds = 8
	// maxLeft is up to how many files an optimizer is kept from; beyond it is
	// not used at all.
	maxLeft = 8
)

// guarding is a build that is proven in a browser before it is published.
type guarding struct {
	a         *app
	o         pipeline.Options
	browser   *measure.Browser
	templates []measure.Template
	found     []site.Diagnostic // what was taken back, and why
	hopeless  map[string]bool   // pages that nothing helps
	last      *pipeline.Result  // of the build that showed what is broken
}

// buildProven builds and publishes, with --guard after a look in a browser.
func (a *app) buildProven(ctx context.Context, o pipeline.Options) (*pipeline.Result, error) {
	switch f := &a.flags; {
	case !f.guard:
		return pipeline.Build(ctx, o)
	case o.DryRun:
		return nil, usagef("--guard looks at what is published, and --dry-run publishes nothing: leave one of them out")
	case f.guardPages < 1:
		return nil, usagef("--guard-pages: %d is below 1", f.guardPages)
	}
	b, err := a.startBrowser(ctx, a.flags.browser)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	root, err := os.OpenRoot(o.In)
	if err != nil {
		return nil, fmt.Errorf("input folder: %w", err)
	}
	defer root.Close()
	g := &guarding{a: a, o: o, browser: b, hopeless: map[string]bool{}}
	if g.templates, err = measure.Templates(ctx, root.FS()); err != nil {
		return nil, err
	}
	g.templates = g.templates[:min(len(g.templates), a.flags.guardPages)]
	return g.build(ctx)
}

// build builds until no page is broken, or only such as nothing helps.
func (g *guarding) build(ctx context.Context) (*pipeline.Result, error) {
	for round := 0; ; round++ {
		var broken []measure.Pair
		o := g.o
		o.Prove = func(ctx context.Context, dir string, r *pipeline.Result) ([]site.Diagnostic, bool, error) {
			pairs, err := g.look(ctx, g.templates, dir, r)
			if err != nil {
				return nil, false, err
			}
			found := slices.Clone(g.found)
			for i := range pairs {
				if p := &pairs[i]; p.Failed != "" {
					found = append(found, measure.Unproven(p))
				} else if g.hopeless[p.Path] || round == maxRounds {
					found = append(found, measure.Broken(p))
				} else {
					broken = append(broken, *p)
				}
			}
			g.last = r
			return found, len(broken) == 0 && !slices.ContainsFunc(found, func(d site.Diagnostic) bool { return d.Severity == site.Error }), nil
		}
		r, err := pipeline.Build(ctx, o)
		if err != nil || len(broken) == 0 {
			return r, err
		}
		g.say("guard: %s differs (%s); looking for the cause", broken[0].Path, broken[0].Summary())
		if err := g.explain(ctx, &broken[0]); err != nil {
			return nil, err
		}
	}
}

func (g *guarding) say(format string, args ...any) {
	if !g.a.flags.quiet {
		fmt.Fprintln(g.a.stderr, report.Text(fmt.Sprintf(format, args...)))
	}
}

// look compares a page of each template with a folder that may be published,
// and returns those that are not the same.
func (g *guarding) look(ctx context.Context, templates []measure.Template, dir string, r *pipeline.Result) ([]measure.Pair, error) {
	prefix := r.Base.Prefix
	before, beforeHandler := onStage(g.o.In, prefix, "")
	defer before.Close()
	if len(r.Copied) > 0 {
		beforeHandler = measure.Compress(withCopies(before, prefix, r.Held))
	}
	after := &serve.Folder{Dir: dir, Open: func(root *os.Root) *serve.Site {
		st := hosted(root, prefix, "")
		if st.Header == nil {
			st.Header = headersOf(r.Manifest, prefix)
		}
		return st
	}}
	defer after.Close()
	profile, _ := measure.ProfileNamed("none")
	var pages []measure.Page
	for _, t := range templates {
		pages = append(pages, measure.Page{Path: string(t.Page), Address: measure.Address(prefix, t.Page), Template: len(t.Pages)})
	}
	o := measure.Options{Origin: r.Base.Origin, Before: beforeHandler, After: measure.Compress(after), Pages: pages, Profile: profile, Timeout: g.a.flags.guardTimeout}
	if g.o.Progress != nil && len(templates) > 1 {
		o.Progress = func(done, total int, _ string) { g.o.Progress("guard", done, total) }
	}
	lab, err := measure.NewLab(g.browser, o)
	if err != nil {
		return nil, err
	}
	defer lab.Close()
	pairs, err := lab.Run(ctx)
	return slices.DeleteFunc(pairs, func(p measure.Pair) bool { return p.Same() }), err
}

// suspect is something that a build can do without.
type suspect struct {
	what string // for people
	hint string // how to do without it for good
	off  func(*pipeline.Options)
}

// suspects lists what may be to blame, that first without which least is lost:
// settings of the owner, combiners, those of pages before those of files, and
// optimizers.
func (g *guarding) suspects() []suspect {
	list := g.settings()
	names := stepNames()
	slices.Reverse(names)
	for _, name := range names {
		if slices.Contains(g.o.Skip, name) || len(g.o.Only) > 0 && !slices.Contains(g.o.Only, name) {
			continue
		}
		kind := "the combiner " + name
		if isOptimizer(name) {
			kind = "the optimizer " + name
		}
		list = append(list, suspect{kind, fmt.Sprintf("skip = [%q] in hone.toml, or --skip %s, saves the search the next time", name, name),
			func(o *pipeline.Options) { o.Skip = append(slices.Clone(o.Skip), name) }})
	}
	return list
}

// settings are those of the owner that go further than hone does by itself.
func (g *guarding) settings() []suspect {
	var list []suspect
	add := func(name, is, instead string, off func(*pipeline.Options)) {
		list = append(list, suspect{fmt.Sprintf("%s = %q", name, is), fmt.Sprintf("%s = %q in hone.toml saves the search the next time", name, instead), off})
	}
	o := &g.o
	if o.Image.Picture == "always" {
		add("image.picture", o.Image.Picture, "safe", func(o *pipeline.Options) { o.Image.Picture = "safe" })
	}
	if o.Image.AVIF == "always" {
		add("image.avif", o.Image.AVIF, "auto", func(o *pipeline.Options) { o.Image.AVIF = "auto" })
	}
	if p := o.Image.Placeholder; p != "" && p != "off" {
		add("image.placeholder", p, "off", func(o *pipeline.Options) { o.Image.Placeholder = "off" })
	}
	if o.Image.Color == "srgb" {
		add("image.color", o.Image.Color, "keep", func(o *pipeline.Options) { o.Image.Color = "keep" })
	}
	if o.Image.Quality == "small" {
		add("image.quality", o.Image.Quality, "balanced", func(o *pipeline.Options) { o.Image.Quality = "balanced" })
	}
	if q := o.Image.JPEGQuality; q > 0 {
		list = append(list, suspect{fmt.Sprintf("image.jpeg_quality = %d", q), "hone.toml without image.jpeg_quality saves the search the next time",
			func(o *pipeline.Options) { o.Image.JPEGQuality = 0 }})
	}
	if o.CSS.Unused == "remove" {
		add("css.unused", o.CSS.Unused, "report", func(o *pipeline.Options) { o.CSS.Unused = "report" })
	}
	if o.CSS.Critical == "always" {
		add("css.critical", o.CSS.Critical, "auto", func(o *pipeline.Options) { o.CSS.Critical = "auto" })
	}
	if k := o.KeepURLs; k == pipeline.KeepNone || k == pipeline.KeepMedia {
		add("keep_urls", string(k), "all", func(o *pipeline.Options) { o.KeepURLs = pipeline.KeepAll })
	}
	return list
}

func isOptimizer(name string) bool {
	return slices.ContainsFunc(optimize.All, func(o *optimize.Optimizer) bool { return o.Name == name })
}

// explain finds what broke a page and goes on without it.
func (g *guarding) explain(ctx context.Context, p *measure.Pair) error {
	all := g.suspects()
	set, err := measure.Blame(ctx, len(all), func(ctx context.Context, without []int) (bool, error) {
		return g.well(ctx, p, func(o *pipeline.Options) {
			for _, i := range without {
				all[i].off(o)
			}
		})
	})
	if err != nil {
		return err
	}
	if set == nil {
		return g.keep(ctx, p)
	}
	if len(set) == 1 {
		if done, err := g.narrow(ctx, p, &all[set[0]]); done || err != nil {
			return err
		}
	}
	slices.Sort(set)
	var what, hints []string
	for _, i := range set {
		all[i].off(&g.o)
		what, hints = append(what, all[i].what), append(hints, all[i].hint)
	}
	g.took(measure.TakenBack(p, strings.Join(what, " and "), strings.Join(hints, "; ")))
	return nil
}

func (g *guarding) took(d site.Diagnostic) {
	g.found = append(g.found, d)
	g.say("guard: %s", d.Message)
}

// narrow keeps an optimizer from the files of the page that it broke, if they
// are few, and leaves it to all others.
func (g *guarding) narrow(ctx context.Context, p *measure.Pair, s *suspect) (bool, error) {
	name, ok := strings.CutPrefix(s.what, "the optimizer ")
	if !ok {
		return false, nil
	}
	var files []site.Path
	for _, f := range g.loads(p) {
		if i := slices.IndexFunc(g.last.Files, func(s pipeline.FileStory) bool { return s.Path == f }); i >= 0 && slices.Contains(g.last.Files[i].Steps, name) {
			files = append(files, f)
		}
	}
	leave := func(o *pipeline.Options, set []int) {
		left := maps.Clone(o.Leave)
		if left == nil {
			left = map[site.Path][]string{}
		}
		for _, i := range set {
			left[files[i]] = append(slices.Clone(left[files[i]]), name)
		}
		o.Leave = left
	}
	set, err := measure.Blame(ctx, len(files), func(ctx context.Context, without []int) (bool, error) {
		return g.well(ctx, p, func(o *pipeline.Options) { leave(o, without) })
	})
	if err != nil || len(set) == 0 || len(set) > maxLeft {
		return false, err
	}
	slices.Sort(set)
	leave(&g.o, set)
	var names []string
	for _, i := range set {
		names = append(names, string(files[i]))
	}
	g.took(measure.TakenBack(p, s.what+" on "+strings.Join(names, ", "),
		fmt.Sprintf("exclude = [%q] in hone.toml publishes it as it is and saves the search the next time", names[0])))
	return true, nil
}

// loads lists a page and the files that it loads, as they were.
func (g *guarding) loads(p *measure.Pair) []site.Path {
	files := []site.Path{site.Path(p.Path)}
	for i := range g.last.Pages {
		if string(g.last.Pages[i].Path) == p.Path {
			for _, k := range g.last.Pages[i].LoadsBefore {
				files = append(files, g.last.Resources[k].Path)
			}
		}
	}
	return files
}

// well reports whether a page is the same when something is left out. Nothing
// is published, whatever comes out of it.
func (g *guarding) well(ctx context.Context, p *measure.Pair, change func(*pipeline.Options)) (bool, error) {
	o := g.o
	change(&o)
	o.Progress, o.Review, o.FailOn = nil, nil, pipeline.FailNever
	same := false
	o.Prove = func(ctx context.Context, dir string, r *pipeline.Result) ([]site.Diagnostic, bool, error) {
		broken, err := g.look(ctx, []measure.Template{{Page: site.Path(p.Path)}}, dir, r)
		same = err == nil && len(broken) == 0
		return nil, false, err
	}
	_, err := pipeline.Build(ctx, o)
	return same, err
}

// keep leaves a page and those alike as they were, with what only they load,
// or else with all that they load.
func (g *guarding) keep(ctx context.Context, p *measure.Pair) error {
	alike := map[site.Path]bool{site.Path(p.Path): true}
	for _, t := range g.templates {
		if string(t.Page) == p.Path {
			for _, q := range t.Pages {
				alike[q] = true
			}
		}
	}
	theirs, others := map[site.Path]bool{}, map[site.Path]bool{}
	for i := range g.last.Pages {
		into := others
		if alike[g.last.Pages[i].Path] {
			into = theirs
		}
		for _, k := range g.last.Pages[i].LoadsBefore {
			into[g.last.Resources[k].Path] = true
		}
	}
	own := maps.Clone(theirs)
	maps.DeleteFunc(own, func(f site.Path, _ bool) bool { return others[f] })
	for _, files := range []map[site.Path]bool{own, theirs} {
		exclude := slices.Clone(g.o.Exclude)
		for _, f := range slices.Concat(slices.Sorted(maps.Keys(alike)), slices.Sorted(maps.Keys(files))) {
			exclude = append(exclude, exactly(f))
		}
		ok, err := g.well(ctx, p, func(o *pipeline.Options) { o.Exclude = exclude })
		if err != nil {
			return err
		}
		if ok {
			g.o.Exclude = exclude
			g.took(measure.PageKept(p, len(files)))
			return nil
		}
	}
	g.hopeless[p.Path] = true
	return nil
}

// exactly is a glob that matches one name.
func exactly(p site.Path) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`, "{", `\{`, "}", `\}`).Replace(string(p))
}
