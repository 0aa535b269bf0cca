package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hone-web/hone/internal/budget"
	"github.com/hone-web/hone/internal/config"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/internal/report"
	"github.com/hone-web/hone/site"
)

// output is one --output-file.
type output struct {
	format report.Format
	path   string
}

// outputFormats reads the values of --output-file, before any work is done.
func (a *app) outputFormats() error {
	a.formats = nil
	for _, v := range a.flags.outputs {
		name, path, ok := strings.Cut(v, "=")
		if !ok || path == "" {
			return usagef("--output-file: %q has no path; write it like sarif=hone.sarif", v)
		}
		found := false
		for _, f := range report.Formats {
			if f.Name == name {
				a.formats = append(a.formats, output{f, path})
				found = true
			}
		}
		if !found {
			names := report.FormatNames()
			return usagef("--output-file: there is no format %q; there are %s%s", name, strings.Join(names, ", "), didYouMean(name, names))
		}
	}
	return nil
}

// writeOutputs writes the files of --output-file, also when findings stopped
// the build: then they are wanted most.
func (a *app) writeOutputs(d *report.Document) error {
	for _, o := range a.formats {
		doc := d
		if o.format.Name == "json" {
			doc = d.Brief()
		}
		var b bytes.Buffer
		if err := o.format.Write(&b, doc); err != nil {
			return fmt.Errorf("write %s: %w", o.format.Name, err)
		}
		if err := pipeline.WriteFile(o.path, b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// inform tells the service that runs the build what it understands: GitHub
// reads commands in the log and a file for the summary.
func (a *app) inform(d *report.Document) error {
	if v, _ := a.env("GITHUB_ACTIONS"); v != "true" || !a.inCI() {
		return nil
	}
	if err := report.Annotations(a.stderr, d); err != nil {
		return fmt.Errorf("write annotations: %w", err)
	}
	name, _ := a.env("GITHUB_STEP_SUMMARY")
	if name == "" {
		return nil
	}
	var b bytes.Buffer
	if err := report.Markdown(&b, d); err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	// The file is shared by all commands of the step.
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	fi, err := f.Stat()
	if err == nil && fi.Size()+int64(b.Len()) <= report.MaxSummary {
		_, err = f.Write(b.Bytes())
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	return nil
}

// budgets makes the build look at budgets: those of the configuration, of
// --budget, and what --compare says pages weighed before.
func (a *app) budgets(c *config.Config, o *pipeline.Options) error {
	set, err := budget.New(c.Budget)
	if err != nil {
		return &usageError{err}
	}
	for _, name := range a.flags.budgetFiles {
		text, err := readNamed("--budget", name)
		if err != nil {
			return err
		}
		left, err := set.Import(name, text)
		if err != nil {
			return &usageError{err}
		}
		for _, l := range left {
			fmt.Fprintf(a.stderr, "hone: not looked at: %s\n", report.Text(l))
		}
	}
	var before budget.Before
	if a.flags.compare != "" {
		text, err := readNamed("--compare", a.flags.compare)
		if err != nil {
			return err
		}
		if a.base, err = report.Read(text); err != nil {
			return usagef("--compare %s: it is no report.json of hone: %v", a.flags.compare, err)
		}
		before = budget.Before{}
		for i := range a.base.Pages {
			before[a.base.Pages[i].Path] = a.base.Pages[i].After.Bytes
		}
	}
	if !set.Empty() {
		o.Review = func(r *pipeline.Result) []site.Diagnostic { return set.Check(r, before) }
	}
	return nil
}

func readNamed(flag, name string) ([]byte, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("%s: there is no file %s", flag, filepath.Clean(name))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return text, nil
}
