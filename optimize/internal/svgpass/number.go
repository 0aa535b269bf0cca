package svgpass

import (
	"math"
	"strconv"
	"strings"
)

// scanNumber returns the length of the number (SVG 2, 4.2; CSS Values 4,
// 4.3) at the start of s, or 0.
func scanNumber(s string) int {
	i := 0
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	digits := 0
	for ; i < len(s) && isDigit(s[i]); i++ {
		digits++
	}
	if i+1 < len(s) && s[i] == '.' && isDigit(s[i+1]) {
		for i++; i < len(s) && isDigit(s[i]); i++ {
			digits++
		}
	}
	if digits == 0 {
		return 0
	}
	if i+1 < len(s) && s[i]|0x20 == 'e' {
		j := i + 1
		if s[j] == '+' || s[j] == '-' {
			j++
		}
		if j < len(s) && isDigit(s[j]) {
			for ; j < len(s) && isDigit(s[j]); j++ {
			}
			i = j
		}
	}
	return i
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// largest keeps coordinates in fixed point inside what a double holds exactly.
const largest = 1e6

func parseNumber(s string) (float64, bool) {
	if n := scanNumber(s); n == 0 || n != len(s) {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil && math.Abs(v) <= largest
}

// separators skips white space and at most one comma.
func separators(s string) string {
	s = strings.TrimLeft(s, " \t\r\n\f")
	if strings.HasPrefix(s, ",") {
		s = strings.TrimLeft(s[1:], " \t\r\n\f")
	}
	return s
}

// numbers reads a list of numbers and nothing else.
func numbers(s string) ([]float64, bool) {
	s = strings.Trim(s, " \t\r\n\f")
	var out []float64
	for s != "" {
		n := scanNumber(s)
		v, ok := parseNumber(s[:n])
		if !ok {
			return nil, false
		}
		out = append(out, v)
		rest := separators(s[n:])
		if rest == "" && strings.HasSuffix(s, ",") {
			return nil, false
		}
		s = rest
	}
	return out, true
}

// length reads a length in user units.
func length(s string) (float64, bool) {
	return parseNumber(strings.TrimSuffix(strings.Trim(s, " \t\r\n"), "px"))
}

// format writes v with at most n decimals, or all it has if n < 0.
func format(v float64, n int) string {
	if n >= 0 {
		p := math.Pow10(n)
		v = math.Round(v*p) / p
	}
	s := strconv.FormatFloat(v, 'f', n, 64)
	if strings.IndexByte(s, '.') >= 0 {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	switch {
	case s == "-0":
		return "0"
	case strings.HasPrefix(s, "0."):
		return s[1:]
	case strings.HasPrefix(s, "-0."):
		return "-" + s[2:]
	}
	return s
}

// list writes numbers as a list. A minus sign and a second point part
// numbers as well as a space does.
func list(v []float64, n int) string {
	var b strings.Builder
	point := false
	for i, x := range v {
		s := format(x, n)
		if i > 0 && s[0] != '-' && (s[0] != '.' || !point) {
			b.WriteByte(' ')
		}
		b.WriteString(s)
		point = strings.IndexByte(s, '.') >= 0
	}
	return b.String()
}

// fixed is a coordinate in units of a power of ten.
type fixed = int64

// appendFixed writes v / 10^n.
func appendFixed(b []byte, v fixed, n int) []byte {
	if v < 0 {
		b = append(b, '-')
		v = -v
	}
	var digits [24]byte
	s := strconv.AppendInt(digits[:0], v, 10)
	whole := len(s) - n
	if whole > 0 {
		b = append(b, s[:whole]...)
		s = s[whole:]
	}
	frac := s
	for len(frac) > 0 && frac[len(frac)-1] == '0' {
		frac = frac[:len(frac)-1]
	}
	switch {
	case v == 0:
		if whole <= 0 {
			b = append(b, '0')
		}
		return b
	case len(frac) == 0:
		return b
	}
	b = append(b, '.')
	for ; whole < 0; whole++ {
		b = append(b, '0')
	}
	return append(b, frac...)
}
