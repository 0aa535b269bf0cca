//go:build unix

package cache_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/site"
)

// asker asks one server.
type asker struct {
	testing.TB
	b            *built
	server, addr string
	client       *http.Client
	asked        int
}

func newAsker(t testing.TB, b *built, server, addr string) *asker {
	return &asker{TB: t, b: b, server: server, addr: addr, client: &http.Client{Transport: &http.Transport{DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// answer is what came, all of it.
type answer struct {
	*http.Response
	body []byte
}

func (a *asker) ask(method, path string, header ...string) *answer {
	a.Helper()
	a.asked++
	u, err := url.Parse("http://" + a.addr + path)
	if err != nil {
		a.Fatal(err)
	}
	r := &http.Request{Method: method, URL: u, Header: http.Header{}}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := a.client.Do(r)
	if err != nil {
		a.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		a.Fatalf("%s %s: %v", method, path, err)
	}
	return &answer{resp, body}
}

// entry asks for a file at each of its addresses.
func (a *asker) entry(e *site.Entry) {
	a.Helper()
	if e.Class == cache.ClassConfig {
		if r := a.ask("GET", site.Escape(a.b.prefix+string(e.Path))); r.StatusCode != http.StatusNotFound && r.StatusCode != http.StatusForbidden {
			a.Errorf("%s: %s, although it is for the host alone", e.Path, r.Status)
		}
		return
	}
	for _, u := range e.URLs {
		if !a.alias(e, u) {
			continue
		}
		tags := map[string]string{}
		for _, coding := range []string{"identity", "gzip", "br"} {
			if tag := a.negotiated(e, u, coding); tag != "" {
				tags[coding] = tag
			}
		}
		a.distinct(e, u, tags)
		// What the client cannot read is not sent (RFC 9110, section 12.5.3).
		refused := a.ask("GET", u, "Accept-Encoding", "gzip;q=0, br;q=0.000, identity")
		a.fields(e, refused, "GET "+u+", all codings refused", "")
	}
}

// alias reports whether the server answers with the file at u. These servers
// find it under its name, and as the index of its folder; elsewhere they send
// people on or know nothing, and nobody may keep that for good.
func (a *asker) alias(e *site.Entry, u string) bool {
	a.Helper()
	name := site.Escape(a.b.prefix + string(e.Path))
	if u == name || strings.HasSuffix(u, "/") && u == name[:len(name)-len(path.Base(name))] && e.Path.Base() == "index.html" {
		return true
	}
	for _, method := range []string{"GET", "HEAD"} {
		r := a.ask(method, u)
		switch {
		case r.StatusCode == http.StatusNotFound, r.StatusCode == http.StatusForbidden && strings.HasSuffix(u, "/"):
		case r.StatusCode >= 300 && r.StatusCode < 400:
			to, err := r.Location()
			asked, wrong := url.PathUnescape(u + "/")
			if err != nil || wrong != nil || to.Path != asked {
				a.Errorf("%s %s: sent on to %q, error %v", method, u, r.Header.Get("Location"), err)
			}
		default:
			a.Errorf("%s %s: %s", method, u, r.Status)
		}
		a.passing(r, method+" "+u)
	}
	return false
}

// passing checks that an answer that is no file is not kept for good.
func (a *asker) passing(r *answer, what string) {
	a.Helper()
	cc := r.Header.Get("Cache-Control")
	if strings.Contains(cc, "immutable") || strings.Contains(cc, "max-age=") && !strings.Contains(cc, "max-age=0") || len(r.Header.Values("Cache-Control")) > 1 || r.Header.Get("Expires") != "" {
		a.Errorf("%s: %s may be kept: Cache-Control %q", what, r.Status, r.Header.Values("Cache-Control"))
	}
}

// negotiated asks for one coding in every way, and returns the entity tag.
func (a *asker) negotiated(e *site.Entry, u, accept string) string {
	a.Helper()
	coding := ""
	if slices.Contains(e.Encodings, accept) && (accept != "br" || a.server != "nginx" || cache.NginxBrotli()) {
		coding = accept
	}
	want, err := os.ReadFile(filepath.Join(a.b.dir, "out", filepath.FromSlash(string(e.Path))+cache.CodingExt[coding]))
	if err != nil {
		a.Fatal(err)
	}
	what := fmt.Sprintf("%s of %s", u, accept)

	get := a.ask("GET", u, "Accept-Encoding", accept)
	if get.StatusCode != http.StatusOK || !bytes.Equal(get.body, want) {
		a.Errorf("GET %s: %s, %d bytes, want %d", what, get.Status, len(get.body), len(want))
		return ""
	}
	a.fields(e, get, "GET "+what, coding)

	head := a.ask("HEAD", u, "Accept-Encoding", accept)
	// Caddy before 2.7 does not say how long compressed answers are.
	if n := head.ContentLength; head.StatusCode != http.StatusOK || len(head.body) > 0 || n != int64(len(want)) && n >= 0 || head.Header.Get("ETag") != get.Header.Get("ETag") {
		a.Errorf("HEAD %s: %s, %d bytes announced, ETag %q; GET had %d, %q", what, head.Status, head.ContentLength, head.Header.Get("ETag"), len(want), get.Header.Get("ETag"))
	}
	a.fields(e, head, "HEAD "+what, coding)

	tag := get.Header.Get("ETag")
	if tag == "" {
		a.Errorf("GET %s: no ETag", what)
		return ""
	}
	for _, validator := range []string{tag, `"another", ` + tag} {
		same := a.ask("GET", u, "Accept-Encoding", accept, "If-None-Match", validator)
		if same.StatusCode != http.StatusNotModified || len(same.body) > 0 || same.Header.Get("ETag") != tag {
			a.Errorf("GET %s if not %s: %s, ETag %s", what, validator, same.Status, same.Header.Get("ETag"))
		}
		a.revalidated(e, same, "GET "+what+", unchanged")
	}
	other := a.ask("GET", u, "Accept-Encoding", accept, "If-None-Match", `"another"`)
	if other.StatusCode != http.StatusOK || !bytes.Equal(other.body, want) {
		a.Errorf("GET %s if not another: %s, %d bytes", what, other.Status, len(other.body))
	}
	a.ranges(e, u, accept, coding, tag, want)
	return tag
}

// fields holds an answer with the file against the manifest.
func (a *asker) fields(e *site.Entry, r *answer, what, coding string) {
	a.Helper()
	for name, want := range e.Header {
		if got := r.Header.Values(name); len(got) != 1 || !strings.EqualFold(got[0], want) {
			a.Errorf("%s: %s is %q, want %q", what, name, got, want)
		}
	}
	if _, ok := e.Header["Vary"]; !ok && len(r.Header.Values("Vary")) > 0 && !(a.overVaries(e) && r.Header.Get("Vary") == "Accept-Encoding") {
		a.Errorf("%s: Vary: %q is not in the manifest", what, r.Header.Values("Vary"))
	}
	for _, name := range []string{"Expires", "Pragma", "Content-Language", "Content-Disposition", "Access-Control-Allow-Origin"} {
		if _, ok := e.Header[name]; !ok && r.Header.Get(name) != "" {
			a.Errorf("%s: %s: %s is not in the manifest", what, name, r.Header.Get(name))
		}
	}
	if got := strings.Join(r.Header.Values("Content-Encoding"), ", "); got != coding {
		a.Errorf("%s: Content-Encoding %q, want %q", what, got, coding)
	}
}

// overVaries reports whether the server says Vary of a file of which there is
// one form only: Apache and Caddy are told by extension, and say it of every
// file with an extension of which some are compressed. Caches then keep more
// than they need and never what is wrong.
func (a *asker) overVaries(e *site.Entry) bool {
	return a.server != "nginx" && slices.ContainsFunc(a.b.manifest.Entries, func(o site.Entry) bool {
		return len(o.Encodings) > 0 && o.Path.Ext() == e.Path.Ext()
	})
}

// revalidated holds a 304 against the manifest: it carries what a 200 would
// say to caches (RFC 9110, section 15.4.5).
func (a *asker) revalidated(e *site.Entry, r *answer, what string) {
	a.Helper()
	for _, name := range []string{"Cache-Control", "Vary"} {
		if got := strings.Join(r.Header.Values(name), "|"); got != e.Header[name] && !(name == "Vary" && got == "Accept-Encoding" && a.overVaries(e)) {
			a.Errorf("%s: %s is %q, want %q", what, name, got, e.Header[name])
		}
	}
}

// ranges asks for parts of what is sent (RFC 9110, section 14).
func (a *asker) ranges(e *site.Entry, u, accept, coding, tag string, want []byte) {
	a.Helper()
	what := fmt.Sprintf("%s of %s", u, accept)
	if len(want) < 4 {
		return
	}
	part := a.ask("GET", u, "Accept-Encoding", accept, "Range", "bytes=1-2")
	beyond := a.ask("GET", u, "Accept-Encoding", accept, "Range", fmt.Sprintf("bytes=%d-", len(want)))
	if a.server == "nginx" && coding != "" {
		// Of precompressed files nginx sends the whole, as it may (14.2).
		for _, r := range []*answer{part, beyond} {
			if r.StatusCode != http.StatusOK || !bytes.Equal(r.body, want) {
				a.Errorf("GET %s, a part: %s, %d bytes", what, r.Status, len(r.body))
			}
			a.fields(e, r, "GET "+what+", a part", coding)
		}
		return
	}
	if part.StatusCode != http.StatusPartialContent || !bytes.Equal(part.body, want[1:3]) || part.Header.Get("Content-Range") != fmt.Sprintf("bytes 1-2/%d", len(want)) || part.Header.Get("ETag") != tag {
		a.Errorf("GET %s, bytes 1-2: %s, %q, Content-Range %q, ETag %s; want %q, %s", what, part.Status, part.body, part.Header.Get("Content-Range"), part.Header.Get("ETag"), want[1:3], tag)
	}
	a.fields(e, part, "GET "+what+", bytes 1-2", coding)
	stale := a.ask("GET", u, "Accept-Encoding", accept, "Range", "bytes=1-2", "If-Range", `"another"`)
	if stale.StatusCode != http.StatusOK || !bytes.Equal(stale.body, want) {
		a.Errorf("GET %s, bytes 1-2 of another: %s, %d bytes", what, stale.Status, len(stale.body))
	}
	// nginx and Caddy send the fields of the file with this error; the key of
	// what is kept, if it is, is the range.
	if beyond.StatusCode != http.StatusRequestedRangeNotSatisfiable {
		a.Errorf("GET %s, bytes beyond its end: %s", what, beyond.Status)
	}
}

// distinct checks that no two codings share an entity tag, by which a cache
// would take one for the other (RFC 9110, section 8.8.3.3).
func (a *asker) distinct(e *site.Entry, u string, tags map[string]string) {
	a.Helper()
	seen := map[string]string{}
	for _, coding := range slices.Sorted(maps.Keys(tags)) {
		is := coding
		if !slices.Contains(e.Encodings, coding) || coding == "br" && a.server == "nginx" && !cache.NginxBrotli() {
			is = "identity"
		}
		if was, ok := seen[tags[coding]]; ok && was != is {
			a.Errorf("%s: %s and %s have one ETag, %s", u, was, is, tags[coding])
		}
		seen[tags[coding]] = is
	}
}

// missing asks for what is not there, under names that would be kept if it
// were.
func (a *asker) missing() {
	a.Helper()
	for _, name := range []string{"gone.0123456789.css", "gone.0123456789.js", "gone.png", "gone.html", "gone/", "img/gone.0123456789.webp", "gone"} {
		for _, method := range []string{"GET", "HEAD"} {
			r := a.ask(method, a.b.prefix+name, "Accept-Encoding", "gzip, br")
			if r.StatusCode != http.StatusNotFound {
				a.Errorf("%s %s: %s", method, name, r.Status)
			}
			a.passing(r, method+" "+name)
		}
	}
}
