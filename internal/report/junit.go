package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/hone-web/hone/site"
)

// The elements of the JUnit format that Jenkins, GitLab and others read.
type (
	junitSuites struct {
		XMLName  xml.Name   `xml:"testsuites"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Suite    junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		File    string        `xml:"file,attr,omitempty"`
		Failure *junitFailure `xml:"failure"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes one case for the build and one for each finding. The format
// knows no warnings: they pass, and say what they have to say.
func JUnit(w io.Writer, d *Document) error {
	build := junitCase{Class: "hone", Name: d.Command + " " + d.Input}
	if d.Failed {
		build.Failure = &junitFailure{"findings stop it", "hone", Closing(d, Style{})}
	}
	cases := []junitCase{build}
	for _, f := range worstFirst(d.Findings) {
		c := junitCase{Class: "hone." + f.Rule, Name: where(f), File: place(d, string(f.Path))}
		if f.Severity == site.Error {
			c.Failure = &junitFailure{Text(f.Message), f.Rule, strings.Join(append(append([]string{withHint(f)}, evidenceText(f)...), docsURL(f.Rule)), "\n")}
		} else {
			c.Out = f.Severity.String() + ": " + withHint(f)
		}
		cases = append(cases, c)
	}
	failures := 0
	for i := range cases {
		if cases[i].Failure != nil {
			failures++
		}
	}
	suites := junitSuites{Tests: len(cases), Failures: failures, Suite: junitSuite{"hone", len(cases), failures, cases}}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(suites); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func evidenceText(f site.Diagnostic) []string {
	ls := f.Evidence.Lines()
	for i := range ls {
		ls[i] = Text(ls[i])
	}
	return ls
}

// where is the place of a finding in words.
func where(f site.Diagnostic) string {
	switch {
	case f.Path == "":
		return "the whole site"
	case f.Line > 0:
		return fmt.Sprintf("%s:%d:%d", Name(f.Path), f.Line, f.Column)
	}
	return Name(f.Path)
}
