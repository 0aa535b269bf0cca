package guard

import (
	"bufio"
	"errors"
	"io"
	"runtime/debug"
)

// Serve answers requests from r on w until r ends: it is all that a child
// does. When the parent dies, r ends, and Serve returns at once even in the
// middle of a transform.
func Serve(r io.Reader, w io.Writer) error {
	in := bufio.NewReaderSize(r, 1<<16)
	var h hello
	if _, err := readMessage(in, &h); err != nil {
		if err == io.EOF {
			return nil
		}
		return err
	}
	if h.Memory > 0 {
		confine(h.Memory)
	}
	type message struct {
		req request
		err error
	}
	requests := make(chan message)
	done := make(chan struct{})
	defer close(done)
	go func() {
		for {
			var m message
			m.req.Code, m.err = readMessage(in, &m.req)
			select {
			case requests <- m:
			case <-done:
				return
			}
			if m.err != nil {
				return
			}
		}
	}()
	answers := make(chan error, 1)
	busy := false
	for {
		select {
		case m := <-requests:
			switch {
			case errors.Is(m.err, io.EOF):
				return nil
			case m.err != nil:
				return m.err
			case busy:
				return errors.New("a request came before the last was answered")
			}
			busy = true
			go func() { answers <- answer(w, m.req) }()
		case err := <-answers:
			if err != nil {
				return err
			}
			busy = false
		}
	}
}

func answer(w io.Writer, r request) error {
	var res TransformResult
	var err error
	if r.Bundle != nil {
		res, err = bundle(*r.Bundle)
	} else {
		res, err = transform(r.Transform)
	}
	out := response{Errors: res.Errors, Warnings: res.Warnings}
	if err != nil {
		out.Error = err.Error()
	}
	return writeMessage(w, out, res.Code)
}

// confine bounds the memory of this process. The collector works harder
// towards the soft bound; address space, of which Go reserves much more than
// it uses, is bounded by the system where it can be.
func confine(memory int64) {
	debug.SetMemoryLimit(memory)
	debug.SetMaxStack(int(min(memory/2, 512<<20)))
	limitAddressSpace(uint64(max(2*memory, minAddressSpace)))
}

// minAddressSpace is what a Go process needs to start, with room: it dies
// under about 0.7 GB.
const minAddressSpace = 3 << 29
