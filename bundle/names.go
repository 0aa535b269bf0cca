package bundle

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// HashLen is the number of hexadecimal digits of a fingerprint. 40 bits: among
// a million files of one folder and stem the chance of any collision is under
// a half in a million, and the linker checks for one anyway.
const HashLen = 10

// Fingerprint returns the name of a file of content digest d that was called
// p: "css/app.css" → "css/app.1a2b3c4d5e.css". ext replaces the extension if
// not empty.
func Fingerprint(p site.Path, d site.Digest, ext string) site.Path {
	if ext == "" {
		ext = path.Ext(string(p))
	}
	stem := strings.TrimSuffix(string(p), path.Ext(string(p)))
	return site.Path(stem + "." + d.String()[:HashLen] + ext)
}

var (
	ownHash = regexp.MustCompile(`\.([0-9a-f]{10})\.[A-Za-z0-9]+$`)
	// Names that bundlers write: app.4f3c2b1a.js, index-BkL3dX9q.js,
	// style.min.8c6e…(64).css.
	toolHash = regexp.MustCompile(`[._-]([0-9A-Za-z_-]{8,})\.[A-Za-z0-9]+$`)
)

// NameHash returns the fingerprint in a name that hone may have given, "" if
// it holds none.
func NameHash(p site.Path) string {
	if m := ownHash.FindStringSubmatch(string(p)); m != nil {
		return m[1]
	}
	return ""
}

// GeneratorHashed reports whether a name carries a content hash given by the
// tool that built the site: a run of eight or more characters that mixes
// digits and letters as words do not.
func GeneratorHashed(p site.Path) bool {
	name := p.Base()
	for _, word := range []string{".chunk", ".bundle", ".min"} { // app.4f3c2b1a.chunk.js
		name = strings.Replace(name, word+path.Ext(name), path.Ext(name), 1)
	}
	m := toolHash.FindStringSubmatch(name)
	if m == nil {
		return false
	}
	word := m[1]
	if i := strings.LastIndexAny(word, "-_"); i >= 0 && len(word)-i-1 >= 8 {
		word = word[i+1:]
	}
	digits, upper, lower, hex := 0, 0, 0, true
	for i := 0; i < len(word); i++ {
		switch c := word[i]; {
		case '0' <= c && c <= '9':
			digits++
		case 'a' <= c && c <= 'z':
			lower++
			hex = hex && c <= 'f'
		case 'A' <= c && c <= 'Z':
			upper++
			hex = false
		}
	}
	return digits > 0 && lower+upper > 0 && (hex || upper > 0 && lower > 0)
}

// wellKnown are names that browsers, crawlers and hosts ask for by themselves.
var wellKnown = map[string]bool{
	"favicon.ico": true, "robots.txt": true, "ads.txt": true, "app-ads.txt": true, "humans.txt": true, "security.txt": true,
	"sitemap.xml": true, "browserconfig.xml": true, "crossdomain.xml": true, "manifest.json": true, "manifest.webmanifest": true,
	"site.webmanifest": true, "service-worker.js": true, "sw.js": true, "serviceworker.js": true, "firebase-messaging-sw.js": true,
	"onesignalsdkworker.js": true, "apple-touch-icon.png": true, "apple-touch-icon-precomposed.png": true, "_worker.js": true,
}

// Rewritable says which roles have their address changed to a fingerprinted
// name. The others lead people and crawlers to a URL they may keep.
func Rewritable(r site.Role) bool {
	switch r {
	case site.RoleLink, site.RoleCanonical, site.RoleFeedImage, site.RoleDownload, site.RoleFrame, site.RoleManifest, site.RoleSourceMap:
		return false
	}
	return true
}

// renameableKinds are the kinds whose URL is a detail of the page.
var renameableKinds = map[site.Kind]bool{
	site.Image: true, site.Font: true, site.Media: true, site.CSS: true, site.JS: true, site.SVG: true,
}

// AssignNames decides for every file whether it gets a fingerprinted name, and
// keeps the reason where it does not.
func (g *Graph) AssignNames() {
	ev := g.evidence()
	for _, n := range g.Nodes {
		n.Keep = g.keepName(n, ev)
		n.selected = slices.ContainsFunc(n.In, ev.reads)
	}
}

func (g *Graph) keepName(n *Node, ev *evidence) string {
	p := n.File.Path
	switch {
	case !renameableKinds[n.File.Kind]:
		return "people and programs know its URL"
	case n.Finished:
		return "already finished"
	case n.File.Frozen != "":
		return n.File.Frozen
	case n.File.Size == 0:
		return "it is empty"
	case n.File.Fixed || wellKnown[strings.ToLower(p.Base())] || strings.HasPrefix(string(p), ".well-known/"):
		return "a well-known name"
	case ev.worker[n]:
		return "a service worker's URL is its identity"
	case (n.File.Kind == site.CSS || n.File.Kind == site.JS) && GeneratorHashed(p):
		return "its generator already fingerprinted it, and its scripts may ask for that name"
	}
	used := false
	for _, u := range n.In {
		r := u.ref()
		if Rewritable(r.Role) && r.Fixed == "" && !u.From.Finished && u.From.File.Frozen == "" {
			used = true
		}
		if (n.File.Kind == site.JS || n.File.Kind == site.CSS) && r.Role.Loads() && (r.Fixed != "" || u.From.Finished || u.From.File.Frozen != "") {
			return "a reference to it cannot be changed (" + fixedReason(u) + ")"
		}
	}
	if !used {
		return "no reference would use a new name"
	}
	if why := ev.pins(n); why != "" {
		return why
	}
	return ""
}

func fixedReason(u Use) string {
	if u.ref().Fixed != "" {
		return u.ref().Fixed
	}
	if why := u.From.File.Frozen; why != "" {
		return why
	}
	return "its file is finished"
}
