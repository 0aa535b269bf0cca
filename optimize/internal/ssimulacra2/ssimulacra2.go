// Package ssimulacra2 tells how much a picture has lost in compression, as
// SSIMULACRA2 2.1 does: 100 is the same picture, 90 cannot be told apart even
// when flickering between the two, 70 is high and 50 medium quality, below 0
// is ruined. It follows github.com/cloudinary/ssimulacra2 (Jon Sneyers,
// Cloudinary, BSD-3-Clause) step by step.
//
// Three things are done otherwise. Maps whose weights are all zero are not
// computed. Rows are worked on one after the other through all the steps, so
// that a picture needs little memory beside itself. And the recursive
// Gaussian is written as the finite filter that it is equal to, without its
// rounding errors, which grow along rows and columns: the tool's score is
// lower by them, by 0.1 or 0.2 for most photographs at 50 to 85, by up to 3
// where much is flat and little differs, and its score on AVX2 and on SSE4
// are as far apart. With that filter in double precision the tool and this
// package agree to 0.03.
//
// The score is a function of the pixels alone. Nothing here starts a
// goroutine, and every product is rounded by an explicit conversion before it
// is added to anything: the language lets a compiler fuse the two otherwise,
// and arm64 would score otherwise than amd64.
//
// The constants in the tests come from the reference tool, version 2.1, built
// by its build_ssimulacra. To make them anew, let TestGolden write its pairs
// to a folder and run the tool on each:
//
//	go test -run TestGolden -args -write DIR
//	for f in DIR/*.ref.png; do echo $f $(ssimulacra2 $f ${f%.ref.png}.dist.png); done
package ssimulacra2

import (
	"errors"
	"image"
	"math"
)

// MinSide is the least width and height of a picture that has a score.
const MinSide = 8

var (
	// ErrSmall says that a side of a picture is under MinSide; the reference
	// tool refuses those too.
	ErrSmall = errors.New("picture under 8 pixels a side has no score")
	// ErrSize says that the two pictures differ in size.
	ErrSize = errors.New("pictures differ in size")
)

// Where a picture is not opaque, both are seen on a dark and on a bright
// ground and the lower score counts. Values are sRGB from 0 to 1.
var grounds = [2]float32{0.1, 0.9}

// Compare returns the score of dist as a copy of ref. Pixels are sRGB. It
// allocates about 9 bytes for each pixel while it works.
func Compare(ref, dist *image.NRGBA) (float64, error) {
	if err := check(ref.Rect, dist.Rect); err != nil {
		return 0, err
	}
	if ref.Opaque() && dist.Opaque() {
		return run(newStream(ref, 0, true), newStream(dist, 0, true)), nil
	}
	score := math.Inf(1)
	for _, g := range grounds {
		score = min(score, run(newStream(ref, g, false), newStream(dist, g, false)))
	}
	return score, nil
}

func check(ref, dist image.Rectangle) error {
	if ref.Dx() < MinSide || ref.Dy() < MinSide {
		return ErrSmall
	}
	if ref.Size() != dist.Size() {
		return ErrSize
	}
	return nil
}

// Reference is a picture prepared for scoring many copies of it. It is
// immutable, and several goroutines may use it at a time. It takes about 32
// bytes a pixel, twice that where the picture is not opaque.
type Reference struct {
	rect   image.Rectangle
	opaque bool
	pix    *image.NRGBA
	seen   []*moments // one if opaque, else one for each ground
}

// NewReference prepares ref, which must not change afterwards. It is nil
// where a side of ref is under MinSide.
func NewReference(ref *image.NRGBA) *Reference {
	if check(ref.Rect, ref.Rect) != nil {
		return nil
	}
	r := &Reference{rect: ref.Rect, opaque: ref.Opaque(), pix: ref}
	if r.opaque {
		r.seen = []*moments{newMoments(newStream(ref, 0, true))}
		return r
	}
	for _, g := range grounds {
		r.seen = append(r.seen, newMoments(newStream(ref, g, false)))
	}
	return r
}

// Score returns what Compare does.
func (r *Reference) Score(dist *image.NRGBA) (float64, error) {
	if r == nil {
		return 0, ErrSmall
	}
	if err := check(r.rect, dist.Rect); err != nil {
		return 0, err
	}
	solid := dist.Opaque()
	if r.opaque && solid {
		return run(r.seen[0].reader(), newStream(dist, 0, true)), nil
	}
	score := math.Inf(1)
	for i, g := range grounds {
		m := r.seen[0]
		if !r.opaque {
			m = r.seen[i]
		}
		score = min(score, run(m.reader(), newStream(dist, g, solid)))
	}
	return score, nil
}
