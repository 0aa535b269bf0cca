package verify

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/site"
)

// Policy finds inline code that the page's own Content-Security-Policy
// refuses because its hash is not listed (CSP Level 3, section 8.3).
var Policy = &Rule{
	Name: "csp-hash-mismatch",
	Doc:  "an inline script or style is not covered by the hashes of the page's policy",
	Check: func(p *Pass) {
		f := p.File
		if f.Kind != site.HTML || f.Doc == nil || len(f.Doc.CSP) == 0 {
			return
		}
		bad := Refused(f.Text, f.Doc.CSP)
		if f.Before != nil && f.Before.Doc != nil && len(bad) <= f.Before.Refused {
			return
		}
		for _, off := range bad {
			p.Report(site.Diagnostic{Rule: "csp-hash-mismatch", Severity: site.Error,
				Message: "the page's Content-Security-Policy lists hashes, and none is that of this inline code, so browsers refuse it",
				Hint:    "add the hash of the code as it is deployed"}, off)
		}
	},
}

// Refused returns the offsets of the inline scripts and styles of a page that
// its policies refuse for want of a matching hash.
func Refused(text []byte, policies []string) []int {
	var bad []int
	var script, style [][]string // the hashes of each policy that lists some
	for _, p := range policies {
		if l := hashSources(p, "script-src-elem", "script-src", "default-src"); l != nil {
			script = append(script, l)
		}
		if l := hashSources(p, "style-src-elem", "style-src", "default-src"); l != nil {
			style = append(style, l)
		}
	}
	tokens := markup.Parse(text)
	for i, t := range tokens {
		if t.Type != markup.StartTag || t.Name != "script" && t.Name != "style" || i+1 >= len(tokens) || tokens[i+1].Type != markup.Text {
			continue
		}
		lists := script
		if t.Name == "style" {
			lists = style
		}
		if _, src := t.Attr("src"); src || lists == nil || t.Get(text, "nonce") != "" || !executes(t, text) {
			continue
		}
		code := tokens[i+1].Span
		// Every policy has to allow it (CSP Level 3, section 2.2).
		if slices.ContainsFunc(lists, func(list []string) bool {
			return !slices.ContainsFunc(list, func(h string) bool { return hashIs(text[code.Start:code.End], h) })
		}) {
			bad = append(bad, code.Start)
		}
	}
	return bad
}

// executes reports whether the element holds code and not data (HTML, section
// 4.12.1).
func executes(t markup.Token, text []byte) bool {
	if t.Name == "style" {
		return true
	}
	switch typ := strings.ToLower(strings.TrimSpace(t.Get(text, "type"))); typ {
	case "", "module", "importmap", "text/javascript", "application/javascript", "text/ecmascript", "application/x-javascript":
		return true
	}
	return false
}

// hashSources returns the hashes that a policy lists in the first of the named
// directives that it has; nil when it lists none.
func hashSources(policy string, names ...string) []string {
	directives := map[string][]string{}
	for _, d := range strings.Split(policy, ";") {
		w := strings.Fields(d)
		if len(w) == 0 {
			continue
		}
		// Of two directives of one name the first counts (CSP Level 3, 2.2.1).
		if name := strings.ToLower(w[0]); directives[name] == nil {
			directives[name] = w[1:]
		}
	}
	for _, name := range names {
		sources, ok := directives[name]
		if !ok {
			continue
		}
		var hashes []string
		for _, s := range sources {
			if s = strings.Trim(s, "'"); strings.HasPrefix(s, "sha256-") || strings.HasPrefix(s, "sha384-") || strings.HasPrefix(s, "sha512-") {
				hashes = append(hashes, s)
			}
		}
		return hashes
	}
	return nil
}

func hashIs(code []byte, source string) bool {
	alg, want, _ := strings.Cut(source, "-")
	var sum []byte
	switch alg {
	case "sha256":
		s := sha256.Sum256(code)
		sum = s[:]
	case "sha384":
		s := sha512.Sum384(code)
		sum = s[:]
	default:
		s := sha512.Sum512(code)
		sum = s[:]
	}
	// Both base64 alphabets are allowed (CSP Level 3, section 2.3.1).
	want = strings.NewReplacer("-", "+", "_", "/").Replace(want)
	return strings.TrimRight(base64.StdEncoding.EncodeToString(sum), "=") == strings.TrimRight(want, "=")
}

// weightRule is checked over whole pages, outside of Run.
const weightRule = "page-heavier"

// Heavier returns the finding for a page that grew with all that it loads.
func Heavier(p site.Path, before, after int64) site.Diagnostic {
	return site.Diagnostic{Rule: weightRule, Severity: site.Error, Path: p,
		Message: fmt.Sprintf("the page and what it loads take %d bytes, and took %d before", after, before),
		Hint:    "this is a fault of hone: please report it; --exclude works around it"}
}
