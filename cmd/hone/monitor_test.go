package main

import (
	"os"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// await is the script command that waits until a program in the background
// has written a file.
func await(ts *testscript.TestScript, _ bool, args []string) {
	name := filepath.Join(ts.Getenv("WORK"), args[0])
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if fi, err := os.Stat(name); err == nil && fi.Size() > 0 {
			return
		}
	}
	ts.Fatalf("%s does not come", args[0])
}
