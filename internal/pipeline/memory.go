package pipeline

import (
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/hone-web/hone/internal/store"
	"github.com/hone-web/hone/site"
)

// Memory is what one build leaves to the next one of the same process: results
// of the store, and which files are what they were by their stamps. It changes
// what a build costs and nothing else. One build at a time may use it.
type Memory struct {
	recall *store.Recall
	input  stamps
	output stamps
}

// NewMemory returns an empty memory that takes about limit bytes.
func NewMemory(limit int64) *Memory {
	return &Memory{recall: store.NewRecall(limit), output: stamps{linked: true}}
}

// stamps are files that were hashed, with what the file system said of them.
type stamps struct {
	mu sync.Mutex
	of string // the folder
	// linked says that hone links the files from tree to tree, which changes
	// their inodes; nobody else writes there.
	linked bool
	kept   map[site.Path]stamp
}

type stamp struct {
	info   fs.FileInfo
	digest site.Digest
}

// settled is how old a file must be, when it is hashed, for its times to tell
// whether it changed afterwards: two writes within one tick of the file
// system's clock leave the same times (what git calls racily clean).
const settled = 2 * time.Second

// about begins a build over folder dir: what is known of another is forgotten.
func (s *stamps) about(dir string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of != dir || s.kept == nil {
		s.of, s.kept = dir, map[site.Path]stamp{}
	}
}

// digest returns the digest of a file that did not change since it was noted.
func (s *stamps) digest(p site.Path, is fs.FileInfo) (site.Digest, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was, ok := s.kept[p]
	if !ok || was.info.Size() != is.Size() || !was.info.ModTime().Equal(is.ModTime()) || !os.SameFile(was.info, is) || !s.linked && !sameChange(was.info, is) {
		return site.Digest{}, false
	}
	return was.digest, true
}

// note keeps the digest of a file that was hashed after is was taken, in a
// build that began at now.
func (s *stamps) note(p site.Path, is fs.FileInfo, d site.Digest, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(is.ModTime()) < settled || !s.linked && changed(is, now) {
		delete(s.kept, p)
		return
	}
	s.kept[p] = stamp{is, d}
}
