package watch

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// poll compares times and sizes again and again.
type poll struct {
	w    *Watcher
	seen map[string]stamp
	file map[string]stamp
	skip map[string]bool
}

// stamp tells two states of a file apart.
type stamp struct {
	size int64
	mod  int64
	mode fs.FileMode
}

func stampOf(fi os.FileInfo) stamp { return stamp{fi.Size(), fi.ModTime().UnixNano(), fi.Mode()} }

func newPoll(w *Watcher) *poll {
	p := &poll{w: w, skip: w.o.skip()}
	p.seen, p.file = p.look(), p.lookFiles()
	return p
}

// look takes stock of the tree. Folders count too: one that came empty is the
// beginning of more.
func (p *poll) look() map[string]stamp {
	m := make(map[string]stamp, len(p.seen))
	root, err := filepath.Abs(p.w.o.Dir)
	if err != nil {
		return m
	}
	if real, err := filepath.EvalSymlinks(root); err == nil {
		root = real
	}
	_ = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // gone meanwhile
		}
		if d.IsDir() && p.skip[name] {
			return fs.SkipDir
		}
		fi, err := d.Info()
		if err != nil {
			return nil
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return nil
		}
		s := stampOf(fi)
		if d.IsDir() {
			s.size, s.mod = 0, 0 // change with what the folder holds
		}
		m[filepath.ToSlash(rel)] = s
		return nil
	})
	return m
}

func (p *poll) lookFiles() map[string]stamp {
	m := map[string]stamp{}
	for _, f := range p.w.o.Files {
		if fi, err := os.Stat(f); err == nil {
			m[f] = stampOf(fi)
		}
	}
	return m
}

// run looks until ctx ends. The pause is counted from the end of a look, so a
// tree that takes long to list leaves the machine idle at least half the time.
func (p *poll) run(ctx context.Context) error {
	pause := time.NewTimer(p.w.o.Every)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-pause.C:
		}
		now := p.look()
		differ(p.seen, now, func(name string, gone bool) { p.w.changed(name, gone) })
		p.seen = now
		files := p.lookFiles()
		differ(p.file, files, func(name string, _ bool) { p.w.fileChanged(name) })
		p.file = files
		pause.Reset(p.w.o.Every)
	}
}

// differ calls f with each name whose stamp differs.
func differ(old, now map[string]stamp, f func(name string, gone bool)) {
	for name, s := range now {
		if was, ok := old[name]; !ok || was != s {
			f(name, false)
		}
	}
	for name := range old {
		if _, ok := now[name]; !ok {
			f(name, true)
		}
	}
}
