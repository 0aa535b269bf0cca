package monitor

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"mime"
	"slices"
	"strings"
	"time"

	"github.com/hone-web/hone/site"
	"github.com/hone-web/hone/verify"
)

// The results of a target.
const (
	OK      = "ok"
	Failing = "failing"
	Unclear = "unclear" // answers differ from one request to the next
)

// Record is one answer, as it stands in the history.
type Record struct {
	Time     time.Time          `json:"time"`
	URL      string             `json:"url"`
	Result   string             `json:"result"`
	Rule     string             `json:"rule,omitempty"` // docs/rules
	Reason   string             `json:"reason,omitempty"`
	Status   int                `json:"status"` // 0: nothing answered
	Scheme   string             `json:"scheme,omitempty"`
	Bytes    int                `json:"bytes"`
	SHA256   string             `json:"sha256,omitempty"`
	Drift    []string           `json:"drift,omitempty"`   // "body", or names of fields that are not as deployed
	Seconds  map[string]float64 `json:"seconds,omitempty"` // dns, connect, tls, wait, total
	Expires  *time.Time         `json:"certificate_expires,omitempty"`
	Failures int                `json:"failures,omitempty"` // in a row
	Alerted  bool               `json:"alerted,omitempty"`
	Since    time.Time          `json:"since,omitzero"`
}

// judge says whether an answer is as it should be.
func judge(t *Target, r *verify.Reply, drift bool, now time.Time) Record {
	rec := Record{Time: now.UTC(), URL: t.Name(), Result: OK, Status: r.Status, Bytes: len(r.Body)}
	fail := func(rule, format string, args ...any) Record {
		rec.Result, rec.Rule, rec.Reason = Failing, rule, verify.Redact(fmt.Sprintf(format, args...))
		return rec
	}
	if r.Err != nil {
		rec.Status = 0
		return fail("", "nothing answers: %s", verify.Trouble(r.Err))
	}
	sum := sha256.Sum256(r.Body)
	rec.SHA256 = fmt.Sprintf("%x", sum)
	c := verify.Classify(r.Status, r.Header, r.Body, now)
	rec.Scheme = c.Scheme
	if !r.Stable {
		rec.Result, rec.Reason = Unclear, "the answer is another each time"
		return rec
	}
	same := t.Entry != nil && len(r.Body) > 0 && r.Header.Get("Content-Encoding") == "" && sum == t.Entry.SHA256
	want := r.Status >= 200 && r.Status < 400
	if t.Status != 0 {
		want = r.Status == t.Status
	}
	switch {
	case t.Paid && same && r.Status == 402:
		return fail("PL004", "the 402 holds the file that is paid for")
	case t.Paid && same:
		return fail("PL001", "the paid file is sent without payment")
	case r.Status == 402 && !t.Paid && t.Status != 402:
		if c.Scheme == "host-billing" {
			return fail("PW002", "402: a notice of %s to the owner of the site: the account is unpaid or over its limit", c.Host)
		}
		return fail("PW001", "402 where nothing is sold (%s)", c.Scheme)
	case !want && r.Status >= 300:
		return fail(verify.StatusMeaning(r).Rule, "answers %d, expected %s", r.Status, expected(t))
	case !want:
		return fail(map[bool]string{true: "PL001"}[t.Paid || t.Status == 402], "answers %d, expected %s", r.Status, expected(t))
	case r.Status == 402 && t.Scheme != "" && !strings.HasPrefix(c.Scheme, t.Scheme):
		return fail("PD004", "is sold by %s, expected %s", c.Scheme, t.Scheme)
	case r.Status == 402 && (c.Scheme == "bare" || c.Scheme == "host-billing"):
		return fail("PD001", "402 without a challenge that a client could pay")
	case r.Status == 402 && len(c.Problems) > 0:
		return fail("PD002", "the challenge cannot be used: %s", strings.Join(c.Problems, "; "))
	}
	if t.Entry != nil && r.Status == 200 && !t.Paid {
		rec.Drift = drifted(t.Entry, r, same)
		if len(rec.Drift) > 0 && drift {
			return fail("", "not as it was deployed: %s", strings.Join(rec.Drift, ", "))
		}
	}
	return rec
}

func expected(t *Target) string {
	if t.Status == 0 {
		return "a success"
	}
	return fmt.Sprint(t.Status)
}

// hopFields are set by whoever stands between: what was deployed does not
// decide them.
var hopFields = []string{"connection", "content-encoding", "content-length", "date", "etag", "last-modified", "vary", "transfer-encoding", "alt-svc"}

// drifted lists what of an answer is not as it was deployed. A body that was
// not read to its end, or came in a coding, is not compared.
func drifted(e *site.Entry, r *verify.Reply, same bool) []string {
	var out []string
	if !same && r.Header.Get("Content-Encoding") == "" && (int64(len(r.Body)) == e.Size || int64(len(r.Body)) < bodyLimit) {
		out = append(out, "body")
	}
	for name, want := range e.Header {
		if slices.Contains(hopFields, strings.ToLower(name)) {
			continue
		}
		if got := strings.Join(r.Header.Values(name), ", "); !sameField(name, got, want) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// bodyLimit is how much of a body verify.Probe reads.
const bodyLimit = 2 << 20

// sameField compares values as their meaning goes: directives in any order,
// and media types without regard to case.
func sameField(name, a, b string) bool {
	if strings.EqualFold(name, "content-type") {
		ta, pa, ea := mime.ParseMediaType(a)
		tb, pb, eb := mime.ParseMediaType(b)
		return ea == nil && eb == nil && ta == tb && strings.EqualFold(pa["charset"], pb["charset"])
	}
	if strings.EqualFold(name, "cache-control") {
		return slices.Equal(directives(a), directives(b))
	}
	return bytes.Equal(bytes.TrimSpace([]byte(a)), bytes.TrimSpace([]byte(b)))
}

func directives(s string) []string {
	out := strings.Split(strings.ToLower(strings.ReplaceAll(s, " ", "")), ",")
	slices.Sort(out)
	return out
}
