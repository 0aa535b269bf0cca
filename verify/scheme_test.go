package verify

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

const goodV2 = `{"x402Version":2,"resource":{"url":"https://a.example/x"},"accepts":[{"scheme":"exact","network":"eip155:8453","amount":"10000","asset":"0xA0","payTo":"0xB0","maxTimeoutSeconds":60}]}`

var challengeCases = []struct {
	name    string
	status  int
	header  map[string]string
	body    string
	scheme  string
	problem string // "" for a good one
}{
	{"x402 v2", 402, map[string]string{"PAYMENT-REQUIRED": b64(goodV2)}, "{}", "x402v2", ""},
	{"x402 v2 with a v1 body", 402, map[string]string{"PAYMENT-REQUIRED": b64(goodV2)}, `{"x402Version":1,"accepts":[]}`, "x402v2", ""},
	{"x402 v2 not base64", 402, map[string]string{"PAYMENT-REQUIRED": "%%"}, "", "x402v2", "not base64"},
	{"x402 v2 no offers", 402, map[string]string{"PAYMENT-REQUIRED": b64(`{"x402Version":2,"accepts":[]}`)}, "", "x402v2", "/accepts is empty"},
	{"x402 v2 amount", 402, map[string]string{"PAYMENT-REQUIRED": b64(strings.Replace(goodV2, `"10000"`, `"0.01"`, 1))}, "", "x402v2", `/accepts/0/amount is "0.01"`},
	{"x402 v2 network", 402, map[string]string{"PAYMENT-REQUIRED": b64(strings.Replace(goodV2, "eip155:8453", "base", 1))}, "", "x402v2", "CAIP-2"},
	{"x402 v2 no payee", 402, map[string]string{"PAYMENT-REQUIRED": b64(strings.Replace(goodV2, `"payTo":"0xB0",`, "", 1))}, "", "x402v2", "/accepts/0/payTo is missing"},
	{"x402 v1", 402, nil, `{"x402Version":1,"accepts":[{"scheme":"exact","network":"base","maxAmountRequired":"1","asset":"a","payTo":"b","resource":"https://a.example/x"}]}`, "x402v1", ""},
	{"x402 v1 empty", 402, nil, `{"x402Version":1,"accepts":[]}`, "x402v1", "/accepts is empty"},
	{"mpp", 402, map[string]string{"WWW-Authenticate": `Payment id="a", realm="x", method="m", intent="charge", request="e30", expires="2027-01-01T13:00:00Z"`}, "", "mpp", ""},
	{"mpp expired", 402, map[string]string{"WWW-Authenticate": `Payment id="a", realm="x", method="m", intent="charge", request="e30", expires="2027-01-01T11:00:00Z"`}, "", "mpp", "expired"},
	{"mpp no id", 402, map[string]string{"WWW-Authenticate": `Payment realm="x", method="m", intent="charge", request="e30"`}, "", "mpp", "no id"},
	{"mpp request", 402, map[string]string{"WWW-Authenticate": `Payment id="a", realm="x", method="m", intent="charge", request="!"`}, "", "mpp", "base64url"},
	{"l402", 402, map[string]string{"WWW-Authenticate": `L402 version="0", token="AGIA", invoice="lnbc10u1p"`}, "", "l402", ""},
	{"lsat", 402, map[string]string{"WWW-Authenticate": `LSAT macaroon="AGIA", invoice="lnbc10u1p"`}, "", "l402", ""},
	{"l402 invoice", 402, map[string]string{"WWW-Authenticate": `L402 token="AGIA", invoice="x"`}, "", "l402", "BOLT 11"},
	{"pay per crawl", 402, map[string]string{"crawler-price": "USD 0.01"}, "", "cf-ppc", ""},
	{"pay per crawl price", 402, map[string]string{"crawler-price": "free"}, "", "cf-ppc", "no currency"},
	{"tollbit", 302, map[string]string{"Location": "https://tollbit.a.example/x"}, "", "tollbit", ""},
	{"vercel", 402, nil, "The deployment is currently unavailable\n402: PAYMENT_REQUIRED\nCode: DEPLOYMENT_DISABLED", "host-billing", "no visitor can pay"},
	{"bonsai", 402, nil, `{"code":402,"message":"Cluster has been disabled due to non-payment"}`, "host-billing", "no visitor can pay"},
	{"bare", 402, nil, "<h1>Pay</h1>", "bare", "no challenge"},
	{"bare JSON", 402, nil, `{"error":"payment required"}`, "bare", "no challenge"},
	{"nothing", 200, nil, "hello", "", ""},
	{"a redirect", 302, map[string]string{"Location": "/x"}, "", "", ""},
}

func TestClassify(t *testing.T) {
	t.Parallel()
	for _, tt := range challengeCases {
		h := http.Header{}
		for k, v := range tt.header {
			h.Set(k, v)
		}
		c := Classify(tt.status, h, []byte(tt.body), noon)
		got := strings.Join(c.Problems, "; ")
		if c.Scheme != tt.scheme || (tt.problem == "") != (got == "") || !strings.Contains(got, tt.problem) {
			t.Errorf("%s: %q, problems %q", tt.name, c.Scheme, got)
		}
	}
	h := http.Header{}
	h.Set("PAYMENT-REQUIRED", b64(strings.Replace(goodV2, "eip155:8453", "eip155:84532", 1)))
	if c := Classify(402, h, nil, noon); c.Test == "" || c.Resource != "https://a.example/x" {
		t.Errorf("%+v", c)
	}
}

func FuzzClassify(f *testing.F) {
	for _, tt := range challengeCases {
		f.Add(tt.status, tt.header["PAYMENT-REQUIRED"], tt.header["WWW-Authenticate"], tt.header["crawler-price"], tt.body)
	}
	f.Fuzz(func(t *testing.T, status int, required, auth, price, body string) {
		h := http.Header{"Payment-Required": {required}, "Www-Authenticate": {auth}, "Crawler-Price": {price}}
		c := Classify(status, h, []byte(body), noon)
		if c.Scheme == "" && len(c.Problems) > 0 || status == 402 && c.Scheme == "" {
			t.Errorf("%+v", c)
		}
		if len(c.Problems) > 200 {
			t.Errorf("%d problems", len(c.Problems))
		}
	})
}
