package verify_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hone-web/hone/bundle"
	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
	. "github.com/hone-web/hone/verify"
)

var today = time.Date(2027, 2, 1, 12, 0, 0, 0, time.UTC)

// payment makes a site of files; those that configure hosts are read as such.
func payment(t testing.TB, w *Paywall, files map[site.Path]string) *Payment {
	t.Helper()
	p := &Payment{Policy: w, Prefix: "/", Now: today, Text: func(p site.Path) ([]byte, error) { return []byte(files[p]), nil }}
	if w != nil {
		w.File = "hone.toml"
		if err := w.Compile(); err != nil {
			t.Fatal(err)
		}
	}
	have := map[site.Path]bool{}
	var confs []cache.ConfFile
	for path, text := range files {
		if cache.IsConf(path) || slices.Contains(cache.ProjectConf, string(path)) || strings.HasPrefix(string(path), "functions/") || path.Ext() == ".go" {
			confs = append(confs, cache.ConfFile{Path: path, Text: []byte(text)})
		} else {
			have[path] = true
		}
	}
	p.Hosts = cache.ReadConf(confs)
	r := bundle.NewResolver(bundle.Base{}, have)
	for _, path := range slices.Sorted(maps.Keys(have)) {
		f := &PaymentFile{Path: path, Kind: site.KindOf(path)}
		if f.Kind.IsText() {
			f.Doc = scan.Scan(path, f.Kind, []byte(files[path]), scan.Options{})
			for i := range f.Doc.Refs {
				f.To = append(f.To, r.Resolve(path, f.Doc.Refs[i].Base, f.Doc.Refs[i].URL).To)
			}
		}
		p.Files = append(p.Files, f)
	}
	return p
}

func club(except ...string) *Paywall {
	return &Paywall{Rules: []*AccessRule{{ID: "club", Path: "/club/**", Except: except, Access: Paid, Line: 3}}}
}

const page = "<!DOCTYPE html><title>x</title><p>Text."

func article(word string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s%d ", word, i*i%977)
	}
	return b.String()
}

// paymentCases hold a wrong and a right form of each rule. want is "RULE
// place"; a case without it must find nothing at all.
var paymentCases = []struct {
	name  string
	w     *Paywall
	files map[site.Path]string
	want  []string
}{
	{"PW003 policy", &Paywall{Default: Paid, Rules: []*AccessRule{{ID: "home", Path: "/index.html", Access: Free, Line: 4}}}, map[site.Path]string{"index.html": page, "robots.txt": "User-agent: *\n", "favicon.ico": "x"}, []string{"PW003 hone.toml:0"}},
	{"PW003 host", nil, map[site.Path]string{"index.html": page, "nginx.conf": "add_header Cache-Control no-store always;\nlocation / {\nreturn 402;\n}"}, []string{"PW003 nginx.conf:3"}},
	{"PW003 right", nil, map[site.Path]string{"index.html": page, "club/a.html": page, "nginx.conf": "add_header Cache-Control no-store always;\nlocation /club/ {\nreturn 402;\n}"}, nil},
	{"PW004", club(), map[site.Path]string{"index.html": "<!DOCTYPE html><title>x</title>\n<link rel=stylesheet href=club/a.css>", "b.html": "<link rel=stylesheet href=club/a.css>", "club/a.css": "a{color:red}"}, []string{"PW004 b.html:1"}},
	{"PW004 from a style", club(), map[site.Path]string{"index.html": "<link rel=stylesheet href=a.css>", "a.css": "\na{background:url(club/b.png)}", "club/b.png": "x"}, []string{"PW004 a.css:2"}},
	{"PW004 right", club("/club/*.css"), map[site.Path]string{"index.html": "<link rel=stylesheet href=club/a.css><a href=club/b.html>b</a>", "club/a.css": "a{color:red}", "club/b.html": page}, nil},
	{"PW005", club(), map[site.Path]string{"index.html": "<link rel=prefetch href=club/b.html>", "club/b.html": page}, []string{"PW005 index.html:1"}},
	{"PW005 speculation", club(), map[site.Path]string{"a/index.html": "<title>x</title>\n<script type=speculationrules>{\"prefetch\":[{\"urls\":[\"../club/b.html\",\"/c.html\"]}]}</script>", "c.html": page, "club/b.html": page}, []string{"PW005 a/index.html:2"}},
	{"PW005 document rules", club(), map[site.Path]string{"index.html": `<a href=/club/b.html>b</a><script type=speculationrules>{"prerender":[{"where":{"and":[{"href_matches":"/*"},{"not":{"href_matches":"/admin/*"}}]}}]}</script>`, "club/b.html": page}, []string{"PW005 index.html:1"}},
	{"PW005 Link", club(), map[site.Path]string{"index.html": page, "club/b.js": "0", "netlify.toml": "", "_headers": "/\n  Link: </club/b.js>; rel=preload; as=script\n"}, []string{"PW005 _headers:2"}},
	{"PW005 right: left out", club(), map[site.Path]string{"index.html": `<a href=/club/b.html>b</a><script type=speculationrules>{"prerender":[{"where":{"and":[{"href_matches":"/*"},{"not":{"href_matches":"/club/*"}}]}},{"where":{"selector_matches":".x"}}]}</script>`, "club/b.html": page}, nil},
	{"PW005 right", club(), map[site.Path]string{"index.html": "<link rel=prefetch href=b.html>", "b.html": page, "club/b.html": page}, nil},
	{"PW006", club(), map[site.Path]string{"index.html": page, "sw.js": "self.__precacheManifest=[{url:'index.html',revision:'d41d8cd98f00b204e9800998ecf8427e'},\n{url:'club/b.html',revision:'d41d8cd98f00b204e9800998ecf8427e'}]", "club/b.html": page}, []string{"PW006 sw.js:2"}},
	{"PW006 right", club(), map[site.Path]string{"index.html": page, "sw.js": "self.__precacheManifest=[{url:'index.html',revision:'d41d8cd98f00b204e9800998ecf8427e'}]", "club/b.html": page}, nil},
	{"PW007", club(), map[site.Path]string{"index.html": page, "sitemap.xml": "<urlset>\n<url><loc>/club/b.html</loc></url></urlset>", "club/b.html": page}, []string{"PW007 sitemap.xml:2"}},
	{"PW007 right", &Paywall{Rules: []*AccessRule{{ID: "club", Path: "/club/**", Access: Paid, ByAgent: map[Agent]Access{Search: Preview}}}}, map[site.Path]string{"index.html": page, "sitemap.xml": "<urlset>\n<url><loc>/club/b.html</loc></url></urlset>", "club/b.html": page}, nil},
	{"PW008", club(), map[site.Path]string{"index.html": page, "_redirects": "/join /club/b.html 301\n", "netlify.toml": "", "club/b.html": page}, []string{"PW008 _redirects:1"}},
	{"PW008 right", club(), map[site.Path]string{"index.html": page, "_redirects": "/join / 301\n/club/old /club/b.html 301\n", "netlify.toml": "", "club/b.html": page}, nil},
	{"PW009", club(), map[site.Path]string{"index.html": page, "club-guide/index.html": page, "club/b.html": page, "nginx.conf": "add_header Cache-Control no-store always;\nlocation /club { return 402; }"}, []string{"PW009 nginx.conf:2"}},
	{"PW009 right", club(), map[site.Path]string{"index.html": page, "club-guide/index.html": page, "club/b.html": page, "nginx.conf": "add_header Cache-Control no-store always;\nlocation /club/ { return 402; }"}, nil},
	{"PL001", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "old/a.html": page, "nginx.conf": "add_header Cache-Control no-store always;\nlocation /klub/ { return 403; }"}, []string{"PL001 hone.toml:3"}},
	{"PL002 cloudflare", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "wrangler.toml": "name='x'\nmain = 'w.js'\n[assets]\ndirectory='d'\n"}, []string{"PL002 wrangler.toml:2"}},
	{"PL002 cloudflare right", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "wrangler.toml": "main = 'w.js'\n[assets]\ndirectory='d'\nrun_worker_first=['/club/*']\n"}, nil},
	{"PL002 netlify", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "netlify.toml": "[[redirects]]\nfrom='/club/*'\nto='/'\nstatus=401\n"}, []string{"PL002 netlify.toml:1"}},
	{"PL002 netlify right", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "netlify.toml": "[[redirects]]\nfrom='/club/*'\nto='/'\nstatus=401\nforce=true\n"}, nil},
	{"PL002 vercel", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "vercel.json": `{"rewrites":[{"source":"/club/(.*)","destination":"/api/gate"}]}`}, []string{"PL002 vercel.json:1"}},
	{"PL002 pages", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "_routes.json": `{"include":["/api/*"],"exclude":[]}`, "functions/club/_middleware.js": ""}, []string{"PL002 functions/club/_middleware.js:0"}},
	{"PL003 cloudflare", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "_routes.json": "{}", "_redirects": "# gate\n/club/* /pay 402\n"}, []string{"PL003 _redirects:2"}},
	{"PL003 netlify", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "_redirects": "/club/* /pay 402!\n"}, []string{"PL003 _redirects:1"}},
	{"PL003 github", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "CNAME": "x.org"}, []string{"PL003 CNAME:0"}},
	{"PL004", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "staticwebapp.config.json": "{\"globalHeaders\":{\"Cache-Control\":\"no-store\"},\"routes\":[\n{\"route\":\"/club/*\",\"statusCode\":402}]}"}, []string{"PL004 staticwebapp.config.json:2"}},
	{"PL005 swa", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "staticwebapp.config.json": "{\"routes\":[\n{\"route\":\"/club/b\",\"allowedRoles\":[\"x\"]}]}"}, []string{"PL005 staticwebapp.config.json:2"}},
	{"PL005 right", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "staticwebapp.config.json": "{\"routes\":[\n{\"route\":\"/club/*\",\"allowedRoles\":[\"x\"]}]}"}, nil},
	{"PL005 apache index", club(), map[site.Path]string{"index.html": page, "club/index.html": page, ".htaccess": "Header always set Cache-Control no-store\nRedirectMatch 402 ^/club/$\n"}, []string{"PL005 .htaccess:2"}},
	{"PL008", &Paywall{Rules: []*AccessRule{{ID: "t", Path: "/a/**", Access: Preview}}}, map[site.Path]string{"a/b.html": `<!DOCTYPE html><title>x</title>
<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":"False","hasPart":{"@type":"WebPageElement","isAccessibleForFree":false,"cssSelector":".paywall"}}</script><div class="x paywall">` + article("w", 200) + "</div>"}, []string{"PL008 a/b.html:2"}},
	{"PL008 right", &Paywall{Rules: []*AccessRule{{ID: "t", Path: "/a/**", Access: Preview}}}, map[site.Path]string{"a/b.html": `<!DOCTYPE html><title>x</title>
<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":"False","hasPart":{"@type":"WebPageElement","isAccessibleForFree":false,"cssSelector":".paywall"}}</script><div class="x paywall">` + article("w", 30) + "</div>"}, nil},
	{"PL012", club(), map[site.Path]string{"index.html": page, "club/b.html": "<title>x</title><p>" + article("w", 200), "search.json": `{"b":"\u003cp\u003e` + article("W", 200) + `"}`}, []string{"PL012 search.json:0"}},
	{"PL012 feed", club(), map[site.Path]string{"index.html": page, "club/b.html": "<title>x</title><p>" + article("w", 200), "feed.xml": `<rss><channel><item><description>&lt;p class="x"&gt;` + article("w", 200) + `</description></item></channel></rss>`}, []string{"PL012 feed.xml:0"}},
	{"PL012 JSON-LD", club(), map[site.Path]string{"club/b.html": "<title>x</title><p>" + article("w", 200), "index.html": `<title>x</title><script type="application/ld+json">{"@graph":[{"@type":"NewsArticle","articleBody":"` + article("w", 200) + `"}]}</script>`}, []string{"PL012 index.html:0"}},
	{"PL012 source map", club(), map[site.Path]string{"index.html": page, "club/b.html": "<title>x</title><p>" + article("w", 200), "app.js.map": `{"sourcesContent":["<p>` + article("w", 200) + `"]}`}, []string{"PL012 app.js.map:0"}},
	{"PL012 worker", club(), map[site.Path]string{"index.html": page, "club/b.html": "<title>x</title><p>" + article("w", 200), "sw.js": `const cached = "` + article("w", 200) + `"`}, []string{"PL012 sw.js:0"}},
	{"PL012 right: a teaser", club(), map[site.Path]string{"index.html": page, "club/b.html": "<title>x</title><p>" + article("w", 200), "search.json": `{"b":"` + article("w", 40) + `"}`}, nil},
	{"PL012 right: what free pages say", club(), map[site.Path]string{"index.html": "<p>" + article("w", 200), "club/b.html": "<title>x</title><p>" + article("w", 200), "search.json": `{"b":"` + article("w", 200) + `"}`}, nil},
	{"PC001 storable", nil, map[site.Path]string{"index.html": page, "club/b.html": page, "nginx.conf": "location /club/ {\nadd_header Cache-Control 'max-age=60' always;\nreturn 402; }"}, []string{"PC001 nginx.conf:2"}},
	{"PC001 silent", nil, map[site.Path]string{"index.html": page, "club/b.html": page, "nginx.conf": "location /club/ { return 402; }"}, []string{"PC001 nginx.conf:1"}},
	{"PC002 nginx", nil, map[site.Path]string{"index.html": page, "club/b.html": page, "nginx.conf": "location /club/ { return 402;\nadd_header Cache-Control no-store; }"}, []string{"PC002 nginx.conf:2"}},
	{"PC002 apache", nil, map[site.Path]string{"index.html": page, "club/b.html": page, ".htaccess": "RewriteRule ^club/ - [R=402,L]\nHeader set Cache-Control no-store\n"}, []string{"PC002 .htaccess:2"}},
	{"PC002 right", nil, map[site.Path]string{"index.html": page, "club/b.html": page, ".htaccess": "RewriteRule ^club/ - [R=402,L]\nHeader always set Cache-Control no-store\n"}, nil},
	{"PC003", nil, map[site.Path]string{"index.html": page, "club/b.html": page, "Caddyfile": "x.org {\nheader Cache-Control \"public, max-age=60\"\nrespond /club/* 402\nfile_server\n}"}, []string{"PC003 Caddyfile:2"}},
	{"PC003 right", nil, map[site.Path]string{"index.html": page, "club/b.html": page, "Caddyfile": "x.org {\nheader Cache-Control \"public, max-age=60\"\nhandle /club/* {\nheader Cache-Control no-store\nrespond 402\n}\nfile_server\n}"}, nil},
	{"PC004", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "_headers": "/*\n  Cache-Control: public, max-age=60\n"}, []string{"PC004 _headers:2"}},
	{"PC004 right", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "_headers": "/club/*\n  Cache-Control: private, no-store\n"}, nil},
	{"PC006", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "_headers": "/club/*\n  Cache-Control: private, no-store\n  CDN-Cache-Control: max-age=60\n"}, []string{"PC006 _headers:3"}},
	{"PD009", club(), map[site.Path]string{"index.html": page, "club/b.html": page, ".well-known/x402.json": "{\n\"network\": \"base-sepolia\"}"}, []string{"PD009 .well-known/x402.json:2"}},
	{"PD009 right", club(), map[site.Path]string{"index.html": page, "club/b.html": page, ".well-known/x402.json": "{\n\"network\": \"eip155:8453\"}"}, nil},
	{"PF004 policy", club(), map[site.Path]string{"index.html": page}, []string{"PF004 hone.toml:3"}},
	{"PF004 host", nil, map[site.Path]string{"index.html": page, "nginx.conf": "add_header Cache-Control no-store always;\nlocation /klub/ {\nreturn 402; }"}, []string{"PF004 nginx.conf:3"}},
	{"PF005 says free", club(), map[site.Path]string{"index.html": page, "club/b.html": `<title>x</title>
<script type="application/ld+json">{"isAccessibleForFree": true}</script>`}, []string{"PF005 club/b.html:2"}},
	{"PF005 says paid", club(), map[site.Path]string{"club/b.html": page, "index.html": `<meta itemprop="isAccessibleForFree" content="https://schema.org/False">`}, []string{"PF005 index.html:1"}},
	{"PF005 right", club(), map[site.Path]string{"index.html": page, "club/b.html": `<script type="application/ld+json">{"isAccessibleForFree": "False"}</script>`}, nil},
	{"PF006 invited and charged", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "robots.txt": "User-agent: Googlebot\nAllow: /club/\n"}, []string{"PF006 robots.txt:2"}},
	{"PF006 let in and kept out", &Paywall{Rules: []*AccessRule{{ID: "club", Path: "/club/**", Access: Paid, ByAgent: map[Agent]Access{Search: Preview}}}},
		map[site.Path]string{"index.html": page, "club/b.html": page, "robots.txt": "User-agent: Googlebot\nDisallow: /club/\n"}, []string{"PF006 robots.txt:2"}},
	{"PF006 right", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "robots.txt": "User-agent: *\nDisallow: /club/\n"}, nil},
	{"PF008", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "_routes.json": "{}", "_redirects": "/a /b\n/a /c\n"}, []string{"PF008 _redirects:2"}},
	{"PF009", nil, map[site.Path]string{"index.html": page, "club/b.html": page, "nginx.conf": "add_header Cache-Control no-store always;\nerror_page 402 /pay.html;\nlocation /club/ {\nreturn 402; }"}, []string{"PF009 nginx.conf:4"}},
	{"PF009 remapped", nil, map[site.Path]string{"index.html": page, "club/b.html": page, "pay.html": page, "nginx.conf": "add_header Cache-Control no-store always;\nerror_page 402 =200 /pay.html;\nlocation /club/ {\nreturn 402; }"}, []string{"PF009 nginx.conf:4"}},
	{"PF009 right", nil, map[site.Path]string{"index.html": page, "club/b.html": page, "pay.html": page, "nginx.conf": "add_header Cache-Control no-store always;\nerror_page 402 /pay.html;\nlocation /club/ {\nreturn 402; }"}, nil},
	{"PF010", &Paywall{Rules: club().Rules, Exceptions: []*Exception{{Rule: "PW004", Until: today.AddDate(0, 0, -1), Line: 9}}}, map[site.Path]string{"index.html": page, "club/b.html": page}, []string{"PF010 hone.toml:9"}},
	{"PF010 right", &Paywall{Rules: club().Rules, Exceptions: []*Exception{{Rule: "PW005", Until: today.AddDate(0, 0, 1), Line: 9}}}, map[site.Path]string{"index.html": "<link rel=prefetch href=club/b.html>", "club/b.html": page}, nil},
	{"PF001", club(), map[site.Path]string{"club/a.html": page, "middleware.ts": "import {x} from 'x402-next'\npaymentMiddleware(to, {\n '/club/*': { price: '$0.01' },\n '/club/a.html': { price: '$9.00' } })"}, []string{"PF001 middleware.ts:4"}},
	{"PF001 right", club(), map[site.Path]string{"club/a.html": page, "middleware.ts": "import {x} from 'x402-next'\npaymentMiddleware(to, {\n 'GET /CLUB/*': { price: '$0.01' } })"}, nil},
	{"PF002", club(), map[site.Path]string{"club/a.html": page, "middleware.ts": "import {x} from 'x402-next'\npaymentProxy({ '/club': { price: '$1' } })\nexport const config = {\n matcher: ['/club/:path*'] }"}, []string{"PF004 middleware.ts:2", "PF002 middleware.ts:4"}},
	{"PF002 right", club(), map[site.Path]string{"club/a.html": page, "middleware.ts": "import {x} from 'x402-next'\npaymentProxy({ '/club/*': { price: '$1' } })\nexport const config = {\n matcher: ['/club/:path*'] }"}, nil},
	{"PF003", club(), map[site.Path]string{"club/index.html": page, "middleware.ts": "import {x} from 'x402-next'\npaymentMiddleware(to, {\n '/club/*': { price: '$1' } })", "main.go": "import \"x402/go\"\nvar routes = x402.RoutesConfig{\n \"/club/*\": {Price: \"$1\"} }"}, []string{"PF003 main.go:3"}},
	{"PF003 right", club(), map[site.Path]string{"club/index.html": page, "middleware.ts": "import {x} from 'x402-next'\npaymentMiddleware(to, {\n '/club': { price: '$1' },\n '/club/*': { price: '$1' } })", "main.go": "import \"x402/go\"\nvar routes = x402.RoutesConfig{\n \"/club\": {Price: \"$1\"},\n \"/club/*\": {Price: \"$1\"} }"}, nil},
	{"PF007 free and offered", club(), map[site.Path]string{"index.html": page, "club/b.html": page, ".well-known/x402": `{"items":[{"resource":"https://x.org/club/b.html"},{"resource":"https://x.org/about"}]}`}, []string{"PF007 .well-known/x402:0"}},
	{"PF007 not listed", club(), map[site.Path]string{"index.html": page, "club/b.html": page, ".well-known/x402.json": `{"resources":["https://x.org/api"]}`}, []string{"PF007 .well-known/x402.json:0", "PF007 hone.toml:3"}},
	{"PF007 openapi", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "openapi.json": `{"paths":{"/club/b.html":{"get":{"responses":{"402":{}}}},"/about":{"get":{"x-payment-info":{}}},"/free":{"get":{}}}}`}, []string{"PF007 openapi.json:0"}},
	{"PF007 right", club(), map[site.Path]string{"index.html": page, "club/b.html": page, ".well-known/x402": `{"items":[{"resource":"https://x.org/club/b.html"}]}`}, nil},
	{"PC011", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "nginx.conf": "proxy_cache_valid any 1m;\nlocation /club/ {\nadd_header Cache-Control no-store always;\nreturn 402; }"}, []string{"PC011 nginx.conf:1"}},
	{"PC011 ignored", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "nginx.conf": "location /club/ {\nadd_header Cache-Control no-store always;\nproxy_ignore_headers Expires Cache-Control;\nreturn 402; }"}, []string{"PC011 nginx.conf:3"}},
	{"PC011 right", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "nginx.conf": "proxy_cache_valid 200 1m;\nproxy_cache_valid 10m;\nproxy_cache_valid any 0;\nlocation /club/ {\nadd_header Cache-Control no-store always;\nreturn 402; }"}, nil},
	{"PF004 right", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "nginx.conf": "add_header Cache-Control no-store always;\nlocation /club/ {\nreturn 402; }"}, nil},
	{"PF008 right", club(), map[site.Path]string{"index.html": page, "netlify.toml": "", "_redirects": "/a /b\n/c /d\n", "club/b.html": page}, nil},
	{"PL003 right", club(), map[site.Path]string{"index.html": page, "club/b.html": page, "_routes.json": "{\"version\":1,\"include\":[\"/club/*\"],\"exclude\":[]}", "functions/club/_middleware.js": "export const onRequest = () => new Response('', {status: 402})"}, nil},
	{"no paywall", nil, map[site.Path]string{"index.html": `<script type="application/ld+json">{"isAccessibleForFree": false}</script>`, "_redirects": "/a /b\n/a /c\n/x\n", "nginx.conf": "location /a { return 403; }"}, nil},
}

func TestPayment(t *testing.T) {
	t.Parallel()
	wrong, right := map[string]bool{}, 0
	for _, tt := range paymentCases {
		ds, err := payment(t, tt.w, tt.files).Judge()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range ds {
			got = append(got, fmt.Sprintf("%s %s:%d", d.Rule, d.Path, d.Line))
			if d.Message == "" || d.Hint == "" {
				t.Errorf("%s: %v says too little", tt.name, d)
			}
			if !strings.HasPrefix(tt.name, d.Rule) {
				t.Logf("%s: %v", tt.name, d)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: found %q, want %q", tt.name, got, tt.want)
		}
		if tt.want == nil {
			right++
		}
		for _, w := range tt.want {
			wrong[w[:5]] = true
		}
	}
	t.Logf("%d rules with a wrong case, each found by its own id; %d right cases, none found", len(wrong), right)
}

// TestCauses: what has one cause is one finding, which counts.
func TestCauses(t *testing.T) {
	t.Parallel()
	files := map[site.Path]string{"club/a.css": "a{color:red}"}
	for i := range 50 {
		files[site.Path(fmt.Sprintf("p%02d.html", i))] = "<link rel=stylesheet href=club/a.css>"
	}
	ds, err := payment(t, club(), files).Judge()
	if err != nil || len(ds) != 1 || !strings.Contains(ds[0].Message, "the same goes for 49 more files, such as p01.html, p02.html, p03.html") {
		t.Errorf("%v, %v", ds, err)
	}
}

// TestMemo: a judgement that follows another reads what changed.
func TestMemo(t *testing.T) {
	t.Parallel()
	files := map[site.Path]string{"search.json": `{"b":"` + article("x", 200) + `"}`}
	for i := range 50 {
		files[site.Path(fmt.Sprintf("club/p%d.html", i))] = fmt.Sprintf("<title>x</title><p>%s", article(fmt.Sprint("w", i), 200))
		files[site.Path(fmt.Sprintf("p%d.html", i))] = fmt.Sprintf("<title>x</title><p>%s", article(fmt.Sprint("v", i), 200))
	}
	var m Memo
	judge := func() (ds []site.Diagnostic, read int) {
		p := payment(t, club(), files)
		p.Memo = &m
		text := p.Text
		p.Text = func(p site.Path) ([]byte, error) { read++; return text(p) }
		for _, f := range p.Files {
			f.Sum = site.Sum([]byte(files[f.Path]))
		}
		ds, err := p.Judge()
		if err != nil {
			t.Fatal(err)
		}
		return ds, read
	}
	if ds, read := judge(); len(ds) != 0 || read != 101 {
		t.Errorf("first: %v, %d files read", ds, read)
	}
	if ds, read := judge(); len(ds) != 0 || read != 0 {
		t.Errorf("nothing changed: %v, %d files read", ds, read)
	}
	files["search.json"] = `{"b":"` + article("w7", 200) + `"}`
	if ds, read := judge(); len(ds) != 1 || ds[0].Rule != "PL012" || read != 1 {
		t.Errorf("one changed: %v, %d files read", ds, read)
	}
	files["club/p7.html"] = page
	if ds, read := judge(); len(ds) != 0 || read != 1 {
		t.Errorf("the paid page changed: %v, %d files read", ds, read)
	}
}

// BenchmarkPaymentAgain: the same, one page changed.
func BenchmarkPaymentAgain(b *testing.B) {
	p := tenThousand(b)
	var m Memo
	p.Memo = &m
	for _, f := range p.Files {
		text, _ := p.Text(f.Path)
		f.Sum = site.Sum(text)
	}
	if _, err := p.Judge(); err != nil {
		b.Fatal(err)
	}
	n := byte(0)
	b.ReportAllocs()
	for b.Loop() {
		n++
		p.Files[0].Sum[0] = n
		if _, err := p.Judge(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPayment: 10,000 pages, 200 rules.
func BenchmarkPayment(b *testing.B) {
	p := tenThousand(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Judge(); err != nil {
			b.Fatal(err)
		}
	}
}

func tenThousand(b *testing.B) *Payment {
	w := &Paywall{}
	for i := range 200 {
		w.Rules = append(w.Rules, &AccessRule{ID: fmt.Sprint(i), Path: fmt.Sprintf("/s%d/**/*.html", i), Access: map[bool]Access{true: Paid, false: Free}[i%2 == 0]})
	}
	files := map[site.Path]string{"nginx.conf": "location /s2/ { add_header Cache-Control no-store always; return 402; }"}
	for i := range 10_000 {
		files[site.Path(fmt.Sprintf("s%d/p%d.html", i%250, i))] = fmt.Sprintf("<!DOCTYPE html><title>x</title><p>%s<a href=/s%d/p%d.html>next</a><a href=/>home</a>", article(fmt.Sprint("w", i), 100), (i+1)%250, i+1)
	}
	files["feed.xml"] = "<rss><description>" + article("feed", 5000) + "</description></rss>"
	return payment(b, w, files)
}
