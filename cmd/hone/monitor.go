package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/hone-web/hone/internal/config"
	"github.com/hone-web/hone/internal/monitor"
	"github.com/hone-web/hone/internal/report"
	"github.com/hone-web/hone/verify"
)

// webhookSecret is the variable that holds the key of the webhook. It has no
// flag and no key in hone.toml: both are seen by others.
const webhookSecret = "HONE_WEBHOOK_SECRET"

// monitorFlags are those of hone monitor.
type monitorFlags struct {
	list, manifest, history, listen, webhook string
	interval                                 time.Duration
	jitter                                   float64
	sample                                   int
	once, recordDrift                        bool
	probeFlags
}

func (a *app) monitorCommand() *cobra.Command {
	var f monitorFlags
	c := &cobra.Command{
		Use:   "monitor [URL...]",
		Short: "Ask the same addresses again and again, and tell when they break",
		Long: `monitor asks addresses on a schedule: those that are named, those of a list, or
with --manifest the files that were deployed at a URL, which are compared with
what answers. It keeps a history, serves metrics for Prometheus and posts to a
webhook after two failures in a row and on recovery. With --once it asks once, for
cron and CI: the exit code is 1 if something fails, and 3 if it cannot be told.
The key of the webhook is read from ` + webhookSecret + `.`,
		Example: `  hone monitor https://www.example.com --manifest .hone/manifest.json
  hone monitor --list urls.txt --interval 1m --listen 127.0.0.1:9402
  hone monitor --once https://www.example.com/ https://www.example.com/robots.txt`,
		RunE: func(cmd *cobra.Command, args []string) error {
			a.flags.set = cmd.Flags()
			return a.monitor(cmd.Context(), args, &f)
		},
	}
	s := c.Flags()
	s.SortFlags = false
	s.StringVar(&f.list, "list", "", "`FILE` with a URL a line, and the status that is expected if it is no success")
	s.StringVar(&f.manifest, "manifest", "", "manifest.json of what was deployed at the URL, `FILE` or URL")
	s.IntVar(&f.sample, "sample", 100, "files of the manifest that are asked for: paid ones first, then pages")
	s.BoolVar(&f.once, "once", false, "ask once and end")
	s.DurationVar(&f.interval, "interval", 5*time.Minute, "ask so often")
	s.Float64Var(&f.jitter, "jitter", 0.1, "share by which the interval varies, 0 to 1")
	s.StringVar(&f.history, "history", "", "`FILE` of answers, one JSON document a line (default: history.jsonl in the folder of --meta)")
	s.StringVar(&f.listen, "listen", "", "serve /metrics at this loopback `ADDRESS`, such as 127.0.0.1:9402")
	s.StringVar(&f.webhook, "webhook", "", "`URL` to post to, signed with "+webhookSecret)
	s.BoolVar(&f.recordDrift, "record-drift", false, "what is not as it was deployed is recorded and does not count as a failure")
	s.BoolVar(&f.allowPrivate, "allow-private", false, "ask although a name leads into a private network")
	s.Float64Var(&f.rate, "rate", 20, "requests a second and connection")
	s.DurationVar(&f.timeout, "timeout", 10*time.Second, "wait so long for each answer")
	s.StringVar(&a.flags.meta, "meta", ".hone", "folder for the history")
	s.StringVarP(&a.flags.config, "config", "c", "", "configuration `FILE` (default hone.toml, if there is one)")
	s.BoolVarP(&a.flags.quiet, "quiet", "q", false, "print changes only")
	return c
}

// merge takes what no flag says from [monitor].
func (f *monitorFlags) merge(a *app, c *config.Monitor) error {
	set := func(flag string, from *string, to *string) {
		if from != nil && !a.flags.set.Changed(flag) {
			*to = *from
		}
	}
	set("list", c.List, &f.list)
	set("manifest", c.Manifest, &f.manifest)
	set("history", c.History, &f.history)
	set("listen", c.Listen, &f.listen)
	set("webhook", c.Webhook, &f.webhook)
	if c.Interval != nil && !a.flags.set.Changed("interval") {
		d, err := time.ParseDuration(*c.Interval)
		if err != nil {
			return usagef("monitor.interval: %q is no duration; write it like 5m", *c.Interval)
		}
		f.interval = d
	}
	if c.Jitter != nil && !a.flags.set.Changed("jitter") {
		f.jitter = *c.Jitter
	}
	if c.Sample != nil && !a.flags.set.Changed("sample") {
		f.sample = *c.Sample
	}
	if c.RecordDrift != nil && !a.flags.set.Changed("record-drift") {
		f.recordDrift = *c.RecordDrift
	}
	if f.history == "" {
		f.history = filepath.Join(a.flags.meta, "history.jsonl")
	}
	switch {
	case f.interval < time.Second:
		return usagef("--interval must be a second or more")
	case !(f.jitter >= 0 && f.jitter <= 1):
		return usagef("--jitter must be from 0 to 1")
	case f.sample < 1 || f.sample > monitor.MaxTargets:
		return usagef("--sample must be from 1 to %d", monitor.MaxTargets)
	}
	f.requests = 3 * monitor.MaxTargets // for a round: an answer that passes is asked for again
	return nil
}

func (a *app) monitor(ctx context.Context, args []string, f *monitorFlags) error {
	c, _, err := a.settings()
	if err != nil {
		return err
	}
	if err := f.merge(a, &c.Monitor); err != nil {
		return err
	}
	if len(args) == 0 {
		args = c.Monitor.URLs
	}
	targets, err := f.targets(ctx, args)
	if err != nil {
		return err
	}
	o := monitor.Options{Targets: targets, Interval: f.interval, Jitter: f.jitter, Drift: !f.recordDrift, History: &monitor.History{Name: f.history},
		Now: time.Now, Sleep: sleep, Rand: rand.Float64,
		Log: func(format string, args ...any) {
			fmt.Fprintln(a.stderr, "hone: "+report.Text(fmt.Sprintf(format, args...)))
		}}
	if o.Webhook, err = a.webhook(f.webhook); err != nil {
		return err
	}
	if _, err := f.prober(targets[0].URL); err != nil {
		return err
	}
	o.Probe = func(origin *url.URL) *verify.Probe {
		p, err := f.prober(origin)
		if err != nil {
			panic("monitor: the flags were checked: " + err.Error())
		}
		return p
	}
	if f.once {
		return a.monitorOnce(ctx, o)
	}
	o.Metrics = monitor.NewMetrics(version)
	m, err := monitor.New(o)
	if err != nil {
		return err
	}
	stop, err := a.metrics(f.listen, o.Metrics)
	if err != nil {
		return err
	}
	defer stop()
	fmt.Fprintf(a.stderr, "asking %d addresses every %v; Ctrl-C ends it\n", len(targets), f.interval)
	return m.Run(ctx)
}

// targets are what is asked: addresses, a list, or the files of a manifest.
func (f *monitorFlags) targets(ctx context.Context, args []string) ([]monitor.Target, error) {
	var out []monitor.Target
	if f.manifest != "" {
		if len(args) != 1 {
			return nil, usagef("--manifest needs the URL at which it was deployed, and no other")
		}
		base, err := originOf(args[0])
		if err != nil {
			return nil, err
		}
		m, err := loadManifest(ctx, f.manifest)
		if err != nil {
			return nil, err
		}
		out, args = monitor.FromManifest(m, base, f.sample), nil
	}
	for _, text := range args {
		t, err := monitor.ParseTarget(text)
		if err != nil {
			return nil, &usageError{err}
		}
		out = append(out, t)
	}
	if f.list != "" {
		file, err := os.Open(f.list)
		if err != nil {
			return nil, &usageError{err}
		}
		defer file.Close()
		listed, err := monitor.ReadList(file)
		if err != nil {
			return nil, usagef("%s: %w", f.list, err)
		}
		out = append(out, listed...)
	}
	seen := map[string]bool{}
	for _, t := range out {
		if seen[t.Name()] {
			return nil, usagef("%s is named twice", t.Name())
		}
		seen[t.Name()] = true
	}
	if len(out) == 0 || len(out) > monitor.MaxTargets {
		return nil, usagef("name 1 to %d addresses, as arguments, with --list or with --manifest", monitor.MaxTargets)
	}
	return out, nil
}

func (a *app) webhook(to string) (*monitor.Webhook, error) {
	if to == "" {
		return nil, nil
	}
	if _, err := originOf(to); err != nil {
		return nil, err
	}
	secret, _ := a.env(webhookSecret)
	if len(secret) < 16 {
		return nil, usagef("--webhook signs what it posts: set %s to 16 characters or more", webhookSecret)
	}
	return &monitor.Webhook{URL: to, Secret: []byte(secret)}, nil
}

func (a *app) monitorOnce(ctx context.Context, o monitor.Options) error {
	m, err := monitor.New(o)
	if err != nil {
		return err
	}
	s, err := m.Round(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	silent := 0
	for i := range s.Records {
		r := &s.Records[i]
		if r.Result == monitor.Failing && r.Status == 0 {
			silent++
		}
		if r.Result == monitor.OK && a.flags.quiet {
			continue
		}
		line := fmt.Sprintf("%-7s %3d %s", r.Result, r.Status, r.URL)
		if r.Reason != "" {
			line += ": " + r.Reason
		}
		if r.Rule != "" {
			line += " [" + r.Rule + "]"
		}
		fmt.Fprintln(a.stdout, report.Text(line))
	}
	fmt.Fprintf(a.stdout, "%d ok, %d failing, %d unclear\n", s.OK, s.Failing, s.Unclear)
	switch {
	case s.Failing > silent:
		return errFindings
	case err != nil:
		return err
	case s.Unclear+silent > 0:
		return errUnclear
	}
	return nil
}

// metrics serves /metrics until stop is called. Addresses of targets are
// nobody's business, so it listens on this machine only.
func (a *app) metrics(addr string, m *monitor.Metrics) (stop func(), err error) {
	if addr == "" {
		return func() {}, nil
	}
	host, _, err := net.SplitHostPort(addr)
	if ip, perr := netip.ParseAddr(host); err != nil || host != "localhost" && (perr != nil || !ip.IsLoopback()) {
		return nil, usagef("--listen %q is no address of this machine alone; write it like 127.0.0.1:9402", addr)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for Prometheus: %w", err)
	}
	srv := &http.Server{Handler: m.Handler(), ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintf(a.stderr, "hone: metrics: %v\n", err)
		}
	}()
	fmt.Fprintf(a.stderr, "metrics at http://%s/metrics\n", l.Addr())
	return func() {
		srv.Close()
		<-done
	}, nil
}

// sleep waits, unless ctx ends first.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
