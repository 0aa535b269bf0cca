package optimize

import (
	"context"
	"errors"
	"fmt"

	"github.com/hone-web/hone/optimize/internal/isobmff"
	"github.com/hone-web/hone/site"
)

// MaxMedia is the size of the largest film or sound that is looked into:
// moving its index takes its bytes twice in memory.
const MaxMedia = 512 << 20

// MP4 moves the index of films and sound to the front, so that they begin to
// play before they are there as a whole. Nothing is encoded anew.
var MP4 = &Optimizer{
	Name:    "mp4",
	Doc:     "MP4, M4A, QuickTime: index (moov) moved to the front, without loss",
	Version: 1,
	Kinds:   []site.Kind{site.Media},
	Match: func(p site.Path) bool {
		switch p.Ext() {
		case ".mp4", ".m4v", ".m4a", ".mov":
			return true
		}
		return false
	},
	Run: optimizeMP4,
}

func optimizeMP4(ctx context.Context, in *Input) (Output, error) {
	if err := ctx.Err(); err != nil {
		return Output{}, err
	}
	if len(in.Bytes) > MaxMedia {
		return Output{Kept: fmt.Sprintf("larger than %d MB", MaxMedia>>20)}, nil
	}
	var out Output
	out.Facts.Width, out.Facts.Height = isobmff.Size(in.Bytes)
	moved, err := isobmff.MoveToFront(in.Bytes)
	switch {
	case errors.Is(err, isobmff.ErrInFront):
		out.Kept = err.Error()
	case err != nil:
		out.Kept = "its index stays where it is: " + err.Error()
	default:
		out.Bytes, out.Facts.Note = moved, "moov moved to the front"
	}
	return out, nil
}
