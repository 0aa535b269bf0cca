package cache

import (
	"regexp"
	"strings"
	"sync"
)

var apacheVar = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`%\{([^}]*)\}`) })

// apacheConds judges conditions as a plain request meets them.
func apacheConds(conds []string, url string, exists bool) tri {
	out, or := yes, no
	for i, c := range conds {
		w := strings.Split(c, "\x00")
		if len(w) < 2 {
			continue
		}
		flags := ""
		if len(w) > 2 {
			flags = strings.ToUpper(w[2])
		}
		got := apacheCond(w[0], w[1], strings.Contains(flags, "NC"), url, exists).or(or)
		or = no
		if strings.Contains(flags, "OR") && i+1 < len(conds) {
			or = got
			continue
		}
		out = out.and(got)
	}
	return out
}

func apacheCond(test, want string, fold bool, url string, exists bool) tri {
	want, negated := strings.CutPrefix(want, "!")
	known := true
	s := apacheVar().ReplaceAllStringFunc(test, func(v string) string {
		switch name := strings.ToUpper(strings.Trim(v, "%{}")); {
		case name == "HTTP_USER_AGENT" || name == "HTTP:USER-AGENT":
			return plainAgent
		case name == "REQUEST_URI" || name == "REQUEST_FILENAME":
			return url
		case name == "REQUEST_METHOD":
			return "GET"
		case name == "HTTP_COOKIE" || name == "QUERY_STRING" || name == "HTTP_REFERER" || name == "REMOTE_USER":
			return ""
		case strings.HasPrefix(name, "HTTP:") && name != "HTTP:HOST" && !strings.HasPrefix(name, "HTTP:ACCEPT") && !strings.HasPrefix(name, "HTTP:X-FORWARDED"):
			return ""
		}
		known = false
		return ""
	})
	var out tri
	switch {
	case !known:
		return maybe
	case want == "-f":
		out = is(exists)
	case strings.HasPrefix(want, "-"):
		return maybe
	case strings.HasPrefix(want, "="):
		out = is(s == strings.Trim(want[1:], `"`))
	default:
		out = matchTri(hostRegexp(want, fold), s)
	}
	if negated {
		return out.not()
	}
	return out
}
