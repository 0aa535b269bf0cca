package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/internal/report"
	"github.com/hone-web/hone/site"
)

func (a *app) explainCommand() *cobra.Command {
	var ua string
	c := &cobra.Command{
		Use:   "explain PATH",
		Short: "Tell what became of one file, and why",
		Long: `explain reads the records of the last build and tells one file's story: what was
done to it, which candidates were weighed, who refers to it and which headers it
is served with. PATH is a file of the input or of the output, under the site or
as you see it from here.`,
		Example: `  hone explain img/hero.jpg
  hone explain public-honed/css/app.1a2b3c4d5e.css
  hone explain /club/report.html --ua GPTBot`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if ua != "" {
				a.flags.set = cmd.Flags()
				return a.explainAccess(args[0], ua)
			}
			return a.explain(args[0])
		},
	}
	c.Flags().StringVar(&ua, "ua", "", "tell instead what the paywall policy says to the `AGENT`, a User-Agent, a bot's name or a class")
	c.Flags().StringVarP(&a.flags.config, "config", "c", "", "configuration `FILE` (default hone.toml, if there is one)")
	c.Flags().StringVar(&a.flags.meta, "meta", ".hone", "folder with the records of the build")
	c.Flags().BoolVar(&a.flags.json, "json", false, "print one JSON document")
	return c
}

func (a *app) explain(path string) error {
	var d report.Document
	var m site.Manifest
	if err := readRecord(filepath.Join(a.flags.meta, "report.json"), &d); err != nil {
		return err
	}
	// A build that was not published leaves no manifest; the story is told all
	// the same.
	if err := readRecord(filepath.Join(a.flags.meta, "manifest.json"), &m); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f := findStory(&d, path)
	if f == nil {
		names := make([]string, len(d.Files))
		for i := range d.Files {
			names[i] = string(d.Files[i].Path)
		}
		return usagef("the last build of %s saw no file %s%s", d.Input, path, didYouMean(path, names))
	}
	if a.flags.json {
		return json.NewEncoder(a.stdout).Encode(struct {
			SchemaVersion int                 `json:"schema_version"`
			File          *pipeline.FileStory `json:"file"`
			Findings      []site.Diagnostic   `json:"findings"`
		}{report.SchemaVersion, f, findingsOf(&d, f.Path)})
	}
	report.Explain(a.stdout, f, m.Entries, d.Findings)
	return nil
}

func findingsOf(d *report.Document, p site.Path) []site.Diagnostic {
	out := []site.Diagnostic{}
	for _, x := range d.Findings {
		if x.Path == p {
			out = append(out, x)
		}
	}
	return out
}

func readRecord(name string, v any) error {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return &usageError{fmt.Errorf("there is no record of a build in %s: run 'hone build' first, or name the folder with --meta (%w)", filepath.Dir(name), err)}
	}
	if err != nil {
		return fmt.Errorf("read record: %w", err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("read record %s: %w", name, err)
	}
	return nil
}

// findStory finds a file by its place under the site, by an output name, or by
// a path that begins with the input or output folder.
func findStory(d *report.Document, path string) *pipeline.FileStory {
	clean := filepath.ToSlash(filepath.Clean(path))
	try := []string{clean, strings.TrimPrefix(clean, "/")}
	for _, dir := range []string{d.Input, d.Output} {
		if rest, ok := strings.CutPrefix(clean, filepath.ToSlash(filepath.Clean(dir))+"/"); ok && dir != "" {
			try = append(try, rest)
		}
	}
	for _, want := range try {
		for i := range d.Files {
			f := &d.Files[i]
			if string(f.Path) == want {
				return f
			}
			for _, o := range f.Outputs {
				if string(o) == want {
					return f
				}
			}
		}
	}
	return nil
}
