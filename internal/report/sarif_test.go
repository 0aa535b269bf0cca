package report

import (
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/site"
)

// sarifSchema is the schema of SARIF 2.1.0 as OASIS publishes it, without the
// descriptions.
func sarifSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("sarif.json", instance(t, string(text))); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func instance(t *testing.T, text string) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestSARIFSchema holds the output against the schema of the standard.
func TestSARIFSchema(t *testing.T) {
	t.Parallel()
	schema := sarifSchema(t)
	probe := New(&pipeline.Result{Findings: []site.Diagnostic{{Rule: "PL001", Severity: site.Error, Path: "https://example.com/club/a%20b.html", Message: "open", Hint: "gate it", Confidence: site.Sure,
		Evidence: &site.Evidence{Request: "GET https://example.com/club/a%20b.html", Status: 200, Header: map[string]string{"Cache-Control": "no-store"}, Body: strings.Repeat("0", 64), Also: []string{"/x"}, Count: 2}}}},
		"hone 1", "probe", "https://example.com", "", false)
	for name, d := range map[string]*Document{"build": compared(), "probe": probe, "nothing": New(&pipeline.Result{}, "hone 1", "check", "in", "", false), "hostile": New(sample("a\x00 %|#?\u202e.html"), "hone 1", "check", "a b", "", false)} {
		text := written(t, "sarif", d)
		if err := schema.Validate(instance(t, text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n := strings.Count(text, `"ruleIndex"`); n != len(d.Findings) {
			t.Errorf("%s: %d results of %d findings", name, n, len(d.Findings))
		}
	}
	if text := written(t, "sarif", probe); !strings.Contains(text, `"uri": "https://example.com/club/a%20b.html"`) || !strings.Contains(text, `"body_sha256"`) {
		t.Errorf("%s", text)
	}
}

// TestSARIFSchemaFails: the check of the schema can fail.
func TestSARIFSchemaFails(t *testing.T) {
	t.Parallel()
	text := strings.Replace(written(t, "sarif", compared()), `"level": "error"`, `"level": "bad"`, 1)
	if sarifSchema(t).Validate(instance(t, text)) == nil {
		t.Error("a level that is none passes")
	}
}
