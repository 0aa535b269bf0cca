package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// maxResults is how many results GitHub takes in one run.
const maxResults = 25_000

// The parts of SARIF 2.1.0 (OASIS standard, 27 March 2020) that hone writes.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		ColumnKind  string            `json:"columnKind"` // section 3.14.17
		Results     []sarifResult     `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string `json:"id"`
		HelpURI string `json:"helpUri"`
	}
	sarifInvocation struct {
		ExecutionSuccessful bool `json:"executionSuccessful"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations,omitempty"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Properties   *sarifProperties  `json:"properties,omitempty"`
	}
	// sarifProperties is a property bag (section 3.8), where what the format has
	// no member for belongs.
	sarifProperties struct {
		Confidence site.Confidence `json:"confidence,omitempty"`
		Evidence   *site.Evidence  `json:"evidence,omitempty"`
		Remedy     string          `json:"remedy,omitempty"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
	}
)

// SARIF writes the findings for code scanning.
func SARIF(w io.Writer, d *Document) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}, Invocations: []sarifInvocation{{true}},
		Tool: sarifTool{sarifDriver{"hone", toolVersion(d), "https://github.com/hone-web/hone", []sarifRule{}}}}
	index := map[string]int{}
	for _, rule := range rulesOf(d) {
		index[rule] = len(run.Tool.Driver.Rules)
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{rule, docsURL(rule)})
	}
	level := [...]string{site.Info: "note", site.Warn: "warning", site.Error: "error"}
	seen := map[string]int{}
	for _, f := range worstFirst(d.Findings) {
		if len(run.Results) == maxResults {
			break
		}
		r := sarifResult{RuleID: f.Rule, RuleIndex: index[f.Rule], Level: level[f.Severity], Message: sarifText{withHint(f)},
			Fingerprints: map[string]string{"hone/v1": fingerprint(f, seen)}}
		if f.Evidence != nil || f.Confidence != "" {
			r.Properties = &sarifProperties{f.Confidence, f.Evidence, f.Hint}
		}
		if f.Path != "" {
			l := sarifLocation{sarifPhysical{Artifact: sarifArtifact{artifactURI(d, f.Path)}}}
			if f.Line > 0 {
				l.Physical.Region = &sarifRegion{f.Line, f.Column}
			}
			r.Locations = []sarifLocation{l}
		}
		run.Results = append(run.Results, r)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

// artifactURI is a finding's place as a URI reference: that of a live site is
// one already.
func artifactURI(d *Document, p site.Path) string {
	if isURL(string(p)) {
		return string(p)
	}
	return site.Escape(place(d, string(p)))
}

func isURL(p string) bool { return strings.HasPrefix(p, "https://") || strings.HasPrefix(p, "http://") }

func toolVersion(d *Document) string {
	var v string
	if n, err := fmt.Sscanf(d.Tool, "hone %s", &v); n != 1 || err != nil {
		return "dev"
	}
	return v
}

func rulesOf(d *Document) []string {
	var rules []string
	for _, f := range d.Findings {
		rules = append(rules, f.Rule)
	}
	slices.Sort(rules)
	return slices.Compact(rules)
}

// worstFirst sorts a copy of the findings by severity, within it as they were.
func worstFirst(ds []site.Diagnostic) []site.Diagnostic {
	s := slices.Clone(ds)
	slices.SortStableFunc(s, func(a, b site.Diagnostic) int { return int(b.Severity) - int(a.Severity) })
	return s
}

func withHint(f site.Diagnostic) string {
	if f.Hint == "" {
		return Text(f.Message)
	}
	return Text(f.Message) + ": " + Text(f.Hint)
}

// fingerprint tells findings apart from one build to the next: lines move, what
// is said about a file stays. The n-th of equal ones gets a number.
func fingerprint(f site.Diagnostic, seen map[string]int) string {
	text := f.Rule + "\x00" + string(f.Path) + "\x00" + f.Message
	seen[text]++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", text, seen[text]))
	return hex.EncodeToString(sum[:16])
}
