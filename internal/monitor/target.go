package monitor

import (
	"bufio"
	"cmp"
	"fmt"
	"hash/fnv"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/hone-web/hone/site"
	"github.com/hone-web/hone/verify"
)

// MaxTargets bounds a monitor: each target is a row of metrics.
const MaxTargets = 1000

// Target is one address and what it should answer.
type Target struct {
	URL    *url.URL
	Agent  verify.Agent
	Status int    // 0: any from 200 to 399
	Scheme string // of a 402, as verify.Challenge.Scheme or the beginning of it; "" any
	Paid   bool   // it must not answer with the file
	Entry  *site.Entry
}

// Name is the address as it is shown, without secrets.
func (t *Target) Name() string { return verify.RedactURL(t.URL.String()) }

func (t *Target) origin() *url.URL { return &url.URL{Scheme: t.URL.Scheme, Host: t.URL.Host} }

// ParseTarget reads a line of a list: a URL, then the status and the scheme
// that are expected, if it is not a success.
func ParseTarget(line string) (Target, error) {
	f := strings.Fields(line)
	if len(f) == 0 || len(f) > 3 {
		return Target{}, fmt.Errorf("%q is not: URL [STATUS [SCHEME]]", verify.Redact(line))
	}
	u, err := url.Parse(f[0])
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return Target{}, fmt.Errorf("%q is no http or https URL without a password", verify.RedactURL(f[0]))
	}
	u.Fragment = ""
	t := Target{URL: u, Agent: verify.Human}
	if len(f) > 1 {
		if t.Status, err = strconv.Atoi(f[1]); err != nil || t.Status < 200 || t.Status > 599 {
			return Target{}, fmt.Errorf("%q is no status from 200 to 599", f[1])
		}
	}
	if len(f) > 2 {
		if t.Scheme = f[2]; t.Status != 402 {
			return Target{}, fmt.Errorf("a scheme goes with the status 402")
		}
	}
	return t, nil
}

// maxLine bounds a line of a list; URLs are shorter in practice.
const maxLine = 64 << 10

// ReadList reads targets, one a line; # begins a comment.
func ReadList(r io.Reader) ([]Target, error) {
	var out []Target
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 4096), maxLine)
	for n := 1; s.Scan(); n++ {
		line := s.Text()
		if i := strings.Index(line, " #"); i >= 0 {
			line = line[:i]
		}
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		t, err := ParseTarget(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if out = append(out, t); len(out) > MaxTargets {
			return nil, fmt.Errorf("line %d: more than %d targets", n, MaxTargets)
		}
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("read list: %w", err)
	}
	return out, nil
}

// FromManifest returns targets for the files of a manifest: all that are paid,
// and of the free ones pages first, n in all. Which, depends on the names only.
func FromManifest(m *site.Manifest, base *url.URL, n int) []Target {
	var paid, free []*site.Entry
	for i := range m.Entries {
		switch e := &m.Entries[i]; {
		case e.Zone != "":
			paid = append(paid, e)
		default:
			free = append(free, e)
		}
	}
	order := func(e *site.Entry) uint64 {
		h := fnv.New64a()
		h.Write([]byte(e.Path))
		k := h.Sum64() >> 2
		if e.Path != "index.html" {
			k |= 1 << 62
		}
		if site.KindOf(e.Path) != site.HTML {
			k |= 1 << 63
		}
		return k
	}
	for _, l := range [][]*site.Entry{paid, free} {
		slices.SortFunc(l, func(a, b *site.Entry) int {
			return cmp.Or(cmp.Compare(order(a), order(b)), cmp.Compare(a.Path, b.Path))
		})
	}
	all := append(paid, free...)
	all = all[:min(len(all), n, MaxTargets)]
	slices.SortFunc(all, func(a, b *site.Entry) int { return cmp.Compare(a.Path, b.Path) })
	out := make([]Target, 0, len(all))
	for _, e := range all {
		t := Target{URL: address(base, e.Path), Agent: verify.Human, Entry: e, Status: 200}
		if e.Path == "404.html" {
			t.Status = 0 // asked for by its name: hosts send 200 or 404
		}
		if e.Zone != "" {
			t.Paid, t.Status = true, 402
		}
		out = append(out, t)
	}
	return out
}

// address is where a file is asked for first: the folder of an index page.
func address(base *url.URL, p site.Path) *url.URL {
	path := "/" + string(p)
	if site.KindOf(p) == site.HTML && strings.EqualFold(p.Stem(), "index") {
		path = path[:strings.LastIndexByte(path, '/')+1]
	}
	u := *base
	u.RawQuery, u.Fragment = "", ""
	u.Path = strings.TrimSuffix(base.Path, "/") + path
	u.RawPath = ""
	return &u
}
