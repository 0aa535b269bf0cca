package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/hone-web/hone/internal/config"
	"github.com/hone-web/hone/internal/fetch"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/internal/report"
	"github.com/hone-web/hone/internal/vendor"
	"github.com/hone-web/hone/site"
)

// vendorResult is what hone vendor --json prints.
type vendorResult struct {
	Copied   []pipeline.Copied `json:"copied"`
	Bytes    int64             `json:"bytes"`
	Findings []site.Diagnostic `json:"findings"`
}

func (a *app) vendorCommand() *cobra.Command {
	var update bool
	c := &cobra.Command{
		Use:   "vendor [DIR]",
		Short: "Copy what pages load from other hosts, and pin it",
		Long: `vendor asks the hosts of external.vendor for the style sheets, scripts, fonts and
pictures that the built site in DIR loads from them, with what those style sheets
load in turn, and pins their bytes in hone.lock. Builds serve the copies from the
site itself. An address that answers with other bytes than are pinned is an error
until --update accepts it. Nothing is built.`,
		Example: `  hone vendor public
  hone vendor --update public     # what the addresses answer now is what is served
  hone vendor --json public | jq .bytes`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.flags.set = cmd.Flags()
			return a.vendor(cmd.Context(), args, update)
		},
	}
	c.Flags().SortFlags = false
	c.Flags().BoolVar(&update, "update", false, "pin what the addresses answer now")
	a.flags.vendoring(c)
	a.flags.common(c)
	return c
}

// vendoring settles what is copied of other hosts.
func (a *app) vendoring(c *config.Config, o *pipeline.Options) {
	if len(c.External.Vendor) == 0 {
		return
	}
	client := &fetch.Client{AllowPrivate: a.flags.allowPrivate}
	o.Vendor = pipeline.VendorOptions{Hosts: c.External.Vendor, LockFile: filepath.Join(filepath.Dir(a.configName), vendor.LockName), Offline: a.flags.offline,
		Get: client.Get, Failed: new(sync.Map)}
}

func (a *app) vendor(ctx context.Context, args []string, update bool) error {
	c, _, err := a.settings()
	if err != nil {
		return err
	}
	in, err := a.input(c, args)
	if err != nil {
		return err
	}
	o, err := a.options(c, in)
	if err != nil {
		return err
	}
	if len(o.Vendor.Hosts) == 0 {
		return usagef("external.vendor lists no host; write it into hone.toml like this:\n\n[external]\nvendor = [\"fonts.googleapis.com\", \"cdn.jsdelivr.net\"]\n")
	}
	o.Vendor.Ask, o.Vendor.Accept = !o.Vendor.Offline, update
	a.detect(&o, in)
	p := a.progress()
	o.Progress = p.update
	copied, found, err := pipeline.Vendor(ctx, o)
	p.done()
	if err != nil {
		return err
	}
	r := vendorResult{Copied: copied, Findings: found}
	failed := false
	for _, x := range copied {
		r.Bytes += x.Size
	}
	for _, d := range found {
		failed = failed || o.FailOn.Reached(d.Severity)
	}
	if a.flags.json {
		err = json.NewEncoder(a.stdout).Encode(r)
	} else {
		report.Findings(a.stderr, found, report.Style{Color: a.color(a.flags.color, a.stderr), Verbose: a.flags.verbose})
		err = a.showCopied(&r)
	}
	if err == nil && failed {
		err = errFindings
	}
	return err
}

func (a *app) showCopied(r *vendorResult) error {
	if a.flags.quiet {
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', tabwriter.AlignRight)
	for _, x := range r.Copied {
		fmt.Fprintf(w, "%s\t  %s\n", report.Bytes(x.Size), x.URL)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "%d files, %s, are served from the site itself; %s pins them.\n", len(r.Copied), report.Bytes(r.Bytes), vendor.LockName)
	return err
}
