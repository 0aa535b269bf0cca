package bundle

import (
	"errors"
	"slices"
	"strings"

	"github.com/hone-web/hone/bundle/internal/layout"
	"github.com/hone-web/hone/bundle/internal/style"
	"github.com/hone-web/hone/site"
)

// criticalSheet is a compiled style sheet, read once for all pages.
type criticalSheet struct {
	node   *Node
	code   []byte
	relocs []site.Reloc
	rules  []criticalRule
	wire   int64
	err    error // why nothing of it may be repeated in a page
}

// criticalRule is a rule with its selectors read.
type criticalRule struct {
	*style.Rule
	list  []layout.Selector
	rules []criticalRule
	words []string // of the values it holds, in lower case
}

// Why a sheet cannot be repeated.
var (
	errImports   = errors.New("it imports others")
	errNamespace = errors.New("it declares a namespace")
	errAnonymous = errors.New("it holds a layer without a name, which would count as another one in the page")
	errUnread    = errors.New("it cannot be read to the end")
	errPlain     = errors.New("its text cannot stand in a page")
)

// criticalSheet reads the compiled text of n.
func (p *Planner) criticalSheet(n *Node) *criticalSheet {
	if s := p.criticals[n]; s != nil {
		return s
	}
	s := &criticalSheet{node: n}
	if p.criticals == nil {
		p.criticals = map[*Node]*criticalSheet{}
	}
	p.criticals[n] = s
	s.err = s.read(p)
	return s
}

func (s *criticalSheet) read(p *Planner) error {
	if n := s.node; n.Parts != nil {
		i := slices.IndexFunc(p.Plan.Joined, func(j *Joined) bool { return j.Node == n })
		if i < 0 {
			return errUnread
		}
		s.code, s.relocs = p.Plan.Joined[i].Code, p.Plan.Joined[i].Relocs
	} else {
		o := p.Object(n.File.Path)
		if n.Doc == nil || o == nil || o.Same {
			return errUnread // where its addresses stand is not known
		}
		var err error
		if s.code, err = p.Code(o); err != nil {
			return errUnread
		}
		s.relocs = o.Relocs
	}
	low := strings.ToLower(string(s.code))
	if charset := "@charset"; strings.HasPrefix(low, charset) && !strings.HasPrefix(low, charset+` "utf-8";`) {
		return errUnread
	}
	if strings.Contains(low, "</style") || strings.Contains(low, "<!--") {
		return errPlain
	}
	rules, ok := style.Parse(s.code)
	if !ok || sheetCloses(s.code) != nil {
		return errUnread
	}
	s.wire = p.Wire(s.code)
	var err error
	s.rules, err = s.prepare(rules)
	return err
}

func (s *criticalSheet) prepare(rules []style.Rule) ([]criticalRule, error) {
	out := make([]criticalRule, 0, len(rules))
	for i := range rules {
		r := criticalRule{Rule: &rules[i]}
		switch {
		case r.At == "import":
			return nil, errImports
		case r.At == "namespace":
			return nil, errNamespace
		case r.At == "layer" && r.Block && r.Prelude.Len() == 0:
			return nil, errAnonymous
		case r.At == "":
			r.list = layout.Selectors(style.Text(s.code, r.Prelude))
			s.values(&r)
		case len(r.Rules) > 0:
			var err error
			if r.rules, err = s.prepare(r.Rules); err != nil {
				return nil, err
			}
			eachWord(strings.ToLower(style.Text(s.code, r.Prelude)), func(w string) { r.words = append(r.words, w) })
		}
		out = append(out, r)
	}
	return out, nil
}

// values notes the words that the values of a rule hold, but for those of
// custom properties: they count when they are used themselves.
func (s *criticalSheet) values(r *criticalRule) {
	seen := map[string]bool{}
	note := func(text string) {
		eachWord(strings.ToLower(text), func(w string) {
			if !seen[w] {
				seen[w] = true
				r.words = append(r.words, w)
			}
		})
	}
	if len(r.Rules) > 0 {
		note(string(s.code[r.Body.Start:r.Body.End]))
		return
	}
	for _, d := range r.Decls {
		if !strings.HasPrefix(d.Prop, "--") {
			note(style.Text(s.code, d.Value))
		}
	}
}
