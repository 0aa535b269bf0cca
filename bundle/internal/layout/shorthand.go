package layout

import "strings"

// part returns what a shorthand sets one of its properties to; "?" where that
// is not worked out.
func part(short, prop, value string) string {
	switch value {
	case "inherit", "initial", "unset", "revert", "revert-layer", "?":
		return value
	}
	if strings.Contains(value, "var(") && short != "padding" && short != "margin" && short != "gap" && short != "font" {
		return "?"
	}
	words := fields(value)
	if len(words) == 0 {
		return "?"
	}
	switch short {
	case "inline-size", "max-inline-size", "min-inline-size", "block-size", "min-block-size", "grid-column-gap":
		return value
	case "padding", "margin", "border-width":
		left := strings.HasSuffix(prop, "left")
		switch {
		case strings.HasSuffix(prop, "top"):
			return words[0]
		case strings.HasSuffix(prop, "bottom"):
			return words[min(len(words)-1, 2)/2*2]
		case len(words) == 1:
			return words[0]
		case len(words) == 4 && left:
			return words[3]
		case len(words) <= 4:
			return words[1]
		}
	case "padding-inline", "margin-inline", "padding-block":
		if strings.HasSuffix(prop, "left") || strings.HasSuffix(prop, "top") || len(words) == 1 {
			return words[0]
		}
		return words[1]
	case "border":
		return value
	case "gap", "grid-gap":
		return words[len(words)-1]
	case "columns":
		for _, w := range words {
			if w[0] >= '0' && w[0] <= '9' && !strings.ContainsAny(w, "abcdefghijklmnopqrstuvwxyz%") {
				return w
			}
		}
		return "?"
	case "flex-flow":
		for _, w := range words {
			if strings.HasPrefix(w, "row") || strings.HasPrefix(w, "column") {
				return w
			}
		}
		return "row"
	case "flex":
		return flexPart(prop, words)
	case "font":
		return fontPart(prop, words)
	}
	return "?"
}

// flexPart takes the flex shorthand apart (CSS Flexbox 1, section 7.1.1).
func flexPart(prop string, words []string) string {
	grow, basis := "1", "0px"
	switch words[0] {
	case "none":
		grow, basis = "0", "auto"
	case "auto":
		basis = "auto"
	default:
		numbers := 0
		for _, w := range words {
			if isNumber(w) && numbers < 2 {
				if numbers == 0 {
					grow = w
				}
				numbers++
			} else {
				basis = w
			}
		}
	}
	if prop == "flex-grow" {
		return grow
	}
	return basis
}

func isNumber(w string) bool {
	return w != "" && strings.Trim(w, "0123456789.") == ""
}

// fields splits a value at white space outside of brackets.
func fields(value string) []string {
	var out []string
	for _, w := range splitTop(strings.Join(strings.Fields(value), " "), ' ') {
		if w != "" {
			out = append(out, w)
		}
	}
	return out
}
