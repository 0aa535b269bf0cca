package cache

import (
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

// confCases: what each host answers to a plain GET. "-" marks a path without a
// file; 0 stands for the file, -1 for what only the live host can tell.
var confCases = []struct {
	name  string
	files map[site.Path]string
	want  map[string]int
}{
	{"nginx prefix gates more than the folder", map[site.Path]string{"nginx.conf": `
http { server { listen 80; return 301 https://$host$request_uri; }
server { root /srv; # comment { ;
  location /premium { return 402 "pay; {now}"; }
  location = /premium/free.html { try_files $uri $uri.html =404; }
  location ^~ /img/ { }
  location ~* \.(png|jpg)$ { return 403; }
  location /api/ { proxy_pass http://x; }
  location /club/ { if ($http_x_payment = "") { return 402; } }
  location /bots/ { if ($http_user_agent ~* "gptbot|ccbot") { return 402; } }
  location /map/ { if ($gate) { return 402; } }
  location /nest/ { location /nest/in/ { return 402; } }
} }`},
		map[string]int{"/": 0, "/premium": 402, "/premium-guide/": 402, "/premium/a": 402, "/premium/free.html": 0, "/img/a.png": 0, "/a.PNG": 403, "/premium/a.png": 403, "/api/x": -1,
			"/club/a": 402, "/bots/a": 0, "/map/a": -1, "/nest/a": 0, "/nest/in/a": 402}},
	{"nginx include", map[site.Path]string{"deploy/nginx.conf": "location /a/ {\n return 402;\n}\n"}, map[string]int{"/a/x": 402, "/b": 0}},
	{"apache", map[site.Path]string{".htaccess": `
RewriteEngine On
RewriteCond %{HTTP:PAYMENT-SIGNATURE} ^$
RewriteRule ^club/ - [R=402,L]
RewriteCond %{HTTP_USER_AGENT} GPTBot [NC]
RewriteRule ^ - [R=402,L]
RewriteRule ^(.*)$ $1.html [L]
Redirect 402 /paid
RedirectMatch 402 "^/x/.*\.pdf$"
<FilesMatch "\.zip$">
  Require all denied
</FilesMatch>
<Location /loc>
  RedirectMatch 402 .
</Location>
RewriteCond %{REMOTE_ADDR} ^10
RewriteRule ^addr - [F]
`, "sub/.htaccess": "RewriteRule ^p - [R=402,L]\n"},
		map[string]int{"/": 0, "/club/a": 402, "/club": 0, "/paid": 402, "/paid/a": 402, "/paidx": 0, "/x/a.pdf": 402, "/a.zip": 403, "/loc/a": 402, "/locx": 0, "/addr": -1, "/sub/p.html": 402, "/p": 0}},
	{"caddy", map[site.Path]string{"Caddyfile": `
{
	email a@example.org
}
example.org {
	root * /srv
	header Cache-Control "public, max-age=60"
	@gate {
		path /club/* /vip
		not path /club/open/*
	}
	respond @gate "pay" 402
	@bots header User-Agent *GPTBot*
	respond @bots 402
	@nopay not header X-Payment *
	handle /h/* {
		respond @nopay 402
		file_server
	}
	handle /h/free/* {
		file_server
	}
	redir /old /new permanent
	reverse_proxy /api/* localhost:1
	try_files {path} {path}.html
	file_server
}
`},
		map[string]int{"/": 0, "/club": 0, "/club/a": 402, "/CLUB/a": 402, "/club/open/a": 0, "/vip": 402, "/vip/": 0, "/h/a": 402, "/h/free/a": 0, "/old": 301, "/api/x": -1}},
	{"netlify", map[site.Path]string{"_redirects": "/paid/* /pay 402!\n/old /new\n/lang/* /en/:splat 302! Country=de\n/gone/* /sorry.html 404!\n/admin/* 200! Role=admin\n/admin/* /login 401!\n/soft/* /pay 401\n",
		"netlify.toml": "[[redirects]]\nfrom = \"/t/*\"\nto = \"/pay\"\nstatus = 401\nforce = true\n[[edge_functions]]\npath = \"/edge/*\"\nfunction = \"pay\"\n"},
		map[string]int{"/": 0, "/paid/a": 0, "/old": 0, "-/old": 301, "/lang/a": -1, "/gone/a": 404, "/admin/a": 401, "/soft/a": 0, "-/soft/a": 401, "/t/a": 401, "/edge/a": -1}},
	{"cloudflare redirects", map[site.Path]string{"_redirects": "/paid/* /pay 402\n/a /b 301\n", "_routes.json": `{"version":1,"include":["/*"],"exclude":["/club/free/*"]}`,
		"functions/club/_middleware.js": ""},
		map[string]int{"/": 0, "/paid/a": 0, "/a": 301, "/club/a": -1, "/club": -1, "/club/free/a": 0}},
	{"cloudflare assets first", map[site.Path]string{"wrangler.jsonc": "{ // gate\n \"main\": \"src/index.js\", \"assets\": {\"directory\": \"./public\", \"run_worker_first\": [\"/paid/*\", \"!/paid/free/*\"],},\n}"},
		map[string]int{"/": 0, "/paid/a": -1, "/paid/free/a": 0, "/club/a": 0, "-/club/nothere": -1}},
	{"cloudflare toml", map[site.Path]string{"wrangler.toml": "main = \"src/index.js\"\n[assets]\ndirectory = \"public\"\nrun_worker_first = true\n"}, map[string]int{"/a": -1}},
	{"vercel", map[site.Path]string{"vercel.json": `{"cleanUrls": true,
 "redirects": [{"source": "/old/:slug", "destination": "/new/:slug", "permanent": true}, {"source": "/club/:path*", "missing": [{"type": "header", "key": "payment-signature"}], "destination": "/pay", "statusCode": 302}],
 "rewrites": [{"source": "/paid/(.*)", "destination": "/api/gate"}]}`},
		map[string]int{"/": 0, "/old/a": 308, "/old/a/b": 0, "/club": 302, "/club/a/b": 302, "/clubs": 0, "/paid/a": 0, "-/paid/a": -1}},
	{"vercel build output", map[site.Path]string{".vercel/output/config.json": `{"version": 3, "routes": [{"src": "^/paid(?:/(.*))$", "status": 402, "headers": {"Cache-Control": "no-store"}}, {"handle": "filesystem"}, {"src": "/late", "status": 402}]}`},
		map[string]int{"/paid/a": 402, "/paid": 0, "/late": 0, "-/late": 402}},
	{"firebase", map[site.Path]string{"firebase.json": `{"hosting": {"public": "public", "cleanUrls": true, "redirects": [{"source": "/old/**", "destination": "/", "type": 301}, {"source": "/paid/**", "destination": "/pay", "type": 402}],
 "rewrites": [{"source": "/club/**", "function": "gate"}]}}`},
		map[string]int{"/": 0, "/old/a/b": 301, "/paid/a": 0, "/club/a": 0, "-/club/a": -1}},
	{"swa", map[site.Path]string{"staticwebapp.config.json": `{"routes": [{"route": "/calendar/*", "allowedRoles": ["authenticated"]}, {"route": "/profile", "allowedRoles": ["admin"]},
 {"route": "/paid/*", "statusCode": 402}, {"route": "/post/*", "methods": ["POST"], "statusCode": 403}, {"route": "/img/*.{png,jpg}", "statusCode": 404}, {"route": "/old", "redirect": "/new"}]}`},
		map[string]int{"/": 0, "/calendar": 0, "/calendar/": 401, "/calendar/a": 401, "/profile": 401, "/profile/index.html": 0, "/paid/a": 402, "/post/a": 0, "/img/a.png": 404, "/img/a.gif": 0, "/old": 302}},
	{"x402 in JavaScript", map[site.Path]string{"middleware.ts": "import 'x402-next'\nm(to, {\n \"GET /club/*\": { price: '$1' }, '/item/[id]': {}, 'POST /form': {},\n})"},
		map[string]int{"/": 0, "/club": 402, "/CLUB/a/b": 402, "/clubs": 0, "/item/3": 402, "/item/3/x": 0, "/form": 0}},
	{"x402 in Go", map[site.Path]string{"deploy/gate.go": "// x402\nvar r = x402http.RoutesConfig{\n\"GET /club/*\": {Price: \"$1\"},\n}"},
		map[string]int{"/": 0, "/club": 0, "/club/a": 402, "/CLUB/a": 0}},
	{"github pages", map[site.Path]string{"CNAME": "example.org\n"}, map[string]int{"/": 0, "/paid/a": 0}},
}

func conf(files map[site.Path]string) []*site.HostConf {
	var fs []ConfFile
	for p, text := range files {
		fs = append(fs, ConfFile{p, []byte(text)})
	}
	return ReadConf(fs)
}

func TestReadConf(t *testing.T) {
	t.Parallel()
	for _, tt := range confCases {
		cs := conf(tt.files)
		if len(cs) != 1 {
			t.Errorf("%s: %d configurations", tt.name, len(cs))
			continue
		}
		for url, want := range tt.want {
			path, missing := strings.CutPrefix(url, "-")
			if got := cs[0].Answer(path, !missing); got.Status != want {
				rule := "no rule"
				if got.Rule >= 0 {
					rule = cs[0].Rules[got.Rule].Pattern
				}
				t.Errorf("%s: %s answers %d by %s, want %d", tt.name, url, got.Status, rule, want)
			}
		}
	}
}

// TestConfPlaces: a rule knows the file and the line it is written on.
func TestConfPlaces(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		files map[site.Path]string
		url   string
		want  site.HostPlace
	}{
		{map[site.Path]string{"nginx.conf": "\nlocation /a {\n  # x\n  return\n 402;\n}"}, "/a", site.HostPlace{Path: "nginx.conf", Line: 4}},
		{map[site.Path]string{".htaccess": "\n\nRedirect 402 /a\n"}, "/a", site.HostPlace{Path: ".htaccess", Line: 3}},
		{map[site.Path]string{"Caddyfile": "x.org {\n handle /a {\n  respond 402\n }\n}"}, "/a", site.HostPlace{Path: "Caddyfile", Line: 3}},
		{map[site.Path]string{"netlify.toml": "[build]\n\n[[redirects]]\nfrom='/a'\nto='/b'\nstatus=401\nforce=true"}, "/a", site.HostPlace{Path: "netlify.toml", Line: 3}},
		{map[site.Path]string{"_redirects": "# x\n/a /b 401!\n", "netlify.toml": ""}, "/a", site.HostPlace{Path: "_redirects", Line: 2}},
		{map[site.Path]string{"vercel.json": "{\n\"redirects\": [\n {\"source\": \"/a\",\n \"destination\": \"/b\"}]}"}, "/a", site.HostPlace{Path: "vercel.json", Line: 3}},
		{map[site.Path]string{"staticwebapp.config.json": "{\"routes\": [\n\n{\"route\": \"/a\", \"statusCode\": 403}]}"}, "/a", site.HostPlace{Path: "staticwebapp.config.json", Line: 3}},
		{map[site.Path]string{"firebase.json": "{\"hosting\": {\"redirects\": [\n{\"source\": \"/a\", \"destination\": \"/b\"}]}}"}, "/a", site.HostPlace{Path: "firebase.json", Line: 2}},
	} {
		c := conf(tt.files)[0]
		a := c.Answer(tt.url, true)
		if a.Rule < 0 || c.Rules[a.Rule].HostPlace != tt.want {
			t.Errorf("%v: rule %+v, want %v", tt.files, a, tt.want)
		}
	}
}

// header returns a field of a rule's answer, and whether it is lost.
func header(r site.HostRule, name string) (value string, lost bool) {
	for _, h := range r.Header {
		if strings.EqualFold(h.Name, name) {
			value = h.Value
		}
	}
	for _, h := range r.Lost {
		if strings.EqualFold(h.Name, name) {
			return h.Value, true
		}
	}
	return value, false
}

func TestConfHeaders(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		files map[site.Path]string
		url   string
		value string
		lost  bool
	}{
		{"nginx without always", map[site.Path]string{"nginx.conf": "location /a { add_header Cache-Control no-store; return 402; }"}, "/a", "no-store", true},
		{"nginx always", map[site.Path]string{"nginx.conf": "location /a { add_header Cache-Control no-store always; return 402; }"}, "/a", "no-store", false},
		{"nginx inherits", map[site.Path]string{"nginx.conf": "add_header Cache-Control 'public, max-age=9' always; location /a { return 402; }"}, "/a", "public, max-age=9", false},
		{"nginx inherits nothing", map[site.Path]string{"nginx.conf": "add_header Cache-Control no-store always; location /a { add_header X y; return 402; }"}, "/a", "", false},
		{"nginx error page", map[site.Path]string{"nginx.conf": "error_page 402 /pay.html; location /a { return 402; } location = /pay.html { add_header Cache-Control no-store always; }"}, "/a", "no-store", false},
		{"apache set", map[site.Path]string{".htaccess": "Redirect 402 /a\nHeader set Cache-Control no-store"}, "/a", "no-store", true},
		{"apache always", map[site.Path]string{".htaccess": "Redirect 402 /a\nHeader always set Cache-Control no-store"}, "/a", "no-store", false},
		{"caddy site", map[site.Path]string{"Caddyfile": "x {\nheader Cache-Control \"public, max-age=9\"\nrespond /a 402\n}"}, "/a", "public, max-age=9", false},
		{"caddy handle", map[site.Path]string{"Caddyfile": "x {\nhandle /a {\nheader Cache-Control no-store\nrespond 402\n}\n}"}, "/a", "no-store", false},
		{"vercel", map[site.Path]string{"vercel.json": `{"routes": [{"src": "/a", "status": 402, "headers": {"Cache-Control": "no-store"}}]}`}, "/a", "no-store", false},
	} {
		c := conf(tt.files)[0]
		a := c.Answer(tt.url, true)
		if a.Rule < 0 || a.Status != 402 {
			t.Errorf("%s: %+v", tt.name, a)
			continue
		}
		if v, lost := header(c.Rules[a.Rule], "Cache-Control"); v != tt.value || lost != tt.lost {
			t.Errorf("%s: %q, lost %v; want %q, %v", tt.name, v, lost, tt.value, tt.lost)
		}
	}
	c := conf(map[site.Path]string{"_headers": "/*\n  Cache-Control: public\n/a/*\n  Cache-Control: no-store\n", "netlify.toml": "[[headers]]\nfor='/a/*'\n[headers.values]\nX='y'\n"})[0]
	if h := c.Headers("/a/b"); len(h) != 2 || h[0].Value != "public, no-store" || h[0].Line != 2 || h[1].Name != "X" {
		t.Errorf("netlify: %+v", h)
	}
	c = conf(map[site.Path]string{"firebase.json": `{"hosting":{"headers":[{"source":"**","headers":[{"key":"Cache-Control","value":"a"}]},{"source":"/x/**","headers":[{"key":"cache-control","value":"b"}]}]}}`})[0]
	if h := c.Headers("/x/b"); len(h) != 1 || h[0].Value != "b" {
		t.Errorf("firebase: %+v", h)
	}
}

func TestConfIgnored(t *testing.T) {
	t.Parallel()
	var redirects, headers strings.Builder
	for i := range 105 {
		redirects.WriteString("/d" + strings.Repeat("x", i) + "/* /y 301\n")
		headers.WriteString("/h" + strings.Repeat("x", i) + "\n  X: y\n")
	}
	c := conf(map[site.Path]string{"_routes.json": "{}", "_redirects": redirects.String() + "/s /t\n/s /u\n/p /q 402\n/" + strings.Repeat("l", 3000) + " /x\n", "_headers": headers.String()})[0]
	why := map[string]int{}
	for _, n := range c.Ignored {
		why[n.Why]++
	}
	for text, n := range map[string]int{"Cloudflare reads 100 rules with placeholders": 5, "an earlier line has the same source": 1, "the line is longer than 2000 characters": 1, "Cloudflare reads the first 100 rules of _headers": 1} {
		if why[text] != n {
			t.Errorf("%s: %d times, want %d; %v", text, why[text], n, why)
		}
	}
	if r := c.Rules[len(c.Rules)-1]; r.Status != 402 || !strings.Contains(r.Dropped, "402 is skipped") {
		t.Errorf("dropped: %+v", r)
	}
}

func TestPathToRegexp(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ p, yes, no string }{
		{"/a/:b", "/a/x", "/a/x/y"}, {"/a/:b*", "/a", "/ab"}, {"/a/:b*", "/a/x/y", "/"}, {"/a/:b+", "/a/x/y", "/a"}, {"/a/:b?", "/a", "/a/b/c"},
		{`/p/:id(\d{1,3})`, "/p/12", "/p/x"}, {"/(.*)", "/x/y", "x"}, {"/a.b", "/a.b", "/aXb"}, {"/é", "/é", "/e"}, {"/a(b|c)d", "/acd", "/ad"},
	} {
		re := pathToRegexp(tt.p)
		if re == nil || !re.MatchString(tt.yes) || re.MatchString(tt.no) {
			t.Errorf("%s: %v", tt.p, re)
		}
	}
	for _, p := range []string{"", "/a{b}?", "/:", "/(", "/*"} {
		if re := pathToRegexp(p); re != nil {
			t.Errorf("%q: %v", p, re)
		}
	}
}

func TestBlankJSON(t *testing.T) {
	t.Parallel()
	n, err := parseJSON([]byte("// a\n{ /* b\n */ \"x\": \"// no\", \"y\": [1, 2,], // c\n \"z\": {\"a\": true,}, }"))
	if err != nil || n.get("x").str() != "// no" || len(n.get("y").items()) != 2 || !n.get("z").get("a").truth() || n.get("z").line != 4 {
		t.Errorf("%+v, %v", n, err)
	}
	if _, err := parseJSON([]byte(strings.Repeat("[", 1000))); err == nil {
		t.Error("any depth is read")
	}
}

// fuzzConf: no text makes a reader fail, and what it returns can be used.
func fuzzConf(f *testing.F, name site.Path, beside ...site.Path) {
	for _, tt := range confCases {
		if text, ok := tt.files[name]; ok {
			f.Add(text, "/paid/a")
		}
	}
	f.Add("", "/")
	f.Fuzz(func(t *testing.T, text, url string) {
		files := map[site.Path]string{name: text}
		for _, b := range beside {
			files[b] = ""
		}
		for _, c := range conf(files) {
			for _, exists := range []bool{true, false} {
				if a := c.Answer(url, exists); a.Rule >= len(c.Rules) || a.Rule >= 0 && a.Status == 0 {
					t.Errorf("answer %+v of %d rules", a, len(c.Rules))
				}
			}
			c.Headers(url)
			for _, r := range c.Rules {
				if r.Covers(url); r.Path == "" {
					t.Errorf("a rule without a place: %+v", r)
				}
			}
		}
	})
}

func FuzzNginx(f *testing.F)      { fuzzConf(f, "nginx.conf") }
func FuzzApache(f *testing.F)     { fuzzConf(f, ".htaccess") }
func FuzzCaddy(f *testing.F)      { fuzzConf(f, "Caddyfile") }
func FuzzRedirects(f *testing.F)  { fuzzConf(f, "_redirects") }
func FuzzNetlify(f *testing.F)    { fuzzConf(f, "netlify.toml") }
func FuzzCloudflare(f *testing.F) { fuzzConf(f, "_redirects", "_routes.json") }
func FuzzWrangler(f *testing.F)   { fuzzConf(f, "wrangler.jsonc") }
func FuzzRoutes(f *testing.F)     { fuzzConf(f, "_routes.json", "functions/a/_middleware.js") }
func FuzzVercel(f *testing.F)     { fuzzConf(f, "vercel.json") }
func FuzzVercelBuild(f *testing.F) {
	fuzzConf(f, ".vercel/output/config.json")
}
func FuzzFirebase(f *testing.F) { fuzzConf(f, "firebase.json") }
func FuzzX402(f *testing.F)     { fuzzConf(f, "middleware.ts") }
func FuzzSWA(f *testing.F)      { fuzzConf(f, "staticwebapp.config.json") }
