package bundle

import (
	"cmp"
	"slices"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// links is what the pages say about one file.
type links struct {
	next   *Node // the file that follows it on every page
	pairs  int   // on how many pages next follows
	torn   bool  // different files follow it
	uses   []Use // elements in rows
	known  map[Use]bool
	media  string
	medias bool // it is loaded with different media
}

// groups plans the groups of one kind of load, for each part of the site by
// itself: nobody goes from one to another, so what they share costs nothing.
func (p *Planner) groups(kind site.Kind, runs func(*scan.Doc, breaks) []row) {
	for _, pages := range p.Graph.parts() {
		p.groupsOf(pages, kind, runs)
	}
}

// survey is what some pages say about the files of one kind.
type survey struct {
	kind  site.Kind
	order []*Node // the files, in the order in which pages load them
	at    map[*Node]*links
	apart map[*Node]string // why a file is not joined to the one before it
	other map[*Node]string // how else a file is loaded
}

func (p *Planner) groupsOf(pages []*Node, kind site.Kind, runs func(*scan.Doc, breaks) []row) {
	s := &survey{kind: kind, at: map[*Node]*links{}, apart: map[*Node]string{}}
	for _, page := range pages {
		if len(page.Doc.Loads) > 1 && page.File.Frozen == "" {
			p.survey(s, page, runs)
		}
	}
	p.others(s, pages)
	p.chain(s)
}

// survey reads the rows of one page.
func (p *Planner) survey(s *survey, page *Node, runs func(*scan.Doc, breaks) []row) {
	target := func(l *scan.Load) *Node { return p.Graph.at[page.To[l.Ref].To] }
	rows := runs(page.Doc, func(l *scan.Load, why string) {
		if l.Ref >= 0 {
			if n := target(l); n != nil && s.apart[n] == "" {
				s.apart[n] = why
			}
		}
	})
	for _, r := range rows {
		var last *Node
		var lastWay site.Style
		foreign := false
		for _, i := range r {
			l := &page.Doc.Loads[i]
			n := target(l)
			if n == nil || n.File.Kind != s.kind {
				last, foreign = nil, true
				continue
			}
			k := s.at[n]
			if k == nil {
				k = &links{known: map[Use]bool{}, media: l.Media}
				s.at[n] = k
				s.order = append(s.order, n)
			}
			if why := p.counted(page, l); why != "" {
				last, s.apart[n] = nil, why
				continue
			}
			if foreign && s.apart[n] == "" {
				s.apart[n] = "a file of another site, or none, stands between them"
			}
			foreign = false
			way := wayOf(page.To[l.Ref].Style)
			if last != nil && way != lastWay {
				last = nil
				if s.apart[n] == "" {
					s.apart[n] = "its address is written in another way than the one before it: where the site is served from another folder, one may be found and the other not"
				}
			}
			lastWay = way
			u := Use{page, l.Ref}
			k.medias = k.medias || k.media != l.Media
			k.uses, k.known[u] = append(k.uses, u), true
			if last != nil {
				s.at[last].follow(n)
			}
			last = n
		}
	}
}

func (k *links) follow(n *Node) {
	if k.next == nil {
		k.next = n
	}
	k.torn = k.torn || k.next != n
	k.pairs++
}

// counted says which selector would notice that an element of the body is
// gone, because it counts children; "" if none does.
func (p *Planner) counted(page *Node, l *scan.Load) string {
	if l.Head {
		return ""
	}
	counts, ok := p.counts[page]
	if !ok {
		counts = p.countsOf(page)
		p.counts[page] = counts
	}
	if l.Tail {
		return counts[1]
	}
	return cmp.Or(counts[0], counts[1])
}

// countsOf says which style sheet of a page counts the children of an element
// from either end, and which those of the body from its end.
func (p *Planner) countsOf(page *Node) (out [2]string) {
	loads := p.Graph.Loads(page)
	added := func(class string) bool { // a script may give the body that class
		return slices.ContainsFunc(loads, func(n *Node) bool {
			if n.Doc == nil {
				return false
			}
			_, found := slices.BinarySearch(n.Doc.Words, class)
			return found
		})
	}
	for _, n := range loads {
		if n.Doc == nil {
			continue
		}
		for _, c := range n.Doc.Counters {
			why := string(n.File.Path) + " counts the children of elements, of which it is one"
			if out[0] == "" {
				out[0] = why
			}
			if out[1] == "" && c.Last && c.Parent.Matches("body", page.Doc.Body, added) {
				out[1] = why
			}
		}
	}
	return out
}

// wayOf tells apart the ways of writing an address that answer alike wherever
// the site is served: relative to the page, to the host, or in full.
func wayOf(s site.Style) site.Style {
	if s == site.Dotted {
		return site.Relative
	}
	return s
}
