package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hone-web/hone/internal/config"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/internal/report"
	"github.com/hone-web/hone/site"
	"github.com/hone-web/hone/verify"
)

// errUnclear says that the origin could not be judged; the exit code is 3.
var errUnclear = errors.New("what could not be told is no clean result")

// probeFlags bound what a live origin is asked.
type probeFlags struct {
	site         string
	manifest     string
	edge         bool
	allowPrivate bool
	requests     int
	rate         float64
	timeout      time.Duration
	seed         string
	sample       int
	also         []string
	proof        bool
	judgeFlags
}

func (f *probeFlags) bounds(c *cobra.Command) {
	s := c.Flags()
	s.SortFlags = false
	s.BoolVar(&f.allowPrivate, "allow-private", false, "ask although the name leads into a private network")
	s.IntVar(&f.requests, "requests", 500, "make at most so many requests")
	s.Float64Var(&f.rate, "rate", 20, "requests a second and connection")
	s.DurationVar(&f.timeout, "timeout", 10*time.Second, "wait so long for each answer")
}

func (a *app) probeCommand() *cobra.Command {
	var f probeFlags
	c := &cobra.Command{
		Use:   "probe URL",
		Short: "Ask a live site: is free free, and does paid stay paid?",
		Long: `probe asks a live origin what the policy says about it: free files as people,
crawlers and fetchers ask for them, and paid files in every way that has led
around a gate. A leak is the text of the built file, so probe needs the folder
that was deployed, or its manifest.json (where neither is named, that of the last
build here) and what the site lists itself (sitemap, OpenAPI). It never pays, and asks no addresses but those that are named.`,
		Example: `  hone probe https://staging.example.com --site public-honed
  hone probe --edge https://www.example.com --site public-honed
  hone probe http://localhost:8080 --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.flags.set = cmd.Flags()
			return a.probe(cmd.Context(), args[0], &f)
		},
	}
	f.bounds(c)
	c.Flags().StringVar(&f.site, "site", "", "`FOLDER` that was deployed")
	c.Flags().StringVar(&f.manifest, "manifest", "", "manifest.json of what was deployed, `FILE` or URL, where the folder is not at hand")
	c.Flags().BoolVar(&f.edge, "edge", false, "look whether caches keep answers, under addresses of their own")
	c.Flags().StringVar(&f.seed, "seed", "1", "which free files are asked for")
	c.Flags().IntVar(&f.sample, "sample", 40, "ask for at most so many free files")
	c.Flags().StringSliceVar(&f.also, "also", nil, "further `URL` of the same files that must not give paid ones away: a preview, the origin behind the CDN")
	c.Flags().BoolVar(&f.proof, "proof", false, "run the command of paywall.proof, which may pay, once for each paid rule")
	a.flags.common(c)
	f.add(a, c)
	return c
}

// originOf reads the URL of a site.
func originOf(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, usagef("%q is no URL of a site; write it like https://www.example.com", text)
	}
	if u.User != nil {
		return nil, usagef("leave the password out of the URL")
	}
	return u, nil
}

func (f *probeFlags) prober(u *url.URL) (*verify.Probe, error) {
	if f.requests < 1 || f.rate <= 0 || f.timeout <= 0 {
		return nil, usagef("--requests, --rate and --timeout must be above 0")
	}
	return &verify.Probe{Origin: &url.URL{Scheme: u.Scheme, Host: u.Host}, AllowPrivate: f.allowPrivate, Requests: f.requests,
		Interval: time.Duration(float64(time.Second) / f.rate), Timeout: f.timeout, Now: time.Now}, nil
}

func (a *app) probe(ctx context.Context, target string, f *probeFlags) error {
	u, err := originOf(target)
	if err != nil {
		return err
	}
	p, err := f.prober(u)
	if err != nil {
		return err
	}
	c, _, err := a.settings()
	if err != nil {
		return err
	}
	known, err := f.check(a)
	if err != nil {
		return err
	}
	live, err := f.live(a, c, p)
	if err != nil {
		return err
	}
	if f.site == "" {
		a.lastManifest(f)
		if live.Payment, err = a.remote(ctx, c, f.manifest); err != nil {
			return err
		}
		servedBelow(live.Payment, u)
		return a.ask(ctx, live, target, f, known)
	}
	if f.manifest != "" {
		return usagef("--site and --manifest: name one of them")
	}
	in, err := a.input(c, []string{f.site})
	if err != nil {
		return err
	}
	o, err := a.options(c, in)
	if err != nil {
		return err
	}
	return pipeline.Payment(ctx, o, func(pay *verify.Payment) error {
		live.Payment = pay
		servedBelow(pay, u)
		return a.ask(ctx, live, target, f, known)
	})
}

// lastManifest takes the manifest of the last build made here where neither
// folder nor manifest is named.
func (a *app) lastManifest(f *probeFlags) {
	if f.manifest != "" {
		return
	}
	last := filepath.Join(a.flags.meta, "manifest.json")
	if _, err := os.Stat(last); err == nil {
		f.manifest = last
		fmt.Fprintf(a.stderr, "files as in %s, of the last build here; --site and --manifest name others\n", report.Text(last))
	}
}

// servedBelow takes the path of the URL for the place of the site, if it has
// one.
func servedBelow(p *verify.Payment, u *url.URL) {
	if path := strings.Trim(u.Path, "/"); path != "" {
		p.Prefix = "/" + path + "/"
	}
}

// remote is a site whose files are not at hand: what a manifest says of them,
// or nothing.
func (a *app) remote(ctx context.Context, c *config.Config, manifest string) (*verify.Payment, error) {
	w, err := a.policy(c)
	if err != nil {
		return nil, err
	}
	p := &verify.Payment{Policy: w, Prefix: "/", Now: time.Now(), Text: func(site.Path) ([]byte, error) { return nil, nil }}
	if manifest == "" {
		return p, nil
	}
	m, err := loadManifest(ctx, manifest)
	if err != nil {
		return nil, err
	}
	p.Prefix = prefixOf(m)
	zones := &verify.Paywall{File: site.Path(manifest)}
	for i := range m.Entries {
		e := &m.Entries[i]
		x := &verify.PaymentFile{Path: e.Path, Kind: site.KindOf(e.Path), Digest: e.SHA256, Size: e.Size}
		for _, coding := range e.Encodings {
			x.Coded = append(x.Coded, map[string]string{"br": ".br", "gzip": ".gz", "zstd": ".zst"}[coding])
		}
		p.Files = append(p.Files, x)
		if e.Zone != "" {
			zones.Rules = append(zones.Rules, &verify.AccessRule{ID: string(e.Zone) + " /" + string(e.Path), Path: "/" + string(e.Path), Access: verify.Paid})
		}
	}
	// A manifest knows which files were paid when it was made.
	if p.Policy == nil && len(zones.Rules) > 0 {
		p.Policy = zones
		if err := zones.Compile(); err != nil {
			return nil, usagef("%s: %v", manifest, err)
		}
	}
	return p, nil
}

// prefixOf returns the path of the URL that the files of a manifest are served
// under: what stands before the path of a file in its own URL.
func prefixOf(m *site.Manifest) string {
	for i := range m.Entries {
		for _, u := range m.Entries[i].URLs {
			if prefix, ok := strings.CutSuffix(u, "/"+site.Escape(string(m.Entries[i].Path))); ok {
				return prefix + "/"
			}
		}
	}
	return "/"
}

// live readies the engine.
func (f *probeFlags) live(a *app, c *config.Config, p *verify.Probe) (*verify.Live, error) {
	w, err := a.paywallTable(c)
	if err != nil {
		return nil, err
	}
	if f.sample < 1 {
		return nil, usagef("--sample must be above 0")
	}
	l := &verify.Live{Probe: p, Edge: f.edge, Seed: f.seed, Sample: f.sample}
	for _, text := range append(slices.Clone(w.Origins), f.also...) {
		u, err := originOf(text)
		if err != nil {
			return nil, err
		}
		other, err := f.prober(u)
		if err != nil {
			return nil, err
		}
		l.Others = append(l.Others, other)
	}
	if f.proof {
		if len(w.Proof) == 0 {
			return nil, usagef("--proof runs the command of paywall.proof, and none is set")
		}
		l.Proof = proofCommand(w.Proof, a.project(), a.stderr)
	}
	return l, nil
}

func (a *app) ask(ctx context.Context, l *verify.Live, target string, f *probeFlags, known *verify.Baseline) error {
	target = verify.RedactURL(target)
	fmt.Fprintf(a.stderr, "asking %s, at most %d requests\n", report.Text(target), l.Probe.Requests)
	r, err := l.Run(ctx)
	if err != nil {
		return err
	}
	failed := false
	for _, d := range r.Findings {
		failed = failed || pipeline.FailOn(a.failOn()).Reached(d.Severity)
	}
	d := report.New(&pipeline.Result{Findings: r.Findings, Failed: failed}, "hone "+version, "probe", target, "", false)
	d.Unclear, d.Requests = r.Unclear, l.Probe.Asked()
	if r.Targets == 0 {
		d.Unclear = append(d.Unclear, "no file of the site is known, so none was asked for: --site names the folder that was deployed, --manifest its manifest.json")
	}
	return f.judge(a, d, known, func() {
		fmt.Fprintf(a.stdout, "%s: %d files, %d requests, %d findings, %d unclear\n", report.Text(target), r.Targets, d.Requests, len(d.Findings), len(d.Unclear))
	})
}

func (a *app) failOn() string {
	if a.flags.failOn == "" {
		return string(pipeline.FailError)
	}
	return a.flags.failOn
}

func (a *app) diagnoseCommand() *cobra.Command {
	var f probeFlags
	c := &cobra.Command{
		Use:   "diagnose URL",
		Short: "Tell about one URL: what answers, why, and what to do next",
		Long: `diagnose asks for one URL, as people, search engines and training crawlers do,
and tells in words what answers, whose 402 it is, what it does to the site and
what to do next.`,
		Example: "  hone diagnose https://www.example.com/article",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.flags.set = cmd.Flags()
			return a.diagnose(cmd.Context(), args[0], &f)
		},
	}
	f.bounds(c)
	return c
}

func (a *app) diagnose(ctx context.Context, target string, f *probeFlags) error {
	u, err := originOf(target)
	if err != nil {
		return err
	}
	p, err := f.prober(u)
	if err != nil {
		return err
	}
	d := p.Diagnose(ctx, u.RequestURI())
	for _, line := range d.Lines {
		fmt.Fprintln(a.stdout, report.Text(line))
	}
	switch {
	case d.Unclear:
		return errUnclear
	case d.Trouble:
		return errFindings
	}
	return ctx.Err()
}
