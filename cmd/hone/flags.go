package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hone-web/hone/internal/measure"
	"github.com/hone-web/hone/internal/report"
)

// flags are the values of the command line, before configuration is merged.
type flags struct {
	out, meta, config string
	replace, force    bool
	jobs              int
	memory            string
	include, exclude  []string
	only, skip        []string
	baseURL           string
	preset, keepURLs  string
	dryRun, strict    bool
	failOn            string
	noCache           bool
	json              bool
	quiet             bool
	verbose           int
	color             string
	noProgress        bool
	ci                bool
	outputs           []string
	compare           string
	previous          string
	budgetFiles       []string
	poll              bool
	host              string
	port              int
	allowHosts        []string
	preview           bool
	guard             bool
	offline           bool
	allowPrivate      bool
	guardPages        int
	guardTimeout      time.Duration
	browser           string
	set               *pflag.FlagSet
}

// common adds the flags that every command of the pipeline takes.
func (f *flags) common(c *cobra.Command) {
	s := c.Flags()
	s.SortFlags = false
	s.StringVar(&f.meta, "meta", ".hone", "folder for manifest.json, report.json, hosts/ and store/")
	s.StringVarP(&f.config, "config", "c", "", "configuration `FILE` (default hone.toml, if there is one)")
	s.IntVarP(&f.jobs, "jobs", "j", runtime.GOMAXPROCS(0), "files worked on at once")
	s.StringVar(&f.memory, "memory-limit", "1GB", "memory that work in flight may take")
	s.StringVar(&f.baseURL, "base-url", "", "`URL` the site is served under (default: found in the pages)")
	s.StringVar(&f.failOn, "fail-on", "error", "least finding that fails: error, warn or never")
	s.BoolVar(&f.strict, "strict", false, "treat a file that cannot be read as an error")
	s.BoolVar(&f.noCache, "no-cache", false, "do all the work anew")
	s.BoolVar(&f.json, "json", false, "print one JSON document")
	s.BoolVarP(&f.quiet, "quiet", "q", false, "print findings only")
	s.CountVarP(&f.verbose, "verbose", "v", "print every finding and what was kept")
	s.StringVar(&f.color, "color", "auto", "auto, always or never")
	s.BoolVar(&f.noProgress, "no-progress", false, "no progress on standard error")
}

// building adds the flags of commands that make an output.
func (f *flags) building(c *cobra.Command) {
	s := c.Flags()
	s.SortFlags = false
	s.StringVarP(&f.out, "out", "o", "", "folder to write (default: the input's name with -honed)")
	s.BoolVar(&f.replace, "replace", false, "swap the result over the input; the old tree is kept until that succeeded")
	s.BoolVar(&f.force, "force", false, "replace an output folder that hone did not write")
	s.BoolVar(&f.dryRun, "dry-run", false, "do all the work and publish nothing")
	s.StringVar(&f.preset, "preset", "default", "fast, default or max")
	s.StringVar(&f.keepURLs, "keep-urls", "all", "old names that go on answering: all, media or none")
	s.StringSliceVar(&f.include, "include", nil, "optimize only files that match `GLOB`")
	s.StringSliceVar(&f.exclude, "exclude", nil, "publish files that match `GLOB` as they are")
	s.StringSliceVar(&f.only, "only", nil, "run only the optimizers and combiners `NAME`")
	s.StringSliceVar(&f.skip, "skip", nil, "do not run the optimizers and combiners `NAME`")
	s.StringArrayVar(&f.outputs, "output-file", nil, "also write the result as `FORMAT=PATH`: "+strings.Join(report.FormatNames(), ", "))
	s.StringVar(&f.compare, "compare", "", "compare with the `REPORT` of another build: its report.json")
	s.StringVar(&f.previous, "previous", "", "`DIR` with the output that was deployed last, for cache.dictionary")
	s.StringSliceVar(&f.budgetFiles, "budget", nil, "budgets of another tool: a Lighthouse budget.json or a .size-limit.json `FILE`")
	f.vendoring(c)
	s.BoolVar(&f.ci, "ci", false, "plain log; on GitHub also annotations and a step summary (default where CI is set)")
}

// vendoring adds the flags of commands that copy files of other hosts.
func (f *flags) vendoring(c *cobra.Command) {
	s := c.Flags()
	s.BoolVar(&f.offline, "offline", false, "ask no other host: copy what the store holds of external.vendor")
	s.BoolVar(&f.allowPrivate, "allow-private", false, "copy from hosts of private networks too")
}

// guarding adds the flags of a build that is proven in a browser.
func (f *flags) guarding(c *cobra.Command) {
	s := c.Flags()
	s.BoolVar(&f.guard, "guard", false, "before publishing, compare pages in a browser and take back what breaks one")
	s.IntVar(&f.guardPages, "guard-pages", defaultGuardPages, "pages that --guard loads at most, one of each template")
	s.DurationVar(&f.guardTimeout, "guard-timeout", measure.DefaultTimeout, "longest time for one load of --guard")
	s.StringVar(&f.browser, "browser", "", "`PATH` of Chromium or Chrome for --guard (default: CHROME_BIN, then found)")
}

// watching adds the flags of commands that go on.
func (f *flags) watching(c *cobra.Command) {
	c.Flags().BoolVar(&f.poll, "poll", false, "look for changes twice a second: for network mounts, which tell of none")
}

// serving adds the flags of the server.
func (f *flags) serving(c *cobra.Command) {
	s := c.Flags()
	s.StringVar(&f.host, "host", "127.0.0.1", "`ADDRESS` to listen on")
	s.IntVar(&f.port, "port", defaultPort, "port to listen on; unless given, the next free one")
	s.StringSliceVar(&f.allowHosts, "allow-host", nil, "host `NAME` to answer to, besides localhost and addresses")
	s.BoolVar(&f.preview, "preview", false, "serve the finished output as a host does; build nothing")
}

// parseSize reads "512MB" or "1GiB".
func parseSize(s string) (int64, error) {
	units := []struct {
		suffix string
		factor float64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"KB", 1e3}, {"B", 1}, {"", 1}}
	for _, u := range units {
		num, ok := strings.CutSuffix(strings.TrimSpace(s), u.suffix)
		if !ok {
			continue
		}
		var v float64
		var rest string
		if n, _ := fmt.Sscanf(strings.TrimSpace(num)+"|", "%g%s", &v, &rest); n != 2 || rest != "|" || v < 0 || v*u.factor > 1<<62 {
			break
		}
		return int64(v * u.factor), nil
	}
	return 0, fmt.Errorf("%q is not a size; write it like 512MB or 2GiB", s)
}
