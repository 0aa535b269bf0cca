package monitor

import (
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are what Prometheus scrapes. A nil one counts nothing.
type Metrics struct {
	registry                                             *prometheus.Registry
	up, status, failures, bytes, payment, drift, seconds *prometheus.GaugeVec
	expires                                              *prometheus.GaugeVec
	probes, webhooks                                     *prometheus.CounterVec
	history                                              prometheus.Counter
	last, took                                           prometheus.Gauge
}

// NewMetrics returns metrics in a registry of their own.
func NewMetrics(version string) *Metrics {
	r := prometheus.NewRegistry()
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "hone", Subsystem: "monitor", Name: name, Help: help}, labels)
		r.MustRegister(g)
		return g
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "hone", Subsystem: "monitor", Name: name, Help: help}, labels)
		r.MustRegister(c)
		return c
	}
	m := &Metrics{
		registry: r,
		up:       gauge("up", "1 if the target answers as it should, 0 if not; unchanged while unclear.", "url"),
		status:   gauge("status", "The status code of the last answer; 0 if nothing answered.", "url"),
		failures: gauge("failures", "Failures in a row.", "url"),
		bytes:    gauge("response_bytes", "Bytes of the last body.", "url"),
		payment:  gauge("payment_required", "1 if the last answer asks for payment, by the scheme of its challenge.", "url", "scheme"),
		drift:    gauge("drift", "1 if a part of the last answer is not as it was deployed.", "url", "part"),
		seconds:  gauge("phase_seconds", "How long the phases of the last request took.", "url", "phase"),
		expires:  gauge("certificate_expires_timestamp_seconds", "When the certificate of the target expires.", "url"),
		probes:   counter("probes_total", "Answers by result.", "result"),
		webhooks: counter("webhooks_total", "Posts to the webhook by result.", "result"),
	}
	m.history = counter("history_errors_total", "Rounds that could not be kept in the history.").WithLabelValues()
	m.last = gauge("last_round_timestamp_seconds", "When the last round began.").WithLabelValues()
	m.took = gauge("round_seconds", "How long the last round took.").WithLabelValues()
	gauge("build_info", "1; the version of hone.", "version").WithLabelValues(version).Set(1)
	for _, x := range []string{OK, Failing, Unclear} {
		m.probes.WithLabelValues(x)
	}
	for _, x := range []string{"sent", "failed"} {
		m.webhooks.WithLabelValues(x)
	}
	return m
}

// Handler serves /metrics.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second}))
	return mux
}

// round takes in what became of a round.
func (m *Metrics) round(s *Summary, began time.Time, took time.Duration) {
	if m == nil {
		return
	}
	for i := range s.Records {
		m.record(&s.Records[i])
	}
	m.last.Set(float64(began.UnixMilli()) / 1e3)
	m.took.Set(took.Seconds())
}

func (m *Metrics) record(r *Record) {
	m.probes.WithLabelValues(r.Result).Inc()
	if r.Result == Unclear {
		return
	}
	m.up.WithLabelValues(r.URL).Set(bit(r.Result == OK))
	m.status.WithLabelValues(r.URL).Set(float64(r.Status))
	m.failures.WithLabelValues(r.URL).Set(float64(r.Failures))
	m.bytes.WithLabelValues(r.URL).Set(float64(r.Bytes))
	// What is no longer so must not stand there as if it were.
	m.payment.DeletePartialMatch(prometheus.Labels{"url": r.URL})
	if r.Status == http.StatusPaymentRequired {
		m.payment.WithLabelValues(r.URL, r.Scheme).Set(1)
	}
	body := slices.Contains(r.Drift, "body")
	m.drift.WithLabelValues(r.URL, "body").Set(bit(body))
	m.drift.WithLabelValues(r.URL, "header").Set(bit(len(r.Drift) > 1 || len(r.Drift) == 1 && !body))
	m.seconds.DeletePartialMatch(prometheus.Labels{"url": r.URL})
	for phase, s := range r.Seconds {
		m.seconds.WithLabelValues(r.URL, phase).Set(s)
	}
	if r.Expires != nil {
		m.expires.WithLabelValues(r.URL).Set(float64(r.Expires.Unix()))
	}
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (m *Metrics) historyFailed() {
	if m != nil {
		m.history.Inc()
	}
}

func (m *Metrics) posted(ok bool) {
	if m != nil {
		m.webhooks.WithLabelValues(map[bool]string{true: "sent", false: "failed"}[ok]).Inc()
	}
}
