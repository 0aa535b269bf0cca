package serve

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// noTime makes http.ServeContent leave Last-Modified out.
var noTime time.Time

// codings are the precompressed files looked for, best first.
var codings = [...]struct{ name, ext string }{{"br", ".br"}, {"zstd", ".zst"}, {"gzip", ".gz"}}

// negotiate chooses among the files that lie precompressed beside name (RFC
// 9110, section 12.5.3). varies reports whether the choice depended on the
// request.
func (s *Site) negotiate(name string, accept []string) (coding, ext string, varies bool) {
	best := 0.0
	q := qualities(accept)
	for _, c := range codings {
		if !s.isFile(name + c.ext) {
			continue
		}
		varies = true
		v, ok := q[c.name]
		if !ok {
			v = q["*"]
		}
		if v > best {
			best, coding, ext = v, c.name, c.ext
		}
	}
	if id, ok := q["identity"]; ok && id > best {
		return "", "", varies
	}
	return coding, ext, varies
}

// packed returns what follows name in that of its form for those who have a
// dictionary that the client says it has (RFC 9842, section 2.2), "" if there is
// none: its name holds the hash of the dictionary, and so does its head.
func (s *Site) packed(name string, r *http.Request) string {
	b64, begins := strings.CutPrefix(strings.TrimSpace(r.Header.Get("Available-Dictionary")), ":")
	b64, ends := strings.CutSuffix(b64, ":")
	if !begins || !ends || len(b64) > 64 || qualities(r.Header.Values("Accept-Encoding"))["dcz"] == 0 {
		return ""
	}
	sum, err := base64.StdEncoding.DecodeString(b64)
	if err != nil || len(sum) != sha256.Size {
		return ""
	}
	ext := "." + hex.EncodeToString(sum[:5]) + ".dcz"
	if !s.isFile(name + ext) {
		return ""
	}
	f, err := s.Root.Open(name + ext)
	if err != nil {
		return ""
	}
	defer f.Close()
	head := make([]byte, 8+sha256.Size)
	if _, err := io.ReadFull(f, head); err != nil || !bytes.Equal(head[8:], sum) {
		return ""
	}
	return ext
}

// maxCodings bounds the work on an Accept-Encoding that names very many.
const maxCodings = 64

// qualities reads Accept-Encoding; x-gzip is gzip (RFC 9110, section 8.4.1.3).
func qualities(accept []string) map[string]float64 {
	q := map[string]float64{}
	for i, part := range strings.SplitN(strings.Join(accept, ","), ",", maxCodings+1) {
		if i == maxCodings {
			break
		}
		name, params, _ := strings.Cut(part, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "" {
			continue
		}
		v := 1.0
		if k, val, ok := strings.Cut(params, "="); ok && strings.EqualFold(strings.TrimSpace(k), "q") {
			var err error
			if v, err = strconv.ParseFloat(strings.TrimSpace(val), 64); err != nil || !(v >= 0 && v <= 1) {
				v = 0
			}
		}
		q[strings.TrimPrefix(name, "x-")] = v
	}
	return q
}

func hashTag(f io.ReadSeeker) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	return `"` + hex.EncodeToString(h.Sum(nil)[:12]) + `"`, nil
}
