package cache

import (
	"maps"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// sent is what a host must be told about a site: the fields that all files
// share, and for each file the rest as one text, by which files are grouped.
// Types and Vary are no part of it; each target has its own way to say them,
// or leaves them to the host.
type sent struct {
	common [][2]string // fields that every file is sent with, sorted
	names  []string    // other fields besides Cache-Control that some file has, sorted
}

// byDefault is the text of a file about which nothing need be said.
const byDefault = "Cache-Control: " + revalidate

// view looks at what the entries of m have in common.
func view(m *site.Manifest) sent {
	var v sent
	count := map[[2]string]int{}
	all := 0
	for i := range m.Entries {
		e := &m.Entries[i]
		if e.Class == ClassConfig {
			continue
		}
		all++
		for name, value := range e.Header {
			if special(name, value) {
				continue
			}
			count[[2]string{name, value}]++
		}
	}
	for _, f := range slices.SortedFunc(maps.Keys(count), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		if count[f] == all {
			v.common = append(v.common, f)
		} else if !slices.Contains(v.names, f[0]) {
			v.names = append(v.names, f[0])
		}
	}
	return v
}

// special reports whether targets say a field by other means.
func special(name, value string) bool {
	switch name {
	case "Cache-Control", "Content-Type":
		return true
	case "Vary":
		return value == "Accept-Encoding" || value == varyDictionary
	}
	return false
}

// of returns the text of a file: a line for each field.
func (v *sent) of(e *site.Entry) string {
	var b strings.Builder
	if cc := e.Header["Cache-Control"]; cc != "" {
		b.WriteString("Cache-Control: " + cc)
	}
	for _, name := range v.names {
		if value, ok := e.Header[name]; ok && !v.shares(name, value) {
			b.WriteString("\n" + name + ": " + value)
		}
	}
	return b.String()
}

func (v *sent) shares(name, value string) bool {
	return slices.Contains(v.common, [2]string{name, value})
}

// linesOf takes such a text apart.
func linesOf(text string) [][2]string {
	var out [][2]string
	for line := range strings.SplitSeq(text, "\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			out = append(out, [2]string{name, value})
		}
	}
	return out
}

// unset returns the fields that an earlier rule may have set and this text
// does not.
func (v *sent) unset(text string) []string {
	has := linesOf(text)
	var out []string
	for _, name := range v.names {
		if !slices.ContainsFunc(has, func(f [2]string) bool { return f[0] == name }) {
			out = append(out, name)
		}
	}
	return out
}

// requests returns the paths at which hosts answer with an entry, without the
// ones that belong to another file: for club/index.html also club/ and club,
// for about.html also about.
func requests(e *site.Entry, have map[site.Path]bool) []string {
	out := []string{string(e.Path)}
	ext := e.Path.Ext()
	if site.KindOf(e.Path) != site.HTML || ext != ".html" && ext != ".htm" {
		return out
	}
	bare := string(e.Path[:len(e.Path)-len(ext)])
	if dir, ok := strings.CutSuffix(bare, "index"); ok && (dir == "" || strings.HasSuffix(dir, "/")) {
		out = append(out, dir)
		bare = strings.TrimSuffix(dir, "/")
	}
	if bare != "" && !have[site.Path(bare)] && !have[site.Path(bare+"/index.html")] || bare != "" && strings.HasSuffix(string(e.Path), "/index.html") && !have[site.Path(bare)] && !have[site.Path(bare+".html")] {
		out = append(out, bare)
	}
	return out
}

// paths are the names of a manifest.
func pathsOf(m *site.Manifest) map[site.Path]bool {
	out := make(map[site.Path]bool, len(m.Entries))
	for i := range m.Entries {
		out[m.Entries[i].Path] = true
	}
	return out
}

// told returns the entries that are not sent by default.
func (v *sent) told(m *site.Manifest, byDefault string) []*site.Entry {
	var out []*site.Entry
	for i := range m.Entries {
		if e := &m.Entries[i]; e.Class != ClassConfig && v.of(e) != byDefault {
			out = append(out, e)
		}
	}
	return out
}

// group collects the paths that are sent with one text, in the order of the
// manifest; texts come sorted.
func (v *sent) group(entries []*site.Entry, have map[site.Path]bool) (texts []string, paths map[string][]string) {
	paths = map[string][]string{}
	for _, e := range entries {
		t := v.of(e)
		paths[t] = append(paths[t], requests(e, have)...)
	}
	return slices.Sorted(maps.Keys(paths)), paths
}
