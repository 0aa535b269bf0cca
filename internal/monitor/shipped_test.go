package monitor

import (
	"encoding/json"
	"io"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// scraped returns the names that /metrics really gives after rounds in which
// everything occurred.
func scraped(t *testing.T) []string {
	t.Helper()
	m := NewMetrics("test")
	end := epoch.Add(time.Hour)
	s := &Summary{Records: []Record{
		{URL: "https://a/", Result: OK, Status: 200, Seconds: map[string]float64{"wait": 1, "total": 2}, Expires: &end},
		{URL: "https://b/", Result: Failing, Status: 402, Scheme: "x402v2", Drift: []string{"body"}},
		{URL: "https://c/", Result: Unclear},
	}}
	m.round(s, epoch, time.Second)
	m.historyFailed()
	m.posted(true)
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	text, err := io.ReadAll(w.Body)
	if err != nil || w.Code != 200 {
		t.Fatal(w.Code, err)
	}
	for _, want := range []string{`hone_monitor_up{url="https://a/"} 1`, `hone_monitor_payment_required{scheme="x402v2",url="https://b/"} 1`, `hone_monitor_drift{part="body",url="https://b/"} 1`,
		`hone_monitor_drift{part="header",url="https://b/"} 0`, `hone_monitor_probes_total{result="unclear"} 1`, `hone_monitor_webhooks_total{result="sent"} 1`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
	if strings.Contains(string(text), `hone_monitor_up{url="https://c/"}`) {
		t.Error("an unclear answer counts as one")
	}
	// A 402 that is gone must not stay.
	s.Records[1] = Record{URL: "https://b/", Result: OK, Status: 200}
	m.round(s, epoch, time.Second)
	w = httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if strings.Contains(w.Body.String(), `hone_monitor_payment_required{`) {
		t.Error("the 402 of before is still there")
	}
	var names []string
	for _, l := range regexp.MustCompile(`(?m)^# TYPE (\S+)`).FindAllStringSubmatch(string(text), -1) {
		names = append(names, l[1])
	}
	return names
}

var metricName = regexp.MustCompile(`hone_[a-z_]+`)

// The rules and the dashboard that ship with hone speak of metrics that exist,
// and the documentation names them all.
func TestShipped(t *testing.T) {
	t.Parallel()
	real := scraped(t)
	for _, name := range []string{"../../docs/monitor/alerts.yml", "../../docs/monitor/grafana.json", "../../docs/monitor.md"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		used := metricName.FindAllString(string(text), -1)
		if len(used) < 3 {
			t.Errorf("%s names %d metrics", name, len(used))
		}
		for _, u := range used {
			if !slices.Contains(real, u) {
				t.Errorf("%s: there is no metric %s", name, u)
			}
		}
		if strings.HasSuffix(name, ".json") && !json.Valid(text) {
			t.Errorf("%s is no JSON", name)
		}
		if strings.HasSuffix(name, ".md") {
			for _, r := range real {
				if !slices.Contains(used, r) {
					t.Errorf("%s does not name %s", name, r)
				}
			}
		}
	}
}
