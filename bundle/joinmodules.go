package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// JoinModules writes the bundles that combine-modules found.
var JoinModules = &Combiner{
	Name: "join-modules",
	Doc:  "bundles each module with those that it alone leads to",
	Rank: 2,
	Plan: func(p *Planner) {
		var made []*Node
		for _, g := range p.bundles {
			j, err := p.bundle(g)
			if err != nil {
				p.Note(g.root.File.Path, fmt.Sprintf("not bundled with the %s that it alone leads to: %v", plural(len(g.parts)-1, "module"), err))
				continue
			}
			p.Plan.Joined = append(p.Plan.Joined, j)
			p.load(g, j.Node)
			made = append(made, j.Node)
		}
		for _, j := range made {
			p.follow(j)
		}
	},
}

// While esbuild works, addresses are words of this form.
const (
	refWord = "hone:%08x:"
	refLen  = len("hone:00000000:")
)

var refWords = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`hone:[0-9a-f]{8}:`) })

// paramNames finds modules that AngularJS asks for the names of parameters,
// which change where they are those of another module's top level.
var paramNames = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[(,]\s*\$(?:scope|rootScope|http|timeout|injector)\s*[,)]`)
})

// required finds modules that speak of a loader that esbuild would bring along.
var required = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\brequire\b`) })

var (
	errNames = errors.New("a script asks for the names of functions, which are the same in two of them")
	errOther = errors.New("one of them speaks of require, which is for other loaders")
	errWord  = errors.New("one of them holds hone's word for an address")
	errGain  = errors.New("together they would weigh more")
)

// bundle writes the modules of a group into one.
func (p *Planner) bundle(g *moduleGroup) (*Joined, error) {
	base := map[*Node]int{} // where the references of each part begin
	refs := 0
	for _, n := range g.parts {
		base[n] = refs
		refs += len(n.Doc.Refs)
	}
	// The root is the first file.
	at := map[*Node]int{g.root: 0}
	files := []*Node{g.root}
	for _, n := range g.parts[:len(g.parts)-1] {
		at[n] = len(files)
		files = append(files, n)
	}
	b := guard.Bundle{ASCII: true}
	var slots []site.Reloc
	var apart int64
	for _, n := range files {
		code, err := p.Code(p.Object(n.File.Path))
		if err != nil {
			return nil, err
		}
		switch {
		case refWords().Match(code):
			return nil, errWord
		case p.Named[n] || paramNames().Match(code):
			return nil, errNames
		case required().Match(code):
			return nil, errOther
		}
		b.ASCII = b.ASCII && isASCII(code)
		apart += p.Wire(code)
		f := guard.BundleFile{Imports: map[string]int{}}
		var text strings.Builder
		end := 0
		for _, r := range p.Object(n.File.Path).Relocs {
			word := fmt.Sprintf(refWord, len(slots))
			if t := p.Graph.at[n.To[r.Ref].To]; n.Doc.Refs[r.Ref].Role == site.RoleModule {
				if i, ok := at[t]; ok {
					f.Imports[word] = i
				}
			}
			text.Write(code[end:r.Off])
			text.WriteString(word)
			end = r.Off
			r.Ref += base[n]
			slots = append(slots, r)
		}
		text.Write(code[end:])
		f.Code = strings.TrimPrefix(text.String(), string(bom))
		b.Files = append(b.Files, f)
	}
	out, err := p.Esbuild(b)
	if err != nil {
		return nil, err
	}
	j := &Joined{row: []*Node{g.root}}
	if j.Code, j.Relocs, err = fillSlots(out, slots); err != nil {
		return nil, err
	}
	if p.Wire(j.Code) > apart+p.request()*int64(len(files)-1) {
		return nil, errGain
	}
	j.Node = p.Graph.join(j.row, g.parts, g.root.File.Path.Stem()+"-all")
	j.Node.Doc.Modules = true
	p.Plan.adopt(j.Node)
	for i := range j.Node.To {
		if _, ok := at[p.Graph.at[j.Node.To[i].To]]; ok && j.Node.Doc.Refs[i].Role == site.RoleModule {
			p.Plan.Gone[Use{j.Node, i}] = true
		}
	}
	return j, nil
}

// follow makes a bundle load the other bundles that its parts load.
func (p *Planner) follow(j *Node) {
	at := 0
	for _, m := range j.Parts {
		for i := range m.Doc.Refs {
			u := Use{j, at + i}
			if to := p.Plan.Into[Use{m, i}]; to != nil && to != j && !p.Plan.Gone[u] {
				p.Plan.Into[u] = to
				to.In = append(to.In, u)
			}
		}
		at += len(m.Doc.Refs)
	}
}

// fillSlots takes the words for addresses out of a bundle.
func fillSlots(text string, slots []site.Reloc) (code []byte, relocs []site.Reloc, err error) {
	rest := []byte(strings.TrimSuffix(text, "\n"))
	for {
		m := refWords().FindIndex(rest)
		if m == nil {
			return append(code, rest...), relocs, nil
		}
		var i int
		if _, err := fmt.Sscanf(string(rest[m[0]:m[1]]), refWord, &i); err != nil || i >= len(slots) {
			return nil, nil, errWord
		}
		code = append(code, bytes.Clone(rest[:m[0]])...)
		r := slots[i]
		r.Off = len(code)
		relocs = append(relocs, r)
		rest = rest[m[1]:]
	}
}

// load makes whatever loads the root load the bundle.
func (p *Planner) load(g *moduleGroup, to *Node) {
	inside := map[*Node]bool{}
	for _, n := range g.parts {
		inside[n] = true
	}
	pages := map[*Node]bool{}
	for _, u := range g.root.In {
		if r := u.ref(); !inside[u.From] && Rewritable(r.Role) && r.Fixed == "" {
			p.Plan.Into[u] = to
			to.In = append(to.In, u)
			if u.From.File.Kind == site.HTML {
				pages[u.From] = true
			}
		}
	}
	for _, n := range g.parts {
		for _, u := range n.In {
			if l := loadOf(u); n != g.root && u.ref().Role == site.RoleHint && l != nil && l.Kind == scan.LoadHint {
				p.remove(u, l.Span)
				p.Plan.firm[u.From.File.Path] = append(p.Plan.firm[u.From.File.Path], u)
			}
		}
	}
	text := fmt.Sprintf("bundled with %s that it alone leads to: −%s", plural(len(g.parts)-1, "module"), plural(len(g.parts)-1, "request"))
	if len(pages) > 0 {
		text += " on " + plural(len(pages), "page")
	}
	p.Note(g.root.File.Path, text)
	for _, n := range g.parts[:len(g.parts)-1] {
		p.Note(n.File.Path, "bundled into "+string(to.File.Path))
	}
}
