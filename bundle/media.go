package bundle

import (
	"fmt"
	"slices"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// Media writes the size of a film into its tag under the conditions of
// Dimensions, and tells what else could be saved. It neither sets preload nor
// touches films that play by themselves: authors mean what they write there.
var Media = &Combiner{
	Name: "media", Rank: 2,
	Doc: "writes width and height of videos where no rule or script sets them; tells what media could save",
	Plan: func(p *Planner) {
		for _, n := range p.Graph.Nodes {
			switch {
			case n.File.Path.Ext() == ".gif":
				p.gifNote(n)
			case n.Doc != nil && n.File.Kind == site.HTML && n.File.Frozen == "":
				p.filmSizes(n)
				p.filmNotes(n)
			}
		}
	},
}

// filmSizes writes the size of each video of a page whose files agree on it.
func (p *Planner) filmSizes(n *Node) {
	count := 0
	var sized, flex map[string]bool
	ready := false
	for boxes := n.Doc.Boxes; len(boxes) > 0; {
		k := 1 // boxes of one element follow each other
		for k < len(boxes) && boxes[k].At == boxes[0].At {
			k++
		}
		b, w, h := boxes[0], 0, 0
		w, h = p.filmSize(n, boxes[:k])
		boxes = boxes[k:]
		if w == 0 || h == 0 || slices.Contains(b.Parents, scan.OwnDisplay) {
			continue
		}
		if !ready {
			if sized, flex, ready = p.boxRules(n); !ready {
				p.Note(n.File.Path, "videos get no size: not all styles and scripts of the page are known")
				return
			}
		}
		if touches(sized, b.Self) || touches(flex, b.Parents) {
			continue
		}
		p.Plan.Edits[n.File.Path] = append(p.Plan.Edits[n.File.Path], site.Edit{Span: site.Span{Start: b.At, End: b.At},
			New: fmt.Sprintf(" width=%d height=%d", w, h)})
		count++
	}
	if count > 0 {
		p.Note(n.File.Path, plural(count, "video")+" got width and height")
	}
}

// filmSize returns the size that all files of one video have, zeros if they
// differ or one is not known.
func (p *Planner) filmSize(n *Node, boxes []scan.Box) (w, h int) {
	for i, b := range boxes {
		o := p.Object(n.To[b.Ref].To)
		if o == nil || o.Kind != site.Media || n.Doc.Refs[b.Ref].Fixed != "" {
			return 0, 0
		}
		if i > 0 && (o.Facts.Width != w || o.Facts.Height != h) {
			return 0, 0
		}
		w, h = o.Facts.Width, o.Facts.Height
	}
	return w, h
}

// What is worth a word: the bytes of a film that shows nothing before it
// plays, of one that plays out of sight, and of a GIF.
const (
	heavyFilm  = 5 << 20
	hiddenFilm = 1 << 20
	heavyGIF   = 500 << 10
)

// filmNotes tells of heavy films of a page.
func (p *Planner) filmNotes(n *Node) {
	type film struct{ poster, plays bool }
	films := map[int]film{} // reference → what the tag of its video says
	at := map[int]int{}
	for _, b := range n.Doc.Boxes {
		films[b.Ref] = film{slices.Contains(b.Self, "[poster]"), slices.Contains(b.Self, "[autoplay]")}
		at[b.Ref] = b.At
	}
	for i := range n.Doc.Refs {
		r := &n.Doc.Refs[i]
		if r.Role != site.RoleMedia || r.Fixed != "" {
			continue
		}
		f, ok := films[i]
		if r.Attrs["<"] == "video" {
			_, f.poster = r.Attrs["poster"]
			_, f.plays = r.Attrs["autoplay"]
		} else if !ok {
			continue // a source of a video that is not known, or of sound
		}
		to := p.Graph.at[n.To[i].To]
		if to == nil || to.File.Kind != site.Media {
			continue
		}
		size := to.File.Size
		if size > heavyFilm && !f.poster && !f.plays {
			p.Note(to.File.Path, fmt.Sprintf("%s: %s without a poster; one would show something before the film is there", n.File.Path, megabytes(size)))
		}
		if size > hiddenFilm && f.plays && far(n, max(at[i], 0), r.Span.Start) {
			p.Note(to.File.Path, fmt.Sprintf("%s: %s play by themselves far down the page; a script could start them when they come into view", n.File.Path, megabytes(size)))
		}
	}
}

// farDown is where content is out of sight by the estimate from content alone,
// in CSS pixels.
const farDown = 2400

// far reports whether what stands at an offset of a page follows a picture
// that is out of sight when the page opens.
func far(n *Node, offsets ...int) bool {
	start := slices.Max(offsets)
	return slices.ContainsFunc(n.Doc.Pics, func(pic scan.Pic) bool { return pic.Top > farDown && pic.Tag.End <= start })
}

// gifNote tells of an animated GIF that is heavy in every format that is
// served.
func (p *Planner) gifNote(n *Node) {
	o := p.Object(n.File.Path)
	shown := slices.ContainsFunc(n.In, func(u Use) bool { return u.ref().Role.Loads() })
	if o == nil || o.Facts.Frames < 2 || !shown {
		return
	}
	size := o.Size
	for i := range o.Variants {
		if v := &o.Variants[i]; v.Width == 0 {
			size = min(size, v.Size)
		}
	}
	if size > heavyGIF {
		p.Note(n.File.Path, fmt.Sprintf("animated picture of %s; as a muted, looping video it would be about a tenth", megabytes(size)))
	}
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
