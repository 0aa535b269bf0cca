package verify_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/hone-web/hone/site"
	. "github.com/hone-web/hone/verify"
)

func TestBaseline(t *testing.T) {
	t.Parallel()
	ds := []site.Diagnostic{
		{Rule: "PW004", Severity: site.Error, Path: "a.html", Line: 3, Message: "one", Hint: "x"},
		{Rule: "PW004", Severity: site.Error, Path: "a.html", Line: 9, Message: "two", Hint: "y"},
		{Rule: "PC001", Severity: site.Warn, Path: "nginx.conf", Line: 1, Message: "three"},
	}
	text, err := json.Marshal(NewBaseline(ds[:2], "2027-01-31", "moving", nil))
	if err != nil {
		t.Fatal(err)
	}
	b, err := ParseBaseline(text)
	if err != nil {
		t.Fatal(err)
	}
	lastDay := time.Date(2027, 1, 31, 23, 59, 0, 0, time.UTC)
	moved := append([]site.Diagnostic(nil), ds...)
	moved[0].Line = 77 // lines move
	left, accepted, unused := b.Apply(moved, lastDay)
	if len(left) != 1 || left[0].Rule != "PC001" || accepted != 2 || len(unused) != 0 {
		t.Errorf("on its last day: %v, %d, %v", left, accepted, unused)
	}
	left, accepted, _ = b.Apply(ds, lastDay.AddDate(0, 0, 1))
	if len(left) != 3 || accepted != 0 || !strings.Contains(left[0].Message, "accepted it until 2027-01-31 (moving)") {
		t.Errorf("after it: %v, %d", left, accepted)
	}
	if _, _, unused = b.Apply(ds[1:], lastDay); len(unused) != 1 {
		t.Errorf("unused: %v", unused)
	}
	other := ds[0]
	other.Hint = "another cause"
	if left, _, _ = b.Apply([]site.Diagnostic{other}, lastDay); len(left) != 1 {
		t.Error("another cause in the same file is accepted")
	}
	for _, bad := range []string{"", "{}", `{"version":2}`, `{"version":1,"accepted":[{"path":"a"}]}`, `{"version":1,"accepted":[{"rule":"a","expires":"soon"}]}`, `{"version":1,"accepted":[{"rule":"a","expire":"2027-01-01"}]}`, `{"version":1} x`} {
		if _, err := ParseBaseline([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func FuzzBaseline(f *testing.F) {
	for _, s := range []string{`{"version":1,"accepted":[{"rule":"a","path":"b","expires":"2027-01-01"}]}`, "{", `{"version":1,"accepted":null}`} {
		f.Add([]byte(s))
	}
	ds := []site.Diagnostic{{Rule: "a", Path: "b"}, {Rule: "c"}}
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := ParseBaseline(text)
		if err != nil {
			return
		}
		if left, n, _ := b.Apply(ds, time.Time{}); len(left)+n != len(ds) {
			t.Errorf("%d left and %d accepted of %d", len(left), n, len(ds))
		}
	})
}
