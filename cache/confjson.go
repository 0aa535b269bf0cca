package cache

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// node is a JSON value that knows its line.
type node struct {
	line int
	keys []string
	vals []*node
	list []*node
	text string // of strings and numbers; "true", "false"
	kind byte   // { [ s n b 0
}

// parseJSON reads JSON, with the comments and trailing commas that wrangler
// and editors allow.
func parseJSON(text []byte) (*node, error) {
	text = blankJSON(text)
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	p := &jsonReader{d: d, text: text, line: 1}
	n, err := p.value(0)
	if err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	return n, nil
}

type jsonReader struct {
	d    *json.Decoder
	text []byte
	off  int // up to where lines were counted
	line int
}

// at returns the line of the token that was read last.
func (p *jsonReader) at() int {
	if to := min(int(p.d.InputOffset()), len(p.text)); to > p.off {
		p.line += bytes.Count(p.text[p.off:to], []byte{'\n'})
		p.off = to
	}
	return p.line
}

func (p *jsonReader) value(depth int) (*node, error) {
	t, err := p.d.Token()
	if err != nil {
		return nil, err
	}
	n := &node{line: p.at()}
	if depth > maxNest {
		return nil, fmt.Errorf("line %d: more than %d values within each other", n.line, maxNest)
	}
	switch t := t.(type) {
	case json.Delim:
		n.kind = byte(t)
		for p.d.More() {
			if t == '{' {
				k, err := p.d.Token()
				if err != nil {
					return nil, err
				}
				key, _ := k.(string)
				n.keys = append(n.keys, key)
			}
			v, err := p.value(depth + 1)
			if err != nil {
				return nil, err
			}
			if t == '{' {
				n.vals = append(n.vals, v)
			} else {
				n.list = append(n.list, v)
			}
		}
		if _, err := p.d.Token(); err != nil {
			return nil, err
		}
	case string:
		n.kind, n.text = 's', t
	case json.Number:
		n.kind, n.text = 'n', t.String()
	case bool:
		n.kind, n.text = 'b', strconv.FormatBool(t)
	}
	return n, nil
}

// get returns the value of a key, nil if there is none; the last one counts.
func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	for i := len(n.keys) - 1; i >= 0; i-- {
		if n.keys[i] == key {
			return n.vals[i]
		}
	}
	return nil
}

func (n *node) items() []*node {
	if n == nil {
		return nil
	}
	return n.list
}

func (n *node) str() string {
	if n == nil || n.kind != 's' {
		return ""
	}
	return n.text
}

func (n *node) num() int {
	if n == nil || n.kind != 'n' {
		return 0
	}
	v, err := strconv.Atoi(n.text)
	if err != nil {
		return 0
	}
	return v
}

func (n *node) truth() bool { return n != nil && n.kind == 'b' && n.text == "true" }

func (n *node) strings() []string {
	var out []string
	for _, v := range n.items() {
		if v.kind == 's' {
			out = append(out, v.text)
		}
	}
	return out
}

// blankJSON blanks comments and trailing commas, and keeps every line where it
// is.
func blankJSON(text []byte) []byte {
	out := bytes.Clone(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
	comma := -1 // the last thing seen was a comma, here
	for i := 0; i < len(out); i++ {
		switch c := out[i]; {
		case c == '"':
			for i++; i < len(out) && out[i] != '"' && out[i] != '\n'; i++ {
				if out[i] == '\\' {
					i++
				}
			}
			comma = -1
		case c == '/' && i+1 < len(out) && out[i+1] == '/':
			for ; i < len(out) && out[i] != '\n'; i++ {
				out[i] = ' '
			}
		case c == '/' && i+1 < len(out) && out[i+1] == '*':
			end := bytes.Index(out[i+2:], []byte("*/"))
			if end < 0 {
				end = len(out) - i - 4
			}
			for stop := min(i+end+4, len(out)); i < stop; i++ {
				if out[i] != '\n' {
					out[i] = ' '
				}
			}
			i--
		case c == ',':
			comma = i
		case (c == ']' || c == '}') && comma >= 0:
			out[comma] = ' '
			comma = -1
		case c != ' ' && c != '\t' && c != '\r' && c != '\n':
			comma = -1
		}
	}
	return out
}
