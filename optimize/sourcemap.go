package optimize

import (
	"bytes"
	"errors"
)

// Tools for developers find the map of a minified file by a comment at its end
// (ECMA-426, section 11.1.2). Minifying would make that map wrong.

var mapComment = []byte("sourceMappingURL=")

const hasMap = `has a source map, which minifying would make wrong; source_maps = "drop" minifies it`

// hasSourceMap reports whether one of the last lines of src is such a comment.
func hasSourceMap(src []byte) bool {
	tail := src[max(0, len(src)-4096):]
	i := bytes.LastIndex(tail, mapComment)
	if i < 0 {
		// An inline map may be long.
		i = bytes.LastIndex(src, []byte("\n//# sourceMappingURL=data:"))
		return i >= 0
	}
	before := bytes.TrimRight(tail[:i], " \t")
	return bytes.HasSuffix(before, []byte("#")) || bytes.HasSuffix(before, []byte("@"))
}

// unmapped runs step without the comment of a map that is to be dropped. What
// step keeps loses the comment all the same.
func (t *text) unmapped(src []byte, step func([]byte) ([]byte, error)) ([]byte, error) {
	bare := src
	if t.in.NoMap {
		bare = withoutMap(src)
	}
	if len(bare) == len(src) {
		return step(src)
	}
	out, err := step(bare)
	if k := (*kept)(nil); errors.As(err, &k) && k.diag == nil {
		return bare, nil
	}
	return out, err
}

// withoutMap returns src without the comment, if that is the last thing in it.
func withoutMap(src []byte) []byte {
	i := bytes.LastIndex(src, mapComment)
	if i < 0 {
		return src
	}
	head := bytes.TrimRight(src[:i], " \t")
	if !bytes.HasSuffix(head, []byte("#")) && !bytes.HasSuffix(head, []byte("@")) {
		return src
	}
	head, rest := head[:len(head)-1], src[i:]
	switch {
	case bytes.HasSuffix(head, []byte("//")):
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		if bytes.ContainsAny(line, "\"'`") || len(bytes.TrimSpace(after)) > 0 {
			return src // it may stand in a string
		}
	case bytes.HasSuffix(head, []byte("/*")):
		_, after, ok := bytes.Cut(rest, []byte("*/"))
		if !ok || len(bytes.TrimSpace(after)) > 0 {
			return src
		}
	default:
		return src
	}
	return append(bytes.Clone(bytes.TrimRight(head[:len(head)-2], " \t\r\n")), '\n')
}
