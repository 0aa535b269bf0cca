package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/internal/report"
)

func (a *app) checkCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "check [DIR]",
		Short: "Verify a folder: references, integrity, policies",
		Long: `check reads a built site and writes nothing. It reports references that lead
nowhere, integrity attributes that do not match and inline code that the page's
own policy refuses.`,
		Example: `  hone check public-honed
  hone check --fail-on warn dist
  hone check --json dist | jq '.findings[]'`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.flags.set = cmd.Flags()
			return a.check(cmd.Context(), args)
		},
	}
	a.flags.common(c)
	return c
}

func (a *app) check(ctx context.Context, args []string) error {
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
	p := a.progress()
	o.Progress = p.update
	r, err := pipeline.Check(ctx, o)
	p.done()
	if err != nil {
		return err
	}
	d := report.New(r, "hone "+version, "check", in, "", false)
	style := report.Style{Color: a.color(a.flags.color, a.stderr), Verbose: a.flags.verbose}
	if a.flags.json {
		return a.show(d)
	}
	report.Findings(a.stderr, d.Findings, style)
	if !a.flags.quiet {
		report.Checked(a.stdout, d)
	}
	if d.Failed {
		return errFindings
	}
	return nil
}
