package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/site"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares with testdata/name; -update writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

func page(p site.Path, r1, r2 int, b1, b2 int64) pipeline.Page {
	return pipeline.Page{Path: p, Before: pipeline.Cost{Requests: r1, Bytes: b1}, After: pipeline.Cost{Requests: r2, Bytes: b2}}
}

// sample is a result with something in every field; name stands wherever a
// file name may.
func sample(name string) *pipeline.Result {
	p := site.Path(name)
	return &pipeline.Result{Published: true,
		Totals: pipeline.Totals{Pages: 3, FilesBefore: 12, FilesAfter: 17, BytesBefore: 1_234_567, BytesAfter: 456_789, Transfer: pipeline.Cost2{Before: 9, After: 8}},
		Types:  []pipeline.TypeTotal{{Kind: "image", Files: 5, Before: 1_000_000, After: 300_000, Kept: 1}, {Kind: "css", Files: 1, Before: 999, After: 0}, {Kind: "font", Files: 1}},
		Pages:  []pipeline.Page{page("index.html", 9, 8, 100_000, 40_000), page(p, 3, 3, 500, 400), page("c.html", 20, 20, 2_500_000, 900_000)},
		Kept:   []pipeline.Kept{{Path: p, Reason: "the name stands in " + name}},
		Work:   pipeline.Work{Compiled: 4, Compressed: 2}, Hits: 3, Misses: 4,
		Slowest: []pipeline.Timing{{Path: p, Milliseconds: 1234}},
		Findings: []site.Diagnostic{
			{Rule: "info-rule", Severity: site.Info, Path: p, Message: "so it is with " + name, Hint: "leave " + name},
			{Rule: "warn-rule", Severity: site.Warn, Path: p, Line: 3, Column: 7, Message: "look at " + name},
			{Rule: "error-rule", Severity: site.Error, Path: p, Line: 1, Column: 1, Message: "mend " + name, Hint: "write " + name},
			{Rule: "site-rule", Severity: site.Error, Message: "all of it"},
		}}
}

func story(name string) *pipeline.FileStory {
	p := site.Path(name)
	return &pipeline.FileStory{Path: p, Kind: "image", Before: 10_000, After: 4000, Steps: []string{"jpeg"}, Note: "quality 75, from " + name, KeepsName: "named in " + name,
		Plain: true, Width: 40, Height: 30, Variants: []pipeline.Candidate{{Type: "image/webp", Size: 3000, Note: "lossless " + name, Served: true}, {Type: "image/avif", Size: 9000}},
		Outputs: []site.Path{p}, UsedBy: []pipeline.Referrer{{Path: p, Role: "image", Count: 2}, {Path: "b.html", Role: "link", Count: 1}}, Decisions: []string{"serve: shown as " + name}}
}

func entries(name string) []site.Entry {
	return []site.Entry{{Path: site.Path(name), Header: map[string]string{"Content-Type": "image/jpeg", "Cache-Control": "public", "X-Other": "of the owner"},
		Encodings: []string{"br"}, Encoded: map[string]int64{"br": 12}}}
}

// everything writes all that people get to read.
func everything(name string, s Style) string {
	var b bytes.Buffer
	r := sample(name)
	d := New(r, "hone 1", "build", name, name, false)
	Summary(&b, d, s)
	Findings(&b, d.Findings, s)
	for _, set := range []func(){func() {}, func() { d.Published = false }, func() { d.Unchanged = true }, func() { d.Finished = true }, func() { d.Unchanged = false }, func() { d.Failed = true }} {
		set()
		b.WriteString(Closing(d, s) + "\n")
	}
	Checked(&b, d)
	Explain(&b, story(name), entries(name), r.Findings)
	return b.String()
}

func TestGolden(t *testing.T) {
	t.Parallel()
	golden(t, "plain.txt", everything("img/a.jpg", Style{}))
	golden(t, "verbose.txt", everything("img/a.jpg", Style{Verbose: 1}))
	golden(t, "color.txt", everything("img/a.jpg", Style{Color: true, Verbose: 1}))
	var b bytes.Buffer
	d := New(&pipeline.Result{}, "hone 1", "check", "in", "", false)
	Summary(&b, d, Style{})
	Explain(&b, &pipeline.FileStory{Path: "a.pdf", Kind: "other"}, nil, nil)
	Explain(&b, &pipeline.FileStory{Path: "a.css", Kind: "css", Kept: "already minified"}, nil, nil)
	if err := JSON(&b, d); err != nil {
		t.Fatal(err)
	}
	golden(t, "empty.txt", b.String())
}

// TestTerminal: whatever a file is called, the report holds no character that
// a terminal obeys, and is of as many lines as ever.
func TestTerminal(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"\x1b[31mred", "bell\x07", "\x9b31m", "\u009b31m", "line\nfeed", "back\rspace\b", "\xff\xfe", "\u202egnp.exe", "\u2028", "del\x7f", "\x00", "\ufeff", "tab\t"} {
		for _, s := range []Style{{}, {Verbose: 1}} {
			got := everything(name, s)
			for i, r := range got {
				if r != '\n' && r != ' ' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r)) || r == utf8.RuneError {
					t.Errorf("%q reaches the terminal: %q", name, got[max(0, i-40):min(len(got), i+20)])
					break
				}
			}
			if a, b := strings.Count(got, "\n"), strings.Count(everything("x", s), "\n"); a != b {
				t.Errorf("%q makes %d lines of %d", name, a, b)
			}
		}
	}
	for _, name := range []string{"größe.png", "日本.html", "a b\"c'\\", "👩‍💻.svg", "می\u200cخواهم.html"} {
		if got := Name(site.Path(name)); got != name {
			t.Errorf("%q is written as %q", name, got)
		}
	}
	if got := Name("a\xff\x1b\u009b\n\ufffd"); got != `a\xff\x1b\u009b\n`+"\ufffd" {
		t.Errorf("written as %q", got)
	}
}

func TestFindingsLimit(t *testing.T) {
	t.Parallel()
	ds := make([]site.Diagnostic, 30)
	for i := range ds {
		ds[i] = site.Diagnostic{Rule: "r", Severity: site.Warn, Message: "m"}
	}
	ds[29].Severity, ds[29].Message = site.Error, "the worst"
	var b bytes.Buffer
	Findings(&b, ds, Style{MaxFind: 3})
	if got := b.String(); strings.Count(got, "\n") != 4 || !strings.HasPrefix(got, "error: the worst") || !strings.Contains(got, "and 27 more") {
		t.Errorf("written:\n%s", got)
	}
	if ds[29].Message != "the worst" {
		t.Error("the findings were sorted in place")
	}
}

func TestBytes(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 999_499: "999.5 kB", 999_500: "1.00 MB", 999_499_999: "999.50 MB", 999_500_000: "1.00 GB", 12_340_000_000: "12.34 GB"} {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
	for _, tt := range []struct {
		before, after int64
		want          string
	}{{0, 0, ""}, {100, 100, "0 %"}, {100, 25, "75 %"}, {100, 0, "100 %"}, {100, 130, "-30 %"}} {
		if got := Saved(tt.before, tt.after); got != tt.want {
			t.Errorf("Saved(%d, %d) = %q", tt.before, tt.after, got)
		}
	}
}

// TestJSON: lists are never null, and the story of the files is left out
// unless wanted.
func TestJSON(t *testing.T) {
	t.Parallel()
	r := &pipeline.Result{Files: []pipeline.FileStory{*story("a")}}
	var b bytes.Buffer
	if err := JSON(&b, New(r, "t", "build", "in", "out", false)); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "null") || strings.Contains(b.String(), `"files"`) {
		t.Errorf("document:\n%s", &b)
	}
	b.Reset()
	if err := JSON(&b, New(r, "t", "build", "in", "out", true)); err != nil {
		t.Fatal(err)
	}
	var d Document
	if err := json.Unmarshal(b.Bytes(), &d); err != nil || len(d.Files) != 1 || d.SchemaVersion != SchemaVersion {
		t.Errorf("read back: %v, %+v", err, d)
	}
}
