package optimize

import (
	"bytes"
	"strings"
)

// hydration lists what frameworks leave in pages that their scripts take over
// in the browser. There the scripts find their place by comments and compare
// texts to the character.
var hydration = []string{
	"data-reactroot", "__NEXT_DATA__", "self.__next_f", `id="__next"`, "___gatsby", "data-server-rendered", "data-sveltekit",
	"__sveltekit", "ng-version", "ng-server-context", "__docusaurus", "__NUXT__", `id="__nuxt"`, "data-v-app", "q:container",
	"data-hk=", "__remixContext", "__staticRouterHydrationData", "<!--$-->", "<!--[-->", "<!--[", "<!--/$-->", "__VP_HASH_MAP__",
}

func hydrated(src []byte) bool {
	for _, mark := range hydration {
		i := bytes.Index(src, []byte(mark))
		if i < 0 {
			continue
		}
		// "<!--[if" is a conditional comment.
		if mark == "<!--[" && !bracketMark(src) {
			continue
		}
		return true
	}
	return false
}

// bracketMark reports whether src has a comment that begins with a bracket
// and is no conditional comment.
func bracketMark(src []byte) bool {
	for {
		i := bytes.Index(src, []byte("<!--["))
		if i < 0 {
			return false
		}
		src = src[i+5:]
		if !bytes.HasPrefix(src, []byte("if")) && !bytes.HasPrefix(src, []byte("endif")) {
			return true
		}
	}
}

// speaking lists how comments begin that some program reads: servers,
// crawlers, template and licence tools.
var speaking = []string{
	"ko ", "/ko", "esi", "build:", "endbuild", "inject:", "endinject", "include", "ssr", "teleport", "astro", "react", "svelte",
	"hydr", "ng", "lit-", "v-if", "v-for", "google", "noindex", "/noindex", "index", "email_off", "/email_off", "mfunc", "more",
	"nextpage", "wp:", "/wp:", "sse", "begin", "end ", "instancebegin", "instanceend", "uecsl", "htmx", "start:", "end:", "saved from url",
}

// droppable reports whether nobody reads a comment: it is prose, set apart by
// spaces, outside of anything a script may compare.
func (p *page) droppable(raw []byte) bool {
	if p.hydrated || p.pre > 0 || p.template > 0 || !bytes.HasPrefix(raw, []byte("<!--")) || !bytes.HasSuffix(raw, []byte("-->")) || len(raw) < 7 {
		return false
	}
	inner := string(raw[4 : len(raw)-3])
	body := strings.TrimSpace(inner)
	// "<!--v-if-->", "<!--app-html-->" and the like are marks, as is what
	// has no word in it.
	if !strings.ContainsAny(inner, " \t\n") || !hasWord(body) || strings.IndexByte("#![]$/&?@%{<>:|+", body[0]) >= 0 {
		return false
	}
	lower := strings.ToLower(body[:min(len(body), 256)])
	for _, s := range speaking {
		if strings.HasPrefix(lower, s) {
			return false
		}
	}
	for _, s := range [...]string{"@license", "@preserve", "@cc_on", "license", "copyright", "[if ", "<![endif", "{{", "{%"} {
		if strings.Contains(lower, s) {
			return false
		}
	}
	return true
}

// hasWord reports whether s has two letters side by side.
func hasWord(s string) bool {
	n := 0
	for i := range len(s) {
		if c := s[i] | 0x20; 'a' <= c && c <= 'z' || s[i] >= 0x80 {
			if n++; n == 2 {
				return true
			}
		} else {
			n = 0
		}
	}
	return false
}
