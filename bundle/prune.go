package bundle

import (
	"slices"
	"strings"

	"github.com/hone-web/hone/bundle/internal/layout"
	"github.com/hone-web/hone/bundle/internal/style"
	"github.com/hone-web/hone/site"
)

// pruner finds what of some style sheets is of no use.
type pruner struct {
	has    layout.Namer
	names  *usedNames
	sheets []*prunedSheet
	// live are the words that values use, in lower case.
	live map[string]bool
}

// prunedSheet is a style sheet and what goes from it.
type prunedSheet struct {
	node  *Node
	src   []byte
	rules []style.Rule
	whole bool // nothing may go
	edits []site.Edit
	gone  map[*style.Rule]bool
	names map[*style.Rule]string // selector lists that lose a selector
	decls map[site.Span]bool     // declarations that go
}

// read takes a sheet in. keep says that all of it stays.
func (r *pruner) read(n *Node, src []byte, keep bool) *prunedSheet {
	s := &prunedSheet{node: n, src: src, whole: keep, gone: map[*style.Rule]bool{}, names: map[*style.Rule]string{}, decls: map[site.Span]bool{}}
	var ok bool
	if s.rules, ok = style.Parse(src); !ok {
		r.use(string(src)) // whatever it holds, it may use
		s.rules, s.whole = nil, true
	} else if lateImport(s.rules) {
		s.whole = true
	}
	r.sheets = append(r.sheets, s)
	return s
}

// lateImport reports whether there is an @import or @namespace that browsers
// ignore because of where it stands: without the rules before it would count.
func lateImport(rules []style.Rule) bool {
	late := false
	for i := range rules {
		switch at := rules[i].At; {
		case at == "import" || at == "namespace":
			if late {
				return true
			}
		case at == "charset" || at == "layer" && !rules[i].Block:
		default:
			late = true
		}
	}
	return false
}

// prune marks what goes and writes the edits.
func (r *pruner) prune(definitions bool) {
	for _, s := range r.sheets {
		if !s.whole {
			r.judge(s, s.rules)
		}
	}
	for _, s := range r.sheets {
		r.values(s, s.rules)
	}
	if definitions {
		r.customs()
		for _, s := range r.sheets {
			if !s.whole {
				r.define(s, s.rules)
			}
		}
	}
	for _, s := range r.sheets {
		if !s.whole {
			s.write(s.rules)
		}
	}
}

// judge marks the rules and selectors that nothing can match.
func (r *pruner) judge(s *prunedSheet, rules []style.Rule) {
	for i := range rules {
		x := &rules[i]
		switch {
		case x.At != "" && x.Block:
			r.judge(s, x.Rules)
		case x.At == "":
			r.selectors(s, x)
		}
	}
}

func (r *pruner) selectors(s *prunedSheet, x *style.Rule) {
	list := layout.Selectors(style.Text(s.src, x.Prelude))
	var keep, drop []layout.Selector
	for k := range list {
		if list[k].Possible(r.has) {
			keep = append(keep, list[k])
		} else {
			drop = append(drop, list[k])
		}
	}
	switch {
	case len(drop) == 0:
		return
	case len(keep) == 0:
		// A nested rule may match where its parent does not: by :not(&).
		if len(x.Rules) == 0 || !strings.Contains(string(s.src[x.Body.Start:x.Body.End]), "&") {
			s.gone[x] = true
		}
		return
	case len(x.Rules) > 0:
		return
	}
	// A browser that does not know one selector drops the whole rule, so what
	// may be unknown goes only if something as unknown stays.
	rare := map[string]bool{}
	for k := range keep {
		for _, x := range keep[k].Rare() {
			rare[x] = true
		}
	}
	var texts []string
	for k := range list {
		odd := slices.ContainsFunc(list[k].Rare(), func(x string) bool { return !rare[x] })
		if odd || list[k].Possible(r.has) {
			texts = append(texts, list[k].Text)
		}
	}
	if len(texts) < len(list) {
		s.names[x] = strings.Join(texts, ",")
	}
}

// use notes the words of a value.
func (r *pruner) use(text string) {
	eachWord(strings.ToLower(text), func(w string) { r.live[w] = true })
}

func eachWord(s string, f func(string)) {
	for i := 0; i < len(s); {
		j := i
		for j < len(s) && wordByte(s[j]) {
			j++
		}
		if j > i {
			f(s[i:j])
		}
		i = j + 1
	}
}

func wordByte(c byte) bool {
	return joint(c) || c >= 0x80 || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// values notes the words of what stays, except of custom properties: their
// values count when they are used themselves.
func (r *pruner) values(s *prunedSheet, rules []style.Rule) {
	for i := range rules {
		x := &rules[i]
		switch {
		case s.gone[x] || x.At == "font-face" || x.At == "charset" || x.At == "import" || x.At == "property":
		case x.At != "" && x.Rules == nil:
			r.use(string(s.src[x.Prelude.End:x.Span.End]))
			if !strings.HasSuffix(x.At, "keyframes") {
				r.use(style.Text(s.src, x.Prelude))
			}
		case x.At != "":
			r.use(style.Text(s.src, x.Prelude))
			r.values(s, x.Rules)
		case len(x.Rules) > 0:
			r.use(string(s.src[x.Body.Start:x.Body.End]))
		default:
			for _, d := range x.Decls {
				if !strings.HasPrefix(d.Prop, "--") {
					r.use(style.Text(s.src, d.Value))
				}
			}
		}
	}
}

// customs notes the words of the custom properties that are used, by values
// or by each other.
func (r *pruner) customs() {
	values := map[string][]string{}
	var walk func(s *prunedSheet, rules []style.Rule)
	walk = func(s *prunedSheet, rules []style.Rule) {
		for i := range rules {
			x := &rules[i]
			if s.gone[x] {
				continue
			}
			for _, d := range x.Decls {
				if strings.HasPrefix(d.Prop, "--") {
					name := strings.ToLower(d.Prop)
					values[name] = append(values[name], style.Text(s.src, d.Value))
				}
			}
			walk(s, x.Rules)
		}
	}
	for _, s := range r.sheets {
		walk(s, s.rules)
	}
	var queue []string
	for name := range values {
		if r.lives(name) {
			queue = append(queue, name)
		}
	}
	for len(queue) > 0 {
		name := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, v := range values[name] {
			eachWord(strings.ToLower(v), func(w string) {
				if _, ok := values[w]; ok && !r.live[w] {
					queue = append(queue, w)
				}
				r.live[w] = true
			})
		}
		delete(values, name)
	}
}

// lives reports whether something uses a name: a value, a style in a page or a
// script.
func (r *pruner) lives(name string) bool {
	return r.live[name] || r.names.values[name] || r.names.written(name) || r.names.safelisted(name)
}

// define marks the definitions that nothing uses.
func (r *pruner) define(s *prunedSheet, rules []style.Rule) {
	for i := range rules {
		x := &rules[i]
		switch {
		case s.gone[x]:
		case strings.HasSuffix(x.At, "keyframes"):
			name := strings.ToLower(strings.Trim(style.Text(s.src, x.Prelude), `"'`))
			s.gone[x] = x.Block && isWord(name) && !r.lives(name)
		case x.At == "font-face":
			s.gone[x] = r.unusedFont(s, x)
		case x.At != "":
			r.define(s, x.Rules)
		case len(x.Rules) == 0:
			left := len(x.Decls)
			for _, d := range x.Decls {
				if strings.HasPrefix(d.Prop, "--") && isWord(d.Prop) && !r.lives(strings.ToLower(d.Prop)) {
					s.decls[d.Span] = true
					left--
				}
			}
			s.gone[x] = left == 0 && len(x.Decls) > 0
		}
	}
}

func isWord(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return r < 0x80 && !wordByte(byte(r)) }) < 0
}

// unusedFont reports whether nothing names the family of a font: some word of
// it stands nowhere.
func (r *pruner) unusedFont(s *prunedSheet, x *style.Rule) bool {
	unused := false
	for _, d := range x.Decls {
		if d.Prop != "font-family" {
			continue
		}
		name := strings.ToLower(style.Text(s.src, d.Value))
		if strings.ContainsAny(name, `\(`) {
			return false
		}
		eachWord(name, func(w string) { unused = unused || !r.lives(w) })
	}
	return unused
}

// write makes edits of the marks, and reports whether all rules go.
func (s *prunedSheet) write(rules []style.Rule) (empty bool) {
	empty = true
	for i := range rules {
		x := &rules[i]
		at := len(s.edits)
		switch {
		case s.gone[x]:
			s.cut(x.Span)
			continue
		case x.At != "" && len(x.Rules) > 0:
			if !s.write(x.Rules) {
				break
			}
			s.edits = s.edits[:at]
			if x.At != "layer" {
				s.cut(x.Span)
				continue
			}
			// Layers are in the order in which they are first named.
			s.edits = append(s.edits, site.Edit{Span: site.Span{Start: x.Prelude.End, End: x.Span.End}, New: "{}"})
			if x.Prelude.Len() > 0 {
				s.edits[at].New = ";"
			}
		case x.At != "":
			s.write(x.Rules)
		default:
			if text, ok := s.names[x]; ok {
				s.edits = append(s.edits, site.Edit{Span: x.Prelude, New: text})
			}
			for _, d := range x.Decls {
				if s.decls[d.Span] {
					s.edits = append(s.edits, site.Edit{Span: d.Span})
				}
			}
		}
		empty = false
	}
	return empty
}

// cut takes out a rule, in one edit with the one before it if nothing but
// white space stands between.
func (s *prunedSheet) cut(span site.Span) {
	if n := len(s.edits); n > 0 {
		last := &s.edits[n-1]
		if last.New == "" && last.Span.End <= span.Start && s.src[last.Span.End-1] == '}' && strings.TrimSpace(string(s.src[last.Span.End:span.Start])) == "" {
			last.Span.End = span.End
			return
		}
	}
	s.edits = append(s.edits, site.Edit{Span: span})
}

// weight returns how many bytes the rules have, and how many of them go.
func (s *prunedSheet) weight() (all, gone int) {
	for i := range s.rules {
		all += s.rules[i].Span.Len()
	}
	for _, e := range s.edits {
		gone += e.Span.Len() - len(e.New)
	}
	return all, gone
}

// text returns the sheet without what goes.
func (s *prunedSheet) text() []byte {
	var out []byte
	at := 0
	for _, e := range s.edits {
		out = append(append(out, s.src[at:e.Span.Start]...), e.New...)
		at = e.Span.End
	}
	return append(out, s.src[at:]...)
}
