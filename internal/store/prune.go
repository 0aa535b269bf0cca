package store

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The intervals are those of cmd/go's build cache (cmd/go/internal/cache):
// an entry's time is refreshed at most once an hour, so that reading stays
// cheap; the store is swept at most once a day.
const (
	touchInterval = time.Hour
	pruneInterval = 24 * time.Hour
	// unused is how long an entry may lie without use. Two weeks cover the
	// pause between two releases of a small site.
	unused = 14 * 24 * time.Hour
)

func (s *Store) touch(name string) {
	if fi, err := os.Stat(name); err == nil {
		s.touchInfo(name, fi)
	}
}

func (s *Store) touchInfo(name string, fi fs.FileInfo) {
	if s.now.Sub(fi.ModTime()) > touchInterval {
		os.Chtimes(name, s.now, s.now) // best effort: an old time only prunes earlier
	}
}

// prune removes entries nobody used for long, and temporary files of writers
// that died.
func (s *Store) prune() error {
	stamp := filepath.Join(s.dir, "pruned")
	if fi, err := os.Stat(stamp); err == nil && s.now.Sub(fi.ModTime()) < pruneInterval {
		return nil
	}
	err := filepath.WalkDir(s.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == stamp {
			return nil // an entry that vanished was pruned by another process
		}
		fi, err := d.Info()
		if err != nil {
			return nil
		}
		age := s.now.Sub(fi.ModTime())
		if age > unused || strings.HasPrefix(d.Name(), "tmp-") && age > time.Hour {
			os.Remove(name)
		}
		return nil
	})
	if err == nil {
		err = os.WriteFile(stamp, nil, 0o600)
	}
	if err == nil {
		err = os.Chtimes(stamp, s.now, s.now)
	}
	if err != nil {
		return fmt.Errorf("prune store: %w", err)
	}
	return nil
}
