package config

import (
	"strings"
	"testing"
)

func TestBudget(t *testing.T) {
	t.Parallel()
	c, err := Parse("hone.toml", []byte(`
[[budget]]
match = "/blog/**"
level = "warn"
limits = { total = "600KiB", script = "0.1MB", requests = 0, third_party_requests = 5 }
max_increase = "5%"

[[budget]]
files = "assets/*.js"
encoding = "br"
limits = { each = "60 kB" }
`))
	if err != nil || len(c.Budget) != 2 || *c.Budget[0].Limits.Requests != 0 || c.Budget[1].Limits.Each != "60 kB" {
		t.Fatalf("%+v, %v", c, err)
	}
	for text, want := range map[string]string{
		"":                      "it needs match, for pages, or files",
		"match='a'\nfiles='b'":  "it needs match, for pages, or files",
		"match='a'\nlevel='no'": `level: "no" is none of`,
		"files='a'\nencoding='brotli'\nlimits={each='1KB'}": `"brotli" is none of`,
		"match='a'\nencoding='br'":                          "encoding is for files",
		"files='a'":                                         "limits.each says",
		"files='a'\nlimits={each='1KB',total='1KB'}":        "limits.total does not go with files",
		"match='a'\nlimits={each='1KB'}":                    "limits.each does not go with match",
		"match='a'\nlimits={total='100'}":                   "write it like 120KiB",
		"match='a'\nlimits={total='-1KB'}":                  "write it like 120KiB",
		"match='a'\nlimits={requests=-1}":                   "not below 0",
		"match='a'\nmax_increase='5'":                       "write it like 120KiB",
		"match='a'\nmax_increase='x%'":                      "write it like 5%",
		"match='a'\nlimit={total='1KB'}":                    `unknown key "budget.limit"`,
	} {
		_, err := Parse("hone.toml", []byte("[[budget]]\n"+text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if _, err := FromEnv(func(k string) (string, bool) { return "x", k == "HONE_BUDGET" }); err == nil {
		t.Error("a budget from the environment was accepted")
	}
}

func TestParseBytes(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]int64{"1B": 1, "1KB": 1000, "1 KiB": 1024, "1.5MB": 1_500_000, "2GiB": 2 << 30, "0kB": 0} {
		if got, err := ParseBytes(s); err != nil || got != want {
			t.Errorf("%s: %d, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "5", "KB", "-1KB", "nanKB", "infMB", "1e99GB", "1 2KB"} {
		if got, err := ParseBytes(s); err == nil {
			t.Errorf("%q was read as %d", s, got)
		}
	}
}
