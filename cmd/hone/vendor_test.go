package main

import (
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hone-web/hone/fixtures/trap"
)

// cdn serves a folder as https://localhost:PORT, for programs that are run
// after it, and writes that host into files where HOST stands: cdn DIR FILE...
func cdn(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: cdn DIR FILE...")
	}
	c, err := trap.StartCDN(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Defer(c.Close)
	ts.Check(os.WriteFile(ts.MkAbs("authority.pem"), c.Authority, 0o600))
	ts.Setenv("SSL_CERT_FILE", ts.MkAbs("authority.pem"))
	for _, name := range args[1:] {
		name = ts.MkAbs(name)
		text, err := os.ReadFile(name)
		ts.Check(err)
		ts.Check(os.WriteFile(name, []byte(strings.ReplaceAll(string(text), "HOST", c.Host)), 0o600))
	}
}
