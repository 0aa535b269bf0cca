package isobmff

import "encoding/binary"

// offset returns the place of the k-th chunk of a track.
func (t *track) offset(b []byte, k int) uint64 {
	if t.wide {
		return binary.BigEndian.Uint64(b[t.at+8*k:])
	}
	return uint64(binary.BigEndian.Uint32(b[t.at+4*k:]))
}

// eachChunk calls f with the place and length of each chunk of a track, in
// the order of its table, until f is false; it is false, too, if the tables
// (sections 8.7.3 to 8.7.5) contradict each other. A length is at most 2^64-1:
// 2^32 samples of 2^32 bytes.
func (t *track) eachChunk(b []byte, f func(k int, off, n uint64) bool) bool {
	run := -1
	var sample, each uint64
	var next uint64 // first chunk, from 1, of the run after this one
	entry := func(i int) (first uint64, samples uint32) {
		at := t.stscAt + 12*i
		return uint64(binary.BigEndian.Uint32(b[at:])), binary.BigEndian.Uint32(b[at+4:])
	}
	if t.stscN > 0 {
		next, _ = entry(0)
	}
	for k := range t.chunks {
		for run+1 < t.stscN && uint64(k)+1 >= next {
			if next != uint64(k)+1 { // runs must begin with chunk 1 and go up
				return false
			}
			run++
			_, samples := entry(run)
			each, next = uint64(samples), 1<<62
			if run+1 < t.stscN {
				next, _ = entry(run + 1)
			}
		}
		if run < 0 || each == 0 || each > t.samples-sample {
			return false
		}
		n := uint64(t.size) * each
		if t.size == 0 {
			for range each {
				n += uint64(binary.BigEndian.Uint32(b[t.sizeAt+4*int(sample):]))
				sample++
			}
		} else {
			sample += each
		}
		if !f(k, t.offset(b, k), n) {
			return false
		}
	}
	return sample == t.samples
}

// inside reports whether n bytes at off lie in one mdat box.
func (m *movie) inside(off, n uint64) bool {
	lo, hi := 0, len(m.data)
	for lo < hi { // the last box that begins at or before off
		if mid := (lo + hi) / 2; uint64(m.data[mid].Data) <= off {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return false
	}
	end := uint64(m.data[lo-1].End)
	return off <= end && n <= end-off
}
