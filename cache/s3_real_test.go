//go:build unix

package cache_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/site"
)

// bucket is a store of a real server, and what is sent to it.
type bucket struct {
	t    *testing.T
	aws  string
	addr string // of the server
	url  string // of what stands in front of it and counts
	dir  string // of the site: in, out, meta

	mu     sync.Mutex
	puts   map[string]int64 // objects sent with their bytes
	copies map[string]bool  // objects copied onto themselves
}

// startS3 runs versitygw with an empty bucket named site that anybody may
// read.
func startS3(t *testing.T) *bucket {
	t.Helper()
	if os.Getenv("SERVERS_REQUIRED") != "1" {
		t.Skip("SERVERS_REQUIRED is not 1: the client starts forty times, which takes a minute")
	}
	exe, aws := cache.Program(t, "versitygw"), cache.Program(t, "aws")
	b := &bucket{t: t, aws: endpoint(t, aws), addr: cache.FreeAddr(t), dir: t.TempDir()}
	store := filepath.Join(b.dir, "store")
	if err := os.Mkdir(store, 0o755); err != nil {
		t.Fatal(err)
	}
	cache.Run(t, b.addr, "", []string{"ROOT_ACCESS_KEY=hone", "ROOT_SECRET_KEY=honehone"}, exe, "--quiet", "--port", b.addr, "posix", store)
	proxy := &httputil.ReverseProxy{Transport: &http.Transport{DisableCompression: true}, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: b.addr})
		r.Out.Host = r.In.Host // it is signed
	}}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			name := strings.TrimPrefix(r.URL.Path, "/site/")
			b.mu.Lock()
			if r.Header.Get("X-Amz-Copy-Source") != "" {
				b.copies[name] = true
			} else {
				b.puts[name] = r.ContentLength
			}
			b.mu.Unlock()
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	b.url = front.URL
	b.forget()
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::site/*","arn:aws:s3:::site"]}]}`
	b.sh("aws s3api create-bucket --bucket site && "+`aws s3api put-bucket-policy --bucket site --policy "$POLICY"`, "POLICY="+policy)
	return b
}

// endpoint returns a client that reads AWS_ENDPOINT_URL: versions before 1.29
// and 2.13 do not, and Debian's is one.
func endpoint(t *testing.T, aws string) string {
	t.Helper()
	out, err := exec.Command(aws, "--version").CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", aws, err, out)
	}
	var major, minor int
	if _, err := fmt.Sscanf(string(out), "aws-cli/%d.%d", &major, &minor); err != nil {
		t.Fatalf("%s is of version %q: %v", aws, out, err)
	}
	if major == 1 && minor >= 29 || major == 2 && minor >= 13 {
		return aws
	}
	name := filepath.Join(t.TempDir(), "aws")
	if err := os.WriteFile(name, []byte("#!/bin/sh\nexec '"+aws+"' --endpoint-url \"$AWS_ENDPOINT_URL\" \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

func (b *bucket) forget() {
	b.puts, b.copies = map[string]int64{}, map[string]bool{}
}

// sh runs a script as somebody who deploys would.
func (b *bucket) sh(script string, env ...string) {
	b.t.Helper()
	c := exec.Command("sh", append([]string{"-s", "--"}, args(env)...)...)
	c.Stdin = strings.NewReader(script)
	c.Env = append(append(os.Environ(), "AWS_ACCESS_KEY_ID=hone", "AWS_SECRET_ACCESS_KEY=honehone", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ENDPOINT_URL="+b.url, "BUCKET=s3://site", "SITE="+filepath.Join(b.dir, "out"), "PATH="+filepath.Dir(b.aws)+":"+os.Getenv("PATH")), env...)
	if out, err := c.CombinedOutput(); err != nil {
		b.t.Fatalf("%v\n%s\nsays\n%s", err, script, out)
	}
}

// args are the arguments among the variables: those without a value.
func args(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(s string) bool { return strings.Contains(s, "=") })
}

// build builds the site and returns its manifest as it lies on disk.
func (b *bucket) build(policy cache.Policy) *site.Manifest {
	b.t.Helper()
	meta := filepath.Join(b.dir, "meta")
	r, err := pipeline.Build(b.t.Context(), pipeline.Options{In: filepath.Join(b.dir, "in"), Out: filepath.Join(b.dir, "out"), Meta: meta,
		Jobs: 2, Encode: []string{"gzip"}, Esbuild: guard.InProcess{}, Image: pipeline.ImageOptions{AVIF: "off"}, Cache: policy, Now: time.Unix(1_700_000_000, 0)})
	if err != nil {
		b.t.Fatal(err)
	}
	if r.Failed {
		b.t.Fatalf("findings stopped the build: %v", r.Findings)
	}
	text, err := os.ReadFile(filepath.Join(meta, "manifest.json"))
	if err != nil {
		b.t.Fatal(err)
	}
	m, err := cache.ReadManifest(text)
	if err != nil {
		b.t.Fatal(err)
	}
	return m
}

// deploy runs what hone diff --format s3 writes.
func (b *bucket) deploy(old, now *site.Manifest, env ...string) *cache.Plan {
	b.t.Helper()
	b.mu.Lock()
	b.forget()
	b.mu.Unlock()
	p := cache.Diff(old, now)
	i := slices.IndexFunc(cache.Formats, func(f cache.Format) bool { return f.Name == "s3" })
	var script bytes.Buffer
	if err := cache.Formats[i].Write(&script, p, now, cache.Deploy{}); err != nil {
		b.t.Fatal(err)
	}
	b.sh(script.String(), env...)
	return p
}

// kept are the fields that S3 keeps with an object.
var kept = []string{"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Type", "Expires"}

// check holds every object of the bucket against the manifest.
func (b *bucket) check(m *site.Manifest) {
	b.t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	n := 0
	for p, o := range cache.Objects(m) {
		if o.Class == cache.ClassConfig {
			continue
		}
		n++
		head := b.ask(client, http.MethodHead, p)
		io.Copy(io.Discard, head.Body)
		head.Body.Close()
		if head.StatusCode != http.StatusOK || head.ContentLength != o.Size || head.Header.Get("X-Amz-Meta-Sha256") != o.SHA256.String() {
			b.t.Errorf("HEAD %s: %s, %d bytes, hash %q; the manifest has %d, %s", p, head.Status, head.ContentLength, head.Header.Get("X-Amz-Meta-Sha256"), o.Size, o.SHA256)
		}
		for _, name := range kept {
			if got := head.Header.Values(name); strings.Join(got, "|") != o.Header[name] {
				b.t.Errorf("HEAD %s: %s %q, the manifest has %q", p, name, got, o.Header[name])
			}
		}
		want, err := os.ReadFile(filepath.Join(b.dir, "out", string(p)))
		if err != nil {
			b.t.Fatal(err)
		}
		get := b.ask(client, http.MethodGet, p)
		got, err := io.ReadAll(get.Body)
		get.Body.Close()
		if err != nil || !bytes.Equal(got, want) {
			b.t.Errorf("GET %s: error %v, %d bytes, want those of the file, %d", p, err, len(got), len(want))
		}
	}
	b.t.Logf("%d objects are as the manifest has them", n)
}

func (b *bucket) ask(client *http.Client, method string, p site.Path) *http.Response {
	b.t.Helper()
	u, err := url.Parse(b.url + "/site/" + site.Escape(string(p)))
	if err != nil {
		b.t.Fatal(err)
	}
	r, err := client.Do(&http.Request{Method: method, URL: u, Header: http.Header{}})
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

func (b *bucket) write(name, text string) {
	b.t.Helper()
	name = filepath.Join(b.dir, "in", name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// TestRealS3 deploys a site to a server that speaks S3 by the commands of the
// plan: a first time, unchanged, with other fields only, and with an edit.
func TestRealS3(t *testing.T) {
	t.Parallel()
	b := startS3(t)
	page := "<!doctype html><html lang=en><head><title>%s</title><link rel=stylesheet href=/style.css></head><body>" + strings.Repeat("<p>Some words. </p>", 100) + "<p><a href=/>Home</a> <img src=/photo.jpg width=64 height=48 alt=Dusk></p></body></html>"
	style := strings.Repeat("p { margin: 1em }\n", 5)
	for i := range 400 {
		style += fmt.Sprintf(".c%d { padding: %dpx }\n", i, i)
	}
	b.write("index.html", fmt.Sprintf(page, "One"))
	b.write("sub/index.html", fmt.Sprintf(page, "Two"))
	b.write("style.css", style)
	b.write("robots.txt", "User-agent: *\nAllow: /\n")
	b.write("it's a+b & größe.txt", "odd\n")
	photo, err := os.ReadFile("../fixtures/sites/gallery/photos/dusk-small.jpg")
	if err != nil {
		t.Fatal(err)
	}
	b.write("photo.jpg", string(photo))

	first := b.build(cache.Policy{})
	b.deploy(&site.Manifest{Version: site.ManifestVersion}, first)
	b.check(first)

	if p := cache.Diff(first, b.build(cache.Policy{})); len(p.Steps) > 0 {
		t.Errorf("the plan of a site that did not change has %d steps", len(p.Steps))
	}

	other := cache.Policy{Rules: []cache.Rule{{Match: "*.{txt,jpg}", Header: map[string]string{"Cache-Control": "public, max-age=60", "Content-Language": "en"}}}}
	second := b.build(other)
	p := b.deploy(first, second)
	if p.Uploads != 0 || p.Metadata == 0 || p.Deletes != 0 {
		t.Errorf("other fields alone: %d uploads, %d changes of fields, %d deletions", p.Uploads, p.Metadata, p.Deletes)
	}
	b.mu.Lock()
	for name := range b.puts {
		if filepath.Ext(name) != ".br" && filepath.Ext(name) != ".gz" {
			t.Errorf("other fields alone: the bytes of %s are sent", name)
		}
	}
	if len(b.copies) == 0 {
		t.Error("other fields alone: nothing was copied onto itself")
	}
	b.mu.Unlock()
	b.check(second)

	b.write("style.css", style+"p { color: #123456 }\n")
	third := b.build(other)
	p = b.deploy(second, third)
	b.mu.Lock()
	sent := slices.Sorted(maps.Keys(b.puts))
	b.mu.Unlock()
	for _, name := range sent {
		if k := site.KindOf(site.Path(strings.TrimSuffix(strings.TrimSuffix(name, ".br"), ".gz"))); k != site.CSS && k != site.HTML {
			t.Errorf("an edit of the style sheet sent %s", name)
		}
	}
	if len(sent) != p.Uploads || len(sent) == 0 {
		t.Errorf("sent %q; the plan has %d uploads", sent, p.Uploads)
	}
	b.check(third)

	b.deploy(second, third, "delete")
	have, gone := cache.Objects(third), 0
	for name := range cache.Objects(second) {
		if have[name] == nil {
			gone++
			if r := b.ask(http.DefaultClient, http.MethodHead, name); r.StatusCode != http.StatusNotFound {
				t.Errorf("%s is no part of the site any more: %s", name, r.Status)
			}
		}
	}
	if gone == 0 {
		t.Error("nothing was deleted")
	}
	b.check(third)
}
