package main

import (
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hone-web/hone/internal/report"
)

// app is what the commands share.
type app struct {
	stdout, stderr io.Writer
	env            func(string) (string, bool)
	configName     string // the configuration file that was read, "" if there is none
	flags          flags
	formats        []output         // --output-file
	base           *report.Document // --compare
}

// version is set by the release build (-ldflags "-X main.version=…").
var version = "dev"

func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "hone",
		Short: "Make a built static site smaller, faster and ready to deploy",
		Long: `hone reads the output of any static site generator and writes a copy that weighs
less, is cached for longer and breaks nothing: every change is checked before
anything is published, and the input is never touched.`,
		Example: `  hone build public               # reads public/, writes public-honed/
  hone build                      # finds the folder your generator wrote
  hone serve public               # builds, serves, and builds again when files change
  hone explain img/hero.jpg       # what became of one file, and why
  hone check public-honed         # verify any folder`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetHelpTemplate("{{with or .Long .Short}}{{.}}\n\n{{end}}{{.UsageString}}")
	root.SetUsageTemplate(usageTemplate + "\n" + exitHelp + "\n")
	root.SetFlagErrorFunc(suggest)
	root.CompletionOptions.HiddenDefaultCmd = false
	root.AddCommand(a.buildCommand(), a.watchCommand(), a.serveCommand(), a.checkCommand(), a.explainCommand(), a.diffCommand(), a.measureCommand(), a.vendorCommand(), a.paywallCommand(), a.probeCommand(), a.diagnoseCommand(), a.monitorCommand(), a.configCommand(), a.versionCommand(), a.manCommand())
	return root
}

const usageTemplate = `Usage:
  {{if .Runnable}}{{.UseLine}}{{else}}{{.CommandPath}} COMMAND{{end}}
{{if .HasExample}}
Examples:
{{.Example}}
{{end}}{{if .HasAvailableSubCommands}}
Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}
{{end}}{{if .HasAvailableLocalFlags}}
Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}
{{end}}{{if .HasAvailableInheritedFlags}}
Flags of every command:
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}
{{end}}`

// terminal reports whether w is a terminal.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// inCI reports whether the run is part of continuous integration, where
// nobody watches a line that redraws itself.
func (a *app) inCI() bool {
	if a.flags.set != nil && a.flags.set.Changed("ci") {
		return a.flags.ci
	}
	v, ok := a.env("CI")
	return ok && v != "" && !strings.EqualFold(v, "false") && v != "0"
}

// color decides on colour for a stream: the flag, then NO_COLOR
// (no-color.org), then whether anybody sees it.
func (a *app) color(mode string, w io.Writer) bool {
	switch mode {
	case "always":
		return true
	case "never":
		return false
	}
	if v, ok := a.env("NO_COLOR"); ok && v != "" {
		return false
	}
	if t, _ := a.env("TERM"); t == "dumb" {
		return false
	}
	return terminal(w)
}
