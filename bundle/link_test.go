package bundle

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hone-web/hone/site"
)

// circular returns the files that reach themselves through renamed files.
func circular(g *Graph) map[site.Path]bool {
	out := map[site.Path]bool{}
	for _, n := range g.Nodes {
		seen := map[*Node]bool{}
		for todo := []*Node{n}; len(todo) > 0; todo = todo[1:] {
			for _, c := range cuts(g, todo[0]) {
				t := g.Node(todo[0].To[c.reloc.Ref].To)
				if t == n {
					out[n.File.Path] = true
				}
				if !seen[t] {
					seen[t] = true
					todo = append(todo, t)
				}
			}
		}
	}
	return out
}

// TestNamesFollowBytes is the law of names, over random sites: linked again
// after one file changed, a name differs exactly where the bytes differ; and
// outside of circles a name is the SHA-256 of the file that bears it.
func TestNamesFollowBytes(t *testing.T) {
	t.Parallel()
	circles, moved, stayed := 0, 0, 0
	for seed := range uint64(400) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		s := randomSite(rnd)
		g, k, out := s.link(t, Base{})
		in := circular(g)
		for _, n := range g.Nodes {
			p := n.File.Path
			name := k.Name(p)
			if (name == "") != (n.Keep != "") {
				t.Fatalf("seed %d: %s is named %q although it keeps its name: %q", seed, p, name, n.Keep)
			}
			if name == "" {
				continue
			}
			if in[p] {
				circles++
			} else if want := Fingerprint(p, site.Sum([]byte(out[name])), ""); name != want {
				t.Fatalf("seed %d: %s is named %s, and its bytes are those of %s", seed, p, name, want)
			}
			if d, ok := k.Digest(p); !ok || d != site.Sum([]byte(out[name])) {
				t.Fatalf("seed %d: the digest of %s is not that of its bytes", seed, p)
			}
		}
		paths := slices.Sorted(maps.Keys(s))
		changed := maps.Clone(s)
		changed[paths[rnd.IntN(len(paths))]] += " "
		_, k2, out2 := changed.link(t, Base{})
		for _, p := range paths {
			a, b := k.Name(p), k2.Name(p)
			if a == "" || b == "" {
				continue
			}
			if same := out[a] == out2[b]; same != (a == b) {
				t.Fatalf("seed %d: %s: same bytes %v, names %s and %s", seed, p, same, a, b)
			}
			if a == b {
				stayed++
			} else {
				moved++
			}
		}
	}
	if circles < 100 || moved < 100 || stayed < 100 {
		t.Errorf("the sites try too little: %d files in circles, %d moved, %d stayed", circles, moved, stayed)
	}
}

// TestLinkIsFinished feeds the output back: every renamed file of it is known
// for hone's own, circles included, and one altered byte takes that away.
func TestLinkIsFinished(t *testing.T) {
	t.Parallel()
	found := 0
	for seed := range uint64(300) {
		s := randomSite(rand.New(rand.NewPCG(seed, 11)))
		g, k, out := s.link(t, Base{})
		in := circular(g)
		circles := finishedCircles(t, out)
		for p := range in {
			if name := k.Name(p); name != "" && !circles[site.Sum([]byte(out[name]))] {
				t.Fatalf("seed %d: %s is in a circle and not known as finished\n%s", seed, name, out[name])
			}
			found++
		}
		for p := range in {
			name := k.Name(p)
			if name == "" {
				continue
			}
			altered := maps.Clone(out)
			altered[name] += "\n"
			if finishedCircles(t, altered)[site.Sum([]byte(altered[name]))] {
				t.Fatalf("seed %d: %s was altered and still counts as finished", seed, name)
			}
			break
		}
	}
	if found < 100 {
		t.Errorf("only %d files in circles", found)
	}
}

func finishedCircles(t *testing.T, s sources) map[site.Digest]bool {
	t.Helper()
	done, err := s.graph(Base{}).FinishedCircles(func(f *site.File) ([]byte, error) { return []byte(s[f.Path]), nil })
	if err != nil {
		t.Fatal(err)
	}
	m := map[site.Digest]bool{}
	for _, n := range done {
		m[n.File.Digest] = true
	}
	return m
}

// TestLinkOrder shuffles what has no order: the same names come out.
func TestLinkOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		rnd := rand.New(rand.NewPCG(seed, 13))
		s := randomSite(rnd)
		_, _, want := s.link(t, Base{})
		g := s.graph(Base{})
		g.AssignNames()
		l := s.linker(g)
		rnd.Shuffle(len(g.Nodes), func(i, j int) { g.Nodes[i], g.Nodes[j] = g.Nodes[j], g.Nodes[i] })
		k, _, err := l.Link()
		if err != nil {
			t.Fatal(err)
		}
		if got := outputs(t, g, k); !maps.Equal(got, want) {
			t.Fatalf("seed %d: another order gives other names", seed)
		}
	}
}

// TestReferencesLead checks that what stands in the output resolves to the
// output.
func TestReferencesLead(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		_, _, out := randomSite(rand.New(rand.NewPCG(seed, 17))).link(t, Base{})
		for _, n := range out.graph(Base{}).Nodes {
			for i := range n.To {
				if n.Missing(i) {
					t.Fatalf("seed %d: %s refers to %s, which is not there", seed, n.File.Path, n.Doc.Refs[i].URL)
				}
			}
		}
	}
}

func TestIntegrityIsRecomputed(t *testing.T) {
	t.Parallel()
	s := sources{
		"index.html": `<link rel=stylesheet href=a.css integrity=sha256-x><script src=b.js integrity=sha384-y></script><script src=c.js integrity=sha512-z></script>`,
		"a.css":      "a{background:url(i.png)}", "b.js": "1", "c.js": "2", "i.png": "x",
		"sw.js": `self.__precacheManifest = [{"revision":"d41d8cd98f00b204e9800998ecf8427e","url":"/page.html"}]`, "page.html": `<img src=i.png>`,
	}
	_, k, out := s.link(t, Base{})
	for p, alg := range map[site.Path]string{"a.css": "sha256", "b.js": "sha384", "c.js": "sha512"} {
		name := k.Name(p)
		want := string(name) + " integrity=" + alg + "-" + HashText([]byte(out[name]), alg) + ">"
		if name == "" || !strings.Contains(out["index.html"], want) {
			t.Errorf("no %q in %s", want, out["index.html"])
		}
	}
	if want := HashText([]byte(out["page.html"]), "hex-md5"); !strings.Contains(out["sw.js"], want) {
		t.Errorf("no %q in %s", want, out["sw.js"])
	}
	if strings.Contains(out["page.html"], `"i.png"`) {
		t.Error("the page that a hash depends on was not filled")
	}
}

func TestHashText(t *testing.T) {
	t.Parallel()
	for alg, want := range map[string]string{
		"sha256":     "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
		"sha384":     "ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP/W+2AhgcroefMI1i67KE0yCWn",
		"sha512":     "3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==",
		"hex-md5":    "900150983cd24fb0d6963f7d28e17f72",
		"hex-sha1":   "a9993e364706816aba3e25717850c26c9cd0d89d",
		"hex-sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"md5":        "", "sha1": "", "": "",
	} {
		if got := HashText([]byte("abc"), alg); got != want {
			t.Errorf("%s of abc is %q", alg, got)
		}
	}
}

// TestHashCycle: a module that holds the hash of another, which holds its name,
// cannot be named: everything in the circle is called by its kept name.
func TestHashCycle(t *testing.T) {
	t.Parallel()
	s := sources{
		"index.html": `<link rel=stylesheet href=b.css><img src=i.png>`,
		"b.css":      `a{background:url(i.png)}`, "i.png": "x",
		"m.js": `import "./n.js";`, "n.js": `import "./m.js";//`, "p.html": `<script type=module src=m.js></script>`,
	}
	g := s.graph(Base{})
	for _, n := range g.Nodes {
		if n.File.Kind == site.HTML {
			n.Keep = "a page"
		}
	}
	l := s.linker(g)
	// n.js holds the hash of m.js, and m.js the name of n.js.
	n := l.Objects["n.js"]
	n.Relocs = append(n.Relocs, site.Reloc{Off: int(n.Size), Ref: 0, Form: site.FormIntegrity, Algs: "sha256"})
	k, diags, err := l.Link()
	if err != nil {
		t.Fatal(err)
	}
	if len(diags) != 1 || diags[0].Rule != "hash-cycle" || diags[0].Path != "n.js" || diags[0].Severity != site.Info {
		t.Errorf("findings: %v", diags)
	}
	for _, u := range []Use{{g.Node("m.js"), 0}, {g.Node("n.js"), 0}, {g.Node("p.html"), 0}} {
		if got := k.Target(u); got != u.From.To[0].To {
			t.Errorf("%s calls %s by the name %s", u.From.File.Path, u.From.To[0].To, got)
		}
	}
	if k.Name("i.png") == "" || k.Name("b.css") == "" {
		t.Error("files outside of the circle lost their names")
	}
	m, err := k.Fill(nil, "m.js")
	if err != nil {
		t.Fatal(err)
	}
	text, err := k.Fill(nil, "n.js")
	if err != nil {
		t.Fatal(err)
	}
	if want := HashText(m, "sha256"); !strings.HasSuffix(string(text), want) {
		t.Errorf("the hash of m.js is not %s in %s", want, text)
	}
}

// TestHashOnlyCycle: hashes that depend on each other have no solution. The
// linker says so; it must not search for one.
func TestHashOnlyCycle(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]sources{
		"itself": {"sw.js": `self.__precacheManifest = [{"revision":"d41d8cd98f00b204e9800998ecf8427e","url":"/sw.js"}]`},
		"each other": {"sw.js": `self.__precacheManifest = [{"revision":"d41d8cd98f00b204e9800998ecf8427e","url":"/b.js"}]`,
			"b.js": `self.__precacheManifest = [{"revision":"d41d8cd98f00b204e9800998ecf8427e","url":"/sw.js"}]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			done := make(chan error, 1)
			go func() {
				g := s.graph(Base{})
				if got := g.HashCircles(); len(got) != len(s) {
					t.Errorf("%d files in circles of hashes, want %d", len(got), len(s))
				}
				g.AssignNames()
				_, _, err := s.linker(g).Link()
				done <- err
			}()
			select {
			case err := <-done:
				if err == nil || !strings.Contains(err.Error(), "sw.js") {
					t.Errorf("error %v, want one that names the file", err)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("the linker does not end")
			}
		})
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	s := sources{"a.html": `<link rel=stylesheet href=a.css>`, "b.html": `<link rel=stylesheet href=a.css>`, "a.css": "a{background:url(i.png)}", "i.png": "x"}
	g := s.graph(Base{})
	g.AssignNames()
	l := s.linker(g)
	l.Plain["a.html"] = true
	k, _, err := l.Link()
	if err != nil {
		t.Fatal(err)
	}
	out := outputs(t, g, k)
	if out["a.html"] != s["a.html"] {
		t.Errorf("a plain page is filled with %s", out["a.html"])
	}
	if !strings.Contains(out["b.html"], string(k.Name("a.css"))) || k.Name("a.css") == "" {
		t.Errorf("the other page holds %s", out["b.html"])
	}
}

// TestOneName: a page with kept names calls by its new name what its other
// files call so, or a browser would fetch it twice.
func TestOneName(t *testing.T) {
	t.Parallel()
	s := sources{"a.html": `<script type=module src=a.js></script><script type=module src=b.js></script>`, "a.js": `import "./b.js";`, "b.js": "export {}"}
	for _, tt := range []struct {
		plain, pinned site.Path
		a, b          bool // whether the page uses a new name
		inner         bool // whether a.js does
	}{
		{"", "", true, true, true},
		{"a.html", "", false, true, true},
		{"", "b.js", true, false, false},
		{"a.html", "b.js", false, false, false},
	} {
		g := s.graph(Base{})
		g.AssignNames()
		l := s.linker(g)
		l.Plain[tt.plain], l.Pinned = true, map[site.Path]bool{tt.pinned: true}
		k, _, err := l.Link()
		if err != nil {
			t.Fatal(err)
		}
		page := g.Node("a.html")
		a, b, inner := k.Target(Use{page, 0}), k.Target(Use{page, 1}), k.Target(Use{g.Node("a.js"), 0})
		if (a != "a.js") != tt.a || (b != "b.js") != tt.b || (inner != "b.js") != tt.inner {
			t.Errorf("plain %q, pinned %q: %s %s, and inside %s", tt.plain, tt.pinned, a, b, inner)
		}
	}
}

func TestServeVariant(t *testing.T) {
	t.Parallel()
	s := sources{"a.html": `<img src=i.png><link rel=preload as=image href=i.png><meta property=og:image content=i.png>`, "a.css": "a{background:url(i.png)}",
		"b.html": `<link rel=stylesheet href=a.css>`, "i.png": "picture"}
	g := s.graph(Base{})
	g.AssignNames()
	l := s.linker(g)
	o := l.Objects["i.png"]
	o.Variants = []site.Variant{{Ext: ".webp", Type: "image/webp", Blob: site.Sum([]byte("w")), Size: 1}}
	p := &Planner{Graph: g, Plan: l.Plan, Object: func(p site.Path) *site.Object { return l.Objects[p] }}
	for rank := range 3 {
		p.Run(rank, func(string) bool { return false })
	}
	if w := l.Plan.Want["i.png"]; !slices.Equal(w, []string{".webp"}) {
		t.Errorf("wanted %v", w)
	}
	k, _, err := l.Link()
	if err != nil {
		t.Fatal(err)
	}
	out := outputs(t, g, k)
	webp, png := string(k.VariantPath(g.at["i.png"], &o.Variants[0])), string(k.Name("i.png"))
	if got, want := out["a.html"], `<img src=`+webp+`><link rel=preload as=image href=`+webp+`><meta property=og:image content=`+png+`>`; got != want {
		t.Errorf("page:  %s\nwant:  %s", got, want)
	}
	if css := out[k.Name("a.css")]; !strings.Contains(css, webp) {
		t.Errorf("style: %s", css)
	}
	// Not smaller: not served.
	o.Variants[0].Size = o.Size
	p2 := &Planner{Graph: g, Plan: NewPlan(), Object: p.Object}
	p2.Run(1, func(string) bool { return false })
	if len(p2.Plan.Serve) != 0 {
		t.Error("an encoding that is not smaller is served")
	}
	p3 := &Planner{Graph: g, Plan: NewPlan(), Object: p.Object}
	p3.Run(0, func(name string) bool { return name == "pictures" })
	if len(p3.Plan.Want) != 0 {
		t.Error("a combiner ran that was to be skipped")
	}
}

func TestLinkCollision(t *testing.T) {
	t.Parallel()
	// Two files of one stem whose extensions differ never collide; copies in
	// two folders have one name.
	_, k, _ := sources{"a.html": `<img src=h.png><img src=h.jpg><img src=x/h.png>`, "h.png": "same", "h.jpg": "same", "x/h.png": "same"}.link(t, Base{})
	names := map[site.Path]bool{k.Name("h.png"): true, k.Name("h.jpg"): true, k.Name("x/h.png"): true}
	if len(names) != 2 || names[""] || k.Name("x/h.png") != k.Name("h.png") {
		t.Errorf("names: %v", names)
	}
}
