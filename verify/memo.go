package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/site"
)

// Memo keeps what rules about payment read in files from one judgement to the
// next, by the digest of the bytes: a build that follows another reads the
// files that changed. The zero value is ready.
type Memo struct {
	mu  sync.Mutex
	old map[memoKey]*facts // of the judgement before
	now map[memoKey]*facts // of this one; what it does not use is forgotten
}

// memoKey names the bytes and how they are read.
type memoKey struct {
	sum  site.Digest
	page bool
}

// begin starts a judgement.
func (m *Memo) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.old, m.now = m.now, map[memoKey]*facts{}
}

func (m *Memo) get(k memoKey) *facts {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.now[k]
	if f == nil {
		if f = m.old[k]; f != nil {
			m.now[k] = f
		}
	}
	return f
}

func (m *Memo) put(k memoKey, f *facts) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now[k] = f
}

// facts are what the rules ask of the text of a file.
type facts struct {
	declared *Declared // of a page; nil if it says nothing
	line     int       // where it says so
	hidden   int       // words in the part that it calls not free
	class    string    // the class of that part
	runs     []uint64  // runs of words, a sample
	data     []uint64  // runs of words in its JSON-LD
	ahead    []speculation
}

// facts reads a file, once.
func (j *payment) facts(f *PaymentFile) *facts {
	if f.facts != nil {
		return f.facts
	}
	k := memoKey{f.Sum, f.Kind == site.HTML}
	if j.Memo != nil && f.Sum != (site.Digest{}) {
		if f.facts = j.Memo.get(k); f.facts != nil {
			return f.facts
		}
	}
	f.facts = readFacts(j.read(f.Path), k.page)
	if j.Memo != nil && f.Sum != (site.Digest{}) && j.err == nil {
		j.Memo.put(k, f.facts)
	}
	return f.facts
}

func readFacts(text []byte, page bool) *facts {
	out := &facts{}
	keep := func(to *[]uint64) func(uint64) {
		return func(h uint64) {
			if h%sample == 0 {
				*to = append(*to, h)
			}
		}
	}
	if !page {
		shingles(text, shingle, keep(&out.runs))
		return out
	}
	if len(text) > maxPage {
		return out
	}
	shingles(pageText(text), shingle, keep(&out.runs))
	if out.declared = DeclaredAccess(text); out.declared != nil {
		out.line, _ = site.Position(text, out.declared.Off)
		out.hidden, out.class = hiddenWords(text, out.declared.Hidden)
	}
	if bytes.Contains(text, []byte("speculationrules")) {
		out.ahead = speculations(text)
	}
	if bytes.Contains(text, []byte("ld+json")) {
		shingles(articleBodies(text), shingle, keep(&out.data))
	}
	return out
}

// articleBodies returns the text that the JSON-LD of a page holds: articleBody
// and text of creative works (schema.org).
func articleBodies(src []byte) []byte {
	var out []byte
	tokens := markup.Parse(src)
	for i, t := range tokens {
		if t.Type != markup.StartTag || t.Name != "script" || !strings.EqualFold(strings.TrimSpace(t.Get(src, "type")), "application/ld+json") || i+1 >= len(tokens) || tokens[i+1].Type != markup.Text {
			continue
		}
		var v any
		if json.Unmarshal(src[tokens[i+1].Span.Start:tokens[i+1].Span.End], &v) == nil {
			out = bodies(out, v, 0)
		}
	}
	return out
}

func bodies(out []byte, v any, depth int) []byte {
	if depth > 32 {
		return out
	}
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			out = bodies(out, x, depth+1)
		}
	case map[string]any:
		for _, k := range []string{"articleBody", "text"} {
			if s, ok := v[k].(string); ok {
				out = fmt.Appendf(out, "%s ", s)
			}
		}
		for _, k := range []string{"@graph", "mainEntity", "hasPart", "itemListElement", "item"} {
			if v[k] != nil {
				out = bodies(out, v[k], depth+1)
			}
		}
	}
	return out
}
