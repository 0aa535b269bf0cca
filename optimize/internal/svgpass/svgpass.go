// Package svgpass makes drawings smaller by what it knows of SVG: which
// attributes say nothing, which groups group nothing, how many digits are
// seen, how path data is written shortest.
//
// It knows one drawing and nothing of the page around it. Whatever a style
// sheet, an animation or a reference could look at stays as it is, and what
// it does not understand it leaves as it was written.
package svgpass

import (
	"errors"
	"math"
)

// Options say what is known of the drawing's surroundings.
type Options struct {
	// KeepLegal keeps comments that state a licence or copyright.
	KeepLegal bool
	// Exact keeps every digit.
	Exact bool
	// Whole says that nothing outside refers to a part of the drawing by its
	// id, so that ids nothing inside refers to may go.
	Whole bool
}

// Errors say why a drawing is left as it is.
var (
	ErrSyntax    = errors.New("not well-formed XML, or not an SVG document in UTF-8")
	ErrScript    = errors.New("contains scripts or external style sheets")
	ErrEntities  = errors.New("contains entities that its document type defines")
	ErrUnbounded = errors.New("nested or attributed beyond reason")
)

// maxRounds bounds how often the passes run: one that moves an attribute may
// leave a group for another to dissolve. Real drawings settle in three.
const maxRounds = 8

// Run returns the drawing rewritten; the result may be longer, if the source
// was minimal.
func Run(src []byte, o Options) ([]byte, error) {
	root, kept, err := parse(src, o.KeepLegal)
	if err != nil {
		return nil, err
	}
	d := &drawing{Options: o, root: root}
	for range maxRounds {
		d.changed = false
		d.survey()
		for _, pass := range passes {
			pass(d)
		}
		if !d.changed {
			break
		}
	}
	return d.write(kept), nil
}

// passes in the order in which they feed each other.
var passes = []func(*drawing){
	(*drawing).dropEditorData,
	(*drawing).dropNamespaces,
	(*drawing).splitStyles,
	(*drawing).shortenValues,
	(*drawing).dropUnusedIDs,
	(*drawing).dropUnusedDefs,
	(*drawing).dropUseless,
	(*drawing).dropInvisible,
	(*drawing).shapesToPaths,
	(*drawing).shortenTransforms,
	(*drawing).foldTransforms,
	(*drawing).shortenPaths,
	(*drawing).liftAttributes,
	(*drawing).collapseGroups,
	(*drawing).dropEmpty,
}

// drawing is the tree with what was found out about it as a whole.
type drawing struct {
	Options
	root    *node
	changed bool
	facts
}

// size returns the length of the drawing's longer side in its user units, or
// 0 if it states none.
func (d *drawing) size() float64 {
	if vb, ok := numbers(d.root.get("viewBox")); ok && len(vb) == 4 && vb[2] > 0 && vb[3] > 0 {
		return math.Max(vb[2], vb[3])
	}
	w, okW := length(d.root.get("width"))
	h, okH := length(d.root.get("height"))
	if okW && okH {
		return math.Max(w, h)
	}
	return 0
}

// errorShare is how far a point may move, as a share of the drawing's side:
// 0.025 px when the side is shown at 1000 px: half of what can be seen, for
// browsers cut curves into lines and may cut elsewhere.
const errorShare = 2.5e-5

// decimals returns how many decimals keep an error under errorShare of size,
// where a unit is drawn scale units wide; at least two.
func decimals(size, scale float64) int {
	if size <= 0 || scale <= 0 || math.IsInf(size*scale, 0) || math.IsNaN(size*scale) {
		size, scale = 10, 1
	}
	n := int(math.Ceil(-math.Log10(2*errorShare*size/scale) - 1e-9))
	return min(max(n, 2), maxDecimals)
}

// maxDecimals is where a double still tells neighbours apart at the size of
// any drawing.
const maxDecimals = 9
