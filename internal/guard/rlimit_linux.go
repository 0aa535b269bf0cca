package guard

import "golang.org/x/sys/unix"

// limitAddressSpace lowers RLIMIT_AS. Where that fails the deadline and the
// soft limit still hold, so the error is of no use to anyone.
func limitAddressSpace(n uint64) {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_AS, &l) != nil {
		return
	}
	l.Cur = min(n, l.Max)
	_ = unix.Setrlimit(unix.RLIMIT_AS, &l)
}
