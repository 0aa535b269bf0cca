package bundle

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
)

// HashText returns the hash of b as it is written in HTML and scripts: sha256,
// sha384 and sha512 in base64 (W3C SRI, section 3.1); hex-md5, hex-sha1 and
// hex-sha256 in hexadecimal. An unknown algorithm gives "".
func HashText(b []byte, alg string) string {
	switch alg {
	case "sha256":
		s := sha256.Sum256(b)
		return base64.StdEncoding.EncodeToString(s[:])
	case "sha384":
		s := sha512.Sum384(b)
		return base64.StdEncoding.EncodeToString(s[:])
	case "sha512":
		s := sha512.Sum512(b)
		return base64.StdEncoding.EncodeToString(s[:])
	case "hex-md5":
		s := md5.Sum(b)
		return hex.EncodeToString(s[:])
	case "hex-sha1":
		s := sha1.Sum(b)
		return hex.EncodeToString(s[:])
	case "hex-sha256":
		s := sha256.Sum256(b)
		return hex.EncodeToString(s[:])
	}
	return ""
}
