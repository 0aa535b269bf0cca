package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

// errLimit says that the system gives no more watches, files or memory for
// them; polling needs none.
var errLimit = errors.New("the system's limit of watches is reached")

const (
	// recheck is how often the folder itself is looked at: when it is removed
	// together with the folder above it, nothing tells that it is back.
	recheck = time.Second
	// moved is how long after the renaming of a folder its watches are set
	// anew: the system tells of it in several events.
	moved = 30 * time.Millisecond
)

// notify is told of changes by the system. Folders are watched, not files: an
// editor that writes a new file and renames it over the old one leaves a watch
// on the old one behind.
type notify struct {
	w    *Watcher
	fs   *fsnotify.Watcher
	root string      // Options.Dir without links
	is   os.FileInfo // of root when it was watched; nil while it is gone
	// single are the files watched one by one: cleaned absolute path → path as
	// in Options.Files.
	single map[string]string
	around map[string]bool // folders watched for what stands directly in them
	dirs   map[string]bool // folders watched of the tree
	skip   map[string]bool // folders not to be looked into
}

func newNotify(w *Watcher) (*notify, error) {
	watcher, err := fsnotify.NewBufferedWatcher(4096)
	if err != nil {
		return nil, limit(err)
	}
	n := &notify{w: w, fs: watcher, single: map[string]string{}, around: map[string]bool{}, skip: w.o.skip()}
	if err = n.watchAround(); err == nil {
		err = n.rescan()
	}
	if err != nil {
		watcher.Close()
		return nil, err
	}
	return n, nil
}

// limit recognises what polling can do without.
func limit(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM) || errors.Is(err, syscall.ENOSYS) {
		return fmt.Errorf("%w (%v)", errLimit, err)
	}
	return err
}

// watchAround watches the folders in which the single files and the root
// itself stand.
func (n *notify) watchAround() error {
	abs, err := filepath.Abs(n.w.o.Dir)
	if err != nil {
		return err
	}
	n.around[filepath.Dir(abs)] = true
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		n.around[filepath.Dir(real)] = true
	}
	for _, f := range n.w.o.Files {
		abs, err := filepath.Abs(f)
		if err != nil {
			return err
		}
		n.single[abs] = f
		n.around[filepath.Dir(abs)] = true
	}
	for dir := range n.around {
		if err := n.add(dir); err != nil {
			return err
		}
	}
	return nil
}

// add watches one folder. One that is gone or closed to us is none to watch.
func (n *notify) add(dir string) error {
	err := n.fs.Add(dir)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	return limit(err)
}

// rescan watches every folder that there is now, and no other. Watches are
// bound to folders, and a folder that was renamed takes its watch along under
// the old name, so both steps are needed, in this order.
func (n *notify) rescan() error {
	abs, err := filepath.Abs(n.w.o.Dir)
	if err != nil {
		return err
	}
	n.root, n.is, n.dirs = abs, nil, map[string]bool{}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		n.root = real
	}
	for _, p := range n.fs.WatchList() {
		fi, err := os.Lstat(p)
		if (err != nil || !fi.IsDir()) && !n.around[p] {
			_ = n.fs.Remove(p) // it may have removed itself
		}
	}
	for dir := range n.around {
		if err := n.add(dir); err != nil {
			return err
		}
	}
	if n.is, err = os.Stat(n.root); err != nil {
		n.is = nil
		return nil
	}
	return n.tree(n.root, false)
}

// tree watches dir and the folders below. A file found on the way may have been
// written before its folder was watched, so tell notes it.
func (n *notify) tree(dir string, tell bool) error {
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // gone meanwhile, or closed to us
		}
		if !d.IsDir() {
			if tell {
				n.note(name, false)
			}
			return nil
		}
		if n.skip[name] {
			return fs.SkipDir
		}
		n.dirs[name] = true
		return n.add(name)
	})
}

// run hands events on until ctx ends.
func (n *notify) run(ctx context.Context) error {
	defer n.fs.Close()
	tick := time.NewTicker(recheck)
	defer tick.Stop()
	soon := time.NewTimer(moved)
	soon.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case ev, ok := <-n.fs.Events:
			if !ok {
				return errors.New("the system stopped telling of changes")
			}
			if n.dirs[ev.Name] && ev.Op.Has(fsnotify.Rename) {
				soon.Reset(moved)
			}
			err = n.event(ev)
		case <-soon.C:
			err = n.again()
		case e, ok := <-n.fs.Errors:
			if !ok {
				return errors.New("the system stopped telling of changes")
			}
			// An overflow, or an error whose reach is not known.
			if err = limit(e); !errors.Is(err, errLimit) {
				err = n.again()
			}
		case <-tick.C:
			err = n.check()
		}
		if err != nil {
			return err
		}
	}
}

// again compares watches and tree, and says that count was lost.
func (n *notify) again() error {
	err := n.rescan()
	n.w.lost()
	return err
}

// check looks whether the root is still the folder that is watched.
func (n *notify) check() error {
	now, err := os.Stat(n.w.o.Dir)
	if err != nil {
		now = nil
	}
	if (now == nil) != (n.is == nil) || now != nil && !os.SameFile(now, n.is) {
		return n.again()
	}
	return nil
}

// event notes one event.
func (n *notify) event(ev fsnotify.Event) error {
	if ev.Op == fsnotify.Chmod {
		return nil // indexers and backups touch attributes; bytes stay
	}
	if f, ok := n.single[ev.Name]; ok {
		n.w.fileChanged(f)
	}
	if abs, err := filepath.Abs(n.w.o.Dir); err == nil && (ev.Name == abs || ev.Name == n.root) {
		return n.again() // the folder itself came, went or was replaced
	}
	if !strings.HasPrefix(ev.Name, n.root+string(filepath.Separator)) {
		return nil
	}
	if n.skip[ev.Name] {
		return nil
	}
	gone := ev.Op.Has(fsnotify.Remove) || ev.Op.Has(fsnotify.Rename)
	if ev.Op.Has(fsnotify.Create) {
		if fi, err := os.Lstat(ev.Name); err == nil && fi.IsDir() {
			n.note(ev.Name, true)
			return n.tree(ev.Name, true)
		}
	}
	n.note(ev.Name, gone)
	return nil
}

func (n *notify) note(name string, structural bool) {
	rel, err := filepath.Rel(n.root, name)
	if err != nil {
		return
	}
	n.w.changed(filepath.ToSlash(rel), structural)
}
