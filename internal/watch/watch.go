// Package watch tells when files under a folder changed. It owns which folders
// are looked at, how long a burst of changes is waited for, and what happens
// when the system loses count; it knows nothing of sites and builds nothing.
//
// A Batch is a hint, never the truth: whoever gets one looks at the folder
// anew. So it is enough that no change goes without a batch after it; that a
// batch names too much does no harm.
package watch

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Options say what is watched and how. The zero value of each duration is its
// default.
type Options struct {
	Dir   string   // watched with all folders below; it may vanish and come back
	Files []string // watched one by one; they need not exist
	Skip  []string // folders under Dir that are not looked into
	Poll  bool     // look at times and sizes again and again: for network mounts, where nobody is told

	Every    time.Duration // between two looks; 500 ms
	Quiet    time.Duration // no change for so long ends a small batch; 20 ms
	Settle   time.Duration // the same for a large one, behind which is a generator at work; 200 ms
	Patience time.Duration // a batch that never ends is given out after so long; 3 s
}

// Batch is what changed.
type Batch struct {
	Paths []string // sorted, as under Options.Dir; not complete when All is set
	Files []string // those of Options.Files that changed, sorted
	All   bool     // count was lost: anything may have changed
}

// Empty reports whether nothing changed.
func (b *Batch) Empty() bool { return len(b.Paths) == 0 && len(b.Files) == 0 && !b.All }

const (
	// maxPaths is how many paths a batch names. A generator that writes its
	// whole output changes more, and then names are of no use.
	maxPaths = 1000
	// small is the largest batch that an editor makes: a file, its backup, a
	// probe for the rights to write.
	small = 8
)

// Watcher watches until it is closed.
type Watcher struct {
	o      Options
	fell   string // why it polls though it was not asked to
	cancel context.CancelFunc
	done   chan struct{}
	wake   chan struct{} // holds a token when pending grew

	mu      sync.Mutex
	paths   map[string]bool
	files   map[string]bool
	all     bool
	restart bool // folders came or went: wait for more
	err     error
}

// source notices changes until ctx ends.
type source interface {
	run(ctx context.Context) error
}

// New begins to watch. What changes after it returned is told.
func New(o Options) (*Watcher, error) {
	o.defaults()
	w := &Watcher{o: o, done: make(chan struct{}), wake: make(chan struct{}, 1), paths: map[string]bool{}, files: map[string]bool{}}
	var s source
	if !o.Poll {
		n, err := newNotify(w)
		switch {
		case errors.Is(err, errLimit):
			w.fell = err.Error()
		case err != nil:
			return nil, fmt.Errorf("watch %s: %w", o.Dir, err)
		default:
			s = n
		}
	}
	if s == nil {
		s = newPoll(w)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	go w.run(ctx, s)
	return w, nil
}

func (o *Options) defaults() {
	o.Dir = filepath.Clean(o.Dir)
	for _, d := range []struct {
		v   *time.Duration
		def time.Duration
	}{{&o.Every, 500 * time.Millisecond}, {&o.Quiet, 20 * time.Millisecond}, {&o.Settle, 200 * time.Millisecond}, {&o.Patience, 3 * time.Second}} {
		if *d.v <= 0 {
			*d.v = d.def
		}
	}
}

// skip returns the folders to leave out, without links.
func (o *Options) skip() map[string]bool {
	m := map[string]bool{}
	for _, dir := range o.Skip {
		abs, err := filepath.Abs(dir)
		if err != nil {
			continue
		}
		m[abs] = true
		if real, err := filepath.EvalSymlinks(filepath.Dir(abs)); err == nil {
			m[filepath.Join(real, filepath.Base(abs))] = true
		}
	}
	return m
}

// run lets the source notice changes, and polls when it cannot any more.
func (w *Watcher) run(ctx context.Context, s source) {
	defer close(w.done)
	err := s.run(ctx)
	if errors.Is(err, errLimit) && ctx.Err() == nil {
		w.mu.Lock()
		w.fell = err.Error()
		w.mu.Unlock()
		p := newPoll(w)
		w.lost() // what happened between the two is not known
		err = p.run(ctx)
	}
	w.mu.Lock()
	w.err = err
	w.mu.Unlock()
	w.signal()
}

// Polling returns why the watcher polls though it was not asked to, "" if it
// does not.
func (w *Watcher) Polling() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fell
}

// Close ends the watching and returns when nothing of it is left.
func (w *Watcher) Close() {
	w.cancel()
	<-w.done
}

// Next waits for the next batch. One goroutine calls it at a time.
func (w *Watcher) Next(ctx context.Context) (Batch, error) {
	select {
	case <-ctx.Done():
		return Batch{}, ctx.Err()
	case <-w.wake:
	}
	patience := time.NewTimer(w.o.Patience)
	defer patience.Stop()
	quiet := time.NewTimer(w.quiet())
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			w.signal() // what is pending is for the next call
			return Batch{}, ctx.Err()
		case <-w.wake:
			quiet.Reset(w.quiet())
		case <-quiet.C:
			return w.take()
		case <-patience.C:
			return w.take()
		}
	}
}

// quiet returns how long it must be quiet for the pending batch to end.
func (w *Watcher) quiet() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all || w.restart || len(w.paths)+len(w.files) > small {
		return w.o.Settle
	}
	return w.o.Quiet
}

func (w *Watcher) take() (Batch, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := Batch{Paths: sorted(w.paths), Files: sorted(w.files), All: w.all}
	w.paths, w.files, w.all, w.restart = map[string]bool{}, map[string]bool{}, false, false
	if b.Empty() {
		return b, w.err
	}
	return b, nil
}

func sorted(m map[string]bool) []string {
	var s []string
	for k := range m {
		s = append(s, k)
	}
	slices.Sort(s)
	return s
}

// changed notes a path under the folder. structural says that a folder came or
// went, or a file went: more is likely to follow.
func (w *Watcher) changed(path string, structural bool) {
	w.mu.Lock()
	if len(w.paths) < maxPaths {
		w.paths[path] = true
	} else {
		w.all = true
	}
	w.restart = w.restart || structural
	w.mu.Unlock()
	w.signal()
}

// fileChanged notes one of the single files.
func (w *Watcher) fileChanged(path string) {
	w.mu.Lock()
	w.files[path] = true
	w.mu.Unlock()
	w.signal()
}

// lost notes that anything may have changed.
func (w *Watcher) lost() {
	w.mu.Lock()
	w.all = true
	w.mu.Unlock()
	w.signal()
}

func (w *Watcher) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}
