package bundle

import (
	"path"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// usedNames are the names that elements of the site have, and those that its
// scripts could give them.
type usedNames struct {
	elems   map[string]bool // as in scan.Names
	strings map[string]bool // words of strings and data
	words   map[string]bool // words of scripts
	heads   map[string]bool
	tails   map[string]bool
	values  map[string]bool
	safe    []string // patterns of names that something gives which hone cannot see
	scripts bool     // there are scripts
	known   map[string]bool
}

// names gathers the names of the whole site: any script may write what it read
// in any file. lost says why that cannot be done.
func (p *Planner) names() (u *usedNames, lost string) {
	u = &usedNames{elems: map[string]bool{}, strings: map[string]bool{}, words: map[string]bool{}, heads: map[string]bool{}, tails: map[string]bool{},
		values: map[string]bool{}, known: map[string]bool{}}
	for _, s := range p.CSS.Safelist {
		u.safe = append(u.safe, strings.ToLower(s))
	}
	for _, n := range p.Graph.Nodes {
		f := n.File
		switch {
		case n.Doc != nil:
			if n.Doc.Names.Lost {
				lost = "the names in " + string(f.Path) + " cannot all be read"
			}
			u.add(&n.Doc.Names)
			u.scripts = u.scripts || f.Kind == site.JS || len(n.Doc.Names.Words) > 0
		case f.Kind.IsText() && f.Size > 0 && f.Kind != site.CSS:
			lost = string(f.Path) + " is too large to be read"
		case templates[f.Path.Ext()]:
			text, err := p.Source(f.Path)
			if err != nil {
				lost = string(f.Path) + " cannot be read"
				continue
			}
			names := scan.TextNames(text)
			u.add(&names)
		}
	}
	return u, lost
}

// templates are the extensions of files that no scanner reads and whose text
// scripts turn into elements.
var templates = map[string]bool{".hbs": true, ".handlebars": true, ".mustache": true, ".ejs": true, ".tpl": true, ".tmpl": true, ".vue": true,
	".md": true, ".txt": true, ".wasm": true, ".csv": true, ".yaml": true, ".yml": true}

func (u *usedNames) add(n *scan.Names) {
	for _, x := range [...]struct {
		to   map[string]bool
		list []string
	}{{u.elems, n.Elems}, {u.strings, n.Strings}, {u.words, n.Words}, {u.heads, n.Heads}, {u.tails, n.Tails}, {u.values, n.Values}} {
		for _, w := range x.list {
			x.to[w] = true
		}
	}
}

// implied are elements that parsers add, and those that a user's browser does.
var implied = []string{"<html", "<head", "<body", "<tbody", "<colgroup", "<p", "<img", "[open", ".translated-ltr", ".translated-rtl"}

// has is a layout.Namer: it reports whether some element may have a name.
func (u *usedNames) has(kind byte, name string) bool {
	if kind == '[' && u.scripts || len(name) > scan.MaxName {
		return true // properties of elements write attributes, too
	}
	key := string(kind) + strings.ToLower(name)
	got, ok := u.known[key]
	if !ok {
		got = u.may(key)
		u.known[key] = got
	}
	return got
}

func (u *usedNames) may(key string) bool {
	name := key[1:]
	if key[0] == '<' && u.elems[name] || u.elems[key] || slices.Contains(implied, key) {
		return true
	}
	return u.safelisted(name) || key[0] != '[' && u.written(name)
}

// safelisted reports whether the owner says that a name is used.
func (u *usedNames) safelisted(name string) bool {
	return slices.ContainsFunc(u.safe, func(s string) bool {
		ok, err := path.Match(s, name)
		return ok && err == nil
	})
}

// written reports whether scripts may put a name together. One with other
// characters than names of most languages have, such as md:flex, is looked at
// piece by piece.
func (u *usedNames) written(name string) bool {
	if u.strings[name] || u.words[name] {
		return true
	}
	pieces := strings.FieldsFunc(name, func(r rune) bool {
		return r < 0x80 && r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	})
	for _, s := range pieces {
		if !u.piece(s) {
			return false
		}
	}
	return len(pieces) > 0
}

// longHead is how long the fixed part of a name has to be, if nothing sets it
// apart from the rest, for the rest to be anything.
const longHead = 3

func (u *usedNames) piece(s string) bool {
	if u.word(s) {
		return true
	}
	for i := 1; i < len(s); i++ {
		head, tail := s[:i], s[i:]
		if u.heads[head] && (i >= longHead || joint(head[i-1]) || u.rest(tail)) ||
			u.tails[tail] && (len(tail) >= longHead || joint(tail[0]) || u.rest(head)) {
			return true
		}
	}
	return u.composed(s)
}

// word reports whether s is a number, or a word of a script.
func (u *usedNames) word(s string) bool {
	return u.strings[s] || u.words[s] || strings.Trim(s, "0123456789") == ""
}

// rest reports whether s may be what is put before or after a short piece.
func (u *usedNames) rest(s string) bool { return u.word(s) || u.composed(s) }

// composed reports whether s consists of words that scripts or pages hold and
// of separators that scripts put between them.
func (u *usedNames) composed(s string) bool {
	parts := 0
	for i := 0; i < len(s); parts++ {
		j := i
		for j < len(s) && !joint(s[j]) {
			j++
		}
		k := j
		for k < len(s) && joint(s[k]) {
			k++
		}
		if part := s[i:j]; !u.strings[part] && !u.elems["."+part] && !u.elems["#"+part] && strings.Trim(part, "0123456789") != "" {
			return false
		}
		if k > j && !u.strings[s[j:k]] {
			return false
		}
		i = k
	}
	return parts > 1
}

func joint(c byte) bool { return c == '-' || c == '_' }
