package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/internal/report"
	"github.com/hone-web/hone/site"
	"github.com/hone-web/hone/verify"
)

// judgeFlags are those of commands that judge and make nothing.
type judgeFlags struct {
	format   string
	baseline string
	accept   string // --write-baseline
	expires  string
	reason   string
}

// defaultExpiry is how long a written baseline counts: long enough to mend
// what it accepts, short enough that nobody forgets.
const defaultExpiry = 90

func (f *judgeFlags) add(a *app, c *cobra.Command) {
	s := c.Flags()
	s.StringVar(&f.format, "format", "text", "print the result as "+strings.Join(report.FormatNames(), ", "))
	s.StringArrayVar(&a.flags.outputs, "output-file", nil, "also write the result as `FORMAT=PATH`: "+strings.Join(report.FormatNames(), ", "))
	s.StringVar(&f.baseline, "baseline", "", "leave out the findings that this `FILE` accepts, until they end")
	s.StringVar(&f.accept, "write-baseline", "", "accept what is found now: write it to `FILE`")
	s.StringVar(&f.expires, "expires", "", "the last `DAY` on which a written baseline counts, as 2027-01-31 (default in 90 days)")
	s.StringVar(&f.reason, "reason", "", "`WHY` what is found now is accepted")
	s.BoolVar(&a.flags.ci, "ci", false, "plain log; on GitHub also annotations and a step summary (default where CI is set)")
}

// check finds mistakes before any work is done.
func (f *judgeFlags) check(a *app) (*verify.Baseline, error) {
	if err := a.outputFormats(); err != nil {
		return nil, err
	}
	if names := report.FormatNames(); !slices.Contains(names, f.format) {
		return nil, usagef("--format: there is no format %q; there are %s%s", f.format, strings.Join(names, ", "), didYouMean(f.format, names))
	}
	if a.flags.json {
		f.format = "json"
	}
	a.flags.json = f.format == "json"
	if f.expires != "" {
		if _, err := time.Parse("2006-01-02", f.expires); err != nil {
			return nil, usagef("--expires: %q is no day; write it like 2027-01-31", f.expires)
		}
	}
	if f.baseline == "" {
		return nil, nil
	}
	text, err := readNamed("--baseline", f.baseline)
	if err != nil {
		return nil, err
	}
	b, err := verify.ParseBaseline(text)
	if err != nil {
		return nil, usagef("--baseline %s: it is no baseline: %v", f.baseline, err)
	}
	return b, nil
}

// judge settles a result: the baseline, the files, the log of a service, what
// is printed. say prints the verdict of the command in words.
func (f *judgeFlags) judge(a *app, d *report.Document, b *verify.Baseline, say func()) error {
	if f.accept != "" {
		return f.write(a, d, b)
	}
	if b != nil {
		left, accepted, unused := b.Apply(d.Findings, time.Now())
		d.Findings, d.Accepted, d.Failed = left, accepted, false
		for i := range left {
			d.Failed = d.Failed || pipeline.FailOn(a.failOn()).Reached(left[i].Severity)
		}
		if len(unused) > 0 && !a.flags.quiet {
			fmt.Fprintf(a.stderr, "hone: %d entries of %s meet nothing any more: remove them, first %s at %s\n", len(unused), f.baseline, report.Text(unused[0].Rule), report.Name(unused[0].Path))
		}
	}
	if err := a.writeOutputs(d); err != nil {
		return err
	}
	if err := a.inform(d); err != nil {
		return err
	}
	if err := f.print(a, d, say); err != nil {
		return err
	}
	switch {
	case d.Failed:
		return errFindings
	case len(d.Unclear) > 0:
		return errUnclear
	}
	return nil
}

func (f *judgeFlags) print(a *app, d *report.Document, say func()) error {
	if f.format == "text" {
		report.Findings(a.stderr, d.Findings, report.Style{Color: a.color(a.flags.color, a.stderr), Verbose: a.flags.verbose})
		for _, s := range d.Unclear {
			fmt.Fprintf(a.stderr, "unclear: %s\n", report.Text(s))
		}
		if !a.flags.quiet {
			say()
		}
		return nil
	}
	for _, x := range report.Formats {
		if x.Name == f.format {
			if err := x.Write(a.stdout, d.Brief()); err != nil {
				return fmt.Errorf("print result: %w", err)
			}
		}
	}
	return nil
}

// write accepts what is found.
func (f *judgeFlags) write(a *app, d *report.Document, old *verify.Baseline) error {
	if len(d.Unclear) > 0 {
		return fmt.Errorf("no baseline is written: %w", errUnclear)
	}
	day := f.expires
	if day == "" {
		day = time.Now().AddDate(0, 0, defaultExpiry).Format("2006-01-02")
	}
	var keep []site.Diagnostic
	for _, x := range d.Findings {
		if x.Severity > site.Info {
			keep = append(keep, x)
		}
	}
	text, err := json.MarshalIndent(verify.NewBaseline(keep, day, f.reason, old), "", "  ")
	if err != nil {
		return fmt.Errorf("encode baseline: %w", err)
	}
	if err := pipeline.WriteFile(f.accept, append(text, '\n')); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s accepts %d findings until %s\n", f.accept, len(keep), day)
	return nil
}

// outside are the files that findings stand at and that do not lie in the
// folder that is judged: those of the project.
func (a *app) outside(o *pipeline.Options) map[site.Path]string {
	out := map[site.Path]string{}
	note := func(p site.Path, name string) {
		if _, err := os.Lstat(filepath.Join(o.In, filepath.FromSlash(string(p)))); err != nil {
			out[p] = filepath.ToSlash(name)
		}
	}
	for _, f := range o.HostFiles {
		note(f.Path, shortName(filepath.Join(a.project(), filepath.FromSlash(string(f.Path)))))
	}
	if o.Paywall != nil {
		note(o.Paywall.File, string(o.Paywall.File))
	}
	return out
}
