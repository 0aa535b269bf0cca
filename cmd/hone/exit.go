package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/internal/publish"
)

// The exit codes. They are part of the interface: 0 to 4 never change their
// meaning, and a code that is not listed means failure.
const (
	exitOK          = 0
	exitFindings    = 1
	exitUsage       = 2
	exitEnvironment = 3
	exitLocked      = 4
	exitInterrupted = 130
)

const exitHelp = `Exit codes:
  0    fine
  1    findings at or above --fail-on; nothing was published
  2    wrong flag, argument or configuration
  3    the environment failed (disk, permission, memory, network); the previous output is untouched
  4    another run holds the output folder
  130  interrupted; the previous output is untouched`

// usageError is a mistake in flags, arguments or configuration.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// errFindings says that findings were reported and the exit code is theirs.
var errFindings = errors.New("findings")

// exit turns the error of a command into its code, and says it.
func (a *app) exit(err error) int {
	var usage *usageError
	var refused *publish.RefusedError
	var policy *pipeline.PolicyError
	var rule *cache.RuleError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(a.stderr, "hone: interrupted; nothing was published")
		return exitInterrupted
	case errors.Is(err, publish.ErrLocked):
		fmt.Fprintf(a.stderr, "hone: %v; wait for it, or choose another folder with --out\n", err)
		return exitLocked
	case errors.As(err, &refused):
		fmt.Fprintf(a.stderr, "hone: %v\n", err)
		return exitUsage
	case errors.Is(err, errUnclear):
		fmt.Fprintf(a.stderr, "hone: %v\n", err)
		return exitEnvironment
	case errors.As(err, &policy), errors.As(err, &rule):
		fmt.Fprintf(a.stderr, "hone: %v\n", err)
		return exitUsage
	case errors.As(err, &usage) || isCobraUsage(err):
		fmt.Fprintf(a.stderr, "hone: %s\n", strings.TrimSpace(err.Error()))
		fmt.Fprintln(a.stderr, "Run 'hone --help' or 'hone help COMMAND' for what there is.")
		return exitUsage
	}
	fmt.Fprintf(a.stderr, "hone: %v\n", err)
	return exitEnvironment
}

// isCobraUsage recognises the mistakes that the command-line library reports
// as plain errors.
func isCobraUsage(err error) bool {
	for _, s := range []string{"unknown command", "unknown flag", "unknown shorthand flag", "invalid argument", "flag needs an argument", "accepts ", "requires "} {
		if strings.HasPrefix(err.Error(), s) {
			return true
		}
	}
	return false
}
