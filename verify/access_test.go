package verify

import (
	"strings"
	"testing"
	"time"

	"github.com/hone-web/hone/site"
)

func TestGlob(t *testing.T) {
	t.Parallel()
	tests := []struct {
		glob string
		yes  []string
		no   []string
	}{
		{"/club/**", []string{"/club/", "/club/a", "/club/a/b.html"}, []string{"/club", "/clubs/a", "/x/club/a"}},
		{"/club/*", []string{"/club/", "/club/a.html"}, []string{"/club/a/b"}},
		{"/a/**/b.pdf", []string{"/a/b.pdf", "/a/x/b.pdf", "/a/x/y/b.pdf"}, []string{"/a/xb.pdf", "/ab.pdf", "/a/b.pdfx"}},
		{"/**/*.pdf", []string{"/a.pdf", "/x/a.pdf"}, []string{"/a.pdf/x"}},
		{"/img/?.{png,jpg}", []string{"/img/a.png", "/img/b.jpg"}, []string{"/img/ab.png", "/img/a.gif", "/img//.png"}},
		{"/a.html", []string{"/a.html"}, []string{"/aXhtml", "/a.html/"}},
		{"/a,b}", []string{"/a,b}"}, []string{"/a"}},
		{"/[x]+", []string{"/[x]+"}, []string{"/x"}},
		{"/{a,{b,c}d}", []string{"/a", "/bd", "/cd"}, []string{"/b", "/ad"}},
	}
	for _, tt := range tests {
		g, err := NewGlob(tt.glob)
		if err != nil {
			t.Errorf("%s: %v", tt.glob, err)
			continue
		}
		for _, s := range tt.yes {
			if !g.Match(s) {
				t.Errorf("%s does not cover %s", tt.glob, s)
			}
		}
		for _, s := range tt.no {
			if g.Match(s) {
				t.Errorf("%s covers %s", tt.glob, s)
			}
		}
	}
	for _, bad := range []string{"club", "", "/{a", "/" + strings.Repeat("a", maxGlob)} {
		if _, err := NewGlob(bad); err == nil {
			t.Errorf("%.20q is taken for a pattern", bad)
		}
	}
}

func FuzzGlob(f *testing.F) {
	f.Add("/club/**", "/club/a")
	f.Add("/a/**/{b,c*}?.pdf", "/a/x/y/bz.pdf")
	f.Add("/**/**/**", "/////")
	f.Fuzz(func(t *testing.T, pattern, url string) {
		g, err := NewGlob(pattern)
		if err != nil {
			return
		}
		if got := g.Match(url); got && !strings.HasPrefix(url, g.prefix) {
			t.Errorf("%q covers %q, which does not begin as it does", pattern, url)
		}
		if g.exact && !g.Match(pattern) {
			t.Errorf("%q does not cover itself", pattern)
		}
		if g.compare(g) != 0 {
			t.Errorf("%q says more than itself", pattern)
		}
	})
}

func paywall(t testing.TB, def Access, rules ...*AccessRule) *Paywall {
	t.Helper()
	w := &Paywall{File: "hone.toml", Default: def, Rules: rules}
	if err := w.Compile(); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestDecide(t *testing.T) {
	t.Parallel()
	w := paywall(t, Free,
		&AccessRule{ID: "club", Path: "/club/**", Except: []string{"/club/index.html", "/club/{logo,icon}.png"}, Access: Paid, ByAgent: map[Agent]Access{Search: Preview}},
		&AccessRule{ID: "open", Path: "/club/open/**", Access: Free},
		&AccessRule{ID: "pdf", Path: "/**/*.pdf", Access: Deny},
		&AccessRule{ID: "one", Path: "/club/open/secret.html", Access: Paid},
		&AccessRule{ID: "dir", Path: "/guide/", Access: Paid},
		&AccessRule{ID: "clean", Path: "/post", Access: Paid},
	)
	tests := []struct {
		path  site.Path
		agent Agent
		want  Access
		rule  string
	}{
		{"index.html", Human, Free, ""},
		{"club/index.html", Human, Free, ""},
		{"club/logo.png", Human, Free, ""},
		{"club/a.html", Human, Paid, "club"},
		{"club/a.html", Search, Preview, "club"},
		{"club/a.html", Training, Paid, "club"},
		{"club/a/index.html", Human, Paid, "club"},
		{"club/open/a.html", Human, Free, "open"},
		{"club/open/secret.html", Human, Paid, "one"},
		{"club/a.pdf", Human, Paid, "club"}, // the longer text before the first wildcard
		{"x/a.pdf", Human, Deny, "pdf"},
		{"guide/index.html", Human, Paid, "dir"},
		{"guide/a.html", Human, Free, ""},
		{"post.html", Human, Paid, "clean"},
		{"post/index.html", Human, Paid, "clean"},
		{"posts.html", Human, Free, ""},
	}
	for _, tt := range tests {
		d := w.Decide(tt.path, tt.agent)
		id := ""
		if d.Rule != nil {
			id = d.Rule.ID
		}
		if d.Access != tt.want || id != tt.rule {
			t.Errorf("%s for %s: %s by %q, want %s by %q", tt.path, tt.agent, d.Access, id, tt.want, tt.rule)
		}
		for _, u := range URLs(tt.path) {
			if got := w.DecideURL(u, tt.agent).Access; got != tt.want && (tt.path.Stem() == "index" || !strings.HasSuffix(u, "/")) {
				t.Errorf("%s at %s: %s, want %s", tt.path, u, got, tt.want)
			}
		}
	}
	if d := w.Decide("club/open/secret.html", Human); len(d.Lost) != 2 || d.Lost[0].ID != "open" || d.Lost[1].ID != "club" {
		t.Errorf("lost: %v", d.Lost)
	}
	if z := w.Zone("club/a.html"); z != "club" {
		t.Errorf("zone %q", z)
	}
	if z := w.Zone("index.html"); z != "" {
		t.Errorf("zone %q", z)
	}
}

func TestTie(t *testing.T) {
	t.Parallel()
	w := paywall(t, Free, &AccessRule{ID: "a", Path: "/x/*.html", Access: Paid}, &AccessRule{ID: "b", Path: "/x/a*.ht", Access: Free},
		&AccessRule{ID: "c", Path: "/y/*a", Access: Paid}, &AccessRule{ID: "d", Path: "/y/b*", Access: Free},
		&AccessRule{ID: "e", Path: "/z/?a.css", Access: Paid}, &AccessRule{ID: "f", Path: "/z/b*.css", Access: Paid},
		&AccessRule{ID: "g", Path: "/z/??.css", Access: Free})
	for p, want := range map[site.Path]bool{"x/a.html": false, "y/ba": false, "z/ba.css": false, "q": false} {
		if got := w.Tie([]site.Path{p}); (got != "") != want {
			t.Errorf("%s: %q", p, got)
		}
	}
	w = paywall(t, Free, &AccessRule{ID: "c", Path: "/y/*a", Access: Paid}, &AccessRule{ID: "d", Path: "/y/?a", Access: Free})
	if got := w.Tie([]site.Path{"y/ca", "y/ba"}); !strings.Contains(got, `"c" (paid) and "d" (free)`) || !strings.Contains(got, "y/ca") {
		t.Errorf("tie: %q", got)
	}
	w = paywall(t, Free, &AccessRule{ID: "c", Path: "/y/*a", Access: Paid}, &AccessRule{ID: "d", Path: "/y/*a", Except: []string{"/y/ca"}, Access: Free})
	if got := w.Tie([]site.Path{"y/ca"}); got != "" {
		t.Errorf("tie: %q", got)
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]*Paywall{
		"is none of free":        {Default: "open"},
		"two rules have this id": {Rules: []*AccessRule{{ID: "a", Path: "/a", Access: Paid}, {ID: "a", Path: "/b", Access: Paid}}},
		`"payed" is none of`:     {Rules: []*AccessRule{{Path: "/a", Access: "payed"}}},
		"by_agent: \"robots\"":   {Rules: []*AccessRule{{Path: "/a", Access: Paid, ByAgent: map[Agent]Access{"robots": Paid}}}},
		"by_agent.search":        {Rules: []*AccessRule{{Path: "/a", Access: Paid, ByAgent: map[Agent]Access{Search: "x"}}}},
		"must begin with /":      {Rules: []*AccessRule{{Path: "a", Access: Paid}}},
		"except: ":               {Rules: []*AccessRule{{Path: "/a", Access: Paid, Except: []string{"b"}}}},
		"it names no rule":       {Exceptions: []*Exception{{Path: "/a"}}},
	} {
		if err := w.Compile(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("want %q, got %v", name, err)
		}
	}
}

func TestSilenced(t *testing.T) {
	t.Parallel()
	day := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	w := &Paywall{Exceptions: []*Exception{{Rule: "PW004", Path: "/club/**", Until: day}}}
	if err := w.Compile(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		rule, url string
		now       time.Time
		want      bool
	}{{"PW004", "/club/a", day.Add(-1), true}, {"PW004", "/club/a", day, false}, {"PW004", "/a", day.Add(-1), false}, {"PW005", "/club/a", day.Add(-1), false}} {
		if got := w.silenced(tt.rule, tt.url, tt.now); got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
	if (*Paywall)(nil).silenced("PW004", "/a", day) {
		t.Error("no policy silences nothing")
	}
}

func TestAgentOf(t *testing.T) {
	t.Parallel()
	for ua, want := range map[string]Agent{"GPTBot": Training, "gptbot/1.2": Training, "search": Search, "": Human, "curl/8": Human, "Claude-User": UserFetch, "Claude-SearchBot": Search, "Slackbot-LinkExpanding": Social} {
		if got := AgentOf(ua); got != want {
			t.Errorf("%q: %s, want %s", ua, got, want)
		}
	}
	for _, a := range Agents {
		if got := AgentOf(a.UserAgent()); got != a {
			t.Errorf("%s names itself like %s", a, got)
		}
	}
}

// TestDecideURL: a file is under the same rule however its URL is spelled.
func TestDecideURL(t *testing.T) {
	t.Parallel()
	w := &Paywall{Rules: []*AccessRule{{ID: "a", Path: "/club/report.html", Access: Paid}, {ID: "b", Path: "/vip/index.html", Access: Paid}, {ID: "c", Path: "/files/*.tar.gz", Access: Paid}}}
	if err := w.Compile(); err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]Access{
		"/club/report.html": Paid, "/club/report": Paid, "/club/report.html.br": Paid, "/club/report.html.gz": Paid, "//club/report.html": Paid, "/club/./report.html": Paid,
		"/x/../club/report.html": Paid, "/club/%72eport.html": Paid, "/club%2Freport.html": Paid, "/vip": Paid, "/vip/": Paid, "/vip/index.html": Paid, "/vip//": Paid, "/vip/.": Paid, "/files/a.tar.gz": Paid,
		"/club/": Free, "/": Free, "/club/report.html.txt": Free, "/%": Free, "/club/report.gz": Free,
	} {
		if d := w.DecideURL(url, Human); d.Access != want {
			t.Errorf("%s is %s, want %s", url, d.Access, want)
		}
	}
}
