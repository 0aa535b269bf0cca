package guard

import "bytes"

// ReadsNames reports whether a script asks for the name of a function or class
// (constructor.name, new.target.name, callee.name, caller.name), which esbuild
// changes when it renames or joins. It is looked for in the text, strings and
// comments included: where it stands without meaning it, names stay longer than
// they must.
func ReadsNames(src []byte) bool {
	const name = "name"
	for at := 0; ; {
		i := bytes.Index(src[at:], []byte(name))
		if i < 0 {
			return false
		}
		i += at
		at = i + len(name)
		if at < len(src) && wordByte(src[at]) {
			continue
		}
		b, ok := beforeDot(src[:i])
		if !ok {
			continue
		}
		for _, w := range [...]string{"constructor", "callee", "caller", "target"} {
			rest, found := bytes.CutSuffix(b, []byte(w))
			if !found || len(rest) > 0 && wordByte(rest[len(rest)-1]) {
				continue
			}
			if w != "target" {
				return true
			}
			if n, ok := beforeDot(rest); ok && bytes.HasSuffix(n, []byte("new")) {
				return true
			}
		}
	}
}

// beforeDot returns what stands before the "." or "?." that ends b, blanks
// aside.
func beforeDot(b []byte) ([]byte, bool) {
	b, ok := bytes.CutSuffix(bytes.TrimRight(b, " \t\r\n"), []byte("."))
	return bytes.TrimRight(bytes.TrimSuffix(b, []byte("?")), " \t\r\n"), ok
}

func wordByte(c byte) bool {
	return c == '_' || c == '$' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}
