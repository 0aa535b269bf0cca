package cache

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/hone-web/hone/site"
)

// Nginx writes a file to include in a server block. A location that adds a
// header inherits none of the outer ones, so every location states all.
var Nginx = &Target{
	Name:    "nginx",
	Doc:     "hosts/nginx.conf, to include in a server block",
	Emit:    emitNginx,
	Resolve: resolveNginx,
}

func emitNginx(m *site.Manifest, s Site) ([]site.Output, []site.Diagnostic) {
	var b bytes.Buffer
	b.WriteString(`# Written by hone, made anew on every build.
# In the server block:  root /path/to/the/output;  include /path/to/nginx.conf;
gzip_static on;   # the .gz beside each text
gzip_vary on;
# brotli_static on;   # the .br beside each text, where the brotli module is loaded
`)
	b.WriteString(nginxTypes(m))
	view := view(m)
	var common, lines strings.Builder
	for _, f := range view.common {
		d := fmt.Sprintf("add_header %s %s always;", f[0], nginxQuote(f[1]))
		common.WriteString(d + " ")
		lines.WriteString(d + "\n")
	}
	// What no location below names: pages and data.
	fmt.Fprintf(&b, "add_header Cache-Control %q always;\n", revalidate)
	b.WriteString(lines.String())
	for i := range m.Entries {
		e := &m.Entries[i]
		if e.Class == ClassConfig {
			fmt.Fprintf(&b, "location = %s { return 404; }\n", nginxQuote(s.Prefix+string(e.Path)))
			continue
		}
		text := view.of(e)
		if text == byDefault {
			continue
		}
		var fields strings.Builder
		for _, f := range linesOf(text) {
			always := ""
			if e.Class == ClassError || e.Zone != "" {
				always = " always" // what answers with an error status is this
			}
			fmt.Fprintf(&fields, "add_header %s %s%s; ", f[0], nginxQuote(f[1]), always)
		}
		if e.Header["Vary"] == varyDictionary {
			fmt.Fprintf(&fields, "add_header Vary %q; ", varyDictionary)
		}
		fields.WriteString(common.String())
		fmt.Fprintf(&b, "location = %s { %s%s}\n", nginxQuote(s.Prefix+string(e.Path)), nginxDictionaries(e, s.Prefix), &fields)
		b.WriteString(nginxPacked(e, s.Prefix, fields.String()))
	}
	return []site.Output{{Path: "nginx.conf", Bytes: b.Bytes()}}, nil
}

// nginxTypes tells the media types of the site: those that come with nginx lack
// some, and call scripts by their old name. A types block replaces them all, so
// it holds every type of the site.
func nginxTypes(m *site.Manifest) string {
	exts := map[string]map[string]bool{} // media type → extensions
	charset := map[string]bool{}
	for i := range m.Entries {
		e := &m.Entries[i]
		typ, params, _ := strings.Cut(e.Type, ";")
		if e.Type != site.TypeOf(e.Path) || typ == "" || typ == "application/octet-stream" {
			continue
		}
		if exts[typ] == nil {
			exts[typ] = map[string]bool{}
		}
		exts[typ][strings.TrimPrefix(e.Path.Ext(), ".")] = true
		if params != "" && typ != "text/html" { // which nginx takes for granted
			charset[typ] = true
		}
	}
	var b strings.Builder
	b.WriteString("types {\n")
	for _, typ := range slices.Sorted(maps.Keys(exts)) {
		fmt.Fprintf(&b, "  %s %s;\n", typ, strings.Join(slices.Sorted(maps.Keys(exts[typ])), " "))
	}
	b.WriteString("}\ndefault_type application/octet-stream;\ncharset utf-8;\n")
	if len(charset) > 0 {
		fmt.Fprintf(&b, "charset_types %s;\n", strings.Join(slices.Sorted(maps.Keys(charset)), " "))
	}
	return b.String()
}

// nginxQuote writes a string of the configuration language; a location's path
// is compared after decoding, so it stands here as it is on disk.
func nginxQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s) + `"`
}

var nginxLocation = regexp.MustCompile(`^location = ("(?:[^"\\]|\\.)*") \{ (.*) ?\}$`)

// nginxAdd finds one directive; a quoted value may hold a semicolon.
var nginxAdd = regexp.MustCompile(`add_header \S+ (?:"(?:[^"\\]|\\.)*"|[^\s;"]+)(?: always)?;`)

func resolveNginx(outs []site.Output) (func(string) http.Header, error) {
	if len(outs) != 1 {
		return nil, fmt.Errorf("nginx.conf: %d files", len(outs))
	}
	type location struct {
		path   string
		header http.Header
	}
	var all []location
	base := http.Header{}
	for _, line := range strings.Split(string(outs[0].Bytes), "\n") {
		if strings.HasPrefix(line, "add_header ") {
			addHeader(base, line)
			continue
		}
		m := nginxLocation.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		l := location{strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n", `\r`, "\r", `\t`, "\t").Replace(m[1][1 : len(m[1])-1]), http.Header{}}
		for _, d := range nginxAdd.FindAllString(m[2], -1) {
			addHeader(l.header, d)
		}
		all = append(all, l)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].path < all[j].path })
	return func(path string) http.Header {
		i := sort.Search(len(all), func(i int) bool { return all[i].path >= path })
		if i < len(all) && all[i].path == path {
			return all[i].header
		}
		return base
	}, nil
}

func addHeader(h http.Header, directive string) {
	w := strings.SplitN(strings.TrimSuffix(strings.TrimSpace(directive), ";"), " ", 3)
	if len(w) == 3 && w[0] == "add_header" {
		h.Set(w[1], strings.ReplaceAll(strings.Trim(strings.TrimSuffix(w[2], " always"), `"`), `\"`, `"`))
	}
}
