// Package publish puts a finished folder in the place of an old one, all at
// once: readers see the old tree or the new one, never a mixture, whatever
// dies on the way. It knows nothing of sites.
//
// The new tree is staged beside the output, synced, and swapped in by one
// rename (renameat2 with RENAME_EXCHANGE on Linux). Where the system cannot
// exchange, two renames are written down in a journal first, and the next
// start finishes or undoes them.
package publish

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// ErrLocked says that another run holds the output.
var ErrLocked = errors.New("another run of hone is writing this folder")

// Dir is an output folder that this process holds.
type Dir struct {
	out    string // absolute
	parent string
	prefix string // of every name that hone puts beside the output
	lock   *flock.Flock
}

// Acquire takes the output folder out, which need not exist, and clears away
// what a killed run left. It returns ErrLocked when another process holds it.
func Acquire(out string) (*Dir, error) {
	abs, err := filepath.Abs(out)
	if err != nil {
		return nil, fmt.Errorf("output folder: %w", err)
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real // swap the folder that a link leads to, not the link
	}
	d := &Dir{out: abs, parent: filepath.Dir(abs)}
	d.prefix = "." + filepath.Base(abs) + ".hone-"
	if err := os.MkdirAll(d.parent, 0o755); err != nil {
		return nil, fmt.Errorf("output folder: %w", err)
	}
	if err := d.hold(out); err != nil {
		return nil, err
	}
	if err := d.recover(); err != nil {
		d.Release()
		return nil, err
	}
	return d, nil
}

// hold takes the lock. Release removes the lock file, so a lock on a file that
// is no longer there holds nothing and is taken anew.
func (d *Dir) hold(out string) error {
	for {
		d.lock = flock.New(d.name("lock"))
		ok, err := d.lock.TryLock()
		if err != nil {
			return fmt.Errorf("lock output: %w", err)
		}
		if !ok {
			return fmt.Errorf("%s: %w", out, ErrLocked)
		}
		held, err := d.lock.Stat()
		if err != nil {
			return fmt.Errorf("lock output: %w", err)
		}
		if now, err := os.Stat(d.name("lock")); err == nil && os.SameFile(held, now) {
			return nil
		}
		d.lock.Unlock()
	}
}

// Release gives the output folder up.
func (d *Dir) Release() {
	os.Remove(d.name("lock"))
	d.lock.Unlock()
}

// Path returns the absolute path of the output folder.
func (d *Dir) Path() string { return d.out }

func (d *Dir) name(what string) string { return filepath.Join(d.parent, d.prefix+what) }

// recover finishes or undoes a swap that was cut short, and removes stages.
func (d *Dir) recover() error {
	journal, backup := d.name("journal"), d.name("backup")
	if _, err := os.Lstat(journal); err == nil {
		if _, err := os.Lstat(d.out); errors.Is(err, fs.ErrNotExist) {
			// Killed between the two renames: the old tree comes back, unless
			// somebody removed it since.
			if err := os.Rename(backup, d.out); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("bring back the output of before an interrupted run: %w", err)
			}
		}
		if err := os.RemoveAll(backup); err != nil {
			return fmt.Errorf("remove the backup of an interrupted run: %w", err)
		}
		if err := os.Remove(journal); err != nil {
			return fmt.Errorf("remove the journal of an interrupted run: %w", err)
		}
	}
	entries, err := os.ReadDir(d.parent)
	if err != nil {
		return fmt.Errorf("look for leftovers: %w", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), d.prefix+"stage-") {
			if err := os.RemoveAll(filepath.Join(d.parent, e.Name())); err != nil {
				return fmt.Errorf("remove the leftover of an interrupted run: %w", err)
			}
		}
	}
	return nil
}

// Stage is a new tree in the making.
type Stage struct {
	d    *Dir
	dir  string
	root *os.Root
	made map[string]bool
}

// Stage starts a new tree beside the output.
func (d *Dir) Stage() (*Stage, error) {
	dir, err := os.MkdirTemp(d.parent, d.prefix+"stage-")
	if err != nil {
		return nil, fmt.Errorf("stage output: %w", err)
	}
	s := &Stage{d: d, dir: dir, made: map[string]bool{".": true}}
	if err = os.Chmod(dir, 0o755); err == nil {
		s.root, err = os.OpenRoot(dir)
	}
	if err != nil {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("stage output: %w", err)
	}
	return s, nil
}

// Write adds a file. name is slash-separated and stays inside the tree. Not
// for concurrent use.
func (s *Stage) Write(name string, b []byte) error {
	if err := s.mkdir(name); err != nil {
		return err
	}
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err = f.Write(b)
	if err == nil {
		err = syncFile(f)
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = s.later(name)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// later makes a file younger than the one whose place it takes, by a whole
// second. Servers tell by the time, in seconds, whether a visitor has the
// file, and go on sending 304 if two deploys fall into one second (RFC 9110,
// section 8.8.2.2).
func (s *Stage) later(name string) error {
	old, err := os.Lstat(filepath.Join(s.d.out, filepath.FromSlash(name)))
	if err != nil {
		return nil // there was none
	}
	is, err := s.root.Lstat(name)
	if err != nil || is.ModTime().Unix() > old.ModTime().Unix() {
		return err
	}
	return s.root.Chtimes(name, time.Time{}, old.ModTime().Truncate(time.Second).Add(time.Second))
}

// Reuse adds the file that the old output has under that name, without
// copying where the file system allows it. It reports whether it did.
func (s *Stage) Reuse(name string) bool {
	if s.mkdir(name) != nil {
		return false
	}
	return os.Link(filepath.Join(s.d.out, filepath.FromSlash(name)), filepath.Join(s.dir, filepath.FromSlash(name))) == nil
}

func (s *Stage) mkdir(name string) error {
	dir := filepath.ToSlash(filepath.Dir(filepath.FromSlash(name)))
	if s.made[dir] {
		return nil
	}
	if err := s.root.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make folder %s: %w", dir, err)
	}
	s.made[dir] = true
	return nil
}

// Path returns the folder in which the tree is made.
func (s *Stage) Path() string { return s.dir }

// Abort removes the tree.
func (s *Stage) Abort() {
	s.root.Close()
	os.RemoveAll(s.dir)
}

// Commit makes the tree the output and removes the old one.
func (s *Stage) Commit() error {
	if err := syncTree(s.dir); err != nil {
		s.Abort()
		return fmt.Errorf("sync output: %w", err)
	}
	s.root.Close()
	if err := s.d.swap(s.dir); err != nil {
		os.RemoveAll(s.dir)
		return fmt.Errorf("publish output: %w", err)
	}
	return nil
}

func (d *Dir) swap(stage string) error {
	if _, err := os.Lstat(d.out); errors.Is(err, fs.ErrNotExist) {
		if err := os.Rename(stage, d.out); err != nil {
			return err
		}
		return syncDir(d.parent)
	}
	err := exchange(stage, d.out)
	if errors.Is(err, errors.ErrUnsupported) {
		return d.swapByJournal(stage)
	}
	if err != nil {
		return err
	}
	if err := syncDir(d.parent); err != nil {
		return err
	}
	return os.RemoveAll(stage) // holds the old tree now
}

// swapByJournal replaces the output by two renames. Between them no output
// exists; the journal tells the next start what to bring back.
func (d *Dir) swapByJournal(stage string) error {
	journal, backup := d.name("journal"), d.name("backup")
	if err := os.WriteFile(journal, []byte("renaming "+d.out+" to "+backup+" and "+stage+" to "+d.out+"\n"), 0o644); err != nil {
		return err
	}
	if err := syncDir(d.parent); err != nil {
		return err
	}
	if err := os.Rename(d.out, backup); err != nil {
		os.Remove(journal)
		return err
	}
	if err := os.Rename(stage, d.out); err != nil {
		if back := os.Rename(backup, d.out); back == nil {
			os.Remove(journal)
		}
		return err
	}
	if err := syncDir(d.parent); err != nil {
		return err
	}
	if err := os.RemoveAll(backup); err != nil {
		return err
	}
	return os.Remove(journal)
}
