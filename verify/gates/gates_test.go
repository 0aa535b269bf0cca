//go:build unix

// Package gates holds the live rules against gates that others wrote, with a
// client that pays, and against real caches. What is missing here is skipped,
// unless SERVERS_REQUIRED=1; npm ci brings the gates.
package gates

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hone-web/hone/site"
	"github.com/hone-web/hone/verify"
)

// files are those of the site behind every gate.
var files = map[string]string{
	"index.html":       `<!doctype html><html lang=en><title>Home</title><p>Welcome. <a href="/contact.html">Contact</a> <a href="/club/report.html">Report</a> <a href="/gone.html">Gone</a>`,
	"contact.html":     `<!doctype html><html lang=en><title>Contact</title><p>Write to us whenever you like, it costs nothing`,
	"club/index.html":  `<!doctype html><html lang=en><title>Club</title><p>The list of everything that members read in this club, with a summary of each`,
	"club/report.html": `<!doctype html><html lang=en><title>Report</title><p>What members alone may read, at some length, so that a part of it is known again wherever it comes`,
}

func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
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

// need skips a test, or fails it where nothing may be missing.
func need(t *testing.T, ok bool, what string) {
	t.Helper()
	if ok {
		return
	}
	if os.Getenv("SERVERS_REQUIRED") == "1" {
		t.Fatalf("%s is required and not installed", what)
	}
	t.Skipf("%s is not installed", what)
}

func needNode(t *testing.T) {
	t.Helper()
	_, err := exec.LookPath("node")
	need(t, err == nil, "node")
	_, err = os.Stat("node_modules/@x402/express")
	need(t, err == nil, "what npm ci brings to verify/gates")
}

// node starts a gate and returns its address. It ends when its input does.
func node(t *testing.T, args ...string) string {
	t.Helper()
	c := exec.Command("node", args...)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = c.Wait() // it ends by itself
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("%v did not start: %v", args, err)
	}
	return strings.TrimSpace(line)
}

// pay is the adapter of an owner who pays.
func pay(ctx context.Context, r *verify.ProofRequest) (name, value string, err error) {
	in, err := json.Marshal(r)
	if err != nil {
		return "", "", err
	}
	c := exec.CommandContext(ctx, "node", "pay.mjs")
	c.Stdin, c.Stderr = bytes.NewReader(in), os.Stderr
	out, err := c.Output()
	name, value, ok := strings.Cut(strings.TrimSpace(string(out)), ": ")
	if err == nil && !ok {
		err = fmt.Errorf("no header field: %q", out)
	}
	return name, value, err
}

type prover func(context.Context, *verify.ProofRequest) (string, string, error)

// probe asks an origin with the policy that /club/ is paid.
func probe(t *testing.T, origin string, edge bool, prove prover) *verify.LiveResult {
	t.Helper()
	u, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	w := &verify.Paywall{Rules: []*verify.AccessRule{{ID: "club", Path: "/club/**", Access: verify.Paid}}}
	if err := w.Compile(); err != nil {
		t.Fatal(err)
	}
	p := &verify.Payment{Policy: w, Prefix: "/", Now: time.Now(), Text: func(p site.Path) ([]byte, error) { return []byte(files[string(p)]), nil }}
	for name := range files {
		p.Files = append(p.Files, &verify.PaymentFile{Path: site.Path(name), Kind: site.HTML, Size: int64(len(files[name]))})
	}
	slices.SortFunc(p.Files, func(a, b *verify.PaymentFile) int { return strings.Compare(string(a.Path), string(b.Path)) })
	l := &verify.Live{Probe: &verify.Probe{Origin: u, Requests: 2000, Now: time.Now, Sleep: func(context.Context, time.Duration) error { return nil }}, Payment: p, Edge: edge, Seed: "1", Proof: prove}
	defer l.Probe.Close()
	r, err := l.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func rules(r *verify.LiveResult) []string {
	var out []string
	for _, d := range r.Findings {
		if d.Severity != site.Info && !slices.Contains(out, d.Rule) {
			out = append(out, d.Rule)
		}
	}
	slices.Sort(out)
	return out
}

// expect compares the rules that were found with those of a set-up.
func expect(t *testing.T, r *verify.LiveResult, want ...string) {
	t.Helper()
	if got := rules(r); !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
		for _, d := range r.Findings {
			t.Logf("%s %s", d.Rule, d.Message)
		}
	}
	if len(r.Unclear) > 0 {
		t.Errorf("unclear: %v", r.Unclear)
	}
}

// A gate of @x402/express, set up right and wrong, with a client whose
// signature is checked.
func TestX402(t *testing.T) {
	t.Parallel()
	needNode(t)
	dir := folder(t)
	for _, x := range []struct {
		setup string
		want  []string
	}{
		{"right", nil},
		{"alias", []string{"PL005"}},
		{"dots", []string{"PL006"}},
		{"method", []string{"PE005"}},
		{"missing", []string{"PW011"}},
		{"overmatch", []string{"PW001"}},
		{"page", []string{"PD007"}},
		{"preflight", []string{"PE001"}},
	} {
		t.Run(x.setup, func(t *testing.T) {
			expect(t, probe(t, node(t, "x402.mjs", dir, x.setup), false, pay), x.want...)
		})
	}
}

// A gate of mppx, whose challenges are of the Payment scheme.
func TestMPP(t *testing.T) {
	t.Parallel()
	needNode(t)
	dir := folder(t)
	for _, x := range []struct {
		setup string
		want  []string
	}{
		{"right", nil},
		{"encoded", []string{"PL006"}}, // express compares the path before it is decoded
		{"preflight", []string{"PE001"}},
	} {
		t.Run(x.setup, func(t *testing.T) {
			expect(t, probe(t, node(t, "mpp.mjs", dir, x.setup), false, pay), x.want...)
		})
	}
}

// A payment opens the gate once: a proof for another offer, or one that was
// spent, does not.
func TestX402Payment(t *testing.T) {
	t.Parallel()
	needNode(t)
	origin := node(t, "x402.mjs", folder(t), "right")
	u, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	p := &verify.Probe{Origin: u, Now: time.Now}
	defer p.Close()
	r := p.Do(t.Context(), verify.Ask{Path: "/club/report.html"})
	name, value, err := pay(t.Context(), &verify.ProofRequest{URL: origin + r.Path, Method: "GET", Scheme: "x402v2", Status: r.Status, Header: r.Header, Body: string(r.Body)})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		t.Fatal(err)
	}
	i := bytes.Index(raw, []byte(`"signature":"0x`)) + len(`"signature":"0x`)
	forged := bytes.Clone(raw)
	forged[i] = map[bool]byte{true: '1', false: '2'}[forged[i] != '1']
	for _, x := range []struct {
		what, value string
		status      int
	}{{"a forged signature", base64.StdEncoding.EncodeToString(forged), 402}, {"a payment", value, 200}, {"the same again", value, 402}} {
		if a := p.Do(t.Context(), verify.Ask{Path: r.Path, Header: map[string]string{name: x.value}, Secret: true}); a.Status != x.status {
			t.Errorf("%s: %s", x.what, a.Evidence())
		}
	}
}

// l402 is a gate of L402 for the tests: the token is a MAC over the hash of a
// preimage, which a payment of the invoice would tell.
type l402 struct {
	invoice string // its beginning
	open    bool   // any proof will do
	cache   string
}

var l402Preimage = sha256.Sum256([]byte("a preimage"))

func (g l402) token() string {
	hash := sha256.Sum256(l402Preimage[:])
	m := hmac.New(sha256.New, []byte("key of the tests"))
	m.Write(hash[:])
	return base64.StdEncoding.EncodeToString(append(hash[:], m.Sum(nil)...))
}

func (g l402) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	if name == "" || strings.HasSuffix(name, "/") {
		name += "index.html"
	}
	text, ok := files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if strings.HasPrefix(name, "club/") {
		w.Header().Set("Cache-Control", g.cache)
		proof, sent := strings.CutPrefix(r.Header.Get("Authorization"), "L402 ")
		if !sent && !(g.open && r.Header.Get("Authorization") != "") {
			w.Header().Set("WWW-Authenticate", fmt.Sprintf(`L402 version="0", token="%s", invoice="%s1pexample"`, g.token(), g.invoice))
			body := `<!doctype html><html lang=en><title>Club</title><p>Members read this. <a href="/contact.html">Join</a>`
			if r.Header.Get("Accept") == "application/json" {
				w.Header().Set("Content-Type", "application/json")
				body = `{"error":"payment required"}`
			}
			w.Header().Set("Vary", "Accept")
			w.WriteHeader(http.StatusPaymentRequired)
			fmt.Fprint(w, body)
			return
		}
		if !g.open && !hmac.Equal([]byte(proof), []byte(g.token()+":"+hex.EncodeToString(l402Preimage[:]))) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
	}
	fmt.Fprint(w, text)
}

func (g l402) pay(_ context.Context, r *verify.ProofRequest) (string, string, error) {
	if r.Scheme != "l402" {
		return "", "", fmt.Errorf("scheme %q", r.Scheme)
	}
	return "Authorization", "L402 " + g.token() + ":" + hex.EncodeToString(l402Preimage[:]), nil
}

func TestL402(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		gate l402
		want []string
	}{
		"right":      {l402{invoice: "lnbc10n", cache: "private, no-store"}, nil},
		"no invoice": {l402{invoice: "paypal", cache: "private, no-store"}, []string{"PD002"}},
		"fail open":  {l402{invoice: "lnbc10n", cache: "private, no-store", open: true}, []string{"PL011"}},
		"stored":     {l402{invoice: "lnbc10n", cache: "public, max-age=60"}, []string{"PC001", "PC004"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(x.gate)
			defer s.Close()
			expect(t, probe(t, s.URL, false, x.gate.pay), x.want...)
		})
	}
}

// A link checker beside hone on the same site: who is right about each URL.
func TestLinkChecker(t *testing.T) {
	t.Parallel()
	needNode(t)
	origin := node(t, "x402.mjs", folder(t), "method") // HEAD is open, which is a fault
	c := exec.Command("node", "node_modules/.bin/linkinator", origin+"/", "--format", "json", "--verbosity", "info")
	out, err := c.Output() // its exit code says that links are broken
	var doc struct {
		Links []struct {
			URL, State string
			Status     int
		}
	}
	if jerr := json.Unmarshal(out, &doc); jerr != nil {
		t.Fatalf("%v, %v: %s", err, jerr, out)
	}
	said := map[string]string{}
	for _, l := range doc.Links {
		said[strings.TrimPrefix(l.URL, origin)] = fmt.Sprintf("%s %d", l.State, l.Status)
	}
	r := probe(t, origin, false, pay)
	expect(t, r, "PE005")
	t.Logf("%-20s %-8s %-14s %s", "URL", "GET", "linkinator", "hone")
	u, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	p := &verify.Probe{Origin: u, Now: time.Now}
	defer p.Close()
	for _, path := range []string{"/", "/contact.html", "/club/report.html", "/gone.html"} {
		a := p.Do(t.Context(), verify.Ask{Path: path})
		hone := "as the policy wants"
		for _, d := range r.Findings {
			if strings.HasSuffix(string(d.Path), path) && path != "/" {
				hone = d.Rule
			}
		}
		if a.Status == 404 {
			hone = verify.StatusMeaning(&a).Rule + " (diagnose)"
		}
		t.Logf("%-20s %-8d %-14s %s", path, a.Status, said[path], hone)
	}
	if got := said["/club/report.html"]; got != "OK 200" {
		t.Errorf("linkinator says %q of the paid page; the table in docs/402.md says OK 200", got)
	}
}
