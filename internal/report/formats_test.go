package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/site"
)

func written(t *testing.T, name string, d *Document) string {
	t.Helper()
	for _, f := range Formats {
		if f.Name == name {
			var b bytes.Buffer
			if err := f.Write(&b, d); err != nil {
				t.Fatal(err)
			}
			return b.String()
		}
	}
	t.Fatalf("there is no format %s", name)
	return ""
}

func compared() *Document {
	d := New(sample("img/a.jpg"), "hone 1", "build", "public", "public-honed", true)
	old := sample("img/a.jpg")
	old.Totals.BytesAfter, old.Pages = 400_000, []pipeline.Page{page("index.html", 9, 8, 100_000, 30_000), page("gone.html", 1, 1, 1, 1), page("img/a.jpg", 3, 4, 500, 450)}
	old.Findings = append(old.Findings[1:2:2], site.Diagnostic{Rule: "mended", Severity: site.Warn, Message: "was so"})
	d.CompareWith(New(old, "hone 1", "build", "public", "public-honed", true))
	return d
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for name, ext := range map[string]string{"text": "txt", "markdown": "md", "sarif": "sarif", "junit": "xml", "github": "github", "gitlab": "json"} {
		golden(t, "format-"+name+"."+ext, written(t, name, compared()))
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	c := compared().Compare
	if c.Bytes != (pipeline.Cost2{Before: 400_000, After: 456_789}) || c.NewPages != 1 || c.GonePages != 1 || len(c.Pages) != 2 || c.Pages[0].Path != "index.html" ||
		len(c.New) != 3 || len(c.Mended) != 1 || c.Mended[0].Rule != "mended" {
		t.Errorf("%+v", c)
	}
	var b bytes.Buffer
	if err := JSON(&b, compared()); err != nil {
		t.Fatal(err)
	}
	if d, err := Read(b.Bytes()); err != nil || len(d.Pages) != 3 || d.Compare == nil {
		t.Errorf("read back: %v", err)
	}
	for _, text := range []string{"", "[]", `{"schema_version": 99}`} {
		if _, err := Read([]byte(text)); err == nil {
			t.Errorf("%q was read as a report", text)
		}
	}
}

// TestHostileFormats: whatever a file is called, each format stays what it is.
func TestHostileFormats(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a|b.html", "<script>alert(1)</script>", "x]]>y", "\x1b[31m", "a\nb\r::error::x", "\xff", "# head", "[a](http://b)", "@all", "%0A", "a,title=b:c", "\u202e", "\x00"} {
		d := New(sample(name), "hone 1", "build", name, name, true)
		for _, f := range []string{"sarif", "gitlab", "json"} {
			var v any
			if err := json.Unmarshal([]byte(written(t, f, d)), &v); err != nil {
				t.Errorf("%s with %q: %v", f, name, err)
			}
		}
		x := xml.NewDecoder(strings.NewReader(written(t, "junit", d)))
		for {
			if _, err := x.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Errorf("junit with %q: %v", name, err)
				break
			}
		}
		for _, l := range strings.Split(strings.TrimSuffix(written(t, "github", d), "\n"), "\n") {
			if !strings.HasPrefix(l, "::error ") && !strings.HasPrefix(l, "::warning ") || strings.ContainsAny(l, "\r\x1b") {
				t.Errorf("github with %q: %q", name, l)
			}
		}
		md := written(t, "markdown", d)
		if strings.Contains(md, "<script>") || strings.Contains(md, " @all") || strings.ContainsAny(md, "\x00\x1b\r") {
			t.Errorf("markdown with %q:\n%s", name, md)
		}
		for _, l := range strings.Split(md, "\n") {
			if strings.HasPrefix(l, "| error") && strings.Count(strings.ReplaceAll(l, `\|`, ""), "|") != 5 {
				t.Errorf("markdown with %q breaks the table: %s", name, l)
			}
		}
	}
}

// TestAnnotationLimits: GitHub drops what is beyond ten of a level; the tenth
// says so.
func TestAnnotationLimits(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{0: 0, 10: 10, 11: 10, 500: 10} {
		d := New(&pipeline.Result{}, "hone 1", "build", "in", "out", false)
		for i := range n {
			d.Findings = append(d.Findings, site.Diagnostic{Rule: "r", Severity: site.Warn, Path: "a.html", Line: i, Message: fmt.Sprint("m", i)})
		}
		got := written(t, "github", d)
		if strings.Count(got, "\n") != want || strings.Contains(got, "more;") != (n > want) || n == 11 && !strings.Contains(got, "and 2 more") {
			t.Errorf("%d findings:\n%s", n, got)
		}
	}
}

// TestFingerprints: findings that say the same have their own, and lines do
// not matter.
func TestFingerprints(t *testing.T) {
	t.Parallel()
	one, two := map[string]int{}, map[string]int{}
	f := site.Diagnostic{Rule: "r", Path: "a", Message: "m", Line: 1}
	a, b := fingerprint(f, one), fingerprint(f, one)
	f.Line = 9
	if c := fingerprint(f, two); a == b || a != c {
		t.Errorf("%s %s %s", a, b, c)
	}
}

func BenchmarkSARIF(b *testing.B) {
	d := New(&pipeline.Result{}, "hone 1", "build", "in", "out", false)
	for i := range 1000 {
		d.Findings = append(d.Findings, site.Diagnostic{Rule: "r", Severity: site.Warn, Path: "a.html", Line: i, Message: fmt.Sprint("m", i)})
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := SARIF(io.Discard, d); err != nil {
			b.Fatal(err)
		}
	}
}
