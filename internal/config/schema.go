package config

import (
	"encoding/json"

	"github.com/invopop/jsonschema"
)

// Schema returns the JSON Schema of hone.toml (draft 2020-12), made from
// Config.
func Schema() ([]byte, error) {
	r := jsonschema.Reflector{DoNotReference: true, ExpandedStruct: true}
	s := r.Reflect(new(Config))
	s.ID = "https://github.com/hone-web/hone/schema/hone.schema.json"
	s.Title = "hone.toml"
	text, err := json.MarshalIndent(s, "", "  ")
	return append(text, '\n'), err
}
