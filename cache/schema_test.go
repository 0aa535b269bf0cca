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
	text, err := os.ReadFile("../schema/manifest.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("manifest.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("manifest.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	valid := func(m *site.Manifest) error {
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(v)
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
