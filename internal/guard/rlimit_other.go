//go:build !linux

package guard

// limitAddressSpace does nothing: the soft memory limit and the deadline are
// what holds here.
func limitAddressSpace(uint64) {}
