package cache

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hone-web/hone/site"
)

// Stores keep a few fields with each object and send no others. Each is told by
// a table of its objects, in the words of its own interface.
var (
	// S3 writes the table for PutObject, and the policy by which CloudFront adds
	// what S3 does not keep.
	S3 = objectStore("s3", "hosts/s3.json, the metadata of each object, and hosts/cloudfront-headers.json", storeNames{"Content-Type": "ContentType", "Cache-Control": "CacheControl", "Content-Encoding": "ContentEncoding", "Content-Language": "ContentLanguage", "Content-Disposition": "ContentDisposition", "Expires": "Expires"}, cloudFrontPolicy)
	// GCS writes the table in the words of the JSON API of Google Cloud Storage.
	GCS = objectStore("gcs", "hosts/gcs.json, the metadata of each object for Google Cloud Storage", storeNames{"Content-Type": "contentType", "Cache-Control": "cacheControl", "Content-Encoding": "contentEncoding", "Content-Language": "contentLanguage", "Content-Disposition": "contentDisposition"}, nil)
	// AzureBlob writes the table in the words of the REST API of Azure Blob Storage.
	AzureBlob = objectStore("azure-blob", "hosts/azure-blob.json, the properties of each blob", storeNames{"Content-Type": "x-ms-blob-content-type", "Cache-Control": "x-ms-blob-cache-control", "Content-Encoding": "x-ms-blob-content-encoding",
		"Content-Language": "x-ms-blob-content-language", "Content-Disposition": "x-ms-blob-content-disposition"}, nil)
)

// storeNames are the fields that a store keeps, in its own words.
type storeNames map[string]string

type storeObject struct {
	Key      string            `json:"key"`
	Metadata map[string]string `json:"metadata"`
}

func objectStore(name, doc string, names storeNames, more func(*site.Manifest) ([]byte, error)) *Target {
	file := site.Path(name + ".json")
	t := &Target{Name: name, Doc: doc, Asked: true, Fields: slices.Sorted(maps.Keys(names))}
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
		if d, ok := unkept(m, name, names); ok {
			diags = append(diags, d)
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

// unkept finds fields that some files have and others do not and that the store
// does not keep: no policy for all can send them.
func unkept(m *site.Manifest, store string, names storeNames) (site.Diagnostic, bool) {
	v, n := view(m), 0
	fields := map[string]bool{}
	for i := range m.Entries {
		some := false
		for _, f := range linesOf(v.of(&m.Entries[i])) {
			if names[f[0]] == "" && !slices.Contains(TagFields, f[0]) {
				fields[f[0]], some = true, true
			}
		}
		if some {
			n++
		}
	}
	return site.Diagnostic{Rule: "headers-limit", Severity: site.Info, Path: site.Path(store + ".json"),
		Message: fmt.Sprintf("%s keeps no %s with an object; %d files have them and others do not", store, strings.Join(slices.Sorted(maps.Keys(fields)), ", "), n),
		Hint:    "let what stands in front of the store send them; the manifest says which file has which"}, n > 0
}

// storeTable lists the objects of a site, precompressed forms included.
func storeTable(m *site.Manifest, s Site, names storeNames) ([]byte, error) {
	list := []storeObject{}
	add := func(p site.Path, e *site.Entry, coding string) {
		meta := map[string]string{}
		for field, word := range names {
			if value := fieldOf(e.Header, field); value != "" {
				meta[word] = value
			}
		}
		if coding != "" {
			meta[names["Content-Encoding"]] = coding
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
		for name, word := range names {
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
