package monitor

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/hone-web/hone/verify"
)

// The kinds of event.
const (
	Down = "failing"
	Up   = "recovered"
)

// Event is a change of a target that somebody should hear of.
type Event struct {
	Event    string    `json:"event"`
	URL      string    `json:"url"`
	At       time.Time `json:"at"`
	Since    time.Time `json:"since"`    // of the first failure
	Failures int       `json:"failures"` // in a row
	Status   int       `json:"status"`
	Scheme   string    `json:"scheme,omitempty"`
	Rule     string    `json:"rule,omitempty"`
	Reason   string    `json:"reason,omitempty"`
}

func event(kind string, r *Record, st *state) Event {
	return Event{Event: kind, URL: r.URL, At: r.Time, Since: st.since, Failures: st.failures, Status: r.Status, Scheme: r.Scheme, Rule: r.Rule, Reason: r.Reason}
}

// String tells the event in a line.
func (e *Event) String() string {
	if e.Event == Up {
		return fmt.Sprintf("recovered: %s answers %d, after %d failures since %s", e.URL, e.Status, e.Failures, e.Since.Format(time.RFC3339))
	}
	s := fmt.Sprintf("failing: %s: %s", e.URL, e.Reason)
	if e.Rule != "" {
		s += " [" + e.Rule + "]"
	}
	return s
}

// Webhook is where events are posted.
type Webhook struct {
	URL    string
	Secret []byte
	Client *http.Client // nil: one that waits 10 s and follows no redirect
}

// payload is the body of a request.
type payload struct {
	Version int     `json:"version"`
	Events  []Event `json:"events"`
}

// The fields of a request. The signature covers the time too, so that an old
// request cannot be sent again as a new one.
const (
	timestampField = "Hone-Timestamp"
	signatureField = "Hone-Signature"
)

// Sign returns the signature of a body that is sent at a time, which is in
// seconds since 1970: HMAC-SHA256 (RFC 2104) over the time, a dot and the body.
func Sign(secret []byte, timestamp string, body []byte) string {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(timestamp))
	m.Write([]byte{'.'})
	m.Write(body)
	return "sha256=" + hex.EncodeToString(m.Sum(nil))
}

// webhookTries is how often a request is made in a round.
const webhookTries = 3

// post sends events in one request; it tries again where that may help.
func (w *Webhook) post(ctx context.Context, events []Event, now func() time.Time, sleep func(context.Context, time.Duration) error) error {
	body, err := json.Marshal(payload{Version: 1, Events: events})
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	client := w.Client
	if client == nil {
		client = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	for try := 1; ; try++ {
		again, err := w.send(ctx, client, body, now())
		if err == nil || !again || try == webhookTries {
			return err
		}
		if err := sleep(ctx, time.Duration(try)*2*time.Second); err != nil {
			return err
		}
	}
}

func (w *Webhook) send(ctx context.Context, client *http.Client, body []byte, now time.Time) (again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	at := strconv.FormatInt(now.Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "hone-monitor")
	req.Header.Set(timestampField, at)
	req.Header.Set(signatureField, Sign(w.Secret, at, body))
	res, err := client.Do(req)
	if err != nil {
		return true, fmt.Errorf("%s", verify.Redact(verify.Trouble(err)))
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)); err != nil {
		return true, err
	}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return res.StatusCode == 429 || res.StatusCode >= 500, fmt.Errorf("it answers %d", res.StatusCode)
	}
	return false, nil
}
