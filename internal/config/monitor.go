package config

// Monitor is the [monitor] table. The key of the webhook does not stand here:
// it is read from HONE_WEBHOOK_SECRET.
type Monitor struct {
	URLs        []string `toml:"urls" json:"urls,omitempty" jsonschema:"description=Addresses that hone monitor asks; with manifest the one at which it was deployed"`
	List        *string  `toml:"list" json:"list,omitempty" jsonschema:"description=File with an address a line"`
	Manifest    *string  `toml:"manifest" json:"manifest,omitempty" jsonschema:"description=manifest.json of what was deployed"`
	Sample      *int     `toml:"sample" json:"sample,omitempty" jsonschema:"minimum=1,maximum=1000,description=Files of the manifest that are asked for; default 100"`
	Interval    *string  `toml:"interval" json:"interval,omitempty" jsonschema:"description=How often; such as 5m"`
	Jitter      *float64 `toml:"jitter" json:"jitter,omitempty" jsonschema:"minimum=0,maximum=1,description=Share by which the interval varies; default 0.1"`
	History     *string  `toml:"history" json:"history,omitempty" jsonschema:"description=File of answers"`
	Listen      *string  `toml:"listen" json:"listen,omitempty" jsonschema:"description=Loopback address that serves /metrics"`
	Webhook     *string  `toml:"webhook" json:"webhook,omitempty" jsonschema:"description=URL to post to after two failures in a row and on recovery"`
	RecordDrift *bool    `toml:"record_drift" json:"record_drift,omitempty" jsonschema:"description=What is not as it was deployed is recorded and does not count as a failure"`
}
