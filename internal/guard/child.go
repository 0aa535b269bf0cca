package guard

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// child is a running child process.
type child struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr *firstLine
}

func startChild(o Options) (*child, error) {
	if len(o.Command) == 0 {
		return nil, fmt.Errorf("start esbuild: no command")
	}
	c := &child{cmd: exec.Command(o.Command[0], o.Command[1:]...), stderr: new(firstLine)}
	c.cmd.Stderr = c.stderr
	// A grandchild that holds on to the pipes must not hold us.
	c.cmd.WaitDelay = time.Second
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start esbuild: %w", err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start esbuild: %w", err)
	}
	c.out = bufio.NewReaderSize(out, 1<<16)
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start esbuild: %w", err)
	}
	if err := writeMessage(c.in, hello{Memory: o.Memory}, ""); err != nil {
		c.kill()
		if note := c.wait(); note != "" {
			return nil, fmt.Errorf("start esbuild: %s", note)
		}
		return nil, fmt.Errorf("start esbuild: %w", err)
	}
	return c, nil
}

// kill ends the process at once. It may be called from any goroutine.
func (c *child) kill() { _ = c.cmd.Process.Kill() }

// wait collects an ended process and returns what it said on standard error.
func (c *child) wait() string {
	_ = c.in.Close()
	_ = c.cmd.Wait() // how it ended is in its last words, or in the caller's error
	return c.stderr.String()
}

// stop lets the process end by itself, as it does when its input ends.
func (c *child) stop() {
	_ = c.in.Close()
	t := time.AfterFunc(2*time.Second, c.kill)
	defer t.Stop()
	_ = c.cmd.Wait()
}

// firstLine keeps the start of the first line written to it. A Go program
// that dies says why there; the stack trace that follows is of no use.
type firstLine struct {
	b    strings.Builder
	done bool
}

const maxLine = 200

func (f *firstLine) Write(p []byte) (int, error) {
	for _, x := range p {
		if f.done || f.b.Len() >= maxLine {
			break
		}
		if x == '\n' {
			f.done = f.b.Len() > 0
			continue
		}
		f.b.WriteByte(x)
	}
	return len(p), nil
}

func (f *firstLine) String() string { return strings.ToValidUTF8(f.b.String(), "?") }
