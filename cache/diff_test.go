package cache

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

func entry(p, bytes string, change ...func(*site.Entry)) site.Entry {
	e := site.Entry{Path: site.Path(p), From: []site.Path{site.Path(p)}, Type: site.TypeOf(site.Path(p)), Size: int64(len(bytes)), SHA256: site.Sum([]byte(bytes)), Encodings: []string{}}
	for _, c := range change {
		c(&e)
	}
	return e
}

func printed(e *site.Entry) { e.Class = ClassFingerprinted }
func paid(e *site.Entry)    { e.Zone = "club" }
func brotli(e *site.Entry)  { e.Encodings, e.Encoded = []string{"br"}, map[string]int64{"br": 1} }
func from(p string) func(*site.Entry) {
	return func(e *site.Entry) { e.From = []site.Path{site.Path(p)} }
}

func manifestOf(es ...site.Entry) *site.Manifest {
	m := &site.Manifest{Version: site.ManifestVersion, Entries: es}
	Apply(m)
	return m
}

// brief writes a plan in one line a step.
func brief(p *Plan) string {
	var b strings.Builder
	for _, s := range p.Steps {
		b.WriteString(s.Phase + ":")
		for _, c := range s.Close {
			fmt.Fprintf(&b, " close %s", c)
		}
		for _, c := range s.Open {
			fmt.Fprintf(&b, " open %s", c)
		}
		for _, l := range []struct {
			sign string
			os   []*Object
		}{{"~", s.Upload}, {"h", s.Metadata}, {"-", s.Delete}} {
			for _, o := range l.os {
				sign := l.sign
				if sign == "~" && o.New {
					sign = "+"
				}
				fmt.Fprintf(&b, " %s%s", sign, o.Path)
			}
		}
		if len(s.Purge) > 0 {
			fmt.Fprintf(&b, " purge %s", strings.Join(s.Purge, " "))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestDiff(t *testing.T) {
	t.Parallel()
	headers := manifestOf(entry("index.html", "a"), entry("app.0123456789.js", "x", printed))
	for i := range headers.Entries {
		headers.Entries[i].Header["X-Frame-Options"] = "DENY"
	}
	for _, c := range []struct {
		name     string
		old, now *site.Manifest
		want     string
	}{
		{"unchanged", manifestOf(entry("index.html", "a", brotli), entry("c.html", "c", paid)), manifestOf(entry("index.html", "a", brotli), entry("c.html", "c", paid)), ""},
		{"first deploy, in order", manifestOf(),
			manifestOf(entry("a.1.css", "a", printed, brotli), entry("data.json", "d"), entry("index.html", "i"), entry("sw.js", "s"), entry("sitemap.xml", "m"), entry("_redirects", "r")),
			"immutable: +a.1.css +a.1.css.br\nassets: +data.json\npages: +index.html\nworker: +sw.js\nfeeds: +sitemap.xml\nrules: +_redirects\n"},
		{"a page and its aliases", manifestOf(entry("blog/index.html", "a"), entry("about.html", "a")), manifestOf(entry("blog/index.html", "b"), entry("about.html", "b")),
			"pages: ~about.html ~blog/index.html\npurge: purge /about /about.html /about/ /blog /blog/ /blog/index /blog/index.html\n"},
		{"the root has no alias without slash", manifestOf(entry("index.html", "a")), manifestOf(entry("index.html", "b")), "pages: ~index.html\npurge: purge / /index /index.html\n"},
		{"a new fingerprint", manifestOf(entry("a.1.css", "a", printed)), manifestOf(entry("a.2.css", "b", printed)), "immutable: +a.2.css\ndelete: -a.1.css\n"},
		{"a name that did not follow its bytes", manifestOf(entry("a.1.css", "a", printed)), manifestOf(entry("a.1.css", "b", printed)), "immutable: ~a.1.css\npurge: purge /a.1.css\n"},
		{"headers only", manifestOf(entry("index.html", "a"), entry("app.0123456789.js", "x", printed)), headers,
			"immutable: happ.0123456789.js\npages: hindex.html\npurge: purge / /index /index.html\n"},
		{"a page is gone", manifestOf(entry("x.html", "a")), manifestOf(), "delete: -x.html purge /x /x.html /x/\n"},
		{"became paid", manifestOf(entry("x.html", "a", brotli), entry("_headers", "1")), manifestOf(entry("x.html", "a", paid, brotli), entry("_headers", "2")),
			"gate: close x.html ~_headers hx.html hx.html.br purge /x /x.html /x.html.br /x/\n"},
		{"became paid, with fingerprinted copies", manifestOf(entry("v.mp4", "a"), entry("v.1.mp4", "a", printed, from("v.mp4"))), manifestOf(entry("v.mp4", "a", paid)),
			"gate: close v.mp4 hv.mp4 -v.1.mp4 purge /v.1.mp4 /v.mp4\n"},
		{"new and paid: closed before it is there", manifestOf(), manifestOf(entry("x.html", "a", paid)), "gate: close x.html\npages: +x.html\n"},
		{"paid stays paid", manifestOf(entry("x.html", "a", paid)), manifestOf(entry("x.html", "b", paid)), "pages: ~x.html\n"},
		{"became free", manifestOf(entry("x.html", "a", paid)), manifestOf(entry("x.html", "a")), "pages: hx.html\nrules: open x.html\npurge: purge /x /x.html /x/\n"},
		{"another file answers", manifestOf(entry("x.html", "a")), manifestOf(entry("x.html", "a"), entry("x/index.html", "b")), "pages: +x/index.html\npurge: purge /x /x/ /x/index /x/index.html\n"},
		{"no longer precompressed", manifestOf(entry("x.json", "a", brotli)), manifestOf(entry("x.json", "a")), "assets: hx.json\npurge: purge /x.json\ndelete: -x.json.br purge /x.json.br\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := Diff(c.old, c.now)
			if got := brief(p); got != c.want {
				t.Errorf("plan is\n%swant\n%s", got, c.want)
			}
			if again := Diff(c.old, c.now); !reflect.DeepEqual(p, again) {
				t.Error("the same manifests give two plans")
			}
		})
	}
}

func TestAliasesAreSpelledInEveryWay(t *testing.T) {
	t.Parallel()
	got := Aliases("ü (1)/a*b$.html")
	for _, want := range []string{"/%C3%BC%20%281%29/a%2Ab%24.html", "/%C3%BC%20(1)/a%2Ab$", "/%C3%BC%20(1)/a%2Ab$/"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not among %q", want, got)
		}
	}
	for _, u := range got {
		if strings.ContainsAny(u, "* ") {
			t.Errorf("%q is a pattern", u)
		}
	}
}

func TestReadManifestRefuses(t *testing.T) {
	t.Parallel()
	const e = `{"path":"a.html","sha256":"` + "0000000000000000000000000000000000000000000000000000000000000000" + `"`
	for _, text := range []string{"", "<html>", "[]", "{}", `{"version":2,"entries":[]}`, `{"version":1}`,
		`{"version":1,"entries":[{"path":"../x"}]}`, `{"version":1,"entries":[{"path":"/etc/passwd"}]}`, `{"version":1,"entries":[{"path":"a//b"}]}`,
		`{"version":1,"entries":[` + e + `},` + e + `}]}`, `{"version":1,"entries":[` + e + `,"header":{"A":"b\r\nC: d"}}]}`,
		`{"version":1,"entries":[` + e + `,"header":{"A b":"c"}}]}`, `{"version":1,"entries":[` + e + `,"encodings":["../x"]}]}`} {
		if m, err := ReadManifest([]byte(text)); err == nil {
			t.Errorf("%s is read as %v", text, m)
		}
	}
	m, err := ReadManifest([]byte(`{"version":1,"entries":[{"path":"\\xE4\\x41.html"}]}`))
	if err != nil || m.Entries[0].Path != "\xe4\\x41.html" {
		t.Errorf("got %q, %v", m.Entries[0].Path, err)
	}
}

func FuzzReadManifest(f *testing.F) {
	text, err := json.Marshal(manifestOf(entry("index.html", "a", brotli), entry("it's.html", "$(x)", paid)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"version":1,"entries":[{"path":"\\xE4.html","header":{"A":"b"}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := ReadManifest(text)
		if err != nil {
			return
		}
		if p := Diff(m, m); len(p.Steps) != 0 {
			t.Fatalf("an unchanged site has a plan: %s", brief(p))
		}
		base := &url.URL{Scheme: "https", Host: "example.com", Path: "/docs/"}
		p := Diff(&site.Manifest{}, m)
		for i := range Formats {
			d := Deploy{Bases: []*url.URL{base}, SHA1: func(site.Path) (string, error) { return "0", nil }}
			if err := Formats[i].Write(&bytes.Buffer{}, p, m, d); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestScriptsRun runs the scripts in a shell with tools that write down their
// arguments: whatever a file is called, it arrives as one word.
func TestScriptsRun(t *testing.T) {
	t.Parallel()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell here")
	}
	const odd = "a'b $(touch x) `y` \"z\" \\ ä.html"
	for _, c := range []struct {
		format string
		args   []string
		want   []string
	}{
		{"s3", nil, []string{"<s3><cp><--only-show-errors><--cache-control><public, max-age=0, must-revalidate><--content-type><text/html; charset=utf-8>", "<out/" + odd + "><s3://b/" + odd + ">"}},
		{"s3", []string{"delete"}, []string{"<s3><rm><--only-show-errors><s3://b/old.txt>\n"}},
		{"cloudfront", nil, []string{"<cloudfront><create-invalidation><--distribution-id><D><--query><Invalidation.Id><--output><text><--paths></index.json>\n<cloudfront><wait>"}},
		{"rclone", nil, []string{"<copy><--no-traverse><--ignore-times><--header-upload><Cache-Control: public, max-age=0, must-revalidate>", "<--files-from-raw><-><out><r:b>\n" + odd + "\n"}},
	} {
		t.Run(c.format+strings.Join(c.args, ""), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			tool := "#!/bin/sh\nl=\nfor a; do l=\"$l<$a>\"; done\nprintf '%s\\n' \"$l\" >>log\ncase $0 in *rclone) cat >>log;; esac\n"
			for _, name := range []string{"aws", "rclone"} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(tool), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			var b bytes.Buffer
			p := Diff(manifestOf(entry("old.txt", "a"), entry("index.json", "a")), manifestOf(entry(odd, "x"), entry("index.json", "b")))
			i := slices.Index(FormatNames(), c.format)
			if err := Formats[i].Write(&b, p, nil, Deploy{}); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(sh, append([]string{"-s"}, c.args...)...)
			cmd.Dir, cmd.Stdin = dir, &b
			cmd.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "SITE=out", "BUCKET=s3://b", "REMOTE=r:b", "DISTRIBUTION=D"}
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			log, err := os.ReadFile(filepath.Join(dir, "log"))
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range c.want {
				if !strings.Contains(string(log), w) {
					t.Errorf("no %q in\n%s", w, log)
				}
			}
			if _, err := os.Stat(filepath.Join(dir, "x")); err == nil {
				t.Error("a file name was run")
			}
		})
	}
}

// TestScriptSettles: commands run side by side, no part of the deploy begins
// before the last one ended, and none after an error.
func TestScriptSettles(t *testing.T) {
	t.Parallel()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell here")
	}
	var now []site.Entry
	for i := range 20 {
		now = append(now, entry(fmt.Sprintf("%02d.css", i), "a"), entry(fmt.Sprintf("%02d.html", i), "a"))
	}
	for _, fails := range []bool{false, true} {
		dir := t.TempDir()
		// The first command waits until the third begins: they are under way together.
		tool := "#!/bin/sh\nfor a; do :; done\ncase $a in */00.css) until [ -e third ]; do :; done;; */02.css) : >third;; */11.css) [ -z \"$FAILS\" ] || exit 3;; esac\nprintf '%s\\n' \"$a\" >>log\n"
		if err := os.WriteFile(filepath.Join(dir, "aws"), []byte(tool), 0o755); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := writeS3(&b, Diff(manifestOf(), manifestOf(now...)), nil, Deploy{}); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(sh)
		cmd.Dir, cmd.Stdin = dir, &b
		cmd.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "SITE=out", "BUCKET=s3://b", "JOBS=3"}
		if fails {
			cmd.Env = append(cmd.Env, "FAILS=1")
		}
		out, err := cmd.CombinedOutput()
		log, readErr := os.ReadFile(filepath.Join(dir, "log"))
		if readErr != nil {
			t.Fatal(readErr)
		}
		lines := strings.Fields(string(log))
		page := slices.IndexFunc(lines, func(s string) bool { return strings.HasSuffix(s, ".html") })
		switch {
		case fails && (err == nil || page >= 0):
			t.Errorf("after an error: %v, %s\n%s", err, out, log)
		case !fails && (err != nil || len(lines) != 40 || page != 20):
			t.Errorf("%v: %s; the first page is number %d of\n%s", err, out, page, log)
		}
	}
}

func TestGateStopsTheScript(t *testing.T) {
	t.Parallel()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell here")
	}
	var b bytes.Buffer
	if err := writeS3(&b, Diff(manifestOf(entry("x.html", "a")), manifestOf(entry("x.html", "a", paid))), nil, Deploy{}); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(sh)
	cmd.Stdin = &b
	cmd.Env = []string{"PATH=/nowhere", "SITE=out", "BUCKET=s3://b"}
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "GATE_CLOSED=yes") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestBatchesStayWithinLimits(t *testing.T) {
	t.Parallel()
	var old, now []site.Entry
	for i := range 900 {
		old, now = append(old, entry(fmt.Sprintf("%d.html", i), "a")), append(now, entry(fmt.Sprintf("%d.html", i), "b"))
	}
	m := manifestOf(now...)
	p := Diff(manifestOf(old...), m)
	d := Deploy{Bases: []*url.URL{{Scheme: "https", Host: "example.com", Path: "/docs/"}}}
	var b bytes.Buffer
	if err := writeCloudflare(&b, p, m, d); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Requests []struct{ Body struct{ Files []string } }
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, r := range got.Requests {
		n += len(r.Body.Files)
		if len(r.Body.Files) > 100 || !strings.HasPrefix(r.Body.Files[0], "https://example.com/docs/") {
			t.Errorf("%d files in a request, the first %s", len(r.Body.Files), r.Body.Files[0])
		}
	}
	if n != 2700 {
		t.Errorf("%d URLs, want 2700", n)
	}
	b.Reset()
	if err := writeCloudFront(&b, p, m, d); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "create-invalidation"); n != 3 {
		t.Errorf("%d invalidations, want 3", n)
	}
	b.Reset()
	if err := writeBunny(&b, p, m, d); err != nil {
		t.Fatal(err)
	}
	if n, exact := strings.Count(b.String(), "api.bunny.net/purge?"), strings.Count(b.String(), "purge?exactPath=true&"); n != 2700 || exact != n {
		t.Errorf("%d purges, %d of them exact", n, exact)
	}
}

func BenchmarkDiff(b *testing.B) {
	var old, now []site.Entry
	for i := range 10_000 {
		old, now = append(old, entry(fmt.Sprintf("p/%d.html", i), "a", brotli)), append(now, entry(fmt.Sprintf("p/%d.html", i), fmt.Sprint(i%10), brotli))
	}
	m, n := manifestOf(old...), manifestOf(now...)
	b.ReportAllocs()
	for b.Loop() {
		Diff(m, n)
	}
}
