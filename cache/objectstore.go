package cache

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/hone-web/hone/site"
)

// Stores keep a few fields with each object and send no others. Each is told by
// a table of its objects, in the words of its own interface.
var (
	// S3 writes the table for PutObject, and the policy by which CloudFront adds
	// what S3 does not keep.
	S3 = objectStore("s3", "hosts/s3.json, the metadata of each object, and hosts/cloudfront-headers.json", storeNames{"ContentType", "CacheControl", "ContentEncoding"}, cloudFrontPolicy)
	// GCS writes the table in the words of the JSON API of Google Cloud Storage.
	GCS = objectStore("gcs", "hosts/gcs.json, the metadata of each object for Google Cloud Storage", storeNames{"contentType", "cacheControl", "contentEncoding"}, nil)
	// AzureBlob writes the table in the words of the REST API of Azure Blob Storage.
	AzureBlob = objectStore("azure-blob", "hosts/azure-blob.json, the properties of each blob", storeNames{"x-ms-blob-content-type", "x-ms-blob-cache-control", "x-ms-blob-content-encoding"}, nil)
)

// storeNames are the words of a store for Content-Type, Cache-Control and
// Content-Encoding.
type storeNames struct{ typ, control, coding string }

type storeObject struct {
	Key      string            `json:"key"`
	Metadata map[string]string `json:"metadata"`
}

// storeFields are what a store keeps.
var storeFields = []string{"Cache-Control", "Content-Type", "Content-Encoding"}

func objectStore(name, doc string, names storeNames, more func(*site.Manifest) ([]byte, error)) *Target {
	file := site.Path(name + ".json")
	t := &Target{Name: name, Doc: doc, Asked: true, Fields: storeFields}
	t.Emit = func(m *site.Manifest, s Site) ([]site.Output, []site.Diagnostic) {
		text, err := storeTable(m, s, names)
		if err != nil {
			return nil, []site.Diagnostic{unreadable(file, err)}
		}
		outs := []site.Output{{Path: file, Bytes: text}}
		var diags []site.Diagnostic
		for i := range m.Entries {
			if p := m.Entries[i].Path; !utf8.ValidString(string(p)) {
				diags = append(diags, site.Diagnostic{Rule: "headers-limit", Severity: site.Warn, Path: p, Message: "the name is not UTF-8, which the keys of objects must be (" + name + ")", Hint: "rename the file"})
			}
		}
		if more != nil {
			text, err := more(m)
			if err != nil {
				return nil, []site.Diagnostic{unreadable(file, err)}
			}
			outs = append(outs, site.Output{Path: "cloudfront-headers.json", Bytes: text})
		}
		return outs, diags
	}
	t.Resolve = func(outs []site.Output) (func(string) http.Header, error) { return storeResolve(outs, names) }
	return t
}

// storeTable lists the objects of a site, precompressed forms included.
func storeTable(m *site.Manifest, s Site, names storeNames) ([]byte, error) {
	list := []storeObject{}
	add := func(p site.Path, e *site.Entry, coding string) {
		meta := map[string]string{}
		for word, value := range map[string]string{names.typ: e.Header["Content-Type"], names.control: e.Header["Cache-Control"], names.coding: coding} {
			if value != "" {
				meta[word] = value
			}
		}
		list = append(list, storeObject{strings.TrimPrefix(s.Prefix, "/") + string(p), meta})
	}
	have := pathsOf(m)
	for i := range m.Entries {
		e := &m.Entries[i]
		if e.Class == ClassConfig || !utf8.ValidString(string(e.Path)) {
			continue
		}
		add(e.Path, e, "")
		for _, c := range e.Encodings {
			if p := e.Path + site.Path(codingExt[c]); !have[p] {
				add(p, e, c)
			}
		}
	}
	return indentJSON(list)
}

func storeResolve(outs []site.Output, names storeNames) (func(string) http.Header, error) {
	if len(outs) == 0 {
		return nil, fmt.Errorf("objects: no table")
	}
	var list []storeObject
	if err := json.Unmarshal(outs[0].Bytes, &list); err != nil {
		return nil, fmt.Errorf("%s: %w", outs[0].Path, err)
	}
	at := make(map[string]http.Header, len(list))
	for _, o := range list {
		h := http.Header{}
		for name, word := range map[string]string{"Content-Type": names.typ, "Cache-Control": names.control, "Content-Encoding": names.coding} {
			if v := o.Metadata[word]; v != "" {
				h.Set(name, v)
			}
		}
		at["/"+o.Key] = h
	}
	return func(url string) http.Header { return at[url] }, nil
}

// cloudFrontPolicy writes the response headers policy with the fields that all
// files share (CreateResponseHeadersPolicy).
func cloudFrontPolicy(m *site.Manifest) ([]byte, error) {
	type item struct {
		Header, Value string
		Override      bool
	}
	items := []item{}
	v := view(m)
	security := map[string]any{}
	for _, f := range v.common {
		switch f[0] {
		case "X-Content-Type-Options":
			security["ContentTypeOptions"] = map[string]any{"Override": true}
		case "Strict-Transport-Security", "Referrer-Policy", "Content-Security-Policy", "X-Frame-Options":
			// CloudFront wants these by their own names.
			security[f[0]] = f[1]
		default:
			items = append(items, item{f[0], f[1], true})
		}
	}
	cloudFrontSecurity(security)
	return indentJSON(map[string]any{"Name": "hone", "Comment": "written by hone, made anew on every build",
		"SecurityHeadersConfig": security, "CustomHeadersConfig": map[string]any{"Quantity": len(items), "Items": items}})
}

// cloudFrontSecurity puts the fields that CloudFront knows into its form.
func cloudFrontSecurity(c map[string]any) {
	for name, to := range map[string][2]string{"Referrer-Policy": {"ReferrerPolicy", "ReferrerPolicy"}, "Content-Security-Policy": {"ContentSecurityPolicy", "ContentSecurityPolicy"}, "X-Frame-Options": {"FrameOptions", "FrameOption"}} {
		if v, ok := c[name]; ok {
			delete(c, name)
			c[to[0]] = map[string]any{"Override": true, to[1]: v}
		}
	}
	if v, ok := c["Strict-Transport-Security"].(string); ok {
		delete(c, "Strict-Transport-Security")
		var age int
		if _, err := fmt.Sscanf(v, "max-age=%d", &age); err == nil {
			c["StrictTransportSecurity"] = map[string]any{"Override": true, "AccessControlMaxAgeSec": age, "IncludeSubdomains": strings.Contains(strings.ToLower(v), "includesubdomains"), "Preload": strings.Contains(v, "preload")}
		}
	}
}
