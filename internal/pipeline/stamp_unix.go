//go:build linux || darwin

package pipeline

import (
	"io/fs"
	"syscall"
	"time"
)

// sameChange reports whether the inode did not change between two looks. Tools
// that copy a file's time with it (cp -p, rsync) cannot set this one.
func sameChange(a, b fs.FileInfo) bool {
	x, ok := a.Sys().(*syscall.Stat_t)
	y, also := b.Sys().(*syscall.Stat_t)
	return ok && also && changeTime(x).Equal(changeTime(y))
}

// changed reports whether the inode changed too shortly before now to tell
// whether it changes again.
func changed(is fs.FileInfo, now time.Time) bool {
	x, ok := is.Sys().(*syscall.Stat_t)
	return !ok || now.Sub(changeTime(x)) < settled
}
