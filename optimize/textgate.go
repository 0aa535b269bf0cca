package optimize

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"

	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/site"
)

// text is what the optimizers of text share: one rewriting step, and the gate
// that its result must pass.
type text struct {
	ctx  context.Context
	in   *Input
	opts Options
}

// kept says why a source stays as it is. It travels as an error so that any
// depth of a rewrite can give up; it never leaves the package.
type kept struct {
	reason string
	diag   *site.Diagnostic
}

func (k *kept) Error() string { return k.reason }

func keep(reason string) error { return &kept{reason: reason} }

// maxRounds bounds how often a result is minified again until it is stable.
// Real files need one round, rarely two.
const maxRounds = 4

// runText runs step until its result is stable, so that optimizing the output
// changes nothing. Each round must make the text no longer, and smaller once
// it is compressed.
func runText(ctx context.Context, in *Input, step func(*text, []byte) ([]byte, error)) (Output, error) {
	t := &text{ctx: ctx, in: in}
	if in.Options != nil {
		t.opts = *in.Options
	}
	limit := t.opts.Limits.Text
	if limit <= 0 {
		limit = DefaultLimits.Text
	}
	if int64(len(in.Bytes)) > limit {
		return Output{Kept: "larger than the limit for text"}, nil
	}
	cur, size := in.Bytes, -1
	for round := 0; ; round++ {
		if err := ctx.Err(); err != nil {
			return Output{}, err
		}
		next, err := step(t, cur)
		var k *kept
		switch {
		case errors.As(err, &k):
		case err != nil:
			return Output{}, fmt.Errorf("optimize %s: %w", in.Path, err)
		case bytes.Equal(next, cur):
			k = &kept{reason: "already minified"}
		case len(next) > len(cur):
			k = &kept{reason: "minifying makes it larger"}
		case in.Unlinked:
			// The names that will stand in the text decide its compressed size.
		default:
			if size < 0 {
				size = compressedSize(cur)
			}
			n := compressedSize(next)
			if n >= size {
				k = &kept{reason: "minifying makes it no smaller once compressed"}
			}
			size = n
		}
		switch {
		case k == nil && round == maxRounds:
			return Output{Kept: "minifying it does not settle"}, nil
		case k == nil:
			cur = next
		case round > 0:
			return Output{Bytes: cur}, nil
		default:
			out := Output{Kept: k.reason}
			if k.diag != nil {
				out.Diags = append(out.Diags, *k.diag)
			}
			return out, nil
		}
	}
}

// Writers take hundreds of kilobytes each, so they are used again.
var deflaters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(io.Discard, 6)
	if err != nil {
		panic(err) // the level is a constant
	}
	return w
}}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// compressedSize returns the size of b in DEFLATE (RFC 1951). It stands for
// every content coding: brotli orders texts of one origin the same way, but
// clearing its tables alone takes milliseconds a call.
func compressedSize(b []byte) int {
	var n counter
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&n)
	// The counter never fails, so neither does the writer.
	_, _ = w.Write(b)
	_ = w.Close()
	return int(n)
}

// esbuild asks for a transform. Whatever esbuild finds fault with is kept:
// rule names the diagnostic, subject the text in its message.
func (t *text) esbuild(rule, subject string, tr guard.Transform) (string, error) {
	if t.in.Esbuild == nil {
		return "", keep("no minifier for it")
	}
	res, err := t.in.Esbuild.Transform(t.ctx, tr)
	switch {
	case err == nil:
	case t.ctx.Err() != nil:
		return "", t.ctx.Err()
	case errors.Is(err, guard.ErrRefused), errors.Is(err, guard.ErrDied), errors.Is(err, guard.ErrTimeout):
		return "", t.keepDiag(rule, site.Warn, guard.Message{Text: err.Error()}, subject,
			"Its bytes are published as they are; simplify the code, or exclude the file.")
	default:
		return "", err
	}
	if len(res.Errors) > 0 {
		return "", t.keepDiag(rule, site.Warn, res.Errors[0], subject, "A browser is likely to trip over it too; have a look at that place.")
	}
	if len(res.Warnings) > 0 {
		return "", t.keepDiag(rule, site.Info, res.Warnings[0], subject, "Correct that place and the file will be minified.")
	}
	return res.Code, nil
}

func (t *text) keepDiag(rule string, sev site.Severity, m guard.Message, subject, hint string) error {
	return &kept{reason: m.Text, diag: &site.Diagnostic{
		Rule: rule, Severity: sev, Path: t.in.Path, Line: m.Line, Column: m.Column,
		Message: fmt.Sprintf("%s is kept as it was: %s", subject, m.Text), Hint: hint,
	}}
}

func isASCII[T string | []byte](b T) bool {
	for i := 0; i < len(b); i++ {
		if b[i] >= 0x80 {
			return false
		}
	}
	return true
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' }
