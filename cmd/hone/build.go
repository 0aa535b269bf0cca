package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hone-web/hone/internal/config"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/internal/publish"
	"github.com/hone-web/hone/internal/report"
)

func (a *app) buildCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "build [DIR]",
		Short: "Write an optimized copy of a built site",
		Long: `build reads the built site in DIR and writes an optimized copy beside it. Nothing
is written before it is verified, and the new copy appears all at once. Without
DIR it finds the folder that your generator wrote.`,
		Example: `  hone build public
  hone build -o dist-opt dist
  hone build --base-url https://example.com/docs/ build
  hone build --dry-run --json public | jq .totals
  hone build --guard public       # proven in a browser before it is published
  hone build --output-file sarif=hone.sarif --output-file markdown=hone.md public`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.flags.set = cmd.Flags()
			return a.build(cmd.Context(), args)
		},
	}
	a.flags.building(c)
	a.flags.guarding(c)
	a.flags.common(c)
	return c
}

func (a *app) build(ctx context.Context, args []string) error {
	c, _, err := a.settings()
	if err != nil {
		return err
	}
	in, err := a.input(c, args)
	if err != nil {
		return err
	}
	o, err := a.buildOptions(c, in)
	if err != nil {
		return err
	}
	pool, err := esbuild(o.Jobs)
	if err != nil {
		return err
	}
	defer pool.Close()
	o.Esbuild = pool
	p := a.progress()
	o.Progress = p.update
	r, err := a.buildProven(ctx, o)
	p.done()
	if err != nil {
		return err
	}
	full := a.document(r, &o)
	likenesses(ctx, &o, full)
	if err := a.writeReport(o.Meta, full, true); err != nil {
		return err
	}
	if err := a.writeOutputs(full); err != nil {
		return err
	}
	if err := a.inform(full); err != nil {
		return err
	}
	return a.show(full)
}

// buildOptions settles what is built from in and where it goes, and refuses
// outputs that would destroy what hone did not write.
func (a *app) buildOptions(c *config.Config, in string) (pipeline.Options, error) {
	o, err := a.options(c, in)
	if err != nil {
		return o, err
	}
	if o.Replace && o.Out == "" {
		o.Out = in
	}
	if o.Out == "" {
		o.Out = defaultOut(in)
	}
	if err := publish.Allowed(in, o.Out, o.Replace, o.Force, pipeline.Ours(o.Meta, o.Out)); err != nil {
		return o, err
	}
	a.detect(&o, in)
	if err := a.outputFormats(); err != nil {
		return o, err
	}
	if err := a.budgets(c, &o); err != nil {
		return o, err
	}
	// The collector works harder before the program grows past the limit; the
	// last quarter is for what the collector does not see and for children.
	debug.SetMemoryLimit(max(o.MemoryLimit/4*3, 64<<20))
	return o, nil
}

// document is the report of a build.
func (a *app) document(r *pipeline.Result, o *pipeline.Options) *report.Document {
	out := o.Out
	if o.DryRun {
		out = ""
	}
	d := report.New(r, "hone "+version, "build", o.In, out, true)
	d.Reproduce, d.Budgets = a.reproduce(o.In), o.Review != nil
	if a.base != nil {
		d.CompareWith(a.base)
	}
	return d
}

// show prints a document and turns its verdict into an error.
func (a *app) show(d *report.Document) error {
	brief := d.Brief()
	style := report.Style{Color: a.color(a.flags.color, a.stderr), Verbose: a.flags.verbose}
	if a.flags.json {
		if err := report.JSON(a.stdout, brief); err != nil {
			return fmt.Errorf("print result: %w", err)
		}
	} else {
		report.Findings(a.stderr, d.Findings, style)
		if !a.flags.quiet {
			report.Summary(a.stdout, brief, report.Style{Color: a.color(a.flags.color, a.stdout), Verbose: a.flags.verbose})
			fmt.Fprintln(a.stderr, report.Closing(d, style))
		}
	}
	if d.Failed {
		return errFindings
	}
	return nil
}

// writeReport keeps the result among the records: for programs, and in full
// also for people.
func (a *app) writeReport(meta string, d *report.Document, full bool) error {
	history := filepath.Join(meta, "history.json")
	var before []report.Build
	if text, err := os.ReadFile(history); err == nil && json.Unmarshal(text, &before) != nil {
		before = nil // unreadable: start over
	}
	all := d.Remember(before)
	type record struct {
		name  string
		write func(io.Writer) error
	}
	records := []record{
		{"report.json", func(w io.Writer) error { return report.JSON(w, d) }},
		{"history.json", func(w io.Writer) error { return json.NewEncoder(w).Encode(all) }},
	}
	if full {
		records = append(records, record{"report.html", func(w io.Writer) error { return report.HTML(w, d) }},
			record{"report.md", func(w io.Writer) error { return report.Markdown(w, d) }})
	}
	for _, r := range records {
		var b bytes.Buffer
		if err := r.write(&b); err != nil {
			return fmt.Errorf("encode %s: %w", r.name, err)
		}
		if err := pipeline.WriteFile(filepath.Join(meta, r.name), b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// reproduce is the command line of this build.
func (a *app) reproduce(in string) string {
	line := "hone build"
	a.flags.set.Visit(func(f *pflag.Flag) {
		switch f.Name {
		case "json", "quiet", "verbose", "color", "no-progress", "ci", "output-file", "compare", "jobs", "memory-limit", "meta", "force":
			return // they do not change what is made
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			line += " --" + f.Name + "=" + shell(v)
		}
	})
	return line + " " + shell(in)
}

// shell quotes a word where a shell would take it for more.
func shell(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,@%+") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// input returns the folder to read: the argument, the configuration, or what
// a generator wrote here.
func (a *app) input(c *config.Config, args []string) (string, error) {
	in := ""
	switch {
	case len(args) > 0:
		in = args[0]
	case c.Input != nil:
		in = *c.Input
	default:
		return detectInput(".")
	}
	fi, err := os.Stat(in)
	if errors.Is(err, fs.ErrNotExist) {
		return "", usagef("there is no folder %s", in)
	}
	if err != nil {
		return "", fmt.Errorf("input folder: %w", err)
	}
	if !fi.IsDir() {
		return "", usagef("%s is a file, not a folder; name the folder that holds the built site", in)
	}
	return in, nil
}

// defaultOut names the output after the input.
func defaultOut(in string) string {
	clean := filepath.Clean(in)
	if base := filepath.Base(clean); base == "." || base == ".." || base == string(filepath.Separator) {
		if abs, err := filepath.Abs(clean); err == nil {
			clean = abs
		}
	}
	return clean + "-honed"
}
