package cache

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// Apache writes a file that may stand as .htaccess in the published folder, or
// be included in its Directory block. FilesMatch sections are merged in the
// order they stand in, If sections after them.
var Apache = &Target{
	Name:    "apache",
	Doc:     "hosts/apache.conf, to include in the Directory block or to stand as .htaccess",
	Emit:    emitApache,
	Resolve: resolveApache,
}

const apacheHead = `# Written by hone, made anew on every build.
# Include it in <Directory /path/to/the/output>, or copy it there as .htaccess.
# It needs Apache 2.4.26, mod_headers, and mod_rewrite and mod_mime for the compressed files.
DirectorySlash On
FileETag MTime Size
<IfModule mod_mime.c>
%s</IfModule>
<IfModule mod_rewrite.c>
RewriteEngine On
</IfModule>
%s<IfModule mod_rewrite.c>
# The .br and .gz beside each text (a question mark in a name is refused in what is rewritten); their names must not be asked for by themselves.
RewriteCond %%{ENV:REDIRECT_STATUS} ^$
RewriteCond %%{REQUEST_URI} !\?
RewriteCond %%{HTTP:Accept-Encoding} \bbr\b(?!\s*;\s*[qQ]=0(?:\.0*)?\s*(?:,|$)) [NC]
RewriteCond %%{REQUEST_FILENAME}.br -f
RewriteRule ^(.*)$ $1.br [B=%%#,E=no-gzip:1,E=no-brotli:1,L]
RewriteCond %%{ENV:REDIRECT_STATUS} ^$
RewriteCond %%{REQUEST_URI} !\?
RewriteCond %%{HTTP:Accept-Encoding} \bgzip\b(?!\s*;\s*[qQ]=0(?:\.0*)?\s*(?:,|$)) [NC]
RewriteCond %%{REQUEST_FILENAME}.gz -f
RewriteRule ^(.*)$ $1.gz [B=%%#,E=no-gzip:1,E=no-brotli:1,L]
</IfModule>
`

func emitApache(m *site.Manifest, s Site) ([]site.Output, []site.Diagnostic) {
	var b bytes.Buffer
	types, coded := apacheTypes(m)
	fmt.Fprintf(&b, apacheHead, types, apacheDictionaries(m, s.Prefix))
	b.WriteString(coded)
	fmt.Fprintf(&b, "Header set Content-Type application/octet-stream \"expr=-z %%{CONTENT_TYPE}\"\nHeader set Cache-Control %q\n", revalidate)
	f := fold(m)
	for _, x := range f.common {
		fmt.Fprintf(&b, "Header always set %s %s\n", x[0], apacheQuote(x[1]))
	}
	for _, g := range f.exts {
		fmt.Fprintf(&b, "<FilesMatch \"^(?!.*\\.[0-9a-f]{10}\\.[A-Za-z0-9]+(?:\\.(?:br|gz))?$).*\\.(?:%s)(?:\\.(?:br|gz))?$\">\n%s</FilesMatch>\n", strings.Join(g.exts, "|"), f.apacheFields(g.text))
	}
	if f.hashed {
		fmt.Fprintf(&b, "<FilesMatch \"\\.[0-9a-f]{10}\\.[A-Za-z0-9]+(?:\\.(?:br|gz))?$\">\n%s</FilesMatch>\n", f.apacheFields(byHash))
	}
	for _, e := range f.except {
		codes, fields := `\.br|\.gz`, f.apacheFields(f.of(e))
		if e.Header["Vary"] == varyDictionary {
			codes, fields = codes+"|"+packedName, fields+fmt.Sprintf("Header set Vary %q\n", varyDictionary)
		}
		fmt.Fprintf(&b, "<If \"%%{REQUEST_URI} =~ m#^%s(?:%s)?$#\">\n%s</If>\n", quotedPath(s.Prefix+string(e.Path), strayByte), codes, fields)
	}
	for _, e := range f.config {
		fmt.Fprintf(&b, "<If \"%%{REQUEST_URI} =~ m#^%s$#\">\nRequire all denied\n</If>\n", quotedPath(s.Prefix+string(e.Path), strayByte))
	}
	return []site.Output{{Path: "apache.conf", Bytes: b.Bytes()}}, nil
}

// apacheFields sets the fields of a text, and takes away those that a section
// before may have set.
func (f *folded) apacheFields(text string) string {
	var b strings.Builder
	for _, x := range linesOf(text) {
		fmt.Fprintf(&b, "Header set %s %s\n", x[0], apacheQuote(x[1]))
	}
	for _, name := range f.unset(text) {
		fmt.Fprintf(&b, "Header unset %s\n", name)
	}
	return b.String()
}

// apacheQuote writes the value of a field, in which a percent sign begins a
// format.
func apacheQuote(s string) string {
	return `"` + strings.NewReplacer(`"`, `\"`, "%", "%%").Replace(s) + `"`
}

// apacheTypes tells the media types of the site, and those of the compressed
// files beside the texts.
func apacheTypes(m *site.Manifest) (types, coded string) {
	type kind struct{ ext, typ string }
	seen := map[string]bool{}
	var kinds []kind
	var all, unknown []string
	varies := map[string]bool{}
	for i := range m.Entries {
		e := &m.Entries[i]
		ext := extOf(e.Path)
		if len(e.Encodings) > 0 && ext != "" {
			varies[ext] = true
		}
		if ext == "" || seen[ext] || e.Type != site.TypeOf(e.Path) {
			continue
		}
		seen[ext] = true
		if e.Type == "application/octet-stream" {
			unknown = append(unknown, ext)
			continue
		}
		kinds = append(kinds, kind{ext, e.Type})
		// The charset is part of the type: AddCharset would add it to
		// app.css.map as well.
		all = append(all, fmt.Sprintf("AddType %s .%s\n", quoteType(e.Type), ext))
	}
	var b strings.Builder
	if len(varies) > 0 {
		fmt.Fprintf(&b, "<FilesMatch \"\\.(?:%s)(?:\\.(?:br|gz))?$\">\nHeader merge Vary Accept-Encoding\n</FilesMatch>\n", strings.Join(slices.Sorted(maps.Keys(varies)), "|"))
	}
	if len(unknown) > 0 {
		// Of app.css.bak Apache would take the extension that it knows.
		fmt.Fprintf(&b, "<FilesMatch \"\\.(?:%s)$\">\nForceType application/octet-stream\n</FilesMatch>\n", strings.Join(unknown, "|"))
	}
	for _, k := range kinds {
		fmt.Fprintf(&b, "<FilesMatch \"\\.%s\\.br$\">\nForceType %s\nHeader set Content-Encoding br\n</FilesMatch>\n", k.ext, quoteType(k.typ))
		fmt.Fprintf(&b, "<FilesMatch \"\\.%s\\.gz$\">\nForceType %s\nHeader set Content-Encoding gzip\n</FilesMatch>\n", k.ext, quoteType(k.typ))
	}
	return strings.Join(all, ""), b.String()
}

// quoteType writes a media type; one with a charset has a space in it.
func quoteType(typ string) string {
	if strings.Contains(typ, " ") {
		return `"` + typ + `"`
	}
	return typ
}

var apacheSection = regexp.MustCompile(`(?s)<(FilesMatch|If) "(.*?)">\n(.*?)</(?:FilesMatch|If)>\n`)

// pcreByte finds a byte that is not UTF-8 as strayByte writes it.
var pcreByte = regexp.MustCompile(`\\x[89a-f][0-9a-f]`)

func resolveApache(outs []site.Output) (func(string) http.Header, error) {
	if len(outs) != 1 {
		return nil, fmt.Errorf("apache.conf: %d files", len(outs))
	}
	type section struct {
		re    *regexp.Regexp
		not   *regexp.Regexp
		whole bool // matches the URL, not the name of the file
		set   [][2]string
	}
	var all []section
	for _, m := range apacheSection.FindAllStringSubmatch(string(outs[0].Bytes), -1) {
		set := apacheRead(m[3])
		if len(set) == 0 || strings.Contains(m[3], "Content-Encoding") {
			continue
		}
		s := section{set: set, whole: m[1] == "If"}
		expr := m[2]
		if s.whole {
			expr = strings.TrimSuffix(strings.TrimPrefix(expr, "%{REQUEST_URI} =~ m#"), "#")
		}
		if rest, ok := strings.CutPrefix(expr, "^(?!.*"); ok { // Go has no lookahead
			not, is, _ := strings.Cut(rest, ").*")
			s.not, expr = regexp.MustCompile(not), is
		}
		re, err := regexp.Compile(pcreByte.ReplaceAllString(expr, `\x{fffd}`))
		if err != nil {
			return nil, fmt.Errorf("apache.conf: %w", err)
		}
		s.re = re
		all = append(all, s)
	}
	return func(url string) http.Header {
		h := http.Header{"Cache-Control": {revalidate}}
		for _, whole := range []bool{false, true} {
			for _, s := range all {
				subject := site.Path(url).Base()
				if s.whole {
					subject = url
				}
				if s.whole == whole && s.re.MatchString(subject) && (s.not == nil || !s.not.MatchString(subject)) {
					for _, f := range s.set {
						if f[1] == "" {
							h.Del(f[0])
						} else {
							h.Set(f[0], f[1])
						}
					}
				}
			}
		}
		return h
	}, nil
}

// apacheRead returns the fields that a section sets; one that it takes away
// has no value.
func apacheRead(section string) [][2]string {
	var out [][2]string
	for line := range strings.SplitSeq(section, "\n") {
		if name, ok := strings.CutPrefix(line, "Header unset "); ok {
			out = append(out, [2]string{name, ""})
		} else if rest, ok := strings.CutPrefix(line, "Header set "); ok {
			name, value, _ := strings.Cut(rest, " ")
			value = strings.TrimSuffix(strings.TrimPrefix(value, `"`), `"`)
			out = append(out, [2]string{name, strings.NewReplacer(`\"`, `"`, "%%", "%").Replace(value)})
		}
	}
	return out
}
