package site

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Digest is the SHA-256 of some bytes.
type Digest [sha256.Size]byte

// Sum returns the digest of b.
func Sum(b []byte) Digest { return sha256.Sum256(b) }

// String returns the digest in lower-case hexadecimal.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// IsZero reports whether d was never set.
func (d Digest) IsZero() bool { return d == Digest{} }

// MarshalText writes the digest in hexadecimal.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 64 hexadecimal digits.
func (d *Digest) UnmarshalText(b []byte) error {
	if len(b) != 2*len(d) {
		return fmt.Errorf("digest has %d digits, want %d", len(b), 2*len(d))
	}
	_, err := hex.Decode(d[:], b)
	return err
}

// Zone is the part of a site one access rule governs: "" is free to read,
// anything else names the paywall rule that owns the path.
type Zone string

// File is one file of the input.
type File struct {
	Path   Path
	Kind   Kind
	Zone   Zone
	Fixed  bool   // people know this URL: it is never renamed
	Frozen string // not empty: the bytes must stay, and this says why
	Size   int64
	Digest Digest
	// Vendored is the URL on another host of which the file is a copy; "" for
	// files of the site. Nobody knows the copy by its name.
	Vendored string
}
