package serve

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// Hosts lets only requests through whose Host header names this machine or one
// of names. A page on the web can point a name of its own at 127.0.0.1 and so
// read a local server as if it were its own origin; the name betrays it.
func Hosts(h http.Handler, names []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !knownHost(r.Host, names) {
			http.Error(w, "403 this server does not answer to the name "+strings.ToValidUTF8(r.Host, "?")+"; --allow-host adds one", http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// knownHost accepts localhost and what is below it (RFC 6761, section 6.3),
// addresses, which no name can stand for, and the names.
func knownHost(host string, names []string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if net.ParseIP(strings.Trim(name, "[]")) != nil {
		return true
	}
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || slices.Contains(names, name)
}

// sameOrigin reports whether a request comes from a page of this server, or
// from no page at all.
func sameOrigin(r *http.Request) bool {
	if s := r.Header.Get("Sec-Fetch-Site"); s != "" && s != "same-origin" && s != "none" {
		return false
	}
	o := r.Header.Get("Origin")
	return o == "" || o == "http://"+r.Host
}
