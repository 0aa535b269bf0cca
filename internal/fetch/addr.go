// Package fetch downloads files of other sites for a build. What a page names
// may lead anywhere, so a download is bounded in size and time, goes to public
// addresses only, and is encrypted.
package fetch

import "net/netip"

// Private reports whether an address is not of the public Internet (RFC 6890,
// RFC 6598). The metadata services of clouds are link-local or private.
func Private(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return true
	}
	b := a.As16()
	switch {
	case a.Is4():
		ip := a.As4()
		return ip[0] == 0 || ip[0] == 100 && ip[1]&0xc0 == 64 || ip[0] == 192 && ip[1] == 0 && ip[2] == 0 || ip[0] == 198 && ip[1]&0xfe == 18 || ip[0] >= 240
	case b[0] == 0 && b[1] == 0x64 && b[2] == 0xff && b[3] == 0x9b: // NAT64, RFC 6052: an IPv4 address in disguise
		return Private(netip.AddrFrom4([4]byte(b[12:16])))
	case b[0] == 0x20 && b[1] == 0x02: // 6to4, RFC 3056
		return Private(netip.AddrFrom4([4]byte(b[2:6])))
	}
	return false
}
