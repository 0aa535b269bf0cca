package verify

import (
	"context"
	"fmt"
	"strings"
)

// Diagnosis is what is to be said about one URL.
type Diagnosis struct {
	Lines   []string
	Trouble bool // visitors do not get what they came for
	Unclear bool // nothing answered, or not twice the same
}

func (d *Diagnosis) say(format string, args ...any) {
	d.Lines = append(d.Lines, Redact(fmt.Sprintf(format, args...)))
}

// Diagnose asks for one path, as people do and as crawlers do, and says what
// the answers mean.
func (p *Probe) Diagnose(ctx context.Context, path string) *Diagnosis {
	d := &Diagnosis{}
	hops, loop := p.Follow(ctx, Ask{Path: path})
	for i := range hops {
		r := &hops[i]
		if to := r.Header.Get("Location"); r.Err == nil && r.Status >= 300 && r.Status < 400 {
			d.say("%s answers %d and leads to %s.", r.Path, r.Status, to)
		}
	}
	r := &hops[len(hops)-1]
	if r.Err != nil {
		d.Unclear = true
		d.say("%s: nothing answers: %s.", r.Path, Trouble(r.Err))
		d.say("This is no status of the site: look at the name, the certificate and the network first.")
		return d
	}
	if loop {
		d.Trouble = true
		d.say("The redirects go in circles. Look for two rules that undo each other, often http and https or with and without a slash.")
		return d
	}
	d.Unclear = !r.Stable
	d.say("%s.", r.Evidence())
	c := Classify(r.Status, r.Header, r.Body, p.Now())
	switch {
	case r.Status >= 200 && r.Status < 300:
		d.say("People get it.")
	case r.Status == 402 || c.Scheme != "":
		d.payment(ctx, p, r, c)
	case r.Status >= 300 && r.Status < 400:
		d.say("It leads to another site, which was not asked.")
	default:
		m := StatusMeaning(r)
		d.Trouble = true
		d.say("%s: %s.", capital(m.What), m.Impact)
		d.say("What to do: %s. [%s]", m.Fix, m.Rule)
	}
	d.agents(ctx, p, r)
	return d
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// payment says whose challenge it is and what to do.
func (d *Diagnosis) payment(ctx context.Context, p *Probe, r *Reply, c Challenge) {
	d.Trouble = true
	if m := StatusMeaning(r); m.Rule == "PS402" {
		d.say("%s: %s. [%s]", capital(m.What), m.Impact, m.Rule)
	}
	switch c.Scheme {
	case "host-billing":
		d.say("It is a notice of %s to the owner of the site: the account is unpaid or over its limit. No visitor can pay it.", c.Host)
		d.say("What to do: log in at %s, pay or raise the limit, and ask again. [PW002]", c.Host)
	case "bare":
		d.say("It asks for payment and says no way to pay: neither browsers nor paying clients can go on.")
		d.say("What to do: if it is meant, add a challenge (x402, MPP, L402); if not, look for the rule of the server or CDN that answers 402. [PD001]")
	case "tollbit":
		d.say("It sends crawlers to TollBit, where they can buy access.")
	default:
		d.say("It is a challenge of %s: %s.", c.Scheme, strings.TrimSpace(c.Offer))
		for _, x := range c.Problems {
			d.say("No client can use it: %s. [PD002]", x)
		}
		if c.Test != "" {
			d.say("It asks for %s, which is worth nothing. [PD009]", c.Test)
		}
		if len(c.Problems) == 0 {
			d.say("If this page is free, a pattern of the gate covers too much: 'hone explain %s --ua human' says what the policy wants. [PW001]", r.Path)
		}
	}
	if cc := strings.ToLower(r.Header.Get("Cache-Control")); !strings.Contains(cc, "no-store") && !strings.Contains(cc, "private") {
		d.say("Caches may keep this answer and serve it to those who paid: send Cache-Control: no-store. [PC001]")
	}
	if cacheHit(r) {
		d.say("It came out of a cache: purge the URL, then ask again.")
	}
	if robots := p.Do(ctx, Ask{Path: "/robots.txt"}); robots.Status == 402 {
		d.say("robots.txt asks for payment too, so the cause is one for the whole site. [PW002]")
	}
}

// agents compares what crawlers get.
func (d *Diagnosis) agents(ctx context.Context, p *Probe, human *Reply) {
	var asks []Ask
	for _, a := range []Agent{Search, Training, UserFetch} {
		asks = append(asks, Ask{Path: human.Path, Agent: a})
	}
	differs := false
	for _, r := range p.All(ctx, asks) {
		if r.Err == nil && r.Status != human.Status {
			differs = true
			d.say("Clients that name themselves as %s clients get %d.", r.Agent, r.Status)
		}
	}
	if differs {
		d.say("hone only names itself so: a gate that checks addresses or signatures may answer the real ones otherwise.")
	}
}
