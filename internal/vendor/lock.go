// Package vendor keeps copies of files of other hosts: which there are and
// what their bytes are (the lock file), what they are called in the site, and
// how texts that name them are written anew. It fetches nothing.
package vendor

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/hone-web/hone/site"
)

// LockName is the name of the lock file, which stands beside hone.toml.
const LockName = "hone.lock"

// lockVersion is the form of lock files that this program reads and writes.
const lockVersion = 1

// Lock pins addresses of other hosts to bytes.
type Lock struct {
	pins map[string]Pin
}

// Pin is what an address answered when it was first asked.
type Pin struct {
	URL    string      // https, without a fragment
	Sum    site.Digest // SHA-256 of the body
	Size   int64       // bytes
	Type   string      // media type
	Landed string      // where redirects led to; "" if there were none
}

type lockFile struct {
	Version   int       `toml:"version"`
	Resources []lockPin `toml:"resource"`
}

type lockPin struct {
	URL    string `toml:"url"`
	SHA256 string `toml:"sha256"`
	Size   int64  `toml:"size"`
	Type   string `toml:"type"`
	Landed string `toml:"redirected_to,omitempty"`
}

// ReadLock reads the lock file called name; one that is not there holds no
// pins.
func ReadLock(name string) (*Lock, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return NewLock(), nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the lock file: %w", err)
	}
	l, err := ParseLock(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return l, nil
}

// NewLock returns a lock without pins.
func NewLock() *Lock { return &Lock{pins: map[string]Pin{}} }

// ParseLock reads the text of a lock file.
func ParseLock(text []byte) (*Lock, error) {
	var f lockFile
	if err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&f); err != nil {
		var bad *toml.DecodeError
		if errors.As(err, &bad) {
			line, col := bad.Position()
			return nil, fmt.Errorf("line %d, column %d: %s", line, col, strings.TrimPrefix(bad.Error(), "toml: "))
		}
		return nil, errors.New(strings.TrimPrefix(err.Error(), "toml: "))
	}
	if f.Version != lockVersion {
		return nil, fmt.Errorf("it is of version %d, and this program reads version %d", f.Version, lockVersion)
	}
	l := NewLock()
	for _, r := range f.Resources {
		p := Pin{URL: r.URL, Size: r.Size, Type: r.Type, Landed: r.Landed}
		sum, err := hex.DecodeString(r.SHA256)
		if err != nil || len(sum) != len(p.Sum) {
			return nil, fmt.Errorf("the sha256 of %s is not one", r.URL)
		}
		if _, twice := l.pins[r.URL]; twice {
			return nil, fmt.Errorf("%s is in it twice; solve the conflict of the merge, or run hone vendor --update", r.URL)
		}
		copy(p.Sum[:], sum)
		l.pins[r.URL] = p
	}
	return l, nil
}

// Pin returns what an address is pinned to.
func (l *Lock) Pin(url string) (Pin, bool) {
	p, ok := l.pins[url]
	return p, ok
}

// Set pins an address.
func (l *Lock) Set(p Pin) { l.pins[p.URL] = p }

// Keep drops the pins of addresses for which keep does not hold.
func (l *Lock) Keep(keep func(url string) bool) {
	for url := range l.pins {
		if !keep(url) {
			delete(l.pins, url)
		}
	}
}

// Pins lists all pins by address.
func (l *Lock) Pins() []Pin {
	out := make([]Pin, 0, len(l.pins))
	for _, p := range l.pins {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Pin) int { return strings.Compare(a.URL, b.URL) })
	return out
}

// Text returns the text of the lock file: the same pins give the same bytes.
func (l *Lock) Text() ([]byte, error) {
	f := lockFile{Version: lockVersion}
	for _, p := range l.Pins() {
		f.Resources = append(f.Resources, lockPin{URL: p.URL, SHA256: p.Sum.String(), Size: p.Size, Type: p.Type, Landed: p.Landed})
	}
	var b bytes.Buffer
	b.WriteString("# Files of other hosts that hone serves from the site itself. Written by hone; keep it under version control.\n")
	if err := toml.NewEncoder(&b).Encode(f); err != nil {
		return nil, fmt.Errorf("encode the lock file: %w", err)
	}
	return b.Bytes(), nil
}

// Write writes the lock file called name, unless it has that text already.
func (l *Lock) Write(name string) error {
	text, err := l.Text()
	if err != nil {
		return err
	}
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, text) {
		return nil
	}
	// A reader finds the old file or the new one.
	tmp, err := os.CreateTemp(filepath.Dir(name), "."+LockName+"-*")
	if err != nil {
		return fmt.Errorf("write the lock file: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(text)
	if err == nil {
		err = tmp.Chmod(0o644)
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("write the lock file: %w", err)
	}
	return nil
}
