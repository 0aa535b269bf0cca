package cache

import "strings"

// glob matches the patterns of _headers and _redirects: * stands for anything,
// :name for one segment.
func glob(p, s string) bool { return globWith(p, s, true) }

// starGlob matches * only: a colon stands for itself.
func starGlob(p, s string) bool { return globWith(p, s, false) }

// globWith matches without backtracking over more than the last star.
func globWith(p, s string, names bool) bool {
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(s) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case names && i < len(p) && p[i] == ':' && i > 0 && p[i-1] == '/':
			for i < len(p) && p[i] != '/' {
				i++
			}
			for j < len(s) && s[j] != '/' {
				j++
			}
		case i < len(p) && p[i] == s[j]:
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(p[i:], "*") == ""
}
