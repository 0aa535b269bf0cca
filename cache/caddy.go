package cache

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hone-web/hone/site"
)

// Caddy writes a snippet to import into a site block whose root is set. Rules
// for files match only what is there, so that no answer 404 is kept. (What
// Caddy does not find by a name with a backslash is asked for again each time.)
var Caddy = &Target{
	Name:    "caddy",
	Doc:     "hosts/hone.caddyfile, to import into a site block",
	Emit:    emitCaddy,
	Resolve: resolveCaddy,
}

func emitCaddy(m *site.Manifest, s Site) ([]site.Output, []site.Diagnostic) {
	var b bytes.Buffer
	b.WriteString("# Written by hone, made anew on every build.\n# In the site block:  root * /path/to/the/output  and  import /path/to/hone.caddyfile\nroute {\n")
	fmt.Fprintf(&b, "\theader Cache-Control %q\n", revalidate)
	f := fold(m)
	for _, x := range f.common {
		fmt.Fprintf(&b, "\theader %s %q\n", x[0], x[1])
	}
	// A pattern means folders by their slash alone: a folder may be named
	// gauge.js, and what sends people on from there is not kept.
	const inFolder = "index.html"
	n := 0
	rule := func(index, expr, not, text string) {
		n++
		fmt.Fprintf(&b, "\t@hone%d {\n\t\tfile {path} {path}%s\n\t\tpath_regexp `%s`\n%s\t}\n", n, index, expr, not)
		for _, x := range linesOf(text) {
			fmt.Fprintf(&b, "\theader @hone%d %s %q\n", n, x[0], x[1])
		}
	}
	// Caddy takes fields away when the answer is written, after all that sets
	// some: so patterns do not overlap, and only what comes last takes away.
	const notHashed = "\t\tnot path_regexp `" + hashedName + "`\n"
	for _, g := range f.exts {
		folder := ""
		if slices.Contains(g.exts, "html") {
			folder = "/$|" // what answers for a folder is its index
		}
		rule(inFolder, folder+`\.(?:`+strings.Join(g.exts, "|")+`)$`, notHashed, g.text)
	}
	if f.hashed {
		rule(inFolder, hashedName, "", byHash)
	}
	values, paths := f.group(f.except, pathsOf(m))
	for _, v := range values {
		var alts []string
		for _, p := range paths[v] {
			alts = append(alts, quotedPath(s.Prefix+p, strayRune))
		}
		for _, a := range alternatives(alts, 4096) {
			rule("/index.html", "^(?:"+a+")$", "", v)
			for _, name := range f.unset(v) {
				fmt.Fprintf(&b, "\theader @hone%d -%s\n", n, name)
			}
		}
	}
	for _, e := range f.config {
		n++
		fmt.Fprintf(&b, "\t@hone%d path_regexp `^%s$`\n\trespond @hone%d 404\n", n, quotedPath(s.Prefix+string(e.Path), strayRune), n)
	}
	b.WriteString(caddyDictionaries(m, s.Prefix))
	b.WriteString(caddyTypes(m))
	b.WriteString(caddyPacked(m, s.Prefix))
	b.WriteString("\tfile_server {\n\t\tprecompressed br gzip\n\t}\n}\n")
	return []site.Output{{Path: "hone.caddyfile", Bytes: b.Bytes()}}, nil
}

// caddyTypes tells the media types of the site, those that hone does not know
// included: the table that Caddy looks into is the machine's.
func caddyTypes(m *site.Manifest) string {
	var b strings.Builder
	b.WriteString("\theader ?Content-Type application/octet-stream\n")
	seen := map[string]bool{}
	coded := map[string]bool{}
	for i := range m.Entries {
		e := &m.Entries[i]
		ext := extOf(e.Path)
		if len(e.Encodings) > 0 && ext != "" {
			coded[ext] = true
		}
		if ext == "" || seen[ext] || e.Type != site.TypeOf(e.Path) {
			continue
		}
		seen[ext] = true
		fmt.Fprintf(&b, "\t@type_%s {\n\t\tfile\n\t\tpath_regexp `\\.%s$`\n\t}\n\theader @type_%s Content-Type %q\n", ext, ext, ext, e.Type)
	}
	if len(coded) > 0 {
		// Versions before 2.7 say it of compressed answers only. What stands
		// for a folder is its index.
		folder := ""
		if coded["html"] {
			folder = "/|"
		}
		fmt.Fprintf(&b, "\t@hone_coded path_regexp `(?:%s\\.(?:%s))$`\n\theader @hone_coded {\n\t\tVary Accept-Encoding\n\t\tdefer\n\t}\n", folder, strings.Join(slices.Sorted(maps.Keys(coded)), "|"))
	}
	return b.String()
}

var caddyRule = regexp.MustCompile("(?s)\t@(hone\\d+) \\{\n\t\tfile [^\n]*\n\t\tpath_regexp `(.*?)`\n(?:\t\tnot path_regexp `(.*?)`\n)?\t\\}\n((?:\theader @hone[^\n]*\n)+)")

func resolveCaddy(outs []site.Output) (func(string) http.Header, error) {
	if len(outs) != 1 {
		return nil, fmt.Errorf("hone.caddyfile: %d files", len(outs))
	}
	type rule struct {
		re, not *regexp.Regexp
		set     [][2]string
		unset   []string
	}
	var all []rule
	for _, m := range caddyRule.FindAllStringSubmatch(string(outs[0].Bytes), -1) {
		re, err := regexp.Compile(m[2])
		if err != nil {
			return nil, fmt.Errorf("hone.caddyfile: %w", err)
		}
		r := rule{re: re}
		if m[3] != "" {
			if r.not, err = regexp.Compile(m[3]); err != nil {
				return nil, fmt.Errorf("hone.caddyfile: %w", err)
			}
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(m[4], "\n"), "\n") {
			w := strings.SplitN(strings.TrimSpace(line), " ", 4)
			if name, ok := strings.CutPrefix(w[2], "-"); ok {
				r.unset = append(r.unset, name)
				continue
			}
			value, err := strconv.Unquote(w[3])
			if err != nil {
				return nil, fmt.Errorf("hone.caddyfile: %s: %w", w[3], err)
			}
			r.set = append(r.set, [2]string{w[2], value})
		}
		all = append(all, r)
	}
	return func(url string) http.Header {
		h := http.Header{"Cache-Control": {revalidate}}
		var unset []string
		for _, r := range all {
			if !r.re.MatchString(url) || r.not != nil && r.not.MatchString(url) {
				continue
			}
			for _, f := range r.set {
				h.Set(f[0], f[1])
			}
			unset = append(unset, r.unset...)
		}
		for _, name := range unset {
			h.Del(name)
		}
		return h
	}, nil
}
