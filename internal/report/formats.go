package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/hone-web/hone/site"
)

// Format is a way to write a document for people or for another program.
type Format struct {
	Name, Doc string
	Write     func(io.Writer, *Document) error
}

// Formats are all of them, as --output-file names them.
var Formats = []Format{
	{"text", "as on the terminal", func(w io.Writer, d *Document) error {
		Findings(w, d.Findings, Style{Verbose: 1})
		if d.judged() {
			_, err := fmt.Fprintln(w, Closing(d, Style{}))
			return err
		}
		Summary(w, d, Style{Verbose: 1})
		_, err := fmt.Fprintln(w, Closing(d, Style{}))
		return err
	}},
	{"json", "one document", JSON},
	{"markdown", "for a comment on a pull request", Markdown},
	{"sarif", "SARIF 2.1.0, for code scanning", SARIF},
	{"junit", "JUnit XML, for test reports", JUnit},
	{"github", "annotations of a GitHub Actions log", Annotations},
	{"gitlab", "GitLab code quality", GitLab},
	{"html", "the report as one file", HTML},
}

// FormatNames lists the names.
func FormatNames() []string {
	names := make([]string, len(Formats))
	for i := range Formats {
		names[i] = Formats[i].Name
	}
	return names
}

// docsURL is where the page of a rule is.
func docsURL(rule string) string {
	return "https://github.com/hone-web/hone/blob/main/docs/rules/" + rule + ".md"
}

// place is where a file of the site lies, as seen from where hone ran.
func place(d *Document, path string) string {
	in := strings.TrimSuffix(strings.ReplaceAll(d.Input, "\\", "/"), "/")
	in = strings.TrimPrefix(in, "./")
	switch {
	case isURL(path):
		return path
	case d.Outside[site.Path(path)] != "":
		return d.Outside[site.Path(path)]
	case isURL(in):
		return path
	case in == "" || in == ".":
		return path
	case path == "":
		return in
	}
	return in + "/" + path
}
