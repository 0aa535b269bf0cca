package budget

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path"
	"strings"

	"github.com/hone-web/hone/internal/config"
)

// Import adds the budgets of a file that was written for another tool: a
// Lighthouse budget.json or a .size-limit.json. What hone cannot measure from
// files is named in left, and left out.
func (s *Set) Import(name string, text []byte) (left []string, err error) {
	var list []json.RawMessage
	if err := json.Unmarshal(text, &list); err != nil {
		var p map[string]json.RawMessage
		if json.Unmarshal(text, &p) != nil || p["size-limit"] == nil {
			return nil, fmt.Errorf("%s: it is neither a Lighthouse budget.json nor a list of size-limit: %w", name, err)
		}
		if err := json.Unmarshal(p["size-limit"], &list); err != nil { // in package.json
			return nil, fmt.Errorf("%s: size-limit: %w", name, err)
		}
	}
	for i, raw := range list {
		label := fmt.Sprintf("%s, entry %d", path.Base(name), i+1)
		var kind struct {
			Limit json.RawMessage `json:"limit"`
		}
		if err := json.Unmarshal(raw, &kind); err != nil {
			return left, fmt.Errorf("%s: %w", label, err)
		}
		var more []string
		if kind.Limit != nil {
			more, err = s.sizeLimit(raw, label)
		} else {
			more, err = s.lighthouse(raw, label)
		}
		if err != nil {
			return left, fmt.Errorf("%s: %w", label, err)
		}
		left = append(left, more...)
	}
	return left, nil
}

// lighthouse reads an entry of a budget.json: sizes are in KiB, a path is
// written as in robots.txt, and of several entries for a page the last counts.
func (s *Set) lighthouse(raw []byte, label string) (left []string, err error) {
	type amount struct {
		ResourceType string  `json:"resourceType"`
		Budget       float64 `json:"budget"`
	}
	var e struct {
		Path           string            `json:"path"`
		Timings        []json.RawMessage `json:"timings"`
		ResourceSizes  []amount          `json:"resourceSizes"`
		ResourceCounts []amount          `json:"resourceCounts"`
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, err
	}
	if len(e.Timings) > 0 {
		left = append(left, label+": timings need a browser")
	}
	b, err := newBudget(&config.Budget{}, label, e.Path)
	if err != nil {
		return left, err
	}
	b.pattern = e.Path
	if e.Path == "" {
		b.pattern = "/"
	}
	b.match = func(p string) bool { return robots(b.pattern, p) }
	for _, a := range e.ResourceSizes {
		if !(a.Budget >= 0 && a.Budget < 1<<42) {
			return left, fmt.Errorf("a budget of %v KiB", a.Budget)
		}
		switch a.ResourceType {
		case "total", "document", "stylesheet", "script", "image", "font", "media", "other":
			b.limits[a.ResourceType] = int64(a.Budget * 1024)
		case "third-party":
			left = append(left, label+": the size of files of other hosts is not known")
		default:
			return left, fmt.Errorf("resourceType %q is none of Lighthouse's", a.ResourceType)
		}
	}
	for _, a := range e.ResourceCounts {
		if !(a.Budget >= 0 && a.Budget <= math.MaxInt32) {
			return left, fmt.Errorf("a budget of %v requests", a.Budget)
		}
		n := int(a.Budget)
		switch a.ResourceType {
		case "total":
			b.requests = &n
		case "third-party":
			b.external = &n
		default:
			left = append(left, label+": the number of requests for "+a.ResourceType+" is not looked at")
		}
	}
	s.pages = append(s.pages, b)
	return left, nil
}

// robots matches a path as robots.txt does (RFC 9309, section 2.2.3): from the
// start, * for anything, $ for the end.
func robots(pattern, p string) bool {
	pattern, end := strings.CutSuffix(pattern, "$")
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(p, parts[0]) {
		return false
	}
	rest := p[len(parts[0]):]
	for i, part := range parts[1:] {
		if end && i == len(parts)-2 {
			return strings.HasSuffix(rest, part)
		}
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return !end || rest == ""
}

// sizeLimit reads an entry of size-limit: globs of files and what they may
// weigh together; brotli unless said otherwise.
func (s *Set) sizeLimit(raw []byte, label string) (left []string, err error) {
	var e struct {
		Name    string          `json:"name"`
		Path    json.RawMessage `json:"path"`
		Limit   any             `json:"limit"`
		Brotli  *bool           `json:"brotli"`
		Gzip    bool            `json:"gzip"`
		Webpack any             `json:"webpack"`
		Import  any             `json:"import"`
		Running any             `json:"running"`
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, err
	}
	if e.Name != "" {
		label += " (" + e.Name + ")"
	}
	var paths []string
	var one string
	if json.Unmarshal(e.Path, &one) == nil {
		paths = []string{one}
	} else if err := json.Unmarshal(e.Path, &paths); err != nil {
		return nil, errors.New("path is neither a text nor a list")
	}
	limit, ok := e.Limit.(string)
	if !ok {
		return nil, errors.New("limit needs a unit, such as \"10 kB\"")
	}
	if strings.HasSuffix(limit, "s") {
		return []string{label + ": a limit of time needs a browser"}, nil
	}
	if e.Import != nil {
		return []string{label + ": import needs a bundler"}, nil
	}
	c := config.Budget{Encoding: "br", Limits: config.BudgetLimits{Each: limit}}
	switch {
	case e.Gzip:
		c.Encoding = "gzip"
	case e.Brotli != nil && !*e.Brotli:
		c.Encoding = "none"
	}
	var globs []string
	for _, p := range paths {
		if strings.HasPrefix(p, "!") {
			left = append(left, label+": "+p+" takes files out, which is not looked at")
			continue
		}
		// size-limit's paths begin at the project, hone's at the site: the
		// output folder is one of the first names.
		globs = append(globs, tails(path.Clean(p))...)
	}
	if len(globs) == 0 {
		return left, nil
	}
	c.Files = "{" + strings.Join(globs, ",") + "}"
	if err := s.Add(&c, label); err != nil {
		return left, err
	}
	s.files[len(s.files)-1].sum = true
	return left, nil
}

// tails returns p with none, one and two of its first folders left out.
func tails(p string) []string {
	p = strings.TrimPrefix(strings.TrimPrefix(p, "./"), "/")
	list := []string{p}
	for range 2 {
		_, rest, ok := strings.Cut(p, "/")
		if !ok {
			break
		}
		list = append(list, rest)
		p = rest
	}
	return list
}
