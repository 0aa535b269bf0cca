package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/internal/config"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/internal/report"
	"github.com/hone-web/hone/site"
	"github.com/hone-web/hone/verify"
)

// paywallName may hold the policy instead of [paywall] in hone.toml.
const paywallName = "paywall.toml"

// payment reads the paywall policy and the configuration of hosts into o.
func (a *app) payment(c *config.Config, o *pipeline.Options) error {
	w, err := a.policy(c)
	if err != nil {
		return err
	}
	o.Paywall = w
	o.HostFiles, err = a.hostFiles(c, o.In)
	return err
}

// project returns the folder that configuration is relative to.
func (a *app) project() string {
	if a.configName != "" {
		return filepath.Dir(a.configName)
	}
	return "."
}

// paywallTable returns the [paywall] table, from hone.toml or from the file
// beside it.
func (a *app) paywallTable(c *config.Config) (*config.Paywall, error) {
	p, _, err := a.paywallFile(c)
	return p, err
}

func (a *app) paywallFile(c *config.Config) (p *config.Paywall, name string, err error) {
	p, name = &c.Paywall, shortName(a.configName)
	beside := shortName(filepath.Join(a.project(), paywallName))
	text, err := os.ReadFile(beside)
	if err == nil {
		if !p.IsZero() {
			return nil, "", usagef("both %s and %s hold a paywall policy; keep it in one", name, beside)
		}
		if p, err = config.ParsePaywall(beside, text); err != nil {
			return nil, "", &usageError{err}
		}
		return p, beside, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, "", fmt.Errorf("read policy: %w", err)
	}
	return p, name, nil
}

// policy returns the owner's policy, nil if there is none.
func (a *app) policy(c *config.Config) (*verify.Paywall, error) {
	p, name, err := a.paywallFile(c)
	if err != nil {
		return nil, err
	}
	if p.Default == nil && p.Rule == nil && p.Exception == nil {
		return nil, nil
	}
	w := &verify.Paywall{File: site.Path(filepath.ToSlash(name)), Default: verify.Access(value(p.Default, ""))}
	for i := range p.Rule {
		w.Rules = append(w.Rules, accessRule(&p.Rule[i]))
	}
	for _, e := range p.Exception {
		x := &verify.Exception{Rule: e.Rule, Path: e.Path, Reason: e.Reason, Line: e.Line}
		if e.Until != "" {
			day, err := time.Parse("2006-01-02", e.Until)
			if err != nil {
				return nil, usagef("%s:%d: until: %q is no day; write it like 2027-01-31", name, e.Line, e.Until)
			}
			x.Until = day.AddDate(0, 0, 1) // the day counts
		}
		w.Exceptions = append(w.Exceptions, x)
	}
	if err := w.Compile(); err != nil {
		return nil, usagef("%s: paywall: %v", name, err)
	}
	return w, nil
}

func accessRule(r *config.PaywallRule) *verify.AccessRule {
	out := &verify.AccessRule{ID: r.ID, Path: r.Path, Except: r.Except, Access: verify.Access(r.Access), ByAgent: map[verify.Agent]verify.Access{}, Line: r.Line,
		Expect: verify.Expect{Status: r.Expect.Status, Scheme: r.Expect.Scheme, Cache: r.Expect.Cache, Methods: r.Expect.Methods}}
	for agent, access := range r.ByAgent {
		out.ByAgent[verify.Agent(agent)] = verify.Access(access)
	}
	return out
}

// maxFunctions bounds the code files whose names are read as routes.
const maxFunctions = 1000

// hostFiles reads what the project tells its host, if the site lies in the
// project: files with well-known names, and those that paywall.hosts names.
func (a *app) hostFiles(c *config.Config, in string) ([]cache.ConfFile, error) {
	var out []cache.ConfFile
	dir := a.project()
	if within(dir, in) {
		for _, name := range cache.ProjectConf {
			text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
			if err == nil {
				out = append(out, cache.ConfFile{Path: site.Path(name), Text: text})
			}
		}
		root := filepath.Join(dir, "functions")
		err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || len(out) > maxFunctions || d.Name() == "node_modules" {
				return fs.SkipAll
			}
			if rel, err := filepath.Rel(dir, name); err == nil && d.Type().IsRegular() {
				out = append(out, cache.ConfFile{Path: site.Path(filepath.ToSlash(rel))})
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read functions: %w", err)
		}
	}
	for _, name := range c.Paywall.Hosts {
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, usagef("paywall.hosts: there is no file %s beside %s", name, a.configName)
		}
		if err != nil {
			return nil, fmt.Errorf("read host configuration: %w", err)
		}
		out = append(out, cache.ConfFile{Path: site.Path(path.Clean(filepath.ToSlash(name))), Text: text})
	}
	return out, nil
}

// shortName writes the name of a file as it is seen from here, if it lies
// here.
func shortName(name string) string {
	dir, err := os.Getwd()
	if err != nil || name == "" || !filepath.IsAbs(name) || !within(dir, name) {
		return name
	}
	if rel, err := filepath.Rel(dir, name); err == nil {
		return rel
	}
	return name
}

// within reports whether folder in lies in folder dir.
func within(dir, in string) bool {
	d, err := filepath.Abs(dir)
	if err != nil {
		return false
	}
	i, err := filepath.Abs(in)
	if err != nil {
		return false
	}
	rel, err := filepath.Rel(d, i)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// explainAccess tells which rule of the policy decides, and every one that
// lost.
func (a *app) explainAccess(target, ua string) error {
	c, _, err := a.settings()
	if err != nil {
		return err
	}
	w, err := a.policy(c)
	if err != nil {
		return err
	}
	if w == nil {
		return usagef("there is no paywall policy: write [paywall] in hone.toml, or let 'hone paywall infer' draft one")
	}
	p := target
	if u, err := url.Parse(target); err == nil && strings.Contains(target, "://") {
		p = u.EscapedPath()
	}
	p, _, _ = strings.Cut(p, "?")
	if !strings.HasPrefix(p, "/") {
		p = "/" + p
	}
	agent := verify.AgentOf(ua)
	d := w.DecideURL(p, agent)
	if a.flags.json {
		return a.explainJSON(w, p, agent, d)
	}
	fmt.Fprintf(a.stdout, "%s for %s (%s): %s\n", report.Text(p), report.Text(ua), agent, d.Access)
	if d.Rule == nil {
		fmt.Fprintf(a.stdout, "  no rule governs it; the default of %s decides\n", report.Name(w.File))
		return nil
	}
	said := func(verb string, r *verify.AccessRule) {
		fmt.Fprintf(a.stdout, "  %s: rule %q at %s:%d, %s, says %s", verb, r.ID, report.Name(w.File), r.Line, report.Text(r.Path), r.Access)
		if v, ok := r.ByAgent[agent]; ok {
			fmt.Fprintf(a.stdout, ", and %s to %s clients", v, agent)
		}
		fmt.Fprintln(a.stdout)
	}
	said("decides", d.Rule)
	for _, r := range d.Lost {
		said("lost, its pattern says less", r)
	}
	return nil
}

// explainJSON prints a decision for programs.
func (a *app) explainJSON(w *verify.Paywall, p string, agent verify.Agent, d verify.Decision) error {
	type rule struct {
		ID     string        `json:"id"`
		Path   string        `json:"path"`
		Access verify.Access `json:"access"` // for this class of clients
		File   site.Path     `json:"file"`
		Line   int           `json:"line"`
	}
	said := func(r *verify.AccessRule) rule {
		access := r.Access
		if v, ok := r.ByAgent[agent]; ok {
			access = v
		}
		return rule{r.ID, r.Path, access, w.File, r.Line}
	}
	out := struct {
		SchemaVersion int           `json:"schema_version"`
		Path          string        `json:"path"`
		Agent         verify.Agent  `json:"agent"`
		Access        verify.Access `json:"access"`
		Decides       *rule         `json:"decides"` // null: the default
		Lost          []rule        `json:"lost"`
	}{report.SchemaVersion, p, agent, d.Access, nil, []rule{}}
	if d.Rule != nil {
		r := said(d.Rule)
		out.Decides = &r
	}
	for _, r := range d.Lost {
		out.Lost = append(out.Lost, said(r))
	}
	return json.NewEncoder(a.stdout).Encode(out)
}

func (a *app) paywallCommand() *cobra.Command {
	c := &cobra.Command{Use: "paywall", Short: "Draft a policy of what is free and what is paid",
		Long:    "paywall helps with the policy that 'hone check' and 'hone build' hold against the site and its host.",
		Example: "  hone paywall infer public > paywall.toml",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	infer := &cobra.Command{Use: "infer [DIR]", Short: "Draft a policy from what the site and its configuration already say",
		Long: `infer reads what pages say about their price (isAccessibleForFree, as JSON-LD and
microdata), sitemaps, robots.txt and the licences it names (RSL), payment
discovery files, OpenAPI documents, the configuration of hosts and route maps of
x402, and prints a draft of paywall.toml in which every rule has its source and
how sure it is. What little speaks for is written as a comment. Sources that
disagree are findings. It writes no file.`,
		Example: "  hone paywall infer public > paywall.toml",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.flags.set = cmd.Flags()
			return a.infer(cmd.Context(), args)
		}}
	a.flags.common(infer)
	c.AddCommand(infer)
	return c
}

func (a *app) infer(ctx context.Context, args []string) error {
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
	o.Paywall = nil
	return pipeline.Payment(ctx, o, func(p *verify.Payment) error {
		found, err := p.Infer()
		if err != nil {
			return err
		}
		ds := verify.Disagreements(found)
		report.Findings(a.stderr, ds, report.Style{Color: a.color(a.flags.color, a.stderr), Verbose: a.flags.verbose})
		if a.flags.json {
			if err := a.draftJSON(found, ds); err != nil {
				return err
			}
		} else {
			a.draft(in, found)
		}
		if slices.ContainsFunc(ds, func(d site.Diagnostic) bool { return pipeline.FailOn(a.failOn()).Reached(d.Severity) }) {
			return errFindings
		}
		return nil
	})
}

// draftJSON prints rules and findings for programs.
func (a *app) draftJSON(found []verify.Inferred, ds []site.Diagnostic) error {
	type rule struct {
		Path       string                         `json:"path"`
		Access     verify.Access                  `json:"access"`
		ByAgent    map[verify.Agent]verify.Access `json:"by_agent,omitempty"`
		Source     string                         `json:"source"`
		File       site.Path                      `json:"file"`
		Line       int                            `json:"line"`
		Confidence string                         `json:"confidence"`
		Files      int                            `json:"files"`
		Against    string                         `json:"against,omitempty"`
	}
	out := struct {
		SchemaVersion int               `json:"schema_version"`
		Rules         []rule            `json:"rules"`
		Findings      []site.Diagnostic `json:"findings"`
	}{report.SchemaVersion, []rule{}, append([]site.Diagnostic{}, ds...)}
	for _, f := range found {
		out.Rules = append(out.Rules, rule{f.Path, f.Access, f.ByAgent, f.Source, f.At.Path, f.At.Line, f.Confidence, f.Pages, f.Against})
	}
	return json.NewEncoder(a.stdout).Encode(out)
}

// draft prints rules as paywall.toml.
func (a *app) draft(in string, found []verify.Inferred) {
	fmt.Fprintf(a.stdout, "# A draft of paywall.toml, made from what %s and its configuration say.\n# Read every rule: what is gated now need not be what is meant.\n\ndefault = \"free\"\n", report.Text(in))
	if len(found) == 0 {
		fmt.Fprintln(a.stdout, "\n# Nothing here says that it is paid.")
	}
	for i, f := range found {
		where := string(f.At.Path)
		if f.At.Line > 0 {
			where = fmt.Sprintf("%s:%d", where, f.At.Line)
		}
		fmt.Fprintf(a.stdout, "\n# %s confidence: %s, %s", f.Confidence, report.Text(f.Source), report.Text(where))
		if f.Pages > 1 {
			fmt.Fprintf(a.stdout, " and %d more files", f.Pages-1)
		}
		if f.Against != "" {
			fmt.Fprintf(a.stdout, "\n# CHECK: %s", report.Text(f.Against))
		}
		mark := "" // a rule that little speaks for is for the owner to put in force
		if f.Confidence == "low" {
			mark = "# "
		}
		fmt.Fprintf(a.stdout, "\n%[1]s[[rule]]\n%[1]sid = \"rule-%[2]d\"\n%[1]spath = %[3]s\n%[1]saccess = %[4]q\n", mark, i+1, tomlString(f.Path), f.Access)
		if len(f.ByAgent) > 0 {
			var by []string
			for _, agent := range verify.Agents {
				if access, ok := f.ByAgent[agent]; ok {
					by = append(by, fmt.Sprintf("%s = %q", agent, access))
				}
			}
			fmt.Fprintf(a.stdout, "%sby_agent = { %s }\n", mark, strings.Join(by, ", "))
		}
	}
}

// tomlString writes a basic string of TOML; its escapes are those of JSON.
func tomlString(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(text)
}
