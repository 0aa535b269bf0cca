package cache

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hone-web/hone/site"
)

// Fastly writes VCL for what comes from an origin: the tags of each file as
// Surrogate-Key, its fields, and how long the edge keeps it. What the manifest
// does not list is left as the origin sends it, for a service may have more
// behind it. Types are the origin's.
var Fastly = &Target{
	Name:    "fastly",
	Doc:     "hosts/fastly.vcl, tables and a subroutine to call in vcl_fetch",
	Asked:   true,
	Emit:    emitFastly,
	Resolve: resolveFastly,
}

// fastlyMax is how many bytes of custom VCL Fastly takes for a file.
const fastlyMax = 1 << 20

const fastlyHead = `# Written by hone, made anew on every build.
# Include this file, and in vcl_fetch, first of all:  call hone_fetch;
# Pages are purged by tag: hone diff OLD NEW --format fastly --by-tag
`

// fastlyRule is a set of fields; always says that errors are sent with it too.
type fastlyRule struct {
	text   string
	always bool
}

func emitFastly(m *site.Manifest, s Site) ([]site.Output, []site.Diagnostic) {
	v, have := view(m), pathsOf(m)
	var rules []fastlyRule
	number := map[fastlyRule]int{}
	var ofPath, keys bytes.Buffer
	for i := range m.Entries {
		e := &m.Entries[i]
		if e.Class == ClassConfig {
			continue
		}
		r := fastlyRule{untagged(v.of(e)), e.Class == ClassError || e.Zone != ""}
		if _, ok := number[r]; !ok {
			rules = append(rules, r)
			number[r] = len(rules)
		}
		for _, name := range requests(e, have) {
			for _, url := range spellings([]string{s.Prefix + name}) {
				fmt.Fprintf(&ofPath, "  %s: \"%d\",\n", vclQuote(url), number[r])
				if e.Zone == "" {
					fmt.Fprintf(&keys, "  %s: %s,\n", vclQuote(url), vclQuote(strings.Join(tagsOf(e), " ")))
				}
			}
		}
	}
	var b bytes.Buffer
	b.WriteString(fastlyHead)
	fmt.Fprintf(&b, "table hone_rules STRING {\n%s}\ntable hone_keys STRING {\n%s}\n", ofPath.Bytes(), keys.Bytes())
	b.WriteString("sub hone_fetch {\n  declare local var.rule STRING;\n  set var.rule = table.lookup(hone_rules, req.url.path, \"\");\n")
	b.WriteString("  if (table.contains(hone_keys, req.url.path)) {\n    set beresp.http.Surrogate-Key = table.lookup(hone_keys, req.url.path, \"\");\n  }\n")
	for i, r := range rules {
		writeVCL(&b, i+1, r, &v)
	}
	b.WriteString("}\n")
	var diags []site.Diagnostic
	if b.Len() > fastlyMax {
		diags = append(diags, site.Diagnostic{Rule: "headers-limit", Severity: site.Warn, Path: "fastly.vcl",
			Message: fmt.Sprintf("%d bytes; Fastly takes %d of one file unless support raises that", b.Len(), fastlyMax),
			Hint:    "set keep_urls to media or none, so that fewer names answer, or let the origin send the fields: [cache] tags = \"Surrogate-Key\""})
	}
	return []site.Output{{Path: "fastly.vcl", Bytes: b.Bytes()}}, diags
}

// untagged takes the tags out of a text: they have a table of their own.
func untagged(text string) string {
	var b strings.Builder
	for _, f := range linesOf(text) {
		if !slices.Contains(TagFields, f[0]) {
			b.WriteString(f[0] + ": " + f[1] + "\n")
		}
	}
	return b.String()
}

// writeVCL writes the fields of a rule. An error of the origin is not kept as
// what it stands in the place of would be.
func writeVCL(b *bytes.Buffer, n int, r fastlyRule, v *sent) {
	when := ""
	if !r.always {
		when = " && beresp.status < 400"
	}
	fmt.Fprintf(b, "  if (var.rule == \"%d\"%s) {\n", n, when)
	for _, f := range slices.Concat(v.common, linesOf(r.text)) {
		fmt.Fprintf(b, "    set beresp.http.%s = %s;\n", f[0], vclQuote(f[1]))
	}
	for _, line := range edgeLife(r.text) {
		b.WriteString("    " + line + "\n")
	}
	b.WriteString("  }\n")
}

// edgeLife says in VCL how long the edge keeps what has these fields: the
// lifetime was taken from those of the origin before vcl_fetch (RFC 9111,
// section 5.2.2; a field for CDNs comes first, RFC 9213).
func edgeLife(text string) []string {
	value := ""
	for _, f := range linesOf(text) {
		if f[0] == "CDN-Cache-Control" || f[0] == "Cache-Control" && value == "" {
			value = f[1]
		}
	}
	names := directives(value)
	if slices.Contains(names, "private") || slices.Contains(names, "no-store") {
		return []string{"return(pass);"}
	}
	if slices.Contains(names, "no-cache") {
		return []string{"set beresp.ttl = 0s;"}
	}
	var out []string
	for _, d := range []struct{ name, set string }{{"max-age", "ttl"}, {"s-maxage", "ttl"}, {"stale-while-revalidate", "stale_while_revalidate"}} {
		if n, ok := seconds(value, d.name); ok {
			out = slices.DeleteFunc(out, func(l string) bool { return strings.HasPrefix(l, "set beresp."+d.set+" ") })
			out = append(out, fmt.Sprintf("set beresp.%s = %ds;", d.set, n))
		}
	}
	return out
}

// seconds returns the number of a directive of Cache-Control.
func seconds(value, name string) (int64, bool) {
	for part := range strings.SplitSeq(strings.ToLower(value), ",") {
		if k, v, ok := strings.Cut(strings.TrimSpace(part), "="); ok && strings.TrimSpace(k) == name {
			n, err := strconv.ParseInt(strings.Trim(strings.TrimSpace(v), `"`), 10, 64)
			return n, err == nil && n >= 0
		}
	}
	return 0, false
}

// vclQuote writes a short string of Fastly's VCL: a percent sign begins an
// escape, and a line may not end in it.
func vclQuote(s string) string {
	const hex = "0123456789ABCDEF"
	b := []byte{'"'}
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '%' {
			b = append(b, '%', hex[c>>4], hex[c&15])
		} else {
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}

// vclUnquote reads what vclQuote wrote.
func vclUnquote(s string) string {
	s = strings.Trim(s, `"`)
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

var (
	vclRow  = regexp.MustCompile(`^  ("[^"]*"): ("[^"]*"),$`)
	vclRule = regexp.MustCompile(`^  if \(var\.rule == "(\d+)"( && beresp\.status < 400)?\) \{$`)
	vclSet  = regexp.MustCompile(`^    set beresp\.http\.(\S+) = ("[^"]*");$`)
)

func resolveFastly(outs []site.Output) (func(string) http.Header, error) {
	if len(outs) != 1 {
		return nil, errors.New("fastly.vcl: it is one file")
	}
	rows := map[string]map[string]string{}
	rules := map[string]http.Header{}
	var table map[string]string
	var rule http.Header
	for line := range strings.SplitSeq(string(outs[0].Bytes), "\n") {
		if name, ok := strings.CutPrefix(line, "table "); ok {
			table = map[string]string{}
			rows[strings.Fields(name)[0]] = table
		} else if m := vclRow.FindStringSubmatch(line); m != nil && table != nil {
			table[vclUnquote(m[1])] = vclUnquote(m[2])
		} else if m := vclRule.FindStringSubmatch(line); m != nil {
			rule = http.Header{}
			rules[m[1]] = rule
		} else if m := vclSet.FindStringSubmatch(line); m != nil && rule != nil {
			rule.Set(m[1], vclUnquote(m[2]))
		}
	}
	if rows["hone_rules"] == nil || rows["hone_keys"] == nil {
		return nil, errors.New("fastly.vcl: a table is missing")
	}
	return func(url string) http.Header {
		at := site.Escape(url)
		h := rules[rows["hone_rules"][at]].Clone()
		if h == nil {
			return http.Header{} // as the origin sends it
		}
		if keys := rows["hone_keys"][at]; keys != "" {
			h.Set("Surrogate-Key", keys)
		}
		return h
	}, nil
}
