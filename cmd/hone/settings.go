package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/hone-web/hone/bundle"
	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/internal/config"
	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/internal/rum"
	"github.com/hone-web/hone/optimize"
)

// configNames are looked for in the working directory and above, up to the
// root of the repository.
var configNames = []string{"hone.toml", ".hone.toml"}

// settings merges flags, environment, file and defaults, in that order of
// precedence.
func (a *app) settings() (*config.Config, string, error) {
	file, name, err := a.configFile()
	if err != nil {
		return nil, "", err
	}
	env, err := config.FromEnv(a.env)
	if err != nil {
		return nil, "", &usageError{err}
	}
	return file.Merge(env).Merge(a.fromFlags()), name, nil
}

func (a *app) configFile() (*config.Config, string, error) {
	name := a.flags.config
	if name == "" {
		if v, ok := a.env("HONE_CONFIG"); ok {
			name = v
		}
	}
	if name == "" {
		if name = findConfig(); name == "" {
			return new(config.Config), "", nil
		}
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", usagef("configuration file %s does not exist", name)
	}
	if err != nil {
		return nil, "", fmt.Errorf("read configuration: %w", err)
	}
	c, err := config.Parse(name, text)
	if err != nil {
		return nil, "", &usageError{err}
	}
	a.configName = name
	return c, name, nil
}

func findConfig() string {
	for _, name := range configCandidates() {
		if fi, err := os.Stat(name); err == nil && fi.Mode().IsRegular() {
			return name
		}
	}
	return ""
}

// configCandidates lists where a configuration may stand, the first that
// exists being the one.
func configCandidates() []string {
	dir, err := os.Getwd()
	if err != nil {
		return nil
	}
	var names []string
	for {
		for _, n := range configNames {
			names = append(names, filepath.Join(dir, n))
		}
		_, err := os.Stat(filepath.Join(dir, ".git"))
		up := filepath.Dir(dir)
		if err == nil || up == dir {
			return names
		}
		dir = up
	}
}

// fromFlags holds the flags that were given.
func (a *app) fromFlags() *config.Config {
	f, c := &a.flags, new(config.Config)
	given := func(name string) bool { return f.set != nil && f.set.Changed(name) }
	for name, set := range map[string]func(){
		"out": func() { c.Out = &f.out }, "base-url": func() { c.BaseURL = &f.baseURL }, "preset": func() { c.Preset = &f.preset },
		"keep-urls": func() { c.KeepURLs = &f.keepURLs }, "include": func() { c.Include = f.include }, "exclude": func() { c.Exclude = f.exclude },
		"only": func() { c.Only = f.only }, "skip": func() { c.Skip = f.skip }, "jobs": func() { c.Jobs = &f.jobs },
		"memory-limit": func() { c.MemoryLimit = &f.memory }, "fail-on": func() { c.FailOn = &f.failOn }, "strict": func() { c.Strict = &f.strict },
		"previous": func() { c.Cache.Previous = &f.previous },
	} {
		if given(name) {
			set()
		}
	}
	return c
}

func value[T any](p *T, def T) T {
	if p == nil {
		return def
	}
	return *p
}

// options turns settings into what the pipeline takes. in is the input folder
// as the user named it.
func (a *app) options(c *config.Config, in string) (pipeline.Options, error) {
	if key, message := c.Validate(); key != "" {
		return pipeline.Options{}, usagef("--%s: %s", strings.ReplaceAll(key, "_", "-"), message)
	}
	memory, err := parseSize(value(c.MemoryLimit, a.flags.memory))
	if err != nil {
		return pipeline.Options{}, usagef("--memory-limit: %v", err)
	}
	for _, g := range slices.Concat(c.Include, c.Exclude) {
		if !doublestar.ValidatePattern(g) {
			return pipeline.Options{}, usagef("%q is not a glob; write it like img/**/*.png", g)
		}
	}
	for _, n := range slices.Concat(c.Only, c.Skip) {
		if names := stepNames(); !slices.Contains(names, n) {
			return pipeline.Options{}, usagef("there is no optimizer or combiner %q; there are %s%s", n, strings.Join(names, ", "), didYouMean(n, names))
		}
	}
	for _, n := range c.Cache.Hosts {
		if names := hostNames(); !slices.Contains(names, n) {
			return pipeline.Options{}, usagef("cache.hosts: there is no host %q; there are %s%s", n, strings.Join(names, ", "), didYouMean(n, names))
		}
	}
	base := value(c.BaseURL, "")
	if base != "" {
		if _, err := bundle.ParseBase(base); err != nil {
			return pipeline.Options{}, usagef("--base-url: %v", err)
		}
	}
	o := pipeline.Options{
		In: in, Out: value(c.Out, ""), Meta: a.flags.meta, Replace: a.flags.replace, Force: a.flags.force, DryRun: a.flags.dryRun,
		Jobs: value(c.Jobs, a.flags.jobs), MemoryLimit: memory, Include: c.Include, Exclude: c.Exclude, Only: c.Only, Skip: c.Skip,
		BaseURL: base, KeepURLs: pipeline.KeepURLs(value(c.KeepURLs, "all")), Preset: value(c.Preset, "default"), SourceMaps: value(c.SourceMaps, "keep"),
		Image: pipeline.ImageOptions{JPEGQuality: value(c.Image.JPEGQuality, 0), Quality: value(c.Image.Quality, ""), Picture: value(c.Image.Picture, ""),
			AVIF: value(c.Image.AVIF, ""), Color: value(c.Image.Color, ""), Placeholder: value(c.Image.Placeholder, "")}, Protocol: value(c.Bundle.Protocol, ""), Inline: value(c.Bundle.Inline, ""), Sprite: value(c.Bundle.Sprite, ""), Fonts: bundle.FontOptions{Subset: value(c.Fonts.Subset, ""), Text: value(c.Fonts.Text, "")},
		CSS: bundle.CSSOptions{Unused: value(c.CSS.Unused, ""), Critical: value(c.CSS.Critical, ""), Safelist: c.CSS.Safelist, Trust: c.CSS.Trust}, NoCache: a.flags.noCache,
		FailOn: pipeline.FailOn(value(c.FailOn, "error")), Strict: value(c.Strict, false), Limits: limits(c.Limits),
		Encode: c.Precompress, Hosts: c.Cache.Hosts, Now: time.Now(), Clock: time.Now, CodeCache: codeCache(),
	}
	if o.Encode == nil {
		o.Encode = []string{"br", "gzip"}
	}
	if err := caching(c, &o); err != nil {
		return o, err
	}
	a.vendoring(c, &o)
	if e := value(c.RUM.Endpoint, ""); e != "" {
		if o.RUM, err = rum.Parse(e, value(c.RUM.Sample, 1)); err != nil {
			return o, &usageError{err}
		}
	}
	if err := a.payment(c, &o); err != nil {
		return o, err
	}
	if o.Jobs < 1 {
		return o, usagef("--jobs: %d is below 1", o.Jobs)
	}
	return o, nil
}

// codeCache returns the user's own folder for compiled encoders, "" if there
// is none.
func codeCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "hone", "code")
}

func limits(l config.Limits) optimize.Limits {
	d := optimize.DefaultLimits
	return optimize.Limits{Pixels: value(l.Pixels, d.Pixels), Side: value(l.Side, d.Side), Frames: value(l.Frames, d.Frames), Text: value(l.Text, d.Text)}
}

func didYouMean(s string, list []string) string {
	if near := config.Nearest(s, list); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

func stepNames() []string {
	var names []string
	for _, o := range optimize.All {
		names = append(names, o.Name)
	}
	for _, c := range bundle.All {
		names = append(names, c.Name)
	}
	return names
}

func hostNames() []string {
	var names []string
	for _, t := range cache.All {
		names = append(names, t.Name)
	}
	return names
}

// esbuild returns the guarded children, and what ends them.
func esbuild(jobs int) (*guard.Pool, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own program: %w", err)
	}
	return guard.NewPool(guard.Options{Command: []string{self, worker}, Children: jobs}), nil
}
