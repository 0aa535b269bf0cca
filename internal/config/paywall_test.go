package config

import (
	"strings"
	"testing"
)

func TestPaywall(t *testing.T) {
	t.Parallel()
	text := `[paywall]
default = "free"
[[paywall.rule]]
id = "club"
path = "/club/**"
access = "paid"
by_agent = { search = "preview" }
expect = { status = 402, scheme = ["x402"], cache = ["no-store"] }

[[ paywall.rule ]] # second
path = "/x"
access = "free"
[[paywall.exception]]
rule = "PW004"
until = "2027-01-31"
`
	c, err := Parse("hone.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p := &c.Paywall
	if len(p.Rule) != 2 || p.Rule[0].Line != 3 || p.Rule[1].Line != 10 || p.Exception[0].Line != 13 || p.Rule[0].ByAgent["search"] != "preview" || p.Rule[0].Expect.Scheme[0] != "x402" {
		t.Errorf("read: %+v", p)
	}
	same, err := ParsePaywall("paywall.toml", []byte(strings.ReplaceAll(strings.ReplaceAll(text, "[paywall]\n", ""), "paywall.", "")))
	if err != nil || len(same.Rule) != 2 || same.Rule[1].Line != 9 || same.IsZero() {
		t.Errorf("read: %+v, %v", same, err)
	}
	for text, want := range map[string]string{
		"[[rule]]\npaht = \"/x\"": `paywall.toml:2:1: unknown key "rule.paht"`,
		"defualt = \"free\"":      `paywall.toml:1:1: unknown key "defualt"; did you mean "paywall.default"?`,
		"rule = 3":                "paywall.toml:1:",
	} {
		if _, err := ParsePaywall("paywall.toml", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"[[paywall.rule]]\nexpect = { scheme = [\"x403\"] }": `scheme: "x403" is none of`,
		"[[paywall.rule]]\nexpect = { status = 200 }":        "200 is no answer to an unpaid request",
	} {
		if _, err := Parse("hone.toml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if _, err := FromEnv(func(k string) (string, bool) { return "x", k == "HONE_PAYWALL__RULE" }); err == nil {
		t.Error("rules are read from the environment")
	}
}
