package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/spf13/cobra"

	"github.com/hone-web/hone/internal/measure"
	"github.com/hone-web/hone/internal/report"
	"github.com/hone-web/hone/site"
)

// measureFlags say how pages are measured.
type measureFlags struct {
	browser string
	profile string
	format  string
	runs    int
	pages   int
	only    []string
	network bool
	timeout time.Duration
}

func (a *app) measureCommand() *cobra.Command {
	var f measureFlags
	c := &cobra.Command{
		Use:   "measure [INPUT] [OUTPUT]",
		Short: "Load pages in a browser, before and after, and compare them",
		Long: `measure opens one page of each template of the site in Chromium or Chrome, as it
was and as hone made it, and says what a visitor notices: how long it takes on a
slow connection, how much is loaded, errors that are new, text that is missing,
elements that moved, pixels that differ. Both are served on this machine under
one address; other hosts are not reached, unless --network lets them be.
Profiles: ` + profileList() + `.`,
		Example: `  hone measure public
  hone measure --profile desktop --runs 5 public public-honed
  hone measure --page index.html --page 'blog/*/index.html' public
  hone measure --format json public | jq '.pages[].after.lcp_ms'`,
		Args: cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.flags.set = cmd.Flags()
			return a.measure(cmd.Context(), args, &f)
		},
	}
	s := c.Flags()
	s.SortFlags = false
	s.StringVar(&f.profile, "profile", measure.Profiles[0].Name, "machine and connection: "+strings.Join(profileNames(), ", "))
	s.IntVar(&f.runs, "runs", measure.DefaultRuns, "timed loads of each page on each side; 0 compares only")
	s.IntVar(&f.pages, "pages", measure.DefaultPages, "pages at most, one of each template")
	s.StringSliceVar(&f.only, "page", nil, "measure the pages that match `GLOB`, instead of one of each template")
	s.BoolVar(&f.network, "network", false, "let requests to other hosts pass")
	s.DurationVar(&f.timeout, "timeout", measure.DefaultTimeout, "longest time for one load")
	s.StringVar(&f.browser, "browser", "", "`PATH` of Chromium or Chrome (default: CHROME_BIN, then found)")
	s.StringVar(&f.format, "format", "text", "print the result as text or json")
	s.StringVar(&a.flags.meta, "meta", ".hone", "folder of the records of the build")
	s.StringVarP(&a.flags.config, "config", "c", "", "configuration `FILE` (default hone.toml, if there is one)")
	s.StringVar(&a.flags.baseURL, "base-url", "", "`URL` the site is served under (default: as the last build found)")
	s.BoolVar(&a.flags.json, "json", false, "print one JSON document, as --format json")
	s.BoolVar(&a.flags.noProgress, "no-progress", false, "no progress on standard error")
	return c
}

func profileNames() []string {
	var names []string
	for _, p := range measure.Profiles {
		names = append(names, p.Name)
	}
	return names
}

func profileList() string {
	var list []string
	for _, p := range measure.Profiles {
		list = append(list, p.Name+" ("+p.Doc+")")
	}
	return strings.Join(list, ", ")
}

// measurement is what the command prints.
type measurement struct {
	Schema    int            `json:"schema"`
	Input     string         `json:"input"`
	Output    string         `json:"output"`
	Browser   string         `json:"browser"`
	Profile   string         `json:"profile"`
	Runs      int            `json:"runs"`
	Network   bool           `json:"network"`
	Templates int            `json:"templates"`
	Pages     []measure.Pair `json:"pages"`
	Different int            `json:"pages_different"`
	Failed    int            `json:"pages_failed"`
}

func (a *app) measure(ctx context.Context, args []string, f *measureFlags) error {
	profile, err := f.check(a)
	if err != nil {
		return err
	}
	m, err := a.measuredFolders(args)
	if err != nil {
		return err
	}
	pages, templates, err := f.choose(ctx, m)
	if err != nil {
		return err
	}
	b, err := a.startBrowser(ctx, f.browser)
	if err != nil {
		return err
	}
	defer b.Close()
	before, beforeHandler := onStage(m.in, m.prefix, "")
	defer before.Close()
	after, afterHandler := onStage(m.out, m.prefix, m.records())
	defer after.Close()
	p := a.progress()
	lab, err := measure.NewLab(b, measure.Options{Origin: m.origin, Before: beforeHandler, After: afterHandler, Pages: pages, Profile: profile,
		Runs: f.runs, Timeout: f.timeout, Network: f.network, Progress: func(done, total int, _ string) { p.update("measure", done, total) }})
	if err != nil {
		return err
	}
	defer lab.Close()
	pairs, err := lab.Run(ctx)
	p.done()
	if err != nil {
		return err
	}
	r := &measurement{Schema: 1, Input: m.in, Output: m.out, Browser: b.Version, Profile: profile.Name, Runs: f.runs, Network: f.network, Templates: templates, Pages: pairs}
	return a.showMeasurement(r)
}

// check reads the flags.
func (f *measureFlags) check(a *app) (measure.Profile, error) {
	p, ok := measure.ProfileNamed(f.profile)
	switch {
	case !ok:
		return p, usagef("--profile: there is no profile %q; there are %s%s", f.profile, strings.Join(profileNames(), ", "), didYouMean(f.profile, profileNames()))
	case f.runs < 0 || f.runs > 99:
		return p, usagef("--runs: %d is not between 0 and 99", f.runs)
	case f.pages < 1:
		return p, usagef("--pages: %d is below 1", f.pages)
	case f.timeout < time.Second:
		return p, usagef("--timeout: %v is too short to load a page", f.timeout)
	case slices.ContainsFunc(f.only, func(g string) bool { return !doublestar.ValidatePattern(g) }):
		return p, usagef("--page: %q holds a pattern that is not valid", strings.Join(f.only, ","))
	case f.format != "text" && f.format != "json":
		return p, usagef("--format: there is no format %q; there are text, json", f.format)
	}
	a.flags.json = a.flags.json || f.format == "json"
	return p, nil
}

// measuredFolders settles which folders are compared, and where they are
// served: as was told, or as the last build found.
func (a *app) measuredFolders(args []string) (*measured, error) {
	c, _, err := a.settings()
	if err != nil {
		return nil, err
	}
	in, err := a.input(c, args)
	if err != nil {
		return nil, err
	}
	m := &measured{in: in, out: value(c.Out, ""), meta: a.flags.meta, prefix: "/"}
	switch {
	case len(args) == 2:
		m.out = args[1]
	case m.out == "":
		m.out = defaultOut(in)
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	base := value(c.BaseURL, "")
	var d report.Document
	if base == "" && m.records() != "" && readRecord(filepath.Join(m.meta, "report.json"), &d) == nil {
		base = d.BaseURL
	}
	return m, m.servedAt(base)
}

// servedAt takes the address that a site is served under.
func (m *measured) servedAt(base string) error {
	if base == "" {
		return nil
	}
	u, err := url.Parse(base)
	if err != nil {
		return usagef("--base-url: %v", err)
	}
	if u.Host != "" {
		m.origin = u.Scheme + "://" + u.Host
	}
	m.prefix = "/" + strings.Trim(u.Path, "/") + "/"
	if m.prefix == "//" {
		m.prefix = "/"
	}
	return nil
}

// choose picks the pages: those that were asked for, or one of each template.
func (f *measureFlags) choose(ctx context.Context, m *measured) (pages []measure.Page, templates int, err error) {
	root, err := os.OpenRoot(m.in)
	if err != nil {
		return nil, 0, fmt.Errorf("input folder: %w", err)
	}
	defer root.Close()
	all, err := measure.Templates(ctx, root.FS())
	if err != nil {
		return nil, 0, err
	}
	add := func(p site.Path, alike int) {
		if len(pages) < f.pages {
			pages = append(pages, measure.Page{Path: string(p), Address: measure.Address(m.prefix, p), Template: alike})
		}
	}
	for _, t := range all {
		if f.only == nil {
			add(t.Page, len(t.Pages))
			continue
		}
		for _, p := range t.Pages {
			if slices.ContainsFunc(f.only, func(glob string) bool { ok, _ := doublestar.Match(glob, string(p)); return ok }) {
				add(p, len(t.Pages))
			}
		}
	}
	if len(pages) == 0 {
		return nil, 0, usagef("%s holds no page to measure", m.in)
	}
	return pages, len(all), nil
}

// showMeasurement prints a measurement and turns its verdict into an error.
func (a *app) showMeasurement(r *measurement) error {
	for i := range r.Pages {
		switch p := &r.Pages[i]; {
		case p.Failed != "":
			r.Failed++
		case !p.Same():
			r.Different++
		}
	}
	if a.flags.json {
		e := json.NewEncoder(a.stdout)
		e.SetEscapeHTML(false)
		e.SetIndent("", " ")
		if err := e.Encode(r); err != nil {
			return fmt.Errorf("print measurement: %w", err)
		}
	} else {
		measureText(a.stdout, r)
	}
	if r.Different+r.Failed > 0 {
		return errFindings
	}
	return nil
}
