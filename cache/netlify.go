package cache

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// Mark begins the part of a _headers file that hone writes; what stands before
// it is the owner's.
const Mark = "# hone: written by hone, made anew on every build"

// maxRules is how many rules of _headers Cloudflare Pages reads; Netlify reads
// more.
const maxRules = 100

// Netlify writes _headers, which Netlify and Cloudflare Pages read. Both join
// the values of a header when several rules match one path, so every rule
// names one file and no two overlap. Files without a rule get the hosts' own
// default, which is to revalidate.
var Netlify = &Target{
	Name:    "netlify",
	Doc:     "_headers, for Netlify and Cloudflare Pages",
	Reads:   []site.Path{"_headers"},
	Emit:    emitNetlify,
	Resolve: resolveNetlify,
}

func emitNetlify(m *site.Manifest, s Site) ([]site.Output, []site.Diagnostic) {
	own := ownPart(s.Own["_headers"])
	theirs := parseHeaders(own)
	v, names := view(m), pathsOf(m)
	var entries []*site.Entry
	for i := range m.Entries {
		e := &m.Entries[i]
		if e.Class != ClassConfig && v.of(e) != byDefault {
			entries = append(entries, e)
		}
	}
	// Where a host stops reading, the rules that save most come first.
	slices.SortStableFunc(entries, func(a, b *site.Entry) int { return urgency(a) - urgency(b) })
	var diags []site.Diagnostic
	var b bytes.Buffer
	if len(own) > 0 {
		b.Write(bytes.TrimRight(own, "\n"))
		b.WriteString("\n\n")
	}
	b.WriteString(Mark + "\n")
	rules, kept := len(theirs), 0
	if common := v.unsaid(theirs); len(common) > 0 {
		rules++
		writeRule(&b, "/*", common)
	}
	for _, e := range entries {
		for _, name := range requests(e, names) {
			url := s.Prefix + name
			if setsCache(theirs, url) {
				if name == string(e.Path) {
					kept++
				}
				continue
			}
			rules++
			writeRule(&b, site.Escape(url), linesOf(v.of(e)))
		}
	}
	if kept > 0 {
		diags = append(diags, keptFinding(kept))
	}
	outs := []site.Output{{Path: "_headers", Bytes: b.Bytes(), Published: true}}
	if rules > maxRules {
		diags = append(diags, limit(m, s, resolveCloudflare, outs, site.Warn, site.Diagnostic{Path: "_headers",
			Message: fmt.Sprintf("%d rules; Cloudflare Pages reads the first %d and serves the rest with its default, which revalidates", rules, maxRules),
			Hint:    "nothing to do on Netlify; for Cloudflare name it, so that the rules are folded: [cache] hosts = [\"cloudflare\"]"}))
	}
	return outs, diags
}

// unsaid returns the fields that all files have, but for those that a rule of
// the owner sets: these hosts join the values of one name.
func (v *sent) unsaid(theirs []headerRule) [][2]string {
	return slices.DeleteFunc(slices.Clone(v.common), func(f [2]string) bool {
		return slices.ContainsFunc(theirs, func(r headerRule) bool {
			return slices.ContainsFunc(r.header, func(h [2]string) bool { return strings.EqualFold(h[0], f[0]) })
		})
	})
}

func keptFinding(files int) site.Diagnostic {
	return site.Diagnostic{Rule: "headers-kept", Severity: site.Info, Path: "_headers",
		Message: fmt.Sprintf("your Cache-Control covers %d files that hone has a value for, and yours stays", files),
		Hint:    "remove Cache-Control from your rules to let hone set it"}
}

// urgency orders entries by what is lost if a host does not read their rule:
// what is paid first, what is merely kept for a shorter time last.
func urgency(e *site.Entry) int {
	switch {
	case e.Zone != "":
		return 1
	case e.Class == ClassFingerprinted:
		return 2
	case e.Class == ClassWorker || e.Class == ClassError || e.Class == ClassWellKnown || e.Class == ClassChecked:
		return 3
	case e.Class == ClassAsset || e.Class == ClassFont:
		return 4
	}
	return 5
}

func writeRule(b *bytes.Buffer, pattern string, set [][2]string) {
	b.WriteString(pattern + "\n")
	for _, f := range set {
		fmt.Fprintf(b, "  %s: %s\n", f[0], f[1])
	}
}

// ownPart returns the owner's part of a _headers file.
func ownPart(text []byte) []byte {
	if i := bytes.Index(text, []byte(Mark)); i >= 0 {
		text = bytes.TrimRight(text[:i], "\n")
		if len(text) > 0 {
			text = append(text[:len(text):len(text)], '\n')
		}
	}
	return text
}

// headerRule is one block of a _headers file.
type headerRule struct {
	pattern string
	unset   []string // fields of earlier rules that it takes away: Cloudflare alone reads "! Name"
	header  [][2]string
}

// parseHeaders reads the syntax of _headers: a path at the start of a line,
// its headers indented below.
func parseHeaders(text []byte) []headerRule {
	var rules []headerRule
	for _, line := range strings.Split(string(text), "\n") {
		trim := strings.TrimSpace(line)
		switch {
		case trim == "" || strings.HasPrefix(trim, "#"):
		case line[0] == ' ' || line[0] == '\t':
			if len(rules) == 0 {
				continue
			}
			r := &rules[len(rules)-1]
			if name, ok := strings.CutPrefix(trim, "! "); ok {
				r.unset = append(r.unset, strings.TrimSpace(name))
			} else if name, value, ok := strings.Cut(trim, ":"); ok {
				r.header = append(r.header, [2]string{strings.TrimSpace(name), strings.TrimSpace(value)})
			}
		default:
			rules = append(rules, headerRule{pattern: trim})
		}
	}
	return rules
}

func setsCache(rules []headerRule, url string) bool {
	return slices.ContainsFunc(rules, func(r headerRule) bool {
		return r.matches(url) && slices.ContainsFunc(r.header, func(h [2]string) bool { return strings.EqualFold(h[0], "Cache-Control") })
	})
}

// matches applies a pattern: * stands for anything, :name for one segment.
func (r headerRule) matches(url string) bool {
	p := r.pattern
	if i := strings.Index(p, "://"); i >= 0 {
		if j := strings.IndexByte(p[i+3:], '/'); j >= 0 {
			p = p[i+3+j:]
		}
	}
	return glob(p, site.Escape(url)) || glob(p, url)
}

func resolveNetlify(outs []site.Output) (func(string) http.Header, error) {
	if len(outs) != 1 {
		return nil, fmt.Errorf("_headers: %d files", len(outs))
	}
	rules := parseHeaders(outs[0].Bytes)
	for i := range rules {
		rules[i].unset = nil
	}
	return func(path string) http.Header { return applyHeaders(rules, path) }, nil
}

// applyHeaders returns what a path is sent with: values of one name are joined.
func applyHeaders(rules []headerRule, path string) http.Header {
	h := http.Header{}
	for _, r := range rules {
		if !r.matches(path) {
			continue
		}
		for _, name := range r.unset {
			h.Del(name)
		}
		for _, kv := range r.header {
			h.Add(kv[0], kv[1])
		}
	}
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", revalidate)
	}
	for name, values := range h {
		h.Set(name, strings.Join(values, ", "))
	}
	return h
}
