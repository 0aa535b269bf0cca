package verify

import (
	"net/http"
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"nothing here":                                   "nothing here",
		"GET /a?token=abc&x=1 answers 402":               "GET /a?token=[redacted]&x=1 answers 402",
		"https://h/a?X-Amz-Signature=abc#f":              "https://h/a?X-Amz-Signature=[redacted]#f",
		"/a?monkey=1&key=2":                              "/a?monkey=1&key=[redacted]",
		`L402 macaroon="AGIAJE", invoice="lnbc1"`:        `L402 macaroon=[redacted], invoice="lnbc1"`,
		"Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.x.y": "Authorization: [redacted]",
		"as in Bearer eyJhbGciOiJIUzI1NiJ9.x.y, for":     "as in Bearer [redacted], for",
		`does not act on "Basic-Auth: joe:pass1": it`:    `does not act on "Basic-Auth: [redacted]": it`,
		"asked with Authorization, X-PAYMENT":            "asked with Authorization, X-PAYMENT",
		"https://user:pass@h/a":                          "https://[redacted]@h/a",
		"the basic ideas of it":                          "the basic ideas of it",
		"L402 QUdJQUpFYWFh:0123456789abcdef and more":    "L402 [redacted] and more",
		"Cache-Control: max-age=60":                      "Cache-Control: max-age=60",
		"?access_token=":                                 "?access_token=",
	} {
		if got := Redact(in); got != want {
			t.Errorf("Redact(%q) = %q, want %q", in, got, want)
		}
	}
	if got := RedactURL("https://user:pass@h/a?sig=1&b=2#access_token=3"); got != "https://h/a?sig=[redacted]&b=2" {
		t.Errorf("%s", got)
	}
	h := http.Header{"Set-Cookie": {"sid=SECRET"}, "Www-Authenticate": {`L402 macaroon="SECRET", invoice="lnbcSECRET"`}, "Location": {"/a?token=SECRET"}, "X-Debug": {"SECRET"}, "Vary": {"Accept"}}
	got := shownHeader(h)
	for k, v := range got {
		if strings.Contains(v, "SECRET") {
			t.Errorf("%s: %s", k, v)
		}
	}
	if got["Vary"] != "Accept" || got["Www-Authenticate"] != "L402 invoice, macaroon" {
		t.Errorf("%v", got)
	}
}

func FuzzRedact(f *testing.F) {
	for _, s := range []string{"a?token=b", "Bearer abcdefghi", "://a@b", `macaroon="x`, "\xff=", "key=key=key"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Redact(s)
		if twice := Redact(once); len(twice) > len(once)+len(hidden)*strings.Count(once, "=") {
			t.Errorf("%q: %q grows to %q", s, once, twice)
		}
		if got := Redact("/a?token=" + "SECRETVALUE&" + s); strings.HasPrefix(got, "/a?token=S") {
			t.Errorf("%q", got)
		}
	})
}
