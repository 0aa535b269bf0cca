package verify

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Challenge is what an answer asks for, and what is wrong with it.
type Challenge struct {
	// Scheme is x402v2, x402v1, mpp, l402, cf-ppc, tollbit, host-billing or
	// bare; "" for an answer that asks for nothing.
	Scheme   string
	Offer    string   // in words: "0.01 USDC-like units on eip155:8453"
	Resource string   // the URL that is offered, "" if the scheme names none
	Problems []string // why no client can use it
	Test     string   // not empty: a test network or a placeholder
	Host     string   // of host-billing: whose notice it is

	offers []offer
}

// maxChallenge bounds a challenge that is decoded.
const maxChallenge = 64 << 10

// Classify says whose challenge an answer holds. Fields come before the body:
// servers of x402 version 2 send any body.
func Classify(status int, h http.Header, body []byte, now time.Time) Challenge {
	if v := h.Get("PAYMENT-REQUIRED"); v != "" {
		return x402v2(v)
	}
	for _, v := range h.Values("WWW-Authenticate") {
		switch scheme, params, _ := strings.Cut(strings.TrimSpace(v), " "); strings.ToLower(scheme) {
		case "payment":
			return mpp(params, now)
		case "l402", "lsat":
			return l402(params)
		}
	}
	if v := h.Get("crawler-price"); v != "" {
		c := Challenge{Scheme: "cf-ppc", Offer: v}
		if f := strings.Fields(v); len(f) != 2 || !isNumber(f[1]) {
			c.Problems = append(c.Problems, fmt.Sprintf("crawler-price: %q is no currency and amount", clip(v)))
		}
		return c
	}
	if status >= 300 && status < 400 {
		if u, err := url.Parse(h.Get("Location")); err == nil && strings.HasPrefix(strings.ToLower(u.Host), "tollbit.") {
			return Challenge{Scheme: "tollbit", Resource: u.String()}
		}
	}
	if status != http.StatusPaymentRequired {
		return Challenge{}
	}
	if host := billing(h, body); host != "" {
		return Challenge{Scheme: "host-billing", Host: host, Problems: []string{"it is a notice of the host to the owner of the site, which no visitor can pay"}}
	}
	if c, ok := x402v1(body); ok {
		return c
	}
	return Challenge{Scheme: "bare", Problems: []string{"it holds no challenge that any known client could pay"}}
}

func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

// billing recognises the notices of hosts that were not paid.
func billing(h http.Header, body []byte) string {
	text := string(body[:min(len(body), maxChallenge)])
	switch {
	case strings.Contains(text, "DEPLOYMENT_DISABLED") || strings.Contains(text, "402: PAYMENT_REQUIRED") || strings.HasPrefix(h.Get("X-Vercel-Error"), "DEPLOYMENT_DISABLED"):
		return "Vercel"
	case h.Get("X-ShopId") != "" || h.Get("X-Shopify-Stage") != "" || strings.Contains(text, "This store is unavailable"):
		return "Shopify"
	case strings.Contains(text, "disabled due to non-payment"):
		return "Bonsai"
	case strings.Contains(text, "reached its usage limits"):
		return "Netlify"
	}
	return ""
}

// offer is one entry of accepts, of both versions of x402.
type offer struct {
	Scheme, Network, Amount, MaxAmountRequired, Asset, PayTo, Resource string
	MaxTimeoutSeconds                                                  *float64
}

// amount is what is asked, in either version's field.
func (o *offer) amount() string { return cmp.Or(o.Amount, o.MaxAmountRequired) }

// String tells the offer in words.
func (o *offer) String() string {
	return fmt.Sprintf("%s units of %s on %s", clip(o.amount()), clip(o.Asset), clip(o.Network))
}

// same reports whether two offers ask the same; what one of them does not say
// is no difference.
func (o *offer) same(p offer) bool {
	for _, x := range [...][2]string{{o.amount(), p.amount()}, {o.Network, p.Network}, {strings.ToLower(o.Asset), strings.ToLower(p.Asset)}, {strings.ToLower(o.PayTo), strings.ToLower(p.PayTo)}} {
		if x[0] != "" && x[1] != "" && x[0] != x[1] {
			return false
		}
	}
	return true
}

// x402v2 reads PAYMENT-REQUIRED (x402, transports-v2/http): base64 of JSON.
func x402v2(v string) Challenge {
	c := Challenge{Scheme: "x402v2"}
	if len(v) > maxChallenge {
		c.Problems = append(c.Problems, "PAYMENT-REQUIRED is too long to be a challenge")
		return c
	}
	raw, err := base64.StdEncoding.DecodeString(v)
	if err != nil {
		if raw, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(v, "=")); err != nil {
			c.Problems = append(c.Problems, "PAYMENT-REQUIRED is not base64")
			return c
		}
	}
	var doc struct {
		Version  int             `json:"x402Version"`
		Accepts  []offer         `json:"accepts"`
		Resource json.RawMessage `json:"resource"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		c.Problems = append(c.Problems, "PAYMENT-REQUIRED does not hold the JSON of a challenge")
		return c
	}
	if doc.Version != 2 {
		c.Problems = append(c.Problems, fmt.Sprintf("/x402Version is %d, not 2", doc.Version))
	}
	var res struct {
		URL string `json:"url"`
	}
	if json.Unmarshal(doc.Resource, &res) == nil {
		c.Resource = res.URL
	}
	c.accepts(doc.Accepts, func(o *offer) string { return o.Amount }, "amount")
	for i, o := range doc.Accepts {
		if !strings.Contains(o.Network, ":") {
			c.Problems = append(c.Problems, fmt.Sprintf("/accepts/%d/network is %q, not a CAIP-2 name such as eip155:8453", i, clip(o.Network)))
		}
	}
	return c
}

// x402v1 reads a body of version 1.
func x402v1(body []byte) (Challenge, bool) {
	if len(body) > maxChallenge {
		return Challenge{}, false
	}
	var doc struct {
		Version int     `json:"x402Version"`
		Accepts []offer `json:"accepts"`
	}
	if json.Unmarshal(body, &doc) != nil || doc.Version == 0 && doc.Accepts == nil {
		return Challenge{}, false
	}
	c := Challenge{Scheme: "x402v1"}
	if doc.Version != 1 {
		c.Problems = append(c.Problems, fmt.Sprintf("/x402Version is %d in a body, where version 1 is read", doc.Version))
	}
	c.accepts(doc.Accepts, func(o *offer) string { return o.MaxAmountRequired }, "maxAmountRequired")
	if len(doc.Accepts) > 0 {
		c.Resource = doc.Accepts[0].Resource
	}
	return c, true
}

func (c *Challenge) accepts(os []offer, amount func(*offer) string, field string) {
	if len(os) == 0 {
		c.Problems = append(c.Problems, "/accepts is empty")
		return
	}
	c.offers = os
	for i := range os {
		o := &os[i]
		bad := func(name, value string) {
			c.Problems = append(c.Problems, fmt.Sprintf("/accepts/%d/%s is %q", i, name, clip(value)))
		}
		if a := amount(o); a == "" || strings.Trim(a, "0123456789") != "" {
			bad(field, a)
		}
		for name, v := range map[string]string{"scheme": o.Scheme, "network": o.Network, "asset": o.Asset, "payTo": o.PayTo} {
			if v == "" {
				c.Problems = append(c.Problems, fmt.Sprintf("/accepts/%d/%s is missing", i, name))
			}
		}
		for _, n := range testNetworks {
			if o.Network == n || strings.EqualFold(o.PayTo, n) {
				c.Test = n
			}
		}
		if i == 0 {
			c.Offer = o.String()
		}
		if len(c.Problems) > 16 {
			break
		}
	}
	slices.Sort(c.Problems)
}

// mpp reads the Payment scheme (draft-httpauth-payment).
func mpp(params string, now time.Time) Challenge {
	c := Challenge{Scheme: "mpp"}
	p := authParams(params)
	for _, k := range []string{"id", "realm", "method", "intent", "request"} {
		if p[k] == "" {
			c.Problems = append(c.Problems, "the challenge has no "+k)
		}
	}
	c.Offer = strings.TrimSpace(p["method"] + " " + p["intent"])
	if r := p["request"]; r != "" {
		raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(r, "="))
		if err != nil || !json.Valid(raw) {
			c.Problems = append(c.Problems, "request is not base64url of JSON")
		}
	}
	if e := p["expires"]; e != "" {
		if t, err := time.Parse(time.RFC3339, e); err != nil {
			c.Problems = append(c.Problems, fmt.Sprintf("expires: %q is no time", clip(e)))
		} else if !now.IsZero() && now.After(t) {
			c.Problems = append(c.Problems, "it has expired")
		}
	}
	return c
}

// l402 reads L402, and LSAT as it was called.
func l402(params string) Challenge {
	c := Challenge{Scheme: "l402"}
	p := authParams(params)
	token := p["token"]
	if token == "" {
		token = p["macaroon"]
	}
	if _, err := base64.StdEncoding.DecodeString(token); token == "" || err != nil {
		if _, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(token, "=")); token == "" || err != nil {
			c.Problems = append(c.Problems, "token is not base64")
		}
	}
	switch inv := strings.ToLower(p["invoice"]); {
	case strings.HasPrefix(inv, "lntb") || strings.HasPrefix(inv, "lnbcrt"):
		c.Test = "a Lightning test network"
	case !strings.HasPrefix(inv, "lnbc"):
		c.Problems = append(c.Problems, "invoice is not a BOLT 11 invoice")
	}
	return c
}

// authParams reads the parameters of a challenge (RFC 9110, section 11.2).
func authParams(s string) map[string]string {
	out := map[string]string{}
	if len(s) > maxChallenge {
		return out
	}
	for s != "" {
		s = strings.TrimLeft(s, " \t,")
		key, rest, ok := strings.Cut(s, "=")
		if !ok {
			break
		}
		value := ""
		if strings.HasPrefix(rest, `"`) {
			i := 1
			var b strings.Builder
			for ; i < len(rest) && rest[i] != '"'; i++ {
				if rest[i] == '\\' && i+1 < len(rest) {
					i++
				}
				b.WriteByte(rest[i])
			}
			value, s = b.String(), rest[min(i+1, len(rest)):]
		} else {
			value, s, _ = strings.Cut(rest, ",")
		}
		key = strings.ToLower(strings.TrimSpace(key))
		if _, ok := out[key]; !ok {
			out[key] = strings.TrimSpace(value)
		}
	}
	return out
}
