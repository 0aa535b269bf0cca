package pipeline

import (
	"bytes"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hone-web/hone/bundle"
	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/site"
)

// measuring gathers what decides which pages may measure their visits.
func (b *build) measuring() (bundle.RUMOptions, error) {
	o := bundle.RUMOptions{Config: b.o.RUM}
	if o.Config == nil {
		return o, nil
	}
	confs, err := b.hostFiles()
	if err != nil {
		return o, err
	}
	for _, p := range slices.Sorted(maps.Keys(b.o.Own)) {
		if !slices.ContainsFunc(confs, func(c cache.ConfFile) bool { return c.Path.Base() == p.Base() }) {
			confs = append(confs, cache.ConfFile{Path: p, Text: b.o.Own[p]})
		}
	}
	for _, r := range b.o.Cache.Rules {
		for _, name := range slices.Sorted(maps.Keys(r.Header)) {
			if strings.EqualFold(name, policyField) {
				o.Policies = append(o.Policies, strings.Split(r.Header[name], ",")...)
			}
		}
	}
	for _, c := range confs {
		found, ok := policiesOf(c.Path.Base() == "_headers", c.Text)
		o.Policies = append(o.Policies, found...)
		if !ok && o.Unread == "" {
			o.Unread = c.Path
		}
	}
	gates := map[site.Path]bool{}
	for _, host := range cache.ReadConf(confs) {
		for _, r := range host.Rules {
			if r.Status >= 400 && r.Doc != "" {
				doc := strings.TrimPrefix(r.Doc, "/")
				gates[site.Path(doc)] = true
				gates[site.Path(strings.TrimPrefix("/"+doc, b.base.Prefix))] = true
			}
		}
	}
	o.Leave = func(p site.Path) bool { return cache.IsErrorPage(p) || gates[p] }
	if b.o.Paywall != nil {
		o.Zone = b.o.Paywall.Zone
	}
	return o, nil
}

// unmeasured tells of pages that would have loaded the script of RUM, had
// anything hone made of them been taken.
func (b *build) unmeasured(pages []Page) {
	for _, p := range pages {
		if o := b.objects[p.Path]; b.plan.Measured(p.Path) && (o.Same || len(o.Relocs) == 0) {
			b.diags = append(b.diags, bundle.LeftOut(p.Path, "the page stays as it was ("+o.Kept+")", "see what is said about the page itself"))
		}
	}
}

const policyField = "content-security-policy"

// policiesOf returns the content security policies in a host's configuration,
// wherever they are sent. ok is false if there is one whose text is not known.
func policiesOf(lines bool, text []byte) (found []string, ok bool) {
	directive := regexp.MustCompile(`[a-z]+(?:-[a-z]+)*-src(?:-elem|-attr)?|frame-ancestors|base-uri|form-action|sandbox|upgrade-insecure-requests|block-all-mixed-content|report-uri|report-to|require-trusted-types-for|trusted-types`)
	// Addresses in policies are compared without case, so all may be lower.
	low := bytes.ToLower(text)
	for {
		i := bytes.Index(low, []byte(policyField))
		if i < 0 {
			return found, true
		}
		low = low[i+len(policyField):]
		if bytes.HasPrefix(low, []byte("-report-only")) {
			continue
		}
		rest := low
		if next := bytes.Index(rest, []byte(policyField)); next >= 0 {
			rest = rest[:next]
		}
		at := directive.FindIndex(rest[:min(len(rest), 512)])
		if at == nil {
			return found, false
		}
		rest = rest[at[0]:]
		end := bytes.IndexByte(rest, '"')
		if lines {
			if end = bytes.IndexByte(rest, '\n'); end < 0 {
				end = len(rest)
			}
		}
		if end < 0 {
			return found, false
		}
		for policy := range strings.SplitSeq(string(rest[:end]), ",") {
			found = append(found, strings.Join(strings.Fields(policy), " "))
		}
	}
}
