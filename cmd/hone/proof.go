package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"os/exec"
	"strings"
	"time"

	"github.com/hone-web/hone/internal/report"
	"github.com/hone-web/hone/verify"
)

const (
	// proofDeadline is how long the command may take: a payment on a chain takes
	// a few seconds.
	proofDeadline = 60 * time.Second
	maxProof      = 64 << 10
)

// proofCommand runs the command that the owner configured: a challenge as JSON
// goes in, a header field comes out. hone itself neither pays nor holds a key.
func proofCommand(argv []string, dir string, log io.Writer) func(context.Context, *verify.ProofRequest) (name, value string, err error) {
	return func(ctx context.Context, r *verify.ProofRequest) (string, string, error) {
		in, err := json.Marshal(r)
		if err != nil {
			return "", "", fmt.Errorf("encode challenge: %w", err)
		}
		ctx, cancel := context.WithTimeout(ctx, proofDeadline)
		defer cancel()
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
		cmd.WaitDelay = time.Second // a child of it may hold the pipe
		var out, said firstBytes
		cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, bytes.NewReader(in), &out, &said
		err = cmd.Run()
		if text := strings.TrimSpace(said.String()); text != "" {
			fmt.Fprintf(log, "proof: %s\n", report.Text(verify.Redact(text)))
		}
		if ctx.Err() != nil {
			return "", "", fmt.Errorf("it took longer than %v", proofDeadline)
		}
		if err != nil {
			return "", "", fmt.Errorf("run %s: %w", argv[0], err)
		}
		return headerLine(out.String())
	}
}

// headerLine reads a header field. What is wrong with it is told without its
// value.
func headerLine(text string) (name, value string, err error) {
	name, value, ok := strings.Cut(strings.TrimSpace(text), ":")
	name, value = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name)), strings.TrimSpace(value)
	switch {
	case !ok || name == "" || strings.ContainsAny(name, " \t\r\n") || value == "":
		return "", "", errors.New("it must print one header field, as in PAYMENT-SIGNATURE: value")
	case strings.ContainsAny(value, "\r\n\x00"):
		return "", "", errors.New("it printed more than one line")
	}
	return name, value, nil
}

// firstBytes keeps the first bytes of what is written and takes the rest.
type firstBytes struct{ bytes.Buffer }

func (b *firstBytes) Write(p []byte) (int, error) {
	if room := maxProof - b.Len(); room > 0 {
		b.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
