package scan

import (
	"bytes"

	"github.com/hone-web/hone/site"
)

// jsContext says where a script stands.
type jsContext struct {
	context
	file bool // a file of its own, not a part of a page
}

// jsScan reads one script.
type jsScan struct {
	*scanner
	v    view
	c    jsContext
	toks []jsToken
	used []bool // tokens that are references: no mentions
}

func (s *scanner) js(v view, c jsContext) {
	p := &jsScan{scanner: s, v: v, c: c}
	s.doc.SetsStyle = s.doc.SetsStyle || setsStyle(v.text)
	s.scriptFacts(v.text)
	var smap *view
	toks, lost := lexJS(v.text, func(start, end int) {
		if m, ok := sourceMap(commentBody(v.cut(start, end))); ok {
			smap = &m
		}
	})
	p.toks, p.used = toks, make([]bool, len(toks))
	for i, t := range toks {
		switch t.kind {
		case jsWord:
			p.word(i)
		case jsPunct:
			if v.text[t.start] == '{' {
				p.precache(i)
			}
		}
	}
	p.strings()
	p.nameScript(lost)
	if lost >= 0 {
		s.mention(v.text[lost:])
		s.diag(v.pos(lost), "js-syntax", site.Warn, "this script could not be read from here on",
			"addresses after this point are not seen: check the script for an unclosed string, comment or template")
	} else if smap != nil && c.file {
		s.ref(*smap, site.RoleSourceMap, c.context)
	}
}

// commentBody drops the end of a block comment.
func commentBody(v view) view {
	if n := len(v.text); bytes.HasPrefix(v.text, []byte("/*")) && n >= 4 {
		return v.cut(0, n-2)
	}
	return v
}

// is reports whether token i is the given word or byte of punctuation.
func (p *jsScan) is(i int, s string) bool {
	if i < 0 || i >= len(p.toks) {
		return false
	}
	t := p.toks[i]
	return (t.kind == jsWord || t.kind == jsPunct) && string(p.v.text[t.start:t.end]) == s
}

// literal returns the text of token i if it is a string, or a template
// without substitutions.
func (p *jsScan) literal(i int) (view, bool) {
	if i < 0 || i >= len(p.toks) {
		return view{}, false
	}
	t := p.toks[i]
	if t.kind != jsString && t.kind != jsTemplate {
		return view{}, false
	}
	return p.v.cut(int(t.start)+1, int(t.end)-1).js(), true
}

// argument returns token i as literal if it is a whole argument of a call.
func (p *jsScan) argument(i int) (view, bool) {
	v, ok := p.literal(i)
	return v, ok && (p.is(i+1, ")") || p.is(i+1, ","))
}

// word looks at what begins with the word at i.
func (p *jsScan) word(i int) {
	t := p.toks[i]
	switch string(p.v.text[t.start:t.end]) {
	case "import":
		p.importWord(i)
	case "export":
		if t.top && !p.is(i-1, ".") && (p.is(i+1, "{") || p.is(i+1, "*") || i+1 < len(p.toks) && p.toks[i+1].kind == jsWord) {
			p.module()
		}
	case "from":
		if v, ok := p.literal(i + 1); ok && i > 0 && (p.is(i-1, "}") || p.is(i-1, "*") || p.toks[i-1].kind == jsWord || p.toks[i-1].kind == jsString) {
			p.importedBy(i+1, v)
			p.specifier(i+1, v, site.RoleModule)
		}
	case "URL":
		if v, ok := p.argument(i + 2); ok && p.is(i-1, "new") && p.is(i+1, "(") && p.is(i+3, ",") &&
			p.is(i+4, "import") && p.is(i+5, ".") && p.is(i+6, "meta") && p.is(i+7, ".") && p.is(i+8, "url") {
			p.note(i+2, v, site.RoleDynamic, p.c.fixed)
		}
	case "Worker", "SharedWorker":
		if v, ok := p.argument(i + 2); ok && p.is(i-1, "new") && p.is(i+1, "(") {
			p.pageURL(i+2, v)
		}
	case "register":
		if v, ok := p.argument(i + 2); ok && p.is(i+1, "(") && p.is(i-1, ".") && (p.is(i-2, "serviceWorker") || p.is(i-2, "?") && p.is(i-3, "serviceWorker")) {
			p.pageURL(i+2, v)
		}
	case "replace", "replaceAll", "split", "slice", "substr", "substring":
		p.editsSrc(i)
	case "importScripts":
		for j := i + 1; p.is(j, "(") && j == i+1 || p.is(j, ","); j += 2 {
			v, ok := p.argument(j + 1)
			if !ok {
				return
			}
			p.note(j+1, v, site.RoleScript, p.c.fixed)
		}
	}
}

// module notes that a file is an ES module.
func (p *jsScan) module() {
	if p.c.file {
		p.doc.Modules = true
	}
}

// importWord looks at import "x", import a from "x", import("x") and
// import.meta.
func (p *jsScan) importWord(i int) {
	if p.is(i-1, ".") {
		return
	}
	if p.is(i+1, "(") {
		if v, ok := p.argument(i + 2); ok {
			p.specifier(i+2, v, site.RoleDynamic)
		} else {
			p.doc.DynamicImport = true
		}
		return
	}
	if p.is(i+1, ".") {
		if p.is(i+2, "meta") {
			p.module()
			p.doc.Module.Meta = true
		} else {
			p.doc.Module.Odd = true // import.source, import.defer
		}
		return
	}
	if v, ok := p.literal(i + 1); ok && p.toks[i+1].kind == jsString {
		p.module()
		p.importedBy(i+1, v)
		p.specifier(i+1, v, site.RoleModule)
		return
	}
	if (p.is(i+1, "defer") || p.is(i+1, "source")) && i+2 < len(p.toks) &&
		(p.is(i+2, "*") || p.toks[i+2].kind == jsWord && !p.is(i+2, "from")) {
		p.doc.Module.Odd = true
	}
	if p.toks[i].top && i+1 < len(p.toks) && (p.toks[i+1].kind == jsWord || p.is(i+1, "{") || p.is(i+1, "*")) {
		p.module()
	}
}

// specifier notes a module specifier. A bare one is looked up in the import
// map, not resolved as a URL (WHATWG HTML, section 8.1.5.2).
func (p *jsScan) specifier(i int, v view, role site.Role) {
	if isAddress(v.text) {
		p.note(i, v, role, p.c.fixed)
	}
}

// pageURL notes an address that resolves against the page that runs the
// script, and whose script keeps it as its identity.
func (p *jsScan) pageURL(i int, v view) {
	p.mention(v.text)
	p.note(i, v, site.RoleLink, PageURL)
}

// note adds a reference to what literal i says.
func (p *jsScan) note(i int, v view, role site.Role, fixed string) {
	c := p.c.context
	if c.fixed == "" {
		c.fixed = fixed
	}
	if p.ref(v, role, c) >= 0 {
		p.used[i] = true
	}
}

// maxEntry bounds the properties of a precache entry.
const maxEntry = 8

// precache looks whether the brace at i opens an entry of a precache list:
// {url: "…", revision: "…"} in an array, as workbox writes them.
func (p *jsScan) precache(i int) {
	if !p.is(i-1, "[") && !p.is(i-1, ",") {
		return
	}
	url, rev := -1, -1
	j := i + 1
	for n := 0; n < maxEntry; n++ {
		key := ""
		if v, ok := p.literal(j); ok {
			key = string(v.text)
		} else if j < len(p.toks) && p.toks[j].kind == jsWord {
			key = string(p.v.text[p.toks[j].start:p.toks[j].end])
		}
		if !p.is(j+1, ":") || j+3 >= len(p.toks) {
			return
		}
		switch key {
		case "url":
			url = j + 2
		case "revision":
			rev = j + 2
		}
		if j += 3; !p.is(j, ",") {
			break
		}
		if j++; p.is(j, "}") {
			break
		}
	}
	v, ok := p.literal(url)
	if !p.is(j, "}") || !ok || rev < 0 {
		return
	}
	id := p.ref(v, site.RolePrecache, p.c.context)
	if id < 0 {
		return
	}
	p.used[url] = true
	if r, ok := p.literal(rev); ok {
		p.revision(r, id)
	}
}

// strings notes what the other strings mention.
func (p *jsScan) strings() {
	for i, t := range p.toks {
		b := p.v.text[t.start:t.end]
		switch t.kind {
		case jsString, jsTemplate, jsPart:
			if t.kind != jsString || !p.notePictures(b) {
				p.noteWords(b)
			}
			if p.used[i] || bytes.IndexByte(b, '.') < 0 && bytes.IndexByte(b, '[') < 0 {
				continue
			}
			end := len(b) - 1
			if b[end] == '{' {
				end--
			}
			text := p.v.cut(int(t.start)+1, int(t.start)+max(end, 1)).js().text
			p.mention(text)
			p.scriptSelectors(text)
		case jsRegexp:
			p.mention(b)
		}
	}
}
