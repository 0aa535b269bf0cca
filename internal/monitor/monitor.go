// Package monitor asks the same addresses again and again: it judges each
// answer against what was deployed, remembers, counts and tells. It owns the
// schedule, the history, the metrics and the webhook; how requests are made and
// what an answer means are those of verify. It reads no clock and draws no
// numbers: both are given to it, so that its tests need not wait.
package monitor

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/hone-web/hone/verify"
)

// Options are what a monitor is made of.
type Options struct {
	Targets  []Target
	Interval time.Duration // from the beginning of a round to that of the next
	Jitter   float64       // the share by which it varies, 0 to 1, so that many monitors do not ask at once
	Drift    bool          // an answer that is not what was deployed counts as failing
	History  *History      // nil: nothing is kept
	Metrics  *Metrics      // nil: nothing is counted
	Webhook  *Webhook      // nil: nobody is told

	// Probe returns a prober for an origin; it is used for one round.
	Probe func(origin *url.URL) *verify.Probe
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error
	Rand  func() float64 // from 0 up to 1
	// Log takes what people should see: a line for each change and each trouble.
	Log func(format string, args ...any)
}

// Monitor is the state between rounds.
type Monitor struct {
	Options
	state map[string]*state // by URL
}

// state is what is remembered of a target.
type state struct {
	failures int       // in a row
	alerted  bool      // the failure was told
	since    time.Time // of the first failure in the row
}

// alertAfter is how many failures in a row are told: one alone is often a
// hiccup of the network on this side.
const alertAfter = 2

// workers is how many targets are asked at once.
const workers = 4

// New readies a monitor. What the history remembers goes on counting, so that
// runs with --once see two failures in a row too.
func New(o Options) (*Monitor, error) {
	m := &Monitor{Options: o, state: map[string]*state{}}
	if o.History == nil {
		return m, nil
	}
	last, err := o.History.Last()
	if err != nil {
		return nil, err
	}
	for _, t := range o.Targets {
		if r, ok := last[t.Name()]; ok {
			m.state[t.Name()] = &state{failures: r.Failures, alerted: r.Alerted, since: r.Since}
		}
	}
	return m, nil
}

// Summary is what became of a round.
type Summary struct {
	Records              []Record
	OK, Failing, Unclear int
}

// Run makes rounds until ctx ends, which is no error.
func (m *Monitor) Run(ctx context.Context) error {
	for {
		began := m.Now()
		if _, err := m.Round(ctx); ctx.Err() != nil {
			return nil
		} else if err != nil {
			m.Log("%v", err) // a full disk is no reason to stop looking
		}
		if err := m.Sleep(ctx, m.wait(m.Now().Sub(began))); err != nil {
			return nil
		}
	}
}

// wait returns the time to the next round, of which some has passed. A round
// that took longer than the interval is not followed by another at once.
func (m *Monitor) wait(passed time.Duration) time.Duration {
	d := time.Duration(float64(m.Interval) * (1 + m.Jitter*(2*m.Rand()-1)))
	return max(d-passed, min(d, time.Second))
}

// Round asks every target once. The error is one of keeping the history or of
// telling; the summary is complete all the same.
func (m *Monitor) Round(ctx context.Context) (*Summary, error) {
	began := m.Now()
	s := &Summary{Records: m.ask(ctx)}
	if ctx.Err() != nil {
		return s, ctx.Err()
	}
	for i := range s.Records {
		switch r := &s.Records[i]; r.Result {
		case OK:
			s.OK++
		case Failing:
			s.Failing++
		default:
			s.Unclear++
		}
	}
	events := m.advance(s.Records)
	err := m.tell(ctx, s.Records, events)
	if m.History != nil {
		if herr := m.History.Append(s.Records); herr != nil {
			m.Metrics.historyFailed()
			err = fmt.Errorf("keep history: %w", herr)
		}
	}
	m.Metrics.round(s, began, m.Now().Sub(began))
	return s, err
}

// ask makes the requests of a round, side by side, and returns the answers in
// the order of the targets.
func (m *Monitor) ask(ctx context.Context) []Record {
	probes := map[string]*verify.Probe{}
	for _, t := range m.Targets {
		if o := t.origin(); probes[o.String()] == nil {
			probes[o.String()] = m.Probe(o)
		}
	}
	defer func() {
		for _, p := range probes {
			p.Close() // each round connects anew: a name or a certificate that broke is seen
		}
	}()
	out := make([]Record, len(m.Targets))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(workers, len(m.Targets)) {
		wg.Go(func() {
			for i := range next {
				t := &m.Targets[i]
				out[i] = m.one(ctx, probes[t.origin().String()], t)
			}
		})
	}
	for i := range m.Targets {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	return out
}

func (m *Monitor) one(ctx context.Context, p *verify.Probe, t *Target) Record {
	clock := &stopwatch{now: m.Now}
	a := verify.Ask{Path: t.URL.RequestURI(), Agent: t.Agent}
	r := p.Do(clock.trace(ctx), a)
	rec := judge(t, &r, m.Drift, m.Now())
	clock.into(&rec, r.Err == nil)
	return rec
}

// advance counts failures in a row and returns what has to be told. An unclear
// answer changes nothing: it is neither a failure nor a recovery.
func (m *Monitor) advance(records []Record) []Event {
	var out []Event
	for i := range records {
		r := &records[i]
		st := m.state[r.URL]
		if st == nil {
			st = &state{}
			m.state[r.URL] = st
		}
		switch r.Result {
		case Failing:
			if st.failures++; st.failures == 1 {
				st.since = r.Time
			}
			if st.failures >= alertAfter && !st.alerted {
				out = append(out, event(Down, r, st))
			}
		case OK:
			if st.alerted {
				out = append(out, event(Up, r, st))
			} else {
				*st = state{}
			}
		}
		r.Failures, r.Alerted, r.Since = st.failures, st.alerted, st.since
	}
	return out
}

// tell logs and posts what happened. What could not be posted is told in the
// next round: only then does the state change.
func (m *Monitor) tell(ctx context.Context, records []Record, events []Event) error {
	if len(events) == 0 {
		return nil
	}
	for _, e := range events {
		m.Log("%s", e.String())
	}
	var err error
	if m.Webhook != nil {
		err = m.Webhook.post(ctx, events, m.Now, m.Sleep)
		m.Metrics.posted(err == nil)
	}
	if err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	done := map[string]string{}
	for _, e := range events {
		done[e.URL] = e.Event
	}
	for i := range records {
		r := &records[i]
		switch st := m.state[r.URL]; done[r.URL] {
		case Down:
			st.alerted, r.Alerted = true, true
		case Up:
			*st = state{}
			r.Failures, r.Alerted, r.Since = 0, false, time.Time{}
		}
	}
	return nil
}
