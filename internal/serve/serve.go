// Package serve answers HTTP requests from a folder as static hosts do. It
// owns the rules by which a URL finds a file and a content coding is chosen;
// it must not know how the files were made, and takes their headers from
// whoever knows them. It reads only inside the folder it is handed.
package serve

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/hone-web/hone/site"
)

// Site is a folder behind HTTP. The fields must not change once it serves.
type Site struct {
	Root *os.Root
	// Prefix is the path the folder is served under, with a slash at both
	// ends; "" means "/".
	Prefix string
	// Header returns what to send with the file at a URL path, prefix
	// included; nil sends nothing but the type. A Content-Type in it wins.
	Header func(path string) http.Header
	// Redirects are tried as Netlify and Cloudflare Pages do.
	Redirects []Redirect
	// Page rewrites an HTML file that is served; such files go out without
	// coding and entity tag. nil serves them as they are.
	Page func(text []byte) []byte

	tags sync.Map // tagKey → entity tag
}

// found is the file behind a URL.
type found struct {
	name     string // under the root
	redirect string // not empty: the URL path that names the folder rightly
}

// private are files that hosts read and never serve.
var private = map[string]bool{"_headers": true, "_redirects": true, "_worker.js": true}

// ServeHTTP implements http.Handler.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.serve(w, r, func() bool { return false })
}

// serve answers a request. When a file is not there it asks gone whether that
// is because the whole folder is another one by now; it has written nothing
// and returns false then.
func (s *Site) serve(w http.ResponseWriter, r *http.Request, gone func() bool) bool {
	if !readOnly(w, r) {
		return true
	}
	f, err := s.find(r.URL.Path)
	missing := errors.Is(err, fs.ErrNotExist)
	if missing && gone() {
		return false
	}
	if to, rule := s.redirect(r.URL, missing); rule != nil {
		return s.follow(w, r, to, rule)
	}
	switch {
	case missing:
		s.notFound(w, r)
	case err != nil:
		http.Error(w, "500 "+err.Error(), http.StatusInternalServerError)
	case f.redirect != "":
		to := url.URL{Path: f.redirect, RawQuery: r.URL.RawQuery}
		http.Redirect(w, r, to.String(), http.StatusMovedPermanently)
	default:
		err := s.send(w, r, f.name, http.StatusOK)
		if err != nil && gone() {
			return false
		}
		if err != nil {
			http.Error(w, "500 "+err.Error(), http.StatusInternalServerError)
		}
	}
	return true
}

// readOnly refuses every method that asks for a change.
func readOnly(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	w.Header().Set("Allow", "GET, HEAD")
	http.Error(w, "405 method not allowed", http.StatusMethodNotAllowed)
	return false
}

// find looks a URL path up: the file itself, the index of the folder, the
// page without its extension.
func (s *Site) find(p string) (found, error) {
	prefix := s.Prefix
	if prefix == "" {
		prefix = "/"
	}
	if p+"/" == prefix {
		return found{redirect: prefix}, nil
	}
	rest, ok := strings.CutPrefix(p, prefix)
	if !ok || strings.ContainsRune(rest, 0) {
		return found{}, fs.ErrNotExist
	}
	folder := rest == "" || strings.HasSuffix(rest, "/")
	name := strings.TrimPrefix(path.Clean("/"+rest), "/")
	if private[name] {
		return found{}, fs.ErrNotExist
	}
	if folder {
		for _, index := range []string{"index.html", "index.htm", "index.xml"} {
			if c := path.Join(name, index); s.isFile(c) {
				return found{name: c}, nil
			}
		}
		if name != "" && s.isFile(name+".html") {
			return found{name: name + ".html"}, nil
		}
		return found{}, fs.ErrNotExist
	}
	for _, c := range []string{name, name + ".html", name + ".htm"} {
		if s.isFile(c) {
			return found{name: c}, nil
		}
	}
	for _, index := range []string{"index.html", "index.htm", "index.xml"} {
		if s.isFile(path.Join(name, index)) {
			return found{redirect: p + "/"}, nil
		}
	}
	return found{}, fs.ErrNotExist
}

func (s *Site) isFile(name string) bool {
	fi, err := s.Root.Stat(name)
	return err == nil && fi.Mode().IsRegular()
}

// notFound answers with the site's own 404 page where it has one.
func (s *Site) notFound(w http.ResponseWriter, r *http.Request) {
	if s.isFile("404.html") && s.send(w, r, "404.html", http.StatusNotFound) == nil {
		return
	}
	if s.Page != nil {
		writePage(w, r, s.Page([]byte(plainPage("404 not found", "There is no such file in the site."))), http.StatusNotFound)
		return
	}
	http.Error(w, "404 not found", http.StatusNotFound)
}

// send answers with a file, in the best coding the client takes. An error
// means that nothing was sent yet.
func (s *Site) send(w http.ResponseWriter, r *http.Request, name string, status int) error {
	if s.Page != nil && site.KindOf(site.Path(name)) == site.HTML {
		text, err := s.Root.ReadFile(name)
		if err == nil {
			writePage(w, r, s.Page(text), status)
		}
		return err
	}
	coding, ext, varies := s.negotiate(name, r.Header.Values("Accept-Encoding"))
	if packed := s.packed(name, r); packed != "" {
		coding, ext = "dcz", packed
	}
	f, err := s.Root.Open(name + ext)
	if err != nil {
		return err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	tag, err := s.tag(f, name+ext, fi)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", site.TypeOf(site.Path(name)))
	h.Set("ETag", tag)
	if s.Header != nil {
		for k, vs := range s.Header(r.URL.Path) {
			h[http.CanonicalHeaderKey(k)] = slices.Clone(vs)
		}
	}
	if varies && !strings.Contains(strings.ToLower(h.Get("Vary")), "accept-encoding") {
		h.Add("Vary", "Accept-Encoding")
	}
	if coding == "dcz" || h.Get("Use-As-Dictionary") != "" {
		h.Set("Vary", "Accept-Encoding, Available-Dictionary") // RFC 9842, section 6.2
	}
	if coding != "" {
		h.Set("Content-Encoding", coding)
	}
	if status != http.StatusOK {
		h.Del("ETag")
		h.Set("Content-Length", fmt.Sprint(fi.Size()))
		w.WriteHeader(status)
		if r.Method == http.MethodGet {
			// The status is sent: a client that went away is no error of ours.
			_, _ = io.Copy(w, f)
		}
		return nil
	}
	// No Last-Modified: the tag follows the bytes, and file times do not
	// survive a deploy.
	http.ServeContent(w, r, "", noTime, f)
	return nil
}

type tagKey struct {
	name string
	size int64
	mod  int64
}

// tag returns the strong entity tag of a file (RFC 9110, section 8.8.3).
func (s *Site) tag(f io.ReadSeeker, name string, fi fs.FileInfo) (string, error) {
	key := tagKey{name, fi.Size(), fi.ModTime().UnixNano()}
	if t, ok := s.tags.Load(key); ok {
		return t.(string), nil
	}
	t, err := hashTag(f)
	if err != nil {
		return "", err
	}
	s.tags.Store(key, t)
	return t, nil
}
