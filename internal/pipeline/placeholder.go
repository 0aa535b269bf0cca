package pipeline

import "github.com/hone-web/hone/bundle"

// placeholder returns what lazily loaded pictures show before. That is a style
// attribute, which a policy in a host's configuration may forbid; which pages
// such a policy is for is not worked out.
func (b *build) placeholder() string {
	kind := b.o.Image.Placeholder
	if kind == "" || kind == "off" || b.o.skips(bundle.Placeholder.Name) {
		return "off"
	}
	if b.host.policy {
		b.plan.Notes = append(b.plan.Notes, bundle.Note{Combiner: bundle.Placeholder.Name, Path: b.host.at, Text: "no placeholders: it sends a content security policy"})
		return "off"
	}
	return kind
}
