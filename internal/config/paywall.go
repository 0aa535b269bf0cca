package config

import (
	"fmt"
	"slices"
	"strings"
)

// Paywall is the [paywall] table, and the content of paywall.toml.
type Paywall struct {
	Default   *string            `toml:"default" json:"default,omitempty" jsonschema:"enum=free,enum=paid,enum=preview,enum=deny,enum=ignore,description=Access of files that no rule governs; default free"`
	Hosts     []string           `toml:"hosts" json:"hosts,omitempty" jsonschema:"description=Configuration files of the host to read besides those with well-known names; such as deploy/nginx.conf"`
	Proof     []string           `toml:"proof" json:"proof,omitempty" jsonschema:"description=Command that proves a payment for hone probe: it reads a challenge as JSON and prints one header field; hone never pays"`
	Origins   []string           `toml:"origins" json:"origins,omitempty" jsonschema:"description=Further addresses of the same files that must not give paid ones away; such as https://site.pages.dev"`
	Rule      []PaywallRule      `toml:"rule" json:"rule,omitempty" jsonschema:"description=Which files are free and which are paid; the pattern that says most decides"`
	Exception []PaywallException `toml:"exception" json:"exception,omitempty" jsonschema:"description=Findings that are known and accepted until a day"`
}

// PaywallRule is one [[paywall.rule]].
type PaywallRule struct {
	ID      string            `toml:"id" json:"id,omitempty" jsonschema:"description=Name of the rule in reports"`
	Path    string            `toml:"path" json:"path" jsonschema:"description=Pattern of URL paths: ** anything; * within a segment; ? one character; {a\\,b} either"`
	Except  []string          `toml:"except" json:"except,omitempty" jsonschema:"description=Patterns that the rule does not govern"`
	Access  string            `toml:"access" json:"access" jsonschema:"enum=free,enum=paid,enum=preview,enum=deny,enum=ignore"`
	ByAgent map[string]string `toml:"by_agent" json:"by_agent,omitempty" jsonschema:"description=Access of classes of clients: human or search or training or user-fetch or social"`
	Expect  PaywallExpect     `toml:"expect" json:"expect,omitempty" jsonschema:"description=What an answer to a request without payment looks like"`
	Line    int               `toml:"-" json:"-"`
}

// PaywallExpect is what an unpaid answer looks like.
type PaywallExpect struct {
	Status  int      `toml:"status" json:"status,omitempty" jsonschema:"description=Default 402"`
	Scheme  []string `toml:"scheme" json:"scheme,omitempty" jsonschema:"enum=x402,enum=x402v1,enum=x402v2,enum=mpp,enum=l402,enum=cf-ppc,enum=tollbit"`
	Cache   []string `toml:"cache" json:"cache,omitempty" jsonschema:"description=Directives that Cache-Control must have"`
	Methods []string `toml:"methods" json:"methods,omitempty" jsonschema:"description=Methods that are gated; default all"`
}

// PaywallException is one [[paywall.exception]].
type PaywallException struct {
	Rule   string `toml:"rule" json:"rule" jsonschema:"description=Id of the findings; such as PW004"`
	Path   string `toml:"path" json:"path,omitempty" jsonschema:"description=Pattern of URL paths; default all"`
	Until  string `toml:"until" json:"until,omitempty" jsonschema:"description=The last day on which it counts; as 2027-01-31"`
	Reason string `toml:"reason" json:"reason,omitempty"`
	Line   int    `toml:"-" json:"-"`
}

// IsZero reports whether nothing is set.
func (p *Paywall) IsZero() bool {
	return p.Default == nil && p.Hosts == nil && p.Proof == nil && p.Origins == nil && p.Rule == nil && p.Exception == nil
}

// ParsePaywall reads the text of a paywall.toml, which holds the keys of the
// [paywall] table.
func ParsePaywall(name string, text []byte) (*Paywall, error) {
	var p Paywall
	if err := decode(name, text, &p, "paywall."); err != nil {
		return nil, err
	}
	p.places(text, "")
	return &p, nil
}

// places notes the lines on which rules and exceptions begin.
func (p *Paywall) places(text []byte, prefix string) {
	rule, exception := 0, 0
	for n, l := range strings.Split(string(text), "\n") {
		head, _, _ := strings.Cut(strings.TrimSpace(l), "#")
		switch strings.ReplaceAll(head, " ", "") {
		case "[[" + prefix + "rule]]":
			if rule < len(p.Rule) {
				p.Rule[rule].Line = n + 1
			}
			rule++
		case "[[" + prefix + "exception]]":
			if exception < len(p.Exception) {
				p.Exception[exception].Line = n + 1
			}
			exception++
		}
	}
}

// validate returns the first mistake that needs no pattern to be compiled.
func (p *Paywall) validate() (key, message string) {
	for i := range p.Rule {
		for _, s := range p.Rule[i].Expect.Scheme {
			if known := []string{"x402", "x402v1", "x402v2", "mpp", "l402", "cf-ppc", "tollbit"}; !slices.Contains(known, s) {
				return "paywall.rule", fmt.Sprintf("scheme: %s", oneOf(s, known))
			}
		}
		if s := p.Rule[i].Expect.Status; s != 0 && (s < 300 || s > 499) {
			return "paywall.rule", fmt.Sprintf("status: %d is no answer to an unpaid request", s)
		}
	}
	return "", ""
}
