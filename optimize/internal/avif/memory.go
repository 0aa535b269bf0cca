package avif

import "github.com/tetratelabs/wazero/experimental"

// reserve returns an allocator that sets room bytes aside. Linear memory grows
// by little steps, and each step that moves it leaves a copy to the garbage
// collector: 300 MB for a picture of 4 megapixels that needs 130. Pages that
// are not touched cost nothing.
func reserve(room int64) experimental.MemoryAllocator {
	return experimental.MemoryAllocatorFunc(func(_, limit uint64) experimental.LinearMemory {
		return &memory{room: min(uint64(room), limit), limit: limit}
	})
}

// memory is the memory of one instance.
type memory struct {
	buf         []byte
	room, limit uint64
}

// Reallocate implements experimental.LinearMemory.
func (m *memory) Reallocate(size uint64) []byte {
	if size > uint64(cap(m.buf)) {
		if m.buf != nil {
			m.room = min(size+size/4, m.limit)
		}
		buf := make([]byte, size, max(size, m.room))
		copy(buf, m.buf)
		m.buf = buf
	}
	m.buf = m.buf[:size]
	return m.buf
}

// Free implements experimental.LinearMemory.
func (m *memory) Free() { m.buf = nil }
