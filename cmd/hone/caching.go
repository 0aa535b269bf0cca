package main

import (
	"strings"

	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/internal/config"
	"github.com/hone-web/hone/internal/pipeline"

	"github.com/bmatcuk/doublestar/v4"
)

// caching turns the [cache] table into a policy.
func caching(c *config.Config, o *pipeline.Options) error {
	k := &c.Cache
	o.Cache = cache.Policy{Purged: value(k.Purged, false), CORS: value(k.CORS, false), Security: value(k.Security, false), NoVary: k.NoVary, Tags: value(k.Tags, ""), Dictionary: value(k.Dictionary, false)}
	if o.Previous = value(k.Previous, ""); o.Previous != "" && !o.Cache.Dictionary {
		return usagef("cache.previous: it is of use with cache.dictionary = true only")
	}
	o.Link = value(k.Link, false)
	for _, p := range k.NoVary {
		if p == "" || strings.Trim(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.~") != "" {
			return usagef("cache.no_vary_search: %q is no name of a query parameter", p)
		}
	}
	for i, r := range k.Rule {
		rule := cache.Rule{Match: r.Match, Class: r.Class, Header: r.Header}
		if !doublestar.ValidatePattern(r.Match) {
			return usagef("cache.rule %d: %q is not a glob; write it like img/**/*.png", i+1, r.Match)
		}
		if why := rule.Check(); why != "" {
			return usagef("cache.rule %d: %s", i+1, why)
		}
		o.Cache.Rules = append(o.Cache.Rules, rule)
	}
	return nil
}
