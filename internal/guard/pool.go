package guard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// The ways a transform fails without an answer from esbuild.
var (
	ErrDied    = errors.New("esbuild ended without an answer")
	ErrTimeout = errors.New("esbuild took too long")
	ErrClosed  = errors.New("the pool is closed")
)

// Options say how a Pool runs its children.
type Options struct {
	// Command starts a child that calls Serve on its standard input and
	// output: the program and its arguments.
	Command  []string
	Children int           // at most; 0 means 1
	Timeout  time.Duration // of one transform; 0 means 10 s
	Memory   int64         // bytes a child should stay under; 0 means 1 GiB
}

// Pool keeps children that run esbuild. A child starts when it is first
// needed, and is replaced when it dies or overruns.
type Pool struct {
	opts  Options
	slots chan *child // nil for a child not started

	mu     sync.Mutex
	closed bool
	users  sync.WaitGroup
}

// NewPool returns a pool without children. Close it.
func NewPool(o Options) *Pool {
	o.Children = max(o.Children, 1)
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Memory <= 0 {
		o.Memory = 1 << 30
	}
	p := &Pool{opts: o, slots: make(chan *child, o.Children)}
	for range o.Children {
		p.slots <- nil
	}
	return p
}

// Transform implements Esbuild. Its errors wrap ErrRefused, ErrTimeout,
// ErrDied, ErrClosed or the context's error; a child that cannot be started
// is an error of its own.
func (p *Pool) Transform(ctx context.Context, t Transform) (TransformResult, error) {
	if err := Refuse(t.Code, t.Loader); err != nil {
		return TransformResult{}, err
	}
	return p.ask(ctx, request{Transform: t})
}

// Bundle implements Esbuild. Its errors are those of Transform.
func (p *Pool) Bundle(ctx context.Context, b Bundle) (TransformResult, error) {
	if err := refuseBundle(&b); err != nil {
		return TransformResult{}, err
	}
	return p.ask(ctx, request{Bundle: &b})
}

// ask sends a request to a child that is free.
func (p *Pool) ask(ctx context.Context, r request) (TransformResult, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return TransformResult{}, ErrClosed
	}
	p.users.Add(1)
	p.mu.Unlock()
	defer p.users.Done()

	var c *child
	select {
	case c = <-p.slots:
	case <-ctx.Done():
		return TransformResult{}, ctx.Err()
	}
	defer func() { p.slots <- c }()

	// A child that served before may have been ended from outside in between,
	// which says nothing about this input: it gets a fresh child.
	used := c != nil
	for {
		if c == nil {
			var err error
			if c, err = startChild(p.opts); err != nil {
				return TransformResult{}, err
			}
		}
		res, err := c.ask(ctx, p.opts.Timeout, r)
		if err == nil {
			if res.failure != "" {
				return TransformResult{}, errors.New(res.failure)
			}
			return res.TransformResult, nil
		}
		c = nil
		if !used || !errors.Is(err, ErrDied) {
			return TransformResult{}, err
		}
		used = false
	}
}

// Close waits for transforms under way and ends the children. Later
// transforms return ErrClosed.
func (p *Pool) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	p.mu.Unlock()
	p.users.Wait()
	for range cap(p.slots) {
		if c := <-p.slots; c != nil {
			c.stop()
		}
	}
	return nil
}

type childResult struct {
	TransformResult
	failure string
}

// ask has the child answer a request. After an error the child is gone.
func (c *child) ask(ctx context.Context, timeout time.Duration, req request) (childResult, error) {
	if err := ctx.Err(); err != nil {
		c.stop()
		return childResult{}, err
	}
	deadline, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	// Ending the child closes its ends of the pipes, which unblocks the write
	// and the read below.
	release := context.AfterFunc(deadline, c.kill)
	defer release()

	code := req.Code
	req.Code = ""
	err := writeMessage(c.in, req, code)
	var r response
	var out string
	if err == nil {
		out, err = readMessage(c.out, &r)
	}
	if err == nil {
		return childResult{TransformResult{Code: out, Errors: r.Errors, Warnings: r.Warnings}, r.Error}, nil
	}
	c.kill()
	note := c.wait()
	switch {
	case ctx.Err() != nil:
		return childResult{}, ctx.Err()
	case deadline.Err() != nil:
		return childResult{}, fmt.Errorf("%w (more than %s)", ErrTimeout, timeout)
	case errors.Is(err, errFrame):
		return childResult{}, err
	case note != "":
		return childResult{}, fmt.Errorf("%w: %s", ErrDied, note)
	case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
		return childResult{}, ErrDied
	}
	return childResult{}, fmt.Errorf("%w: %w", ErrDied, err)
}
