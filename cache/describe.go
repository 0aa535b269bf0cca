package cache

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// Describe adds to each entry what follows from the rest of the manifest: the
// URLs it answers at, the hash of its fields, an entity tag, the tags that a
// CDN may know it by and the phase of a deploy that it is sent in. Apply comes
// before it.
func Describe(m *site.Manifest, prefix string) {
	have := pathsOf(m)
	for i := range m.Entries {
		e := &m.Entries[i]
		o := Object{Path: e.Path, Class: e.Class}
		e.Phase = phaseOf(&o)
		e.HeaderHash = headerHash(e.Header)
		if e.Class == ClassConfig {
			continue
		}
		e.URLs = nil
		for _, name := range requests(e, have) {
			e.URLs = append(e.URLs, site.Escape(prefix+name))
		}
		if site.KindOf(e.Path) == site.HTML && len(e.URLs) > 1 && e.Path.Ext() == ".html" && strings.HasPrefix(e.Path.Base(), "index.") {
			// The folder is how pages are linked.
			e.URLs[0], e.URLs[1] = e.URLs[1], e.URLs[0]
		}
		// A strong validator that follows the bytes (RFC 9110, section 8.8.3).
		e.ETag = `"` + e.SHA256.String()[:32] + `"`
		e.Tags = tagsOf(e)
	}
}

// tagsOf returns what a CDN may purge an entry by. A tag is letters, digits and
// hyphens, and means one file, all of a class or all of a rule about payment.
func tagsOf(e *site.Entry) []string {
	tags := []string{"class-" + e.Class, fileTag(e.Path)}
	if e.Zone != "" {
		sum := sha256.Sum256([]byte(e.Zone))
		tags = append(tags, "zone-"+hex.EncodeToString(sum[:6]))
	}
	slices.Sort(tags)
	return tags
}

// TagFields are the fields in which CDNs read tags.
var TagFields = []string{"Cache-Tag", "Surrogate-Key", "CDN-Tag", "Netlify-Cache-Tag", "Edge-Cache-Tag"}

// tagSeparator is what stands between two tags of a field: Fastly takes words,
// the others a list.
func tagSeparator(field string) string {
	if strings.EqualFold(field, "Surrogate-Key") {
		return " "
	}
	return ","
}

// fileTag is the tag of one file. Names hold what tags must not, so it is a
// hash of the name.
func fileTag(p site.Path) string {
	sum := sha256.Sum256([]byte(p))
	return "file-" + hex.EncodeToString(sum[:8])
}

// headerHash hashes fields as lines in the order of their names.
func headerHash(h map[string]string) string {
	s := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(h)) {
		s.Write([]byte(strings.ToLower(name) + ": " + h[name] + "\n"))
	}
	return hex.EncodeToString(s.Sum(nil))
}
