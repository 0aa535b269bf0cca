package report

import (
	"encoding/json"
	"io"

	"github.com/hone-web/hone/site"
)

// The form of GitLab's code quality reports: a part of CodeClimate's.
type (
	gitlabIssue struct {
		Description string         `json:"description"`
		Check       string         `json:"check_name"`
		Fingerprint string         `json:"fingerprint"`
		Severity    string         `json:"severity"`
		Location    gitlabLocation `json:"location"`
	}
	gitlabLocation struct {
		Path  string      `json:"path"`
		Lines gitlabLines `json:"lines"`
	}
	gitlabLines struct {
		Begin int `json:"begin"`
	}
)

// GitLab writes the findings for GitLab's code quality.
func GitLab(w io.Writer, d *Document) error {
	severity := [...]string{site.Info: "info", site.Warn: "minor", site.Error: "major"}
	issues, seen := []gitlabIssue{}, map[string]int{}
	for _, f := range worstFirst(d.Findings) {
		issues = append(issues, gitlabIssue{withHint(f), f.Rule, fingerprint(f, seen), severity[f.Severity],
			gitlabLocation{Text(place(d, string(f.Path))), gitlabLines{max(1, f.Line)}}})
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(issues)
}
