package main

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets scripts run hone as a program, with its worker children.
func TestMain(m *testing.M) {
	// A test that calls run has the test binary as its worker, which must not
	// run the tests in turn, without end.
	if len(os.Args) == 2 && os.Args[1] == worker {
		os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	testscript.Main(m, map[string]func(){"hone": main, "prover": prover})
}

func TestScript(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"gate": gate, "await": await, "cdn": cdn},
		Setup: func(e *testscript.Env) error {
			e.Setenv("CI", "")
			e.Setenv("HOME", e.WorkDir)
			return nil
		},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	})
}
