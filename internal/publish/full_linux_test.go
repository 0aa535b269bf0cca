package publish

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestNoSpace publishes to a file system that is full: an error, the old tree
// untouched, nothing left behind.
func TestNoSpace(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("no small disk to fill: mount: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	out := filepath.Join(dir, "out")
	writeTree(t, out, oldTree)
	d := acquire(t, out)
	s := stage(t, d, newTree)
	err := s.Write("large", make([]byte, 1<<20))
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("writing to a full disk: %v", err)
	}
	s.Abort()
	d.Release()
	if got := readTree(t, out); !maps.Equal(got, oldTree) {
		t.Errorf("the output holds %v", got)
	}
	alone(t, dir, "out")
}
