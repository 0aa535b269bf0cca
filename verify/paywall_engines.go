package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// engines finds route maps that are written once and read by two engines: the
// middleware in JavaScript ignores case and covers /x with /x/*, that in Go
// does neither, so the same keys gate other files.
func (j *payment) engines() {
	for _, js := range j.Hosts {
		for _, golang := range j.Hosts {
			if routes(js) && !js.Unordered && routes(golang) && golang.Unordered {
				j.drift(js, golang)
			}
		}
	}
}

// routes reports whether a configuration is a route map.
func routes(c *site.HostConf) bool {
	return len(c.Rules) > 0 && c.Rules[0].Code && c.Rules[0].Forced && strings.HasPrefix(c.Host, "x402")
}

func (j *payment) drift(js, golang *site.HostConf) {
	shared := -1
	for i := range golang.Rules {
		if slices.ContainsFunc(js.Rules, func(r site.HostRule) bool { return r.Pattern == golang.Rules[i].Pattern }) {
			shared = i
			break
		}
	}
	if shared < 0 {
		return // they are about something else
	}
	at := golang.Rules[shared].HostPlace
	for _, f := range j.Files {
		if f.access[0].Access == Ignore {
			continue
		}
		for _, u := range j.every(f) {
			a, b := js.Answer(u, true).Status == 402, golang.Answer(u, true).Status == 402
			if a == b {
				continue
			}
			by, not := js, golang
			if b {
				by, not = golang, js
			}
			j.report(place(site.Diagnostic{Rule: "PF003", Severity: site.Warn, Confidence: site.Probable,
				Message: fmt.Sprintf("the same routes in %s and %s gate other paths: %s is gated by %s and not by %s", js.Path, golang.Path, u, by.Path, not.Path),
				Hint:    "write keys in the case of the paths, and name the folder beside what is below it: /club and /club/*"}, at), string(js.Path+golang.Path), "paths", u)
		}
	}
}

// every returns all paths under which hosts serve a file.
func (j *payment) every(f *PaymentFile) []string {
	prefix := strings.TrimSuffix(j.Prefix, "/")
	out := make([]string, len(f.urls))
	for i, u := range f.urls {
		out[i] = prefix + u
	}
	return out
}
