package cache

import (
	"slices"
	"strings"
)

// caddyMatch judges a path as a plain request meets it.
type caddyMatch func(url string) tri

// caddyMatcher reads a named matcher: all of its lines must hold.
func caddyMatcher(d *directive) caddyMatch {
	lines := d.block
	if lines == nil {
		lines = []*directive{{line: d.line, words: d.words[1:]}}
	}
	var all []caddyMatch
	for _, l := range lines {
		if len(l.words) > 0 {
			all = append(all, caddyCondition(l))
		}
	}
	return func(u string) tri {
		out := yes
		for _, m := range all {
			out = out.and(m(u))
		}
		return out
	}
}

func caddyCondition(d *directive) caddyMatch {
	args := d.words[1:]
	switch d.words[0] {
	case "path":
		var paths []caddyMatch
		for _, p := range args {
			paths = append(paths, caddyPath(p))
		}
		return func(u string) tri {
			out := no
			for _, m := range paths {
				out = out.or(m(u))
			}
			return out
		}
	case "path_regexp":
		if len(args) == 0 {
			return everything
		}
		re := hostRegexp(args[len(args)-1], false)
		return func(u string) tri { return matchTri(re, u) }
	case "not":
		inner := caddyMatcher(&directive{line: d.line, words: append([]string{"@"}, args...), block: d.block})
		return func(u string) tri { return inner(u).not() }
	case "header":
		return func(string) tri { return caddyHeader(args) }
	case "method":
		return func(string) tri { return is(slices.Contains(args, "GET")) }
	case "host", "protocol":
		return everything
	}
	return func(string) tri { return maybe }
}

// caddyHeader judges a header condition: a plain request names a browser and
// carries neither proof nor cookie.
func caddyHeader(args []string) tri {
	if len(args) == 0 {
		return maybe
	}
	want := "*"
	if len(args) > 1 {
		want = args[1]
	}
	name, absent := strings.CutPrefix(args[0], "!")
	switch strings.ToLower(name) {
	case "user-agent":
		s := strings.Trim(want, "*")
		return is(strings.Contains(plainAgent, s))
	case "accept", "accept-language", "accept-encoding", "host", "x-forwarded-for", "x-forwarded-proto":
		return maybe
	}
	return is(absent)
}

// caddyPath reads a path: * at an end stands for anything, and case makes no
// difference.
func caddyPath(p string) caddyMatch {
	low := strings.ToLower(p)
	return func(u string) tri { return is(starGlob(low, strings.ToLower(u))) }
}
