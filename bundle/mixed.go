package bundle

import (
	"strings"

	"github.com/hone-web/hone/site"
)

// The ways in which a page loads a picture, as far as they can be offered
// other formats by different means.
const (
	byImg        uint8 = 1 << iota // an img, or a candidate of its srcset
	byBackground                   // a declaration that may be followed by image-set()
	bySource                       // in a picture whose sources can be completed
	otherwise                      // anything else: a preload, a poster
)

// mixed finds the pictures that a page loads in more than one way, or in a way
// that knows one address only. With other formats it would fetch them twice.
func (v *pictureView) mixed(page *Node) map[*Node]bool {
	ways := map[*Node]uint8{}
	for _, from := range v.p.Graph.Loads(page) {
		if from.Doc == nil {
			continue
		}
		for t, w := range v.waysOf(from) {
			ways[t] |= w
		}
	}
	out := map[*Node]bool{}
	for t, w := range ways {
		if w&(w-1) != 0 || w&otherwise != 0 {
			out[t] = true
		}
	}
	return out
}

// waysOf returns how one file loads pictures.
func (v *pictureView) waysOf(from *Node) map[*Node]uint8 {
	if w, ok := v.ways[from]; ok {
		return w
	}
	way := map[int]uint8{}
	for i := range from.Doc.Backs {
		way[from.Doc.Backs[i].Ref] = byBackground
	}
	next := 0
	for _, pic := range from.Doc.Pics {
		for next < len(from.Doc.Refs) && from.Doc.Refs[next].Span.Start < pic.Tag.Start {
			next++
		}
		for ; next < len(from.Doc.Refs) && from.Doc.Refs[next].Span.End <= pic.Tag.End; next++ {
			way[next] = byImg
		}
	}
	out := map[*Node]uint8{}
	for _, pic := range from.Doc.Pics {
		for _, ref := range pictureRefs(from.Doc, pic) {
			way[ref] = bySource
		}
	}
	for i := range from.Doc.Refs {
		r := &from.Doc.Refs[i]
		t := v.p.Graph.at[from.To[i].To]
		if t == nil || t.File.Kind != site.Image {
			continue
		}
		hint := r.Role == site.RoleHint && strings.EqualFold(r.Attrs["as"], "image")
		switch {
		case !r.Role.Loads() && !hint || r.Role == site.RoleIcon:
		case way[i] != 0 && r.Fixed == "":
			out[t] |= way[i]
		default:
			out[t] |= otherwise
		}
	}
	v.ways[from] = out
	return out
}
