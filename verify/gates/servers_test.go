//go:build unix

package gates

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// offer is a challenge of x402 version 2 that the servers below send.
var offer = base64.StdEncoding.EncodeToString([]byte(`{"x402Version":2,"accepts":[{"scheme":"exact","network":"eip155:8453","amount":"100","asset":"0xA","payTo":"0xB"}]}`))

// spread writes the site where servers that gave up root can read it.
func spread(t *testing.T) string {
	t.Helper()
	dir := open(t)
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// serveNginx serves the site with text in the server block.
func serveNginx(t *testing.T, text string) string {
	dir, root := open(t), spread(t)
	addr, _ := freeAddr(t)
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;"
	}
	c := conf(t, dir, "nginx.conf", `daemon off; %[5]s pid %[1]s/pid; error_log %[1]s/error.log; worker_processes 1;
events {} http { access_log off; types { text/html html; } proxy_temp_path %[1]s/t; client_body_temp_path %[1]s/b; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
server { listen %[2]s; root %[3]s; %[4]s } }`, dir, addr, root, text, user)
	run(t, addr, "nginx", "-p", dir, "-e", dir+"/error.log", "-c", c)
	return addr
}

// serveApache serves the site with text in its folder.
func serveApache(t *testing.T, text string) string {
	dir, root := open(t), spread(t)
	addr, _ := freeAddr(t)
	var mods strings.Builder
	for _, m := range []string{"mpm_event", "authz_core", "dir", "mime", "headers", "rewrite", "alias", "setenvif"} {
		fmt.Fprintf(&mods, "LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n", m, m)
	}
	c := conf(t, dir, "apache.conf", `%[1]sServerRoot %[2]s
DefaultRuntimeDir %[2]s
PidFile %[2]s/pid
ErrorLog %[2]s/error.log
ServerName localhost
Listen %[3]s
TypesConfig /dev/null
AddType text/html .html
DocumentRoot %[4]s
DirectoryIndex index.html
<Directory %[4]s>
AllowOverride None
Options FollowSymLinks
Require all granted
%[5]s
</Directory>
`, mods.String(), dir, addr, root, text)
	run(t, addr, "apache2", "-X", "-f", c)
	return addr
}

// serveCaddy serves the site with text in the site block.
func serveCaddy(t *testing.T, text string) string {
	dir, root := open(t), spread(t)
	addr, _ := freeAddr(t)
	c := conf(t, dir, "Caddyfile", "{\n\tadmin off\n\tauto_https off\n\tstorage file_system %[1]s\n}\nhttp://%[2]s {\n\troot * %[3]s\n%[4]s\n\tfile_server\n}\n", dir, addr, root, text)
	t.Setenv("XDG_CONFIG_HOME", dir) // where it keeps what it was last told
	run(t, addr, "caddy", "run", "--config", c, "--adapter", "caddyfile")
	return addr
}

// nginxGate closes a location as it should be done; fields are added to its
// 402, conditions stand before it.
func nginxGate(location, fields, before string) string {
	return fmt.Sprintf(`location %s { default_type text/plain; %s %s return 402 "Payment required"; }`, location, fields, before)
}

const (
	nginxOptions = `if ($request_method = OPTIONS) { return 204; } `
	nginxFound   = `if (!-e $request_filename) { return 404; } `
	noStore      = `add_header Cache-Control no-store always; `
)

// nginxWith has the gate of the club as it should be, and more beside it.
func nginxWith(more string) string {
	return nginxGate("/club/", nginxOffer+noStore, nginxOptions+nginxFound) + more
}

var nginxOffer = `add_header PAYMENT-REQUIRED "` + offer + `" always; `

// nginxCORS answers preflights and lets other origins read the 402.
func nginxCORS(allow, onAnswer string) string {
	return nginxGate("/club/", nginxOffer+noStore+onAnswer, `if ($request_method = OPTIONS) { add_header Access-Control-Allow-Origin *; add_header Access-Control-Allow-Headers "`+allow+`"; return 204; } `+nginxFound)
}

const (
	nginxReadable = `add_header Access-Control-Allow-Origin * always; `
	nginxExposed  = `add_header Access-Control-Expose-Headers "PAYMENT-REQUIRED, PAYMENT-RESPONSE" always; `
)

// apacheGate closes the club where the conditions hold.
func apacheGate(conditions, fields string) string {
	return `RewriteEngine On
RewriteCond %{REQUEST_METHOD} =OPTIONS
RewriteRule ^club/ - [R=204,L]
RewriteCond %{REQUEST_FILENAME} -f [OR]
RewriteCond %{REQUEST_FILENAME} -d
` + conditions + `
RewriteRule ^club/ - [R=402,L]
ErrorDocument 402 "<!doctype html><title>Club</title><a href=/contact.html>Join</a>"
` + fields
}

var apacheFields = `Header always set Cache-Control no-store "expr=%{REQUEST_STATUS} == 402"
Header always set PAYMENT-REQUIRED "` + offer + `" "expr=%{REQUEST_STATUS} == 402"`

const caddyNoStore = "header Cache-Control no-store"

// caddyGate closes what the matcher names.
func caddyGate(matcher, fields string) string {
	return `	@ask {
		method OPTIONS
		path /club/*
	}
	@paid {
		` + matcher + `
		file {path} {path}/index.html
	}
	handle @ask {
		respond 204
	}
	handle @paid {
		header PAYMENT-REQUIRED "` + offer + `"
		` + fields + `
		respond "Payment required" 402
	}`
}

// serverCases are set-ups of real servers: a wrong one is found by the rules
// in want and no others, a right one (without any) has neither error nor
// warning. The rule that a case is about begins its name.
var serverCases = []struct {
	name  string
	start func(*testing.T, string) string
	text  string
	want  []string
}{
	{"PW001 nginx", serveNginx, nginxWith(nginxGate("~ ^/c", nginxOffer+noStore, nginxOptions+nginxFound)), []string{"PW001"}},
	{"PW001 nginx right", serveNginx, nginxWith(""), nil},
	{"PW002 nginx", serveNginx, nginxGate("/", nginxOffer+noStore, nginxOptions), []string{"PW002"}},
	{"PW002 nginx right", serveNginx, nginxGate("^~ /club/", nginxOffer+noStore, nginxOptions+nginxFound) + " location / { }", nil},
	{"PW003 nginx", serveNginx, nginxWith(nginxGate("= /robots.txt", nginxOffer+noStore, "")), []string{"PW003"}},
	{"PW003 nginx right", serveNginx, nginxWith(`location = /robots.txt { return 200 "User-agent: *"; }`), nil},
	{"PW008 nginx", serveNginx, nginxWith("location = /contact.html { return 302 /club/report.html; }"), []string{"PW008"}},
	{"PW008 nginx right", serveNginx, nginxWith("location = /contact.html { return 302 /; }"), nil},
	{"PW011 nginx", serveNginx, nginxGate("/club/", nginxOffer+noStore, nginxOptions), []string{"PW011"}},
	{"PW011 nginx right", serveNginx, nginxWith(""), nil},
	{"PW012 nginx", serveNginx, nginxWith(`location = /contact.html { ` + nginxOffer + noStore + ` if ($http_user_agent ~ ChatGPT-User) { return 402; } }`), []string{"PW012"}},
	{"PW012 nginx right", serveNginx, nginxWith(`location = /contact.html { if ($http_user_agent ~ NoSuchAgent) { return 402; } }`), nil},

	{"PL001 nginx", serveNginx, "", []string{"PL001"}},
	{"PL001 Apache", serveApache, "", []string{"PL001"}},
	{"PL001 Caddy", serveCaddy, "", []string{"PL001"}},
	{"PL001 Caddy folder", serveCaddy, strings.Replace(caddyGate("path /club/*", caddyNoStore), "{path}/index.html", "", 1), []string{"PL001"}}, // what is asked for as a folder is no file
	{"PL001 Apache right", serveApache, apacheGate("", apacheFields), nil},
	{"PL001 Caddy right", serveCaddy, caddyGate("path /club/*", caddyNoStore), nil},
	{"PL004 nginx", serveNginx, nginxGate("/club/", nginxOffer+noStore, nginxOptions+nginxFound+"return 402;") + ("error_page 402 /teaser.html; location = /teaser.html { internal; " + nginxOffer + noStore + " try_files /club/report.html =404; }"), []string{"PD007", "PL004"}},
	{"PL004 nginx right", serveNginx, nginxGate("/club/", nginxOffer+noStore, nginxOptions+nginxFound+"return 402;") + ("error_page 402 /teaser.html; location = /teaser.html { internal; " + nginxOffer + noStore + " try_files /index.html =404; }"), nil},
	{"PL005 nginx", serveNginx, nginxGate("= /club/report.html", nginxOffer+noStore, nginxOptions) + nginxGate("~ ^/club/(index.html)?$", nginxOffer+noStore, nginxOptions) + "location / { try_files $uri $uri.html $uri/ =404; }", []string{"PL005"}},
	{"PL005 nginx right", serveNginx, nginxGate("/club/", nginxOffer+noStore, nginxOptions+"set $n 1; if (-e $request_filename) { set $n 0; } if (-e $request_filename.html) { set $n 0; } if ($n) { return 404; }") + "location / { try_files $uri $uri.html $uri/ =404; }", nil},
	{"PL005 Caddy right", serveCaddy, "\ttry_files {path} {path}.html\n" + caddyGate("path /club/*", caddyNoStore), nil},
	{"PL006 nginx", serveNginx, "merge_slashes off; " + nginxWith(""), []string{"PL006"}},
	{"PL006 nginx right", serveNginx, "merge_slashes on; " + nginxWith(""), nil},
	{"PL007 Apache", serveApache, apacheGate("RewriteCond %{REQUEST_METHOD} ^(GET|HEAD)$", apacheFields), []string{"PL007"}},
	{"PL007 Apache right", serveApache, apacheGate("", apacheFields), nil},
	{"PL009 nginx", serveNginx, nginxGate("/club/", nginxOffer+noStore, nginxOptions+nginxFound+`if ($http_range) { break; }`), []string{"PL009"}},
	{"PL009 nginx right", serveNginx, nginxWith(""), nil},
	{"PL011 nginx", serveNginx, nginxGate("/club/", nginxOffer+noStore, nginxOptions+nginxFound+`if ($http_payment_signature) { break; }`), []string{"PL011"}},
	{"PL011 nginx right", serveNginx, nginxGate("/club/", nginxOffer+noStore, nginxOptions+nginxFound+`if ($http_payment_signature = "the one of the tests") { break; }`), nil},

	{"PC001 nginx", serveNginx, nginxGate("/club/", nginxOffer+"add_header Cache-Control max-age=60 always; ", nginxOptions+nginxFound), []string{"PC001"}},
	{"PC001 nginx always", serveNginx, nginxGate("/club/", nginxOffer+"add_header Cache-Control no-store; ", nginxOptions+nginxFound), []string{"PC001"}},
	{"PC001 nginx right", serveNginx, nginxWith(""), nil},
	{"PC001 Apache", serveApache, apacheGate("", strings.Replace(apacheFields, "Header always set Cache", "Header set Cache", 1)), []string{"PC001"}},
	{"PC001 Apache right", serveApache, apacheGate("", apacheFields), nil},
	{"PC001 Caddy", serveCaddy, "\theader Cache-Control \"public, max-age=600\"\n" + caddyGate("path /club/*", ""), []string{"PC001"}},
	{"PC001 Caddy right", serveCaddy, caddyGate("path /club/*", caddyNoStore), nil},
	{"PC005 nginx", serveNginx, nginxGate("/club/", nginxOffer+`add_header Cache-Control "public, max-age=0, private" always; `, nginxOptions+nginxFound), []string{"PC005"}},
	{"PC005 nginx right", serveNginx, nginxGate("/club/", nginxOffer+`add_header Cache-Control "private, no-store" always; `, nginxOptions+nginxFound), nil},
	{"PC006 nginx", serveNginx, nginxGate("/club/", nginxOffer+noStore+`add_header CDN-Cache-Control max-age=60 always; `, nginxOptions+nginxFound), []string{"PC006"}},
	{"PC006 nginx right", serveNginx, nginxGate("/club/", nginxOffer+noStore+`add_header CDN-Cache-Control no-store always; `, nginxOptions+nginxFound), nil},
	{"PC007 nginx", serveNginx, nginxGate("/club/", nginxOffer+`add_header Cache-Control max-age=60 always; `, nginxOptions+nginxFound+`if ($http_accept ~ json) { return 402 "Pay by program"; }`), []string{"PC001", "PC007"}},
	{"PC007 nginx right", serveNginx, nginxGate("/club/", nginxOffer+noStore, nginxOptions+nginxFound+`if ($http_accept ~ json) { return 402 "Pay by program"; }`), nil},

	{"PD001 nginx", serveNginx, nginxGate("/club/", noStore, nginxOptions+nginxFound), []string{"PD001"}},
	{"PD001 nginx right", serveNginx, nginxWith(""), nil},
	{"PD002 nginx", serveNginx, nginxGate("/club/", noStore+`add_header PAYMENT-REQUIRED "e30=" always; `, nginxOptions+nginxFound), []string{"PD002"}},
	{"PD002 nginx right", serveNginx, nginxWith(""), nil},

	{"PE001 nginx", serveNginx, nginxGate("/club/", nginxOffer+noStore, nginxFound), []string{"PE001"}},
	{"PE001 nginx right", serveNginx, nginxWith(""), nil},
	{"PE002 nginx right", serveNginx, nginxCORS("payment-signature", nginxReadable+nginxExposed), nil},
	{"PE003 nginx right", serveNginx, nginxCORS("payment-signature, content-type", nginxReadable+nginxExposed), nil},
	{"PE002 nginx", serveNginx, nginxCORS("payment-signature", ""), []string{"PE002"}},
	{"PE003 nginx", serveNginx, nginxCORS("payment-signature", nginxReadable), []string{"PE003"}},
	{"PE004 nginx", serveNginx, nginxCORS("content-type", nginxReadable+nginxExposed), []string{"PE004"}},
	{"PE004 nginx right", serveNginx, nginxCORS("payment-signature", nginxReadable+nginxExposed), nil},
	{"PE005 nginx", serveNginx, nginxGate("/club/", nginxOffer+noStore, nginxOptions+nginxFound+`if ($request_method = HEAD) { break; }`), []string{"PE005"}},
	{"PE005 nginx right", serveNginx, nginxWith(""), nil},

	{"PS200 nginx", serveNginx, nginxWith("location / { try_files $uri $uri/ /index.html; }"), []string{"PS200"}},
	{"PS200 nginx right", serveNginx, nginxWith("location / { try_files $uri $uri/ =404; }"), nil},
	{"PS3xx nginx", serveNginx, nginxWith("location = /contact.html { return 302 /a; } location = /a { return 302 /contact.html; }"), []string{"PS3xx"}},
	{"PS3xx nginx right", serveNginx, nginxWith("location = /contact.html { return 301 /; }"), nil},
	{"PS403 nginx", serveNginx, nginxWith("location = /contact.html { deny all; }"), []string{"PS403"}},
	{"PS403 Apache", serveApache, apacheGate("", apacheFields) + "\n<Files contact.html>\nRequire all denied\n</Files>", []string{"PS403"}},
	{"PS404 nginx", serveNginx, nginxWith("location = /contact.html { return 410; }"), []string{"PS404"}},
	{"PS404 Caddy", serveCaddy, caddyGate("path /club/*", caddyNoStore) + "\n\trespond /contact.html 404", []string{"PS404"}},
	{"PS408 Caddy", serveCaddy, caddyGate("path /club/*", caddyNoStore) + "\n\trespond /contact.html 408", []string{"PS408"}}, // nginx ends the connection instead
	{"PS408 Caddy right", serveCaddy, caddyGate("path /club/*", caddyNoStore), nil},
	{"PS429 nginx", serveNginx, nginxWith("location = /contact.html { return 429; }"), []string{"PS429"}},
	{"PS500 nginx", serveNginx, nginxWith("location = /contact.html { proxy_pass http://127.0.0.1:9; }"), []string{"PS500"}},
	{"PS503 nginx", serveNginx, nginxWith("location = /contact.html { return 503; }"), []string{"PS503"}},
	{"PS403 Apache right", serveApache, apacheGate("", apacheFields) + "\n<Files secret.html>\nRequire all denied\n</Files>", nil},
	{"PS404 Caddy right", serveCaddy, caddyGate("path /club/*", caddyNoStore) + "\n\trespond /old.html 410", nil},
	{"PS429 nginx right", serveNginx, "error_page 429 /index.html; " + nginxWith(""), nil},
	{"PS500 nginx right", serveNginx, nginxWith("location = /upstream { proxy_pass http://127.0.0.1:9; }"), nil},
	{"PS503 Apache right", serveApache, apacheGate("", apacheFields), nil},
}

// Seeded faults of nginx, Apache and Caddy: each wrong set-up is found by its
// own rule and no other, no right one has a finding.
func TestServers(t *testing.T) {
	type tally struct{ wrong, found, right, clean int }
	count := map[string]*tally{}
	for _, x := range serverCases {
		t.Run(x.name, func(t *testing.T) {
			r := probe(t, "http://"+x.start(t, x.text), false, nil)
			expect(t, r, x.want...)
			rule := x.name[:5]
			c := cmp.Or(count[rule], &tally{})
			count[rule] = c
			switch got := rules(r); {
			case x.want == nil:
				c.right++
				if len(got) == 0 {
					c.clean++
				}
			default:
				c.wrong++
				if slices.Contains(got, rule) {
					c.found++
				}
			}
		})
	}
	var all tally
	for _, rule := range slices.Sorted(maps.Keys(count)) {
		c := count[rule]
		t.Logf("%s  wrong %d, found %d · right %d, clean %d", rule, c.wrong, c.found, c.right, c.clean)
		all.wrong, all.found, all.right, all.clean = all.wrong+c.wrong, all.found+c.found, all.right+c.right, all.clean+c.clean
	}
	t.Logf("%d rules on real servers: precision %.3f (%d of %d right set-ups without a finding), recall %.3f (%d of %d wrong ones found by their own rule)", len(count),
		float64(all.found)/float64(max(1, all.found+all.right-all.clean)), all.clean, all.right, float64(all.found)/float64(max(1, all.wrong)), all.found, all.wrong)
}
