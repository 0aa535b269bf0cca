package pipeline

import (
	"bytes"
	"regexp"
	"sync"

	"github.com/hone-web/hone/bundle"
)

// placeholder returns what lazily loaded pictures show before. That is a style
// attribute, which a policy in a host's configuration may forbid; which pages
// such a policy is for is not worked out.
func (b *build) placeholder() string {
	kind := b.o.Image.Placeholder
	if kind == "" || kind == "off" || b.o.skips(bundle.Placeholder.Name) {
		return "off"
	}
	for _, p := range headerFiles {
		f := b.files[p]
		if f == nil {
			continue
		}
		text, err := b.src.read(f)
		if err != nil || bytes.Contains(bytes.ToLower(text), []byte("content-security-policy")) {
			b.plan.Notes = append(b.plan.Notes, bundle.Note{Combiner: bundle.Placeholder.Name, Path: p, Text: "no placeholders: it sends a content security policy"})
			return "off"
		}
	}
	return kind
}

// styleAllowed matches a policy that allows style attributes (CSP 3, sections
// 6.1.15 and 8.1).
var styleAllowed = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`style-src(-attr)?\s[^;"\n]*'unsafe-inline'`)
})

// styleForbidden reports whether a policy in a host's configuration may forbid
// style attributes; for which pages it is sent is not worked out.
func (b *build) styleForbidden() bool {
	for _, p := range headerFiles {
		f := b.files[p]
		if f == nil {
			continue
		}
		text, err := b.src.read(f)
		low := bytes.ToLower(text)
		if err != nil || bytes.Contains(low, []byte("content-security-policy")) && !styleAllowed().Match(low) {
			return true
		}
	}
	return false
}
