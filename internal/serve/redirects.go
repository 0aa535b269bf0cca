package serve

import (
	"bytes"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// Redirect is a rule of a _redirects file.
type Redirect struct {
	From   []string // the path, taken apart at slashes; ":name" takes one part, a last "*" the rest
	To     string   // with :name and :splat
	Status int      // 200 answers with the file at To
	Force  bool     // also when there is a file
}

// maxRedirects is how many rules Cloudflare Pages reads; Netlify reads more.
const maxRedirects = 2100

// ParseRedirects reads what Netlify and Cloudflare Pages understand in common:
// one rule a line, FROM TO [STATUS[!]]. Rules with conditions, for a domain or
// without a meaning here are left out.
func ParseRedirects(text []byte) []Redirect {
	var out []Redirect
	for line := range bytes.Lines(text) {
		if len(out) == maxRedirects {
			break
		}
		f := strings.Fields(string(line))
		if len(f) < 2 || len(f) > 3 || strings.HasPrefix(f[0], "#") || !strings.HasPrefix(f[0], "/") {
			continue
		}
		r := Redirect{From: parts(f[0]), To: f[1], Status: http.StatusFound}
		if len(f) == 3 {
			var digits string
			digits, r.Force = strings.CutSuffix(f[2], "!")
			n, err := strconv.Atoi(digits)
			if err != nil {
				continue // a condition: Country=…, Language=…
			}
			r.Status = n
		}
		local := strings.HasPrefix(r.To, "/")
		switch r.Status {
		case 200, 404, 410, 451:
			if !local {
				continue // a proxy
			}
		case 301, 302, 303, 307, 308:
			if !local && !strings.HasPrefix(r.To, "https://") && !strings.HasPrefix(r.To, "http://") {
				continue
			}
		default:
			continue
		}
		out = append(out, r)
	}
	return out
}

func parts(p string) []string { return strings.Split(strings.Trim(p, "/"), "/") }

// match returns the address a path leads to.
func (r *Redirect) match(have []string) (string, bool) {
	values := map[string]string{}
	for i, want := range r.From {
		if want == "*" && i == len(r.From)-1 {
			values["splat"] = strings.Join(have[min(i, len(have)):], "/")
			return r.fill(values), true
		}
		if i >= len(have) {
			return "", false
		}
		if name, ok := strings.CutPrefix(want, ":"); ok && have[i] != "" {
			values[name] = have[i]
		} else if want != have[i] {
			return "", false
		}
	}
	return r.fill(values), len(have) == len(r.From)
}

// fill writes the values into the address, each once and none anew: a value
// may look like a name.
func (r *Redirect) fill(values map[string]string) string {
	var b strings.Builder
	rest := r.To
	for {
		i := strings.IndexByte(rest, ':')
		if i < 0 {
			return b.String() + rest
		}
		b.WriteString(rest[:i])
		rest = rest[i+1:]
		n := 0
		for n < len(rest) && (rest[n] == '_' || rest[n] == '-' || rest[n]|0x20 >= 'a' && rest[n]|0x20 <= 'z' || rest[n] >= '0' && rest[n] <= '9') {
			n++
		}
		if v, ok := values[rest[:n]]; ok {
			b.WriteString((&url.URL{Path: "/" + v}).EscapedPath()[1:])
		} else {
			b.WriteString(":" + rest[:n])
		}
		rest = rest[n:]
	}
}

// redirect returns the first rule for a URL. Where there is a file, only rules
// that force themselves count.
func (s *Site) redirect(u *url.URL, missing bool) (string, *Redirect) {
	if len(s.Redirects) == 0 {
		return "", nil
	}
	have := parts(u.Path)
	for i := range s.Redirects {
		r := &s.Redirects[i]
		if !missing && !r.Force {
			continue
		}
		if to, ok := r.match(have); ok {
			return to, r
		}
	}
	return "", nil
}

// follow answers as the rule says.
func (s *Site) follow(w http.ResponseWriter, r *http.Request, to string, rule *Redirect) bool {
	if rule.Status >= 300 && rule.Status < 400 {
		if strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`) {
			to = "/" + strings.TrimLeft(to, `/\`) // a splat must not name a host
		}
		if r.URL.RawQuery != "" && !strings.Contains(to, "?") {
			to += "?" + r.URL.RawQuery
		}
		w.Header().Set("Location", to)
		w.WriteHeader(rule.Status)
		return true
	}
	target, err := url.Parse(to)
	if err == nil {
		var f found
		if f, err = s.find(path.Clean("/" + target.Path)); err == nil && f.redirect != "" {
			f, err = s.find(f.redirect)
		}
		if err == nil {
			err = s.send(w, r, f.name, rule.Status)
		}
	}
	if err != nil {
		s.notFound(w, r)
	}
	return true
}
