// Command hone turns the built output of a static site generator into a
// smaller, faster, deploy-ready copy that breaks nothing.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/hone-web/hone/internal/guard"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal ends the work cleanly, a second one ends it at once.
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// worker is the hidden command that runs a child in which a library may die.
const worker = "__worker"

// run is the program without the process around it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 1 && args[0] == worker {
		if err := guard.Serve(stdin, stdout); err != nil {
			return exitEnvironment
		}
		return exitOK
	}
	a := &app{stdout: stdout, stderr: stderr, env: os.LookupEnv}
	root := a.command()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return a.exit(root.ExecuteContext(ctx))
}
