package cache

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// Deploy says where a plan is carried out.
type Deploy struct {
	Bases []*url.URL // where the site is served; a CDN keeps each by itself
	// SHA1 is the digest of a file of the new output: Netlify asks for it.
	SHA1 func(site.Path) (string, error)
	// ByTag purges by tag instead of URL: for hosts that send tags since the
	// last deploy at least.
	ByTag bool
	// Extra are files of the output that no manifest lists: those for the host.
	Extra []site.Path
}

// Format is a way to write a plan for those who carry it out.
type Format struct {
	Name  string
	Doc   string
	Bases bool // URLs are purged one by one: it needs Deploy.Bases
	Tags  bool // it can purge by tag
	Files bool // it needs Deploy.SHA1
	Write func(io.Writer, *Plan, *site.Manifest, Deploy) error
}

// Formats lists what a plan can be written as.
var Formats = []Format{
	{Name: "s3", Doc: "shell script: aws s3, any store that speaks S3", Write: writeS3},
	{Name: "cloudfront", Doc: "the same with invalidations of CloudFront in their places", Write: writeCloudFront},
	{Name: "cloudflare", Doc: "requests that purge a zone of Cloudflare", Bases: true, Tags: true, Write: writeCloudflare},
	{Name: "fastly", Doc: "requests that purge a service of Fastly", Bases: true, Tags: true, Write: writeFastly},
	{Name: "bunny", Doc: "requests to Bunny's storage, and purges", Bases: true, Tags: true, Write: writeBunny},
	{Name: "rclone", Doc: "shell script: rclone, any store that it knows", Write: writeRclone},
	{Name: "netlify", Doc: "the request that begins a deploy by digests", Files: true, Write: writeNetlify},
}

// FormatNames returns the names of Formats.
func FormatNames() []string {
	out := make([]string, len(Formats))
	for i := range Formats {
		out[i] = Formats[i].Name
	}
	return out
}

const (
	// Cloudflare takes a hundred URLs in one request, on every plan.
	cloudflareBatch = 100
	// Fastly takes 256 keys in one request.
	fastlyBatch = 256
	// CloudFront works on 3,000 paths at a time. A command line holds fewer
	// where they are long.
	cloudFrontBatch     = 1000
	cloudFrontBatchText = 96 << 10
)

// request is a call of an API. Credentials are for those who send it.
type request struct {
	Phase     string            `json:"phase"`
	AfterDays int               `json:"after_days,omitempty"`
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Header    map[string]string `json:"header,omitempty"`
	File      site.Path         `json:"file,omitempty"` // what is sent: a file of the output
	Body      any               `json:"body,omitempty"`
}

// payload is a document of requests, to be sent one after another.
type payload struct {
	Host     string      `json:"host"`
	Close    []site.Path `json:"close,omitempty"` // the gate must answer for these first
	Requests []request   `json:"requests"`
	Notes    []string    `json:"notes"`
}

func (p *payload) write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(p); err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	return nil
}

func newPayload(host string, p *Plan, d Deploy) *payload {
	out := &payload{Host: host, Requests: []request{}, Notes: append([]string{}, p.Notes...)}
	if d.ByTag && !p.tagged {
		out.Notes = append(out.Notes, "the fields of the last deploy hold no tags: if the CDN adds none itself, purge by URL this time, for it knows no tag of what it holds")
	}
	for _, s := range p.Steps {
		out.Close = append(out.Close, s.Close...)
	}
	return out
}

// absolute returns the URLs of paths under each base.
func absolute(bases []*url.URL, paths []string) []string {
	out := make([]string, 0, len(bases)*len(paths))
	for _, b := range bases {
		for _, p := range paths {
			out = append(out, b.Scheme+"://"+b.Host+prefixOf(b)+p)
		}
	}
	return out
}

func prefixOf(b *url.URL) string { return strings.TrimSuffix(b.EscapedPath(), "/") }

// paths returns the paths that a CDN sees, each once.
func (d Deploy) paths(purge []string) []string {
	if len(d.Bases) == 0 {
		return purge
	}
	var out []string
	for _, b := range d.Bases {
		for _, p := range purge {
			out = append(out, prefixOf(b)+p)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// writeCloudflare purges by URL or tag. What is served by Pages or Workers changes
// all at once; a zone in front of another host needs this.
func writeCloudflare(w io.Writer, p *Plan, _ *site.Manifest, d Deploy) error {
	out := newPayload("cloudflare", p, d)
	out.Notes = append(out.Notes, "Pages and Workers deploy all at once and need no purge; this is for a zone whose cache rules keep pages")
	for _, s := range p.Steps {
		kind, list := "files", absolute(d.Bases, s.Purge)
		if d.ByTag {
			kind, list = "tags", s.Tags
		}
		for batch := range slices.Chunk(list, cloudflareBatch) {
			out.Requests = append(out.Requests, request{Phase: s.Phase, AfterDays: s.AfterDays, Method: "POST",
				URL: "https://api.cloudflare.com/client/v4/zones/{zone_id}/purge_cache", Body: map[string][]string{kind: batch}})
		}
	}
	return out.write(w)
}

// writeFastly purges by URL or key. What only changed is marked stale, so that
// visitors do not wait; what is closed or deleted goes at once.
func writeFastly(w io.Writer, p *Plan, _ *site.Manifest, d Deploy) error {
	out := newPayload("fastly", p, d)
	for _, s := range p.Steps {
		var h map[string]string
		if s.Phase == PhasePurge && !opens(p) {
			h = map[string]string{"Fastly-Soft-Purge": "1"}
		}
		if d.ByTag {
			for batch := range slices.Chunk(s.Tags, fastlyBatch) {
				out.Requests = append(out.Requests, request{Phase: s.Phase, AfterDays: s.AfterDays, Method: "POST",
					URL: "https://api.fastly.com/service/{service_id}/purge", Header: h, Body: map[string][]string{"surrogate_keys": batch}})
			}
			continue
		}
		for _, u := range absolute(d.Bases, s.Purge) {
			_, rest, _ := strings.Cut(u, "://")
			out.Requests = append(out.Requests, request{Phase: s.Phase, AfterDays: s.AfterDays, Method: "POST",
				URL: "https://api.fastly.com/purge/" + rest, Header: h})
		}
	}
	return out.write(w)
}

// opens reports whether the plan frees something: caches may hold refusals,
// which must not be sent once more.
func opens(p *Plan) bool {
	return slices.ContainsFunc(p.Steps, func(s *Step) bool { return len(s.Open) > 0 })
}

// writeBunny uploads to a storage zone, which checks the digest, and purges by
// URL. A URL that ends in a slash would empty all below it, also what is
// immutable, without exactPath.
func writeBunny(w io.Writer, p *Plan, _ *site.Manifest, d Deploy) error {
	out := newPayload("bunny", p, d)
	const store = "https://storage.bunnycdn.com/{storage_zone}/"
	for _, s := range p.Steps {
		add := func(r request) {
			r.Phase, r.AfterDays = s.Phase, s.AfterDays
			out.Requests = append(out.Requests, r)
		}
		for _, o := range s.Upload {
			if o.Coding != "" || o.Class == ClassConfig {
				continue // the edge compresses, and reads no files of other hosts
			}
			h := map[string]string{"Checksum": strings.ToUpper(o.SHA256.String())}
			if t := fieldOf(o.Header, "Content-Type"); t != "" {
				h["Content-Type"] = t
			}
			add(request{Method: "PUT", URL: store + site.Escape(string(o.Path)), Header: h, File: o.Path})
		}
		if len(s.Metadata) > 0 {
			out.Notes = append(out.Notes, fmt.Sprintf("%s: header fields of %d files changed; they stand in edge rules, not in the storage", s.Phase, len(s.Metadata)))
		}
		for _, o := range s.Delete {
			if o.Coding == "" && o.Class != ClassConfig {
				add(request{Method: "DELETE", URL: store + site.Escape(string(o.Path))})
			}
		}
		if d.ByTag {
			for _, t := range s.Tags {
				add(request{Method: "POST", URL: "https://api.bunny.net/pullzone/{pull_zone_id}/purgeCache", Body: map[string]string{"CacheTag": t}})
			}
			continue
		}
		for _, u := range absolute(d.Bases, s.Purge) {
			add(request{Method: "POST", URL: "https://api.bunny.net/purge?" + url.Values{"exactPath": {"true"}, "url": {u}}.Encode()})
		}
	}
	return out.write(w)
}

// writeNetlify lists every file of the new deploy: Netlify answers with the
// digests that it lacks, and switches when it has them all.
func writeNetlify(w io.Writer, p *Plan, now *site.Manifest, d Deploy) error {
	out := newPayload("netlify", p, d)
	if len(p.Steps) == 0 {
		return out.write(w)
	}
	files := map[string]string{}
	add := func(f site.Path) error {
		sum, err := d.SHA1(f)
		if err != nil {
			return fmt.Errorf("digest of %s: %w", f, err)
		}
		files["/"+string(f)] = sum
		return nil
	}
	for i := range now.Entries {
		if err := add(now.Entries[i].Path); err != nil {
			return err
		}
	}
	for _, f := range d.Extra {
		if err := add(f); err != nil {
			return err
		}
	}
	out.Notes = append(out.Notes, "Netlify switches all at once and purges by itself; answer its \"required\" with PUT https://api.netlify.com/api/v1/deploys/{deploy_id}/files/PATH")
	out.Requests = append(out.Requests, request{Phase: PhaseRules, Method: "POST", URL: "https://api.netlify.com/api/v1/sites/{site_id}/deploys",
		Body: map[string]any{"files": files}})
	return out.write(w)
}

// fieldOf returns a header field; names have no case (RFC 9110, section 5.1).
func fieldOf(h map[string]string, name string) string {
	for k, v := range h {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return ""
}
