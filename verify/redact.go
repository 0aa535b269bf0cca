package verify

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const hidden = "[redacted]"

// secretNames are parts of names of parameters whose values let others in.
var secretNames = []string{"token", "secret", "password", "passwd", "signature", "credential", "macaroon", "preimage", "session", "apikey", "api_key", "api-key", "access_key", "jwt", "x-amz-", "authorization"}

// secretWords are such names in whole: as parts they stand in other words.
var secretWords = []string{"sig", "key", "auth", "code", "sid", "pass", "pwd", "hmac", "proof"}

func secretName(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains(secretWords, name) || slices.ContainsFunc(secretNames, func(s string) bool { return strings.Contains(name, s) })
}

// secretLines are header fields of which nothing is shown, wherever they are
// written down.
var secretLines = []string{"authorization", "proxy-authorization", "cookie", "set-cookie", "basic-auth", "payment-signature", "x-payment", "x-api-key"}

// authSchemes are words after which a credential stands.
var authSchemes = []string{"bearer ", "basic ", "l402 ", "lsat "}

// Redact takes the secrets out of a text that is shown: values of parameters
// whose names say so, in addresses and in challenges, credentials after the
// name of their scheme, and what stands before the @ of an address.
func Redact(s string) string {
	if !strings.ContainsAny(s, "=@: ") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if n := credential(s[i:]); n > 0 && (i == 0 || !nameByte(s[i-1])) {
			b.WriteString(s[i:i+n] + hidden)
			i += n
			for i < len(s) && !strings.ContainsRune(" \t\r\n,;\"')", rune(s[i])) {
				i++
			}
			continue
		}
		if strings.HasPrefix(s[i:], "://") {
			end := i + 3
			at := -1
			for ; end < len(s) && !strings.ContainsRune("/?# \t\r\n\"'", rune(s[end])); end++ {
				if s[end] == '@' {
					at = end
				}
			}
			if at > 0 {
				b.WriteString("://" + hidden)
				i = at
				continue
			}
		}
		if !nameByte(s[i]) {
			b.WriteByte(s[i])
			i++
			continue
		}
		end := i
		for end < len(s) && nameByte(s[end]) {
			end++
		}
		name := s[i:end]
		b.WriteString(name)
		i = end
		if i < len(s) && s[i] == ':' && slices.Contains(secretLines, strings.ToLower(name)) {
			b.WriteString(": " + hidden)
			for i < len(s) && s[i] != '\n' && s[i] != '"' {
				i++
			}
			continue
		}
		if i < len(s) && s[i] == '=' && secretName(name) {
			b.WriteByte('=')
			n := valueLen(s[i+1:])
			if n > 0 {
				b.WriteString(hidden)
			}
			i += 1 + n
		}
	}
	return b.String()
}

func nameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-' || c >= 0x80
}

// credential returns the length of the name of a scheme, with its space, that
// s begins with; what follows must look like a credential and not like prose.
func credential(s string) int {
	for _, scheme := range authSchemes {
		if len(s) <= len(scheme) || !strings.EqualFold(s[:len(scheme)], scheme) {
			continue
		}
		word := s[len(scheme):min(len(s), len(scheme)+512)]
		if i := strings.IndexAny(word, " \t\r\n,;"); i >= 0 {
			word = word[:i]
		}
		if !strings.Contains(strings.TrimRight(word, "="), "=") && len(word) >= 8 {
			return len(scheme)
		}
	}
	return 0
}

// valueLen returns the length of the value of a parameter.
func valueLen(s string) int {
	if strings.HasPrefix(s, `"`) {
		if i := strings.IndexByte(s[1:], '"'); i >= 0 {
			return i + 2
		}
		return len(s)
	}
	if i := strings.IndexAny(s, "&#;, \t\r\n\"')"); i >= 0 {
		return i
	}
	return len(s)
}

// RedactURL takes the secrets out of an address.
func RedactURL(u string) string {
	v, err := url.Parse(u)
	if err != nil || v.User == nil && v.RawQuery == "" && v.Fragment == "" {
		return Redact(u)
	}
	v.User, v.Fragment = nil, ""
	return Redact(v.String())
}

// evidenceFields are the fields of an answer that findings are about. A list
// of what is shown is safer than one of what is not.
var evidenceFields = []string{"Age", "Allow", "Access-Control-Allow-Headers", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Cache-Control", "Cache-Status", "Cdn-Cache-Control",
	"Cf-Cache-Status", "Content-Length", "Content-Range", "Content-Type", "Crawler-Error", "Crawler-Price", "Etag", "Expires", "Location", "Payment-Required", "Retry-After", "Server", "Surrogate-Control",
	"Vary", "Via", "Www-Authenticate", "X-Cache", "X-Robots-Tag", "X-Varnish", "X-Vercel-Cache", "X-Vercel-Error"}

// shownHeader returns the fields of an answer that may be shown.
func shownHeader(h http.Header) map[string]string {
	out := map[string]string{}
	for _, k := range evidenceFields {
		v := h.Values(k)
		if len(v) == 0 {
			continue
		}
		text := strings.Join(v, ", ")
		switch k {
		case "Www-Authenticate":
			text = challengeNames(v)
		case "Location":
			text = RedactURL(text)
		}
		out[k] = clip(Redact(text))
	}
	return out
}

// challengeNames writes challenges without the values of their parameters: a
// macaroon is a credential as soon as it is paid for.
func challengeNames(values []string) string {
	var out []string
	for _, v := range values {
		scheme, params, _ := strings.Cut(strings.TrimSpace(v), " ")
		var names []string
		for k := range authParams(params) {
			names = append(names, k)
		}
		slices.Sort(names)
		out = append(out, strings.TrimSpace(scheme+" "+strings.Join(names, ", ")))
	}
	return strings.Join(out, "; ")
}
