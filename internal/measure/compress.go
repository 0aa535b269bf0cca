package measure

import (
	"compress/gzip"
	"net/http"
	"strings"
)

// Compress sends texts with gzip where nothing better lies beside the file, as
// hosts do: so neither side gains by a coding that a host adds anyway.
func Compress(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.Header.Get("Range") != "" || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.ServeHTTP(w, r)
			return
		}
		c := &compressor{ResponseWriter: w}
		h.ServeHTTP(c, r)
		c.end()
	})
}

// compressor decides at the header whether to compress what follows.
type compressor struct {
	http.ResponseWriter
	begun bool
	z     *gzip.Writer
}

// WriteHeader implements http.ResponseWriter.
func (c *compressor) WriteHeader(status int) {
	if !c.begun {
		c.begun = true
		h := c.Header()
		if h.Get("Content-Encoding") == "" && status != http.StatusNotModified && status >= 200 && isText(h.Get("Content-Type")) {
			h.Del("Content-Length")
			h.Set("Content-Encoding", "gzip")
			c.z = gzip.NewWriter(c.ResponseWriter)
		}
	}
	c.ResponseWriter.WriteHeader(status)
}

// Write implements io.Writer.
func (c *compressor) Write(p []byte) (int, error) {
	if !c.begun {
		c.WriteHeader(http.StatusOK)
	}
	if c.z != nil {
		return c.z.Write(p)
	}
	return c.ResponseWriter.Write(p)
}

func (c *compressor) end() {
	if c.z != nil {
		// The status is sent: a client that went away is no error of ours.
		_ = c.z.Close()
	}
}

// isText lists what the hosts' own lists of compressed types have in common.
func isText(t string) bool {
	t, _, _ = strings.Cut(strings.ToLower(t), ";")
	t = strings.TrimSpace(t)
	switch t {
	case "application/javascript", "application/json", "application/xml", "application/wasm", "application/manifest+json", "image/x-icon", "font/ttf", "font/otf":
		return true
	}
	return strings.HasPrefix(t, "text/") || strings.HasSuffix(t, "+xml") || strings.HasSuffix(t, "+json")
}
