package cache

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/hone-web/hone/site"
)

// Rule is a wish of the owner about the header fields of some files.
type Rule struct {
	Match  string            // glob of paths of the output
	Class  string            // treat them as this class; "" leaves it
	Header map[string]string // fields to set; an empty value takes a field away
}

// RuleError is a rule that would do harm, and a file that shows it.
type RuleError struct {
	Rule  int // counted from 1
	Match string
	URL   string
	Why   string
}

func (e *RuleError) Error() string {
	return fmt.Sprintf("cache.rule %d (%s): %s: %s", e.Rule, e.Match, e.URL, e.Why)
}

// classes are those that a rule may name. That a file is fingerprinted is
// proved by its bytes, and that it is for the host by its name.
var classes = []string{ClassPage, ClassError, ClassWorker, ClassAsset, ClassFont, ClassFeed, ClassWellKnown, ClassDownload, ClassData}

// Check says what is wrong with a rule whatever the site is, "" if nothing is.
func (r *Rule) Check() string {
	switch {
	case r.Match == "":
		return "match is missing: a glob such as img/**"
	case r.Class == "" && len(r.Header) == 0:
		return "it sets nothing: give class or header"
	case r.Class != "" && !slices.Contains(classes, r.Class):
		return fmt.Sprintf("there is no class %q; there are %s", r.Class, strings.Join(classes, ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		value := r.Header[name]
		switch {
		case !fieldName(name):
			return fmt.Sprintf("%q is no name of a header field", name)
		case strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) || strings.ContainsAny(value, "\\`${}"):
			return fmt.Sprintf("the value of %s holds what not every host can be told: a backslash, backtick, dollar sign, brace or control character", name)
		case slices.ContainsFunc([]string{"Content-Length", "Content-Encoding", "ETag", "Vary", "Transfer-Encoding", "Connection"}, func(n string) bool { return strings.EqualFold(n, name) }):
			return name + " follows from the bytes; the server sets it"
		}
	}
	return ""
}

// override applies the rules to an entry, in order.
func (p *Policy) override(e *site.Entry) error {
	if e.Class == ClassConfig {
		return nil
	}
	hashed := e.Class == ClassFingerprinted
	for i := range p.Rules {
		r := &p.Rules[i]
		if !matchPath(r.Match, string(e.Path)) {
			continue
		}
		if r.Class != "" && !hashed {
			e.Class = r.Class
			early := e.Header["Link"]
			e.Header = p.headers(e)
			if early != "" && e.Class == ClassPage {
				e.Header["Link"] = early
			}
		}
		for _, name := range slices.Sorted(maps.Keys(r.Header)) {
			setField(e.Header, name, r.Header[name])
		}
		if why := harm(e, hashed); why != "" {
			return &RuleError{Rule: i + 1, Match: r.Match, URL: "/" + string(e.Path), Why: why}
		}
	}
	return nil
}

// setField replaces a field, however its name is spelled.
func setField(h map[string]string, name, value string) {
	maps.DeleteFunc(h, func(k, _ string) bool { return strings.EqualFold(k, name) && k != name })
	if value == "" {
		delete(h, name)
		return
	}
	h[name] = value
}

// field returns the value of a field, however its name is spelled.
func field(h map[string]string, name string) string {
	if v, ok := h[name]; ok {
		return v
	}
	for _, k := range slices.Sorted(maps.Keys(h)) {
		if strings.EqualFold(k, name) {
			return h[k]
		}
	}
	return ""
}

// harm says what is wrong with the fields of an entry: what may change must
// not be kept for good (RFC 8246), what is paid must not be kept by others
// (RFC 9111, section 5.2.2.7; RFC 9213 takes precedence over it).
func harm(e *site.Entry, hashed bool) string {
	cc := directives(field(e.Header, "Cache-Control"))
	if slices.Contains(cc, "immutable") && !hashed {
		return "it would be kept for good, but its name does not follow its bytes: a change would never be seen"
	}
	if e.Zone == "" {
		return ""
	}
	if !slices.Contains(cc, "private") && !slices.Contains(cc, "no-store") || slices.Contains(cc, "public") {
		return "it is paid, and shared caches would hand it to everyone: Cache-Control must say private or no-store"
	}
	for _, name := range slices.Sorted(maps.Keys(e.Header)) {
		if n := strings.ToLower(name); n == "surrogate-control" || strings.HasSuffix(n, "cdn-cache-control") {
			if d := directives(e.Header[name]); !slices.Contains(d, "private") && !slices.Contains(d, "no-store") {
				return "it is paid, and " + name + " would let the CDN hand it to everyone"
			}
		}
	}
	return ""
}

// directives splits a Cache-Control value into the names of its directives.
func directives(value string) []string {
	var out []string
	for part := range strings.SplitSeq(strings.ToLower(value), ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(part), "=")
		out = append(out, strings.TrimSpace(name))
	}
	return out
}

// matchPath applies a glob to a path: ** stands for any folders, * and ? for
// what is within one, {a,b} for either. A pattern that is none matches nothing.
func matchPath(pattern, path string) bool {
	ok, err := doublestar.Match(strings.TrimPrefix(pattern, "/"), path)
	return err == nil && ok
}
