package optimize

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"mime"
	"strings"

	"github.com/hone-web/hone/internal/markup"
)

// codeKind says how the text of an element is minified.
type codeKind uint8

const (
	codeNone codeKind = iota
	codeScript
	codeModule
	codeStyle
	codeData
)

// kindOfCode says what the text inside the element that tok opens is. attr
// returns an attribute's decoded value.
func kindOfCode(name string, attr func(string) (string, bool)) codeKind {
	typ, _ := attr("type")
	typ = strings.ToLower(strings.Trim(typ, " \t\r\n\f"))
	switch name {
	case "style":
		if _, amp := attr("amp-boilerplate"); amp || typ != "" && typ != "text/css" {
			return codeNone
		}
		return codeStyle
	case "script":
		if _, src := attr("src"); src {
			return codeNone
		}
		if lang, ok := attr("language"); ok && typ == "" && !strings.HasPrefix(strings.ToLower(lang), "javascript") {
			return codeNone
		}
		switch typ {
		case "", "text/javascript", "application/javascript", "text/ecmascript", "application/ecmascript", "application/x-javascript", "text/x-javascript":
			return codeScript
		case "module":
			return codeModule
		case "importmap", "speculationrules":
			return codeData
		}
		if t, _, err := mime.ParseMediaType(typ); err == nil && (t == "application/json" || strings.HasSuffix(t, "+json")) {
			return codeData
		}
	}
	return codeNone
}

// inlineCode minifies the scripts, style sheets and data inside the page.
func (p *page) inlineCode() error {
	hashes, nonces := p.policies()
	if p.in.KeepInline || nonces {
		return nil
	}
	p.code = make(map[int][]byte)
	for i := 1; i < len(p.toks); i++ {
		tok, before := &p.toks[i], &p.toks[i-1]
		if !tok.Raw || tok.Noscript || tok.Foreign || before.Type != markup.StartTag || before.Foreign {
			continue
		}
		kind := kindOfCode(before.Name, func(name string) (string, bool) {
			a, ok := before.Attr(name)
			return a.Text(p.src), ok
		})
		if kind == codeNone || i+1 == len(p.toks) {
			continue
		}
		old := p.src[tok.Span.Start:tok.Span.End]
		code, err := p.minifyCode(kind, before.Name, old)
		if err != nil {
			return err
		}
		if code == nil || len(hashes) > 0 && kind != codeData && !p.rehash(hashes, old, code) {
			continue
		}
		p.code[i] = code
	}
	return nil
}

// minifyCode returns the shorter text of one element, nil to keep the old.
func (p *page) minifyCode(kind codeKind, name string, old []byte) ([]byte, error) {
	// What looks like the start of a comment changes how the tokenizer reads
	// a script (WHATWG HTML, section 4.12.1.3).
	if bytes.Contains(old, []byte("<!--")) || len(bytes.TrimSpace(old)) == 0 {
		return nil, nil
	}
	var code []byte
	var err error
	switch kind {
	case codeStyle:
		code, err = p.css(old)
	case codeData:
		code, err = compactJSON(bytes.TrimSpace(old))
	default:
		code, err = p.js(old, kind == codeModule)
	}
	var k *kept
	switch {
	case errors.As(err, &k) && k.diag != nil:
		return nil, nil
	case errors.As(err, &k):
		code = bytes.TrimSpace(old)
	case err != nil:
		return nil, err
	}
	if len(code) >= len(old) || bytes.Contains(code, []byte("<!--")) || bytes.Contains(bytes.ToLower(code), []byte("</"+name)) {
		return nil, nil
	}
	return code, nil
}

// policies reads the content security policies in meta elements: their hash
// sources as they are written, and whether there are nonces.
func (p *page) policies() (hashes map[string]bool, nonces bool) {
	for i := range p.toks {
		tok := &p.toks[i]
		if !isPolicy(tok, p.src) {
			continue
		}
		p.policy = true
		for _, s := range strings.FieldsFunc(tok.Get(p.src, "content"), func(r rune) bool { return r == ';' || r <= ' ' }) {
			s = strings.Trim(s, "'")
			switch lower := strings.ToLower(s); {
			case strings.HasPrefix(lower, "nonce-"):
				nonces = true
			case strings.HasPrefix(lower, "sha256-"), strings.HasPrefix(lower, "sha384-"), strings.HasPrefix(lower, "sha512-"):
				if hashes == nil {
					hashes = make(map[string]bool)
				}
				hashes[s] = true
			}
		}
	}
	return hashes, nonces
}

func isPolicy(tok *markup.Token, src []byte) bool {
	if tok.Name != "meta" || tok.Type == markup.EndTag {
		return false
	}
	e := tok.Get(src, "http-equiv")
	return strings.EqualFold(e, "content-security-policy") || strings.EqualFold(e, "content-security-policy-report-only")
}

// rehash notes that a text which a policy allows by its hash becomes code. It
// reports false if no hash of the policy is the old text's: then nothing is
// known of what allows it. Holes that are filled later would make the hash
// wrong, and they show as words of a fixed form.
func (p *page) rehash(hashes map[string]bool, old, code []byte) bool {
	if bytes.Contains(old, []byte("hOne")) {
		return false
	}
	found := false
	for _, alg := range [...]struct {
		name string
		sum  func([]byte) []byte
	}{
		{"sha256-", func(b []byte) []byte { s := sha256.Sum256(b); return s[:] }},
		{"sha384-", func(b []byte) []byte { s := sha512.Sum384(b); return s[:] }},
		{"sha512-", func(b []byte) []byte { s := sha512.Sum512(b); return s[:] }},
	} {
		was := alg.name + base64.StdEncoding.EncodeToString(alg.sum(old))
		if !hashes[was] {
			continue
		}
		found = true
		if p.sums == nil {
			p.sums = make(map[string]string)
		}
		p.sums[was] = alg.name + base64.StdEncoding.EncodeToString(alg.sum(code))
	}
	return found
}
