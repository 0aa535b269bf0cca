package monitor

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// History is a file of records, one JSON document a line. It is bounded: when
// it would grow beyond Max, the older half goes.
type History struct {
	Name string
	Max  int64 // bytes; 0 means 16 MiB
}

// maxRecord bounds a line that is read back.
const maxRecord = 1 << 20

// Append adds records, all in one write: a reader never sees half of a round
// unless the machine stopped in the middle, and then Last leaves the broken
// line out.
func (h *History) Append(records []Record) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for i := range records {
		if err := enc.Encode(&records[i]); err != nil {
			return fmt.Errorf("encode record: %w", err)
		}
	}
	if err := h.shrink(int64(b.Len())); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(h.Name), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(h.Name, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	out := b.Bytes()
	if end, err := f.Seek(0, io.SeekEnd); err == nil && end > 0 {
		var last [1]byte
		if _, err := f.ReadAt(last[:], end-1); err == nil && last[0] != '\n' {
			out = append([]byte{'\n'}, out...) // ends the line that broke
		}
	}
	_, err = f.Write(out)
	return cmp.Or(err, f.Close())
}

// shrink makes room for more bytes by dropping the older half of what may be
// kept. The new file takes the place of the old in one step.
func (h *History) shrink(more int64) error {
	limit := cmp.Or(h.Max, 16<<20)
	fi, err := os.Stat(h.Name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && fi.Size()+more <= limit {
		return nil
	}
	if err != nil {
		return err
	}
	f, err := os.Open(h.Name)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Seek(max(0, fi.Size()-limit/2), io.SeekStart); err != nil {
		return err
	}
	keep, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return err
	}
	if i := bytes.IndexByte(keep, '\n'); i >= 0 {
		keep = keep[i+1:] // the seek landed within a line
	}
	t, err := os.CreateTemp(filepath.Dir(h.Name), filepath.Base(h.Name)+".*")
	if err != nil {
		return err
	}
	_, err = t.Write(keep)
	if err = cmp.Or(err, t.Chmod(0o644), t.Close()); err == nil {
		err = os.Rename(t.Name(), h.Name)
	}
	if err != nil {
		os.Remove(t.Name())
	}
	return err
}

// Last returns the newest record of each URL. Lines that cannot be read are
// left out.
func (h *History) Last() (map[string]Record, error) {
	out := map[string]Record{}
	f, err := os.Open(h.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	defer f.Close()
	r := bufio.NewReaderSize(io.LimitReader(f, 4*cmp.Or(h.Max, 16<<20)), 64<<10)
	var line []byte
	long := false
	for {
		part, err := r.ReadSlice('\n')
		if long = long || len(line)+len(part) > maxRecord; !long {
			line = append(line, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		var rec Record
		if !long && json.Unmarshal(line, &rec) == nil && rec.URL != "" {
			out[rec.URL] = rec
		}
		line, long = line[:0], false
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read history: %w", err)
		}
	}
}
