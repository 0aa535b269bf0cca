package cache

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/hone-web/hone/site"
)

// TestManifestSchema holds manifests against the schema that is published. It
// allows nothing that it does not name, so a new field needs its line there.
func TestManifestSchema(t *testing.T) {
	t.Parallel()
	schema := compile(t, "manifest.schema.json")
	valid := func(m *site.Manifest) error {
		return validate(t, schema, m)
	}
	for seed := range uint64(20) {
		m := randomManifest(rand.New(rand.NewPCG(seed, 3)), 60)
		if err := loud.Apply(m); err != nil {
			t.Fatal(err)
		}
		Describe(m, "/")
		for i := range m.Entries {
			m.Entries[i].Digests = &site.Digests{SHA1: strings.Repeat("a", 40), MD5: strings.Repeat("b", 32), Cloudflare: strings.Repeat("c", 32), Gzip: strings.Repeat("d", 64)}
			m.Entries[i].Kept, m.Entries[i].Steps, m.Entries[i].Before, m.Entries[i].Encoded = "why", []string{"css"}, 1, map[string]int64{"br": 1}
		}
		if err := valid(m); err != nil {
			t.Fatal(err)
		}
	}
	for _, wrong := range []site.Entry{{Path: "", Header: map[string]string{}}, {Path: "a", Class: "none"}, {Path: "a", Encodings: []string{"lzma"}}, {Path: "a", Size: -1}} {
		if valid(&site.Manifest{Version: site.ManifestVersion, Entries: []site.Entry{wrong}}) == nil {
			t.Errorf("%+v is valid", wrong)
		}
	}
}

// compile reads a schema that is published.
func compile(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile("../schema/" + name)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func validate(t *testing.T, schema *jsonschema.Schema, value any) error {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(v)
}

// TestPlanSchema holds plans between random sites against the schema of plans.
func TestPlanSchema(t *testing.T) {
	t.Parallel()
	schema := compile(t, "plan.schema.json")
	fields := map[string]bool{}
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 4))
		old, now := randomManifest(rnd, 40), randomManifest(rnd, 40)
		for _, m := range []*site.Manifest{old, now} {
			for i := range m.Entries {
				if e := &m.Entries[i]; rnd.IntN(2) == 0 {
					e.SHA256[0] = byte(rnd.IntN(3))
					e.Encodings = []string{"br", "gzip"}
				}
			}
		}
		p := Diff(old, now)
		if err := validate(t, schema, p); err != nil {
			t.Fatal(err)
		}
		for _, s := range p.Steps {
			fields[s.Phase] = true
			fields["metadata"] = fields["metadata"] || len(s.Metadata) > 0
			fields["tags"] = fields["tags"] || len(s.Tags) > 0
		}
	}
	for _, name := range []string{PhaseGate, PhaseImmutable, PhaseAssets, PhasePages, PhasePurge, PhaseDelete, "metadata", "tags"} {
		if !fields[name] {
			t.Errorf("no plan with %s", name)
		}
	}
	for _, wrong := range []*Plan{{}, {Version: 2, Steps: []*Step{}, Notes: []string{}}, {Version: 1, Steps: []*Step{{Phase: "soon"}}, Notes: []string{}}, {Version: 1, Notes: []string{}}} {
		if validate(t, schema, wrong) == nil {
			t.Errorf("%+v is valid", wrong)
		}
	}
}
