package scan

import "github.com/hone-web/hone/site"

// Candidate is one image of a srcset.
type Candidate struct {
	URL        site.Span // in the attribute's value
	Descriptor string    // "2x", "640w", "", or several as written
}

// Srcset cuts the value of a srcset attribute into its candidates, by the
// parsing algorithm of WHATWG HTML, section 4.8.4.3.10. Descriptors are not
// judged.
func Srcset(s string) []Candidate {
	var out []Candidate
	for i := 0; ; {
		for i < len(s) && (isSpace(s[i]) || s[i] == ',') {
			i++
		}
		if i == len(s) {
			return out
		}
		start := i
		for i < len(s) && !isSpace(s[i]) {
			i++
		}
		end := i
		for end > start && s[end-1] == ',' {
			end--
		}
		c := Candidate{URL: site.Span{Start: start, End: end}}
		if end == i { // no comma after the URL: descriptors follow
			c.Descriptor, i = descriptors(s, i)
		}
		out = append(out, c)
	}
}

// descriptors reads up to the comma that ends the candidate; commas in
// parentheses do not.
func descriptors(s string, i int) (string, int) {
	start, depth := i, 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '(':
			depth = 1 // the algorithm does not nest
		case ')':
			depth = 0
		case ',':
			if depth == 0 {
				return trimSpace(s[start:i]), i + 1
			}
		}
	}
	return trimSpace(s[start:]), i
}

func trimSpace(s string) string {
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	for s != "" && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}
