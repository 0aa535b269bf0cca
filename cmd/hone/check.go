package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/internal/report"
)

func (a *app) checkCommand() *cobra.Command {
	var f judgeFlags
	c := &cobra.Command{
		Use:   "check [DIR]",
		Short: "Verify a folder: references, integrity, policies, what is free and paid",
		Long: `check reads a built site and writes nothing. It reports references that lead
nowhere, integrity attributes that do not match and inline code that the page's
own policy refuses. With a paywall policy, or a host that is told to answer with
402, it also holds policy, files and the configuration of hosts together.`,
		Example: `  hone check public-honed
  hone check --fail-on warn dist
  hone check --json dist | jq '.findings[]'
  hone check --format github --output-file sarif=hone.sarif dist
  hone check --baseline hone-baseline.json dist`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.flags.set = cmd.Flags()
			return a.check(cmd.Context(), args, &f)
		},
	}
	a.flags.common(c)
	f.add(a, c)
	return c
}

func (a *app) check(ctx context.Context, args []string, f *judgeFlags) error {
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
	known, err := f.check(a)
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
	d.Outside = a.outside(&o)
	return f.judge(a, d, known, func() { report.Checked(a.stdout, d) })
}
