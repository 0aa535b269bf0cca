// Package rum makes the script with which pages measure what their visitors
// see: the library web-vitals and a few lines that send its values. It knows
// nothing of sites.
package rum

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
)

//go:generate npm ci --ignore-scripts --no-audit --no-fund
//go:generate go run ./generate

//go:embed beacon.min.js
var beacon []byte

//go:embed ga4.min.js
var ga4 []byte

// Mark stands at the start of every script of this package.
const Mark = "/*! web-vitals "

// Config says where values go and how many visits are measured.
type Config struct {
	// Endpoint is an https address, or a path of the own site, that beacons are
	// sent to; "" with GA4.
	Endpoint string
	// GA4 is the measurement id of a property of Google Analytics 4.
	GA4    string
	Sample float64 // of page views, 0 to 1
}

// Parse reads the settings rum.endpoint and rum.sample.
func Parse(endpoint string, sample float64) (*Config, error) {
	if !(sample >= 0 && sample <= 1) {
		return nil, errors.New("rum.sample: it must be between 0 and 1: the share of page views that are measured")
	}
	c := &Config{Sample: sample}
	if id, ok := strings.CutPrefix(endpoint, "ga4:"); ok {
		rest, ok := strings.CutPrefix(id, "G-")
		if !ok || len(rest) < 4 || len(rest) > 20 || strings.Trim(rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
			return nil, errors.New(`rum.endpoint: a measurement id of Google Analytics 4 looks like "ga4:G-ABC1234567"`)
		}
		c.GA4 = id
		return c, nil
	}
	c.Endpoint = endpoint
	u, err := url.Parse(endpoint)
	bad := err != nil || strings.ContainsAny(endpoint, " \t\r\n\\") || u.Fragment != "" || u.User != nil
	switch {
	case bad:
	case u.Scheme == "" && strings.HasPrefix(endpoint, "/") && !strings.HasPrefix(endpoint, "//"):
		return c, nil
	case u.Scheme == "https" && u.Host != "":
		return c, nil
	case u.Scheme == "http" && loopback(u.Hostname()):
		return c, nil
	}
	return nil, errors.New(`rum.endpoint: it must be an address such as "https://stats.example/rum" or a path of the site such as "/rum" or "ga4:G-ABC1234567"`)
}

// loopback reports whether a host is this machine, from where browsers take
// http as well (Secure Contexts, section 3.1).
func loopback(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}

// Script returns the script for these settings.
func (c *Config) Script() []byte {
	text, to := beacon, c.Endpoint
	if c.GA4 != "" {
		text, to = ga4, c.GA4
	}
	quoted, err := json.Marshal(to)
	if err != nil {
		panic(err) // a string always has a form in JSON
	}
	text = bytes.ReplaceAll(text, []byte("HONE_RUM_ENDPOINT"), quoted)
	return bytes.ReplaceAll(text, []byte("HONE_RUM_SAMPLE"), strconv.AppendFloat(nil, c.Sample, 'f', -1, 64))
}
