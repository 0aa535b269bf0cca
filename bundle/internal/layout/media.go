package layout

import (
	"regexp"
	"strings"
	"sync"
)

// media reports whether a media query list holds in a window that is w CSS
// pixels wide (Media Queries 4). Features other than the width may hold.
func media(query string, w float64) Truth {
	if query == "" {
		return Yes
	}
	best := No
	for _, q := range splitTop(query, ',') {
		best = max(best, mediaOne(strings.TrimSpace(q), w))
	}
	return best
}

func mediaOne(q string, w float64) Truth {
	negate := strings.HasPrefix(q, "not ")
	q = strings.TrimPrefix(strings.TrimPrefix(q, "not "), "only ")
	got := Yes
	for _, part := range splitWord(q, "and") {
		part = strings.TrimSpace(part)
		switch {
		case part == "" || part == "all" || part == "screen":
		case part == "print" || part == "speech" || part == "tty" || part == "tv" || part == "projection" || part == "handheld" || part == "braille":
			got = No
		case strings.HasPrefix(part, "(") && strings.HasSuffix(part, ")"):
			got = both(got, feature(strings.TrimSpace(part[1:len(part)-1]), w))
		default:
			got = both(got, Maybe)
		}
	}
	if negate {
		return not(got)
	}
	return got
}

// splitWord splits text at a word outside of brackets.
func splitWord(text, word string) []string {
	var out []string
	nest, start := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '(':
			nest++
		case ')':
			nest--
		case word[0]:
			end := i + len(word)
			if nest == 0 && strings.HasPrefix(text[i:], word) && (i == 0 || isBlank(text[i-1]) || text[i-1] == ')') && end < len(text) && (isBlank(text[end]) || text[end] == '(') {
				out = append(out, text[start:i])
				start = end
				i = end - 1
			}
		}
	}
	return append(out, text[start:])
}

var rangeQuery = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:(\S+?)\s*(<=|<|>=|>|=)\s*)?width(?:\s*(<=|<|>=|>|=)\s*(\S+))?$`)
})

// feature evaluates one media feature.
func feature(f string, w float64) Truth {
	name, value, ok := strings.Cut(f, ":")
	if ok {
		x, px := length(strings.TrimSpace(value), 0, w)
		switch strings.TrimSpace(name) {
		case "min-width":
			return known(px, w >= x)
		case "max-width":
			return known(px, w <= x)
		case "width":
			return known(px, w == x)
		case "prefers-reduced-motion":
			return truth(strings.TrimSpace(value) == "no-preference")
		}
		return Maybe
	}
	m := rangeQuery().FindStringSubmatch(f)
	if m == nil {
		return Maybe
	}
	got := Yes
	if m[1] != "" {
		x, px := length(m[1], 0, w)
		got = both(got, known(px, compare(x, m[2], w)))
	}
	if m[4] != "" {
		x, px := length(m[4], 0, w)
		got = both(got, known(px, compare(w, m[3], x)))
	}
	return got
}

func known(ok, b bool) Truth {
	if !ok {
		return Maybe
	}
	return truth(b)
}

func compare(a float64, op string, b float64) bool {
	switch op {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	case ">=":
		return a >= b
	}
	return a == b
}

var widths = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`([0-9.]+)(px|r?em)`)
})

// breakpoints returns the widths that a media query list names, each twice:
// the last that is left and the first that is right of it.
func breakpoints(query string) []float64 {
	var out []float64
	if !strings.Contains(query, "width") {
		return nil
	}
	for _, m := range widths().FindAllString(query, 8) {
		if x, ok := length(m, 0, 0); ok {
			out = append(out, x)
		}
	}
	return out
}
