package bundle

// A request costs more than the bytes of its answer. The planner counts it in
// bytes that would take as long: its headers both ways (some 500 bytes under
// HPACK, RFC 7541, with the text that a compressor cannot share between
// files), and over HTTP/1.1, where six connections take turns, a sixth of a
// round trip besides: 25 ms at the 200 bytes per millisecond of slow 4G (1.6
// Mbit/s, 150 ms), which makes 5,000.
const (
	requestH2 = 500
	requestH1 = 5500
)

// request returns the cost of a request in bytes.
func (p *Planner) request() int64 {
	if p.Protocol == "h1" {
		return requestH1
	}
	return requestH2
}

// walk is how many pages a visitor is taken to open with a warm cache.
const walk = 10

// maxInline bounds what is written into a page: what a server sends in the
// first flight (RFC 6928: 10 segments, 14 KB) has to hold the page too.
const maxInline = 8 << 10

// inlines reports whether a file of that many bytes on the wire, loaded by
// that many pages, costs less inside each of them. A visitor who goes through
// them would load the text with each, the file once.
func (p *Planner) inlines(wire int64, pages int) bool {
	again := int64(min(pages, walk) - 1)
	return wire <= maxInline && wire*again <= p.request()
}
