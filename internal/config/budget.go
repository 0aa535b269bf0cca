package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Budget is one [[budget]]: what pages or files may weigh.
type Budget struct {
	Match       string       `toml:"match" json:"match,omitempty" jsonschema:"description=Glob of page addresses such as /blog/**; of several budgets for a page the last one counts"`
	Files       string       `toml:"files" json:"files,omitempty" jsonschema:"description=Glob of output files such as assets/*.js; every budget for a file counts"`
	Level       string       `toml:"level" json:"level,omitempty" jsonschema:"enum=error,enum=warn,enum=off,description=What it is to go beyond the budget; default error"`
	Encoding    string       `toml:"encoding" json:"encoding,omitempty" jsonschema:"enum=br,enum=gzip,enum=none,description=The coding in which files are measured; default gzip"`
	MaxIncrease string       `toml:"max_increase" json:"max_increase,omitempty" jsonschema:"description=How much more than in the report of --compare a page may weigh: 5% or 20KiB"`
	Limits      BudgetLimits `toml:"limits" json:"limits,omitempty" jsonschema:"description=The most that may be sent"`
}

// BudgetLimits are the bounds of a budget: sizes with their unit (KB is 1000
// bytes, KiB 1024), and counts.
type BudgetLimits struct {
	Total              string `toml:"total" json:"total,omitempty" jsonschema:"description=A page and all that it loads"`
	Document           string `toml:"document" json:"document,omitempty" jsonschema:"description=The page itself"`
	Stylesheet         string `toml:"stylesheet" json:"stylesheet,omitempty" jsonschema:"description=Its style sheets"`
	Script             string `toml:"script" json:"script,omitempty" jsonschema:"description=Its scripts"`
	Image              string `toml:"image" json:"image,omitempty" jsonschema:"description=Its pictures"`
	Font               string `toml:"font" json:"font,omitempty" jsonschema:"description=Its fonts"`
	Media              string `toml:"media" json:"media,omitempty" jsonschema:"description=Its sound and film"`
	Other              string `toml:"other" json:"other,omitempty" jsonschema:"description=What else it loads"`
	Critical           string `toml:"critical" json:"critical,omitempty" jsonschema:"description=What its main content waits for: the page with blocking styles and scripts and its first picture"`
	Each               string `toml:"each" json:"each,omitempty" jsonschema:"description=One file; only with files"`
	Requests           *int   `toml:"requests" json:"requests,omitempty" jsonschema:"minimum=0,description=Requests of a page"`
	ThirdPartyRequests *int   `toml:"third_party_requests" json:"third_party_requests,omitempty" jsonschema:"minimum=0,description=Its requests to other hosts that are known from the files"`
}

// Sizes returns the bounds on bytes by name, in the order of the fields.
func (l *BudgetLimits) Sizes() []struct{ Name, Text string } {
	return []struct{ Name, Text string }{{"total", l.Total}, {"document", l.Document}, {"stylesheet", l.Stylesheet}, {"script", l.Script}, {"image", l.Image},
		{"font", l.Font}, {"media", l.Media}, {"other", l.Other}, {"critical", l.Critical}, {"each", l.Each}}
}

// validateBudgets returns what is wrong with the first budget that is wrong.
func validateBudgets(bs []Budget) (key, message string) {
	for i := range bs {
		if m := bs[i].validate(); m != "" {
			return "budget", fmt.Sprintf("number %d: %s", i+1, m)
		}
	}
	return "", ""
}

func (b *Budget) validate() string {
	switch {
	case (b.Match == "") == (b.Files == ""):
		return "it needs match, for pages, or files, for files"
	case b.Level != "" && !slices.Contains([]string{"error", "warn", "off"}, b.Level):
		return "level: " + oneOf(b.Level, []string{"error", "warn", "off"})
	case b.Encoding != "" && !slices.Contains([]string{"br", "gzip", "none"}, b.Encoding):
		return "encoding: " + oneOf(b.Encoding, []string{"br", "gzip", "none"})
	case b.Encoding != "" && b.Files == "":
		return "encoding is for files; pages are measured as gzip sends them"
	case b.Files != "" && b.Limits.Each == "":
		return "limits.each says what a file may weigh"
	}
	for _, s := range b.Limits.Sizes() {
		if s.Text == "" {
			continue
		}
		if _, err := ParseBytes(s.Text); err != nil {
			return "limits." + s.Name + ": " + err.Error()
		}
		if (s.Name == "each") != (b.Files != "") {
			return "limits." + s.Name + " does not go with " + map[bool]string{true: "files", false: "match"}[b.Files != ""]
		}
	}
	for _, n := range []*int{b.Limits.Requests, b.Limits.ThirdPartyRequests} {
		if n != nil && (*n < 0 || b.Files != "") {
			return "limits.requests: it is for pages, and not below 0"
		}
	}
	if b.MaxIncrease != "" {
		if _, _, err := ParseIncrease(b.MaxIncrease); err != nil {
			return "max_increase: " + err.Error()
		}
	}
	return ""
}

var byteUnits = []struct {
	suffix string
	factor float64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"KB", 1e3}, {"B", 1}}

// ParseBytes reads a size with its unit: 120KiB, 1.5 MB. A number alone is
// refused: nobody knows which thousand is meant.
func ParseBytes(s string) (int64, error) {
	for _, u := range byteUnits {
		num, ok := strings.CutSuffix(strings.TrimSpace(s), u.suffix)
		if !ok {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(num), 64)
		if err != nil || !(v >= 0 && v*u.factor <= 1<<52) {
			break
		}
		return int64(v * u.factor), nil
	}
	return 0, fmt.Errorf("%q is not a size; write it like 120KiB or 1.5MB", s)
}

// ParseIncrease reads a bound on growth: a share (0.05 for "5%") or bytes.
func ParseIncrease(s string) (share float64, bytes int64, err error) {
	if num, ok := strings.CutSuffix(strings.TrimSpace(s), "%"); ok {
		v, err := strconv.ParseFloat(strings.TrimSpace(num), 64)
		if err != nil || !(v >= 0 && v <= 1e6) {
			return 0, 0, fmt.Errorf("%q is not a share; write it like 5%%", s)
		}
		return v / 100, 0, nil
	}
	bytes, err = ParseBytes(s)
	return 0, bytes, err
}
