package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hone-web/hone/internal/config"
	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/internal/report"
	"github.com/hone-web/hone/internal/serve"
	"github.com/hone-web/hone/internal/watch"
	"github.com/hone-web/hone/optimize"
	"github.com/hone-web/hone/site"
	"github.com/hone-web/hone/verify"
)

func (a *app) watchCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "watch [DIR]",
		Short: "Build, and build again when files change",
		Long: `watch builds like 'hone build' and again whenever something in DIR or hone.toml
changes. A build that fails leaves the last good output where it is. Ctrl-C ends
it with exit code 0.`,
		Example: `  hone watch public
  hone watch --poll /mnt/share/public
  hone watch --json dist | jq -c '{published, findings}'`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.flags.set = cmd.Flags()
			return a.watch(cmd.Context(), args, nil)
		},
	}
	a.flags.building(c)
	a.flags.watching(c)
	a.flags.common(c)
	return c
}

// session is a command that builds again and again.
type session struct {
	a      *app
	in     string
	conf   *config.Config   // the last that was good
	bad    string           // what is wrong with the configuration as it is now
	o      pipeline.Options // of the build under way
	pool   *guard.Pool
	behind *report.Document // the last build, if report.html is of one before it
	avif   *optimize.AVIFMachine
	server *server // nil: nobody is served
	last   *site.Manifest
	judged verify.Memo // what the rules about payment read
	memory *pipeline.Memory
	told   map[finding]bool // by the build before
	first  bool             // nothing was built yet
}

const (
	// maxRestarts is how often in a row a build is given up for newer changes.
	// A site that changes all the time gets built all the same.
	maxRestarts = 3
	// goodbye is how long a build that was interrupted may take to end.
	goodbye = 1500 * time.Millisecond
)

// built is what came of a build.
type built struct {
	r    *pipeline.Result
	err  error
	took time.Duration
}

// watch builds until ctx ends. A server, if there is one, is told.
func (a *app) watch(ctx context.Context, args []string, srv *server) error {
	if a.flags.replace || a.flags.dryRun {
		return usagef("--replace and --dry-run make no sense here: what is written over the input would be built again")
	}
	conf, _, err := a.settings()
	if err != nil {
		return err
	}
	in, err := a.input(conf, args)
	if err != nil {
		return err
	}
	s := &session{a: a, in: in, conf: conf, server: srv, first: true}
	if s.o, err = a.buildOptions(conf, in); err != nil {
		return err
	}
	s.memory = pipeline.NewMemory(s.o.MemoryLimit / 2)
	if s.pool, err = esbuild(s.o.Jobs); err != nil {
		return err
	}
	defer s.pool.Close()
	s.avif = optimize.NewAVIF(s.o.CodeCache)
	defer s.avif.Close()
	w, err := watch.New(watch.Options{Dir: in, Files: a.configFiles(), Skip: []string{s.o.Meta}, Poll: a.flags.poll})
	if err != nil {
		return err
	}
	defer w.Close()
	if why := w.Polling(); why != "" {
		fmt.Fprintf(a.stderr, "hone: %s, so files are looked at twice a second; on Linux, fs.inotify.max_user_watches raises it\n", why)
	}
	if srv != nil {
		if err := srv.start(s.o.Out, s.o.Meta); err != nil {
			return err
		}
		defer srv.stop()
	}
	return s.loop(ctx, w)
}

// configFiles are the files whose change is a change of the configuration.
func (a *app) configFiles() []string {
	if a.flags.config != "" {
		return []string{a.flags.config}
	}
	if v, ok := a.env("HONE_CONFIG"); ok && v != "" {
		return []string{v}
	}
	return configCandidates()
}

// loop builds, and builds again when something changed. Changes during a build
// end it: what it would publish is old, and what it made is in the store.
func (s *session) loop(ctx context.Context, w *watch.Watcher) error {
	batches, failed := make(chan watch.Batch), make(chan error, 1)
	pump, stopPump := context.WithCancel(ctx)
	defer stopPump()
	go func() {
		for {
			b, err := w.Next(pump)
			if err != nil {
				failed <- err
				return
			}
			select {
			case batches <- b:
			case <-pump.Done():
				return
			}
		}
	}()
	done := make(chan built, 1)
	cancel := s.start(ctx, done)
	running, stale, restarts := true, false, 0
	idle := time.NewTimer(idleTime)
	defer idle.Stop()
	for {
		select {
		case <-ctx.Done():
			cancel()
			if running {
				wait(done, goodbye)
			}
			s.catchUp(ctx)
			return nil
		case <-idle.C:
			if !running {
				s.catchUp(ctx)
			}
		case err := <-failed:
			cancel()
			if ctx.Err() != nil {
				continue
			}
			return fmt.Errorf("watch %s: %w", s.in, err)
		case b := <-batches:
			if len(b.Files) > 0 {
				s.reload()
			}
			stale = true
			if running && restarts < maxRestarts {
				cancel()
			}
		case r := <-done:
			running = false
			cancel()
			if ctx.Err() != nil {
				continue
			}
			if stale && r.err != nil {
				restarts++
			} else {
				restarts = 0
				s.tell(r)
				idle.Reset(idleTime)
			}
		}
		if stale && !running {
			stale, running = false, true
			cancel = s.start(ctx, done)
		}
	}
}

// wait waits for a build to end, but not for ever: it may be in the middle of
// a picture.
func wait(done <-chan built, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
	}
}

// start builds in the background.
func (s *session) start(ctx context.Context, done chan<- built) context.CancelFunc {
	ctx, cancel := context.WithCancel(ctx)
	o := s.o
	o.Esbuild, o.AVIF, o.Now, o.Judged, o.Memory = s.pool, s.avif, time.Now(), &s.judged, s.memory
	p := s.a.progress()
	if s.first {
		o.Progress = p.update
	}
	go func() {
		began := time.Now()
		r, err := pipeline.Build(ctx, o)
		p.done()
		done <- built{r, err, time.Since(began)}
	}()
	return cancel
}

// reload reads the configuration anew; a bad one changes nothing.
func (s *session) reload() {
	conf, _, err := s.a.settings()
	if err == nil {
		var o pipeline.Options
		if o, err = s.a.buildOptions(conf, s.in); err == nil && filepath.Clean(o.Out) != filepath.Clean(s.o.Out) {
			err = fmt.Errorf("out is now %s; start hone again to write there", o.Out)
		}
		if err == nil {
			s.conf, s.o, s.bad = conf, o, ""
			fmt.Fprintln(s.a.stderr, "hone: the configuration was read anew")
			return
		}
	}
	s.bad = err.Error()
	fmt.Fprintf(s.a.stderr, "hone: %v\n    building on with the configuration of before\n", err)
}

// tell says what came of a build.
func (s *session) tell(r built) {
	a := s.a
	switch {
	case r.err != nil:
		text, hint := s.explain(r.err)
		fmt.Fprintf(a.stderr, "hone: %s\n    %s\n", text, hint)
		s.overlay("hone could not build", []serve.Problem{{Level: "error", Text: text, Hint: hint}})
		return
	case r.r.Failed:
		s.overlay("The site has findings that stop it", problems(r.r.Findings))
	case s.bad != "":
		s.published(r.r)
		s.overlay("The configuration is wrong", []serve.Problem{{Level: "error", Text: s.bad, Hint: "the site is built with the configuration of before"}})
	default:
		s.published(r.r)
	}
	d := a.document(r.r, &s.o)
	if !r.r.Unchanged || s.first {
		if err := a.writeReport(s.o.Meta, d, s.first); err != nil {
			fmt.Fprintf(a.stderr, "hone: %v\n", err)
		}
		s.behind = d // the first is without pictures
	}
	s.print(d, r)
	if !r.r.Failed {
		s.last = r.r.Manifest
	}
	s.first = false
}

// explain says what an error means while files come and go.
func (s *session) explain(err error) (text, hint string) {
	fi, statErr := os.Stat(s.in)
	switch {
	case errors.Is(statErr, os.ErrNotExist):
		return s.in + " is gone", "the last output stays; hone builds again when the folder is back"
	case statErr == nil && !fi.IsDir():
		return s.in + " is a file", "the last output stays; hone builds again when it is a folder"
	}
	return err.Error(), "the last output stays; hone builds again at the next change"
}

func (s *session) overlay(title string, ps []serve.Problem) {
	if s.server != nil {
		s.server.live.Failed(title, ps)
	}
}

func (s *session) published(r *pipeline.Result) {
	if s.server == nil {
		return
	}
	s.server.setPrefix(r.Base.Prefix)
	if r.Published || s.first {
		s.server.live.Published()
	} else {
		s.server.live.Fine()
	}
}

// problems are the findings for the page, worst first.
func problems(ds []site.Diagnostic) []serve.Problem {
	var out []serve.Problem
	for level := site.Error; level > site.Info; level-- {
		for _, d := range ds {
			if d.Severity == level {
				out = append(out, serve.Problem{Level: level.String(), Text: d.String(), Hint: d.Hint})
			}
		}
	}
	return out
}

// print writes what the terminal gets to see: everything about the first
// build, one line about each later one.
func (s *session) print(d *report.Document, r built) {
	a := s.a
	style := report.Style{Color: a.color(a.flags.color, a.stderr), Verbose: a.flags.verbose}
	if a.flags.json {
		line, err := json.Marshal(struct {
			Type string `json:"message_type"`
			*report.Document
			Changed      changes `json:"changed"`
			Milliseconds int64   `json:"ms"`
		}{"build", d.Brief(), s.changes(r.r.Manifest), r.took.Milliseconds()})
		if err != nil {
			fmt.Fprintf(a.stderr, "hone: encode result: %v\n", err)
			return
		}
		fmt.Fprintf(a.stdout, "%s\n", line)
		return
	}
	fresh, before := s.news(d)
	report.Findings(a.stderr, fresh, style)
	if s.first && !a.flags.quiet {
		report.Summary(a.stdout, d.Brief(), report.Style{Color: a.color(a.flags.color, a.stdout), Verbose: a.flags.verbose})
		fmt.Fprintln(a.stderr, report.Closing(d, style))
		fmt.Fprintf(a.stderr, "watching %s; Ctrl-C ends it\n", report.Text(s.in))
		return
	}
	if d.Failed || !a.flags.quiet {
		what := ""
		if !d.Failed {
			what = s.changes(r.r.Manifest).String()
		}
		if before > 0 {
			word := "findings"
			if before == 1 {
				word = "finding"
			}
			what += fmt.Sprintf("; %d %s as before", before, word)
		}
		fmt.Fprintf(a.stderr, "%s  %s (%s)%s\n", time.Now().Format("15:04:05"), report.Closing(d, style), r.took.Round(time.Millisecond), what)
	}
}

// finding is what tells one finding from another; an edit moves lines.
type finding struct {
	rule, message string
	path          site.Path
}

// news returns the findings that the build before did not have, and all errors
// of a build that they stop, and how many others there are that would be shown.
func (s *session) news(d *report.Document) (fresh []site.Diagnostic, before int) {
	told := map[finding]bool{}
	for _, f := range d.Findings {
		key := finding{f.Rule, f.Message, f.Path}
		told[key] = true
		switch {
		case !s.told[key] || d.Failed && f.Severity == site.Error:
			fresh = append(fresh, f)
		case f.Severity > site.Info || s.a.flags.verbose > 0:
			before++
		}
	}
	s.told = told
	return fresh, before
}

// changes are the output files that differ from the output before.
type changes struct {
	Changed []site.Path `json:"changed"`
	Gone    []site.Path `json:"gone"`
}

func (s *session) changes(m *site.Manifest) changes {
	c := changes{[]site.Path{}, []site.Path{}}
	if s.last == nil || m == nil {
		return c
	}
	was := make(map[site.Path]site.Digest, len(s.last.Entries))
	for i := range s.last.Entries {
		was[s.last.Entries[i].Path] = s.last.Entries[i].SHA256
	}
	for i := range m.Entries {
		e := &m.Entries[i]
		if d, ok := was[e.Path]; !ok || d != e.SHA256 {
			c.Changed = append(c.Changed, e.Path)
		}
		delete(was, e.Path)
	}
	for p := range was {
		c.Gone = append(c.Gone, p)
	}
	slices.Sort(c.Gone)
	return c
}

// String names a few of the files.
func (c changes) String() string {
	const few = 3
	var names []string
	for _, p := range slices.Concat(c.Changed, c.Gone)[:min(few, len(c.Changed)+len(c.Gone))] {
		names = append(names, report.Name(p))
	}
	if len(names) == 0 {
		return ""
	}
	if n := len(c.Changed) + len(c.Gone) - few; n > 0 {
		names = append(names, fmt.Sprintf("%d more", n))
	}
	return ": " + strings.Join(names, ", ")
}
