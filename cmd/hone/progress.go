package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress tells on standard error how far the work is: a line that redraws
// itself on a terminal, a line for each stage elsewhere, nothing when nobody
// asked for it.
type progress struct {
	mu    sync.Mutex
	w     io.Writer
	live  bool
	quiet bool
	stage string
	bar   *progressbar.ProgressBar
}

func (a *app) progress() *progress {
	return &progress{w: a.stderr, live: terminal(a.stderr) && !a.inCI(), quiet: a.flags.noProgress || a.flags.quiet || !terminal(a.stderr) && !a.inCI()}
}

func (p *progress) update(stage string, done, total int) {
	if p.quiet {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.live {
		if done == total {
			fmt.Fprintf(p.w, "%s: %d files\n", stage, total)
		}
		return
	}
	if stage != p.stage {
		p.stage = stage
		p.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(p.w), progressbar.OptionSetDescription(fmt.Sprintf("%-9s", stage)),
			progressbar.OptionSetWidth(24), progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetPredictTime(false))
	}
	p.bar.Set(done)
}

// done clears the line.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		p.bar.Clear()
	}
}
