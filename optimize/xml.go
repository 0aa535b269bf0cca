package optimize

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/hone-web/hone/site"
)

// XML drops comments and shortens the white space between tags. One space
// always stays where there was any, and texts stay as they are: no schema is
// known, and feed readers show them.
var XML = &Optimizer{
	Name:    "xml",
	Doc:     "drop comments and indentation from XML",
	Version: 1,
	Kinds:   []site.Kind{site.XML},
	Run: func(ctx context.Context, in *Input) (Output, error) {
		return runText(ctx, in, func(_ *text, src []byte) ([]byte, error) { return minXML(src) })
	},
}

// spaced finds documents in which white space between tags may be shown, or
// whose comments or entities may be more than that.
var spaced = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)<!DOCTYPE|<!--[#\[!]|xml:space|<!ENTITY`)
})

func minXML(src []byte) ([]byte, error) {
	if spaced().Match(src) {
		return nil, keep("its white space or comments may matter")
	}
	before, err := xmlTokens(src)
	if err != nil {
		return nil, err
	}
	out, err := spliceXML(src)
	if err != nil {
		return nil, err
	}
	after, err := xmlTokens(out)
	if err != nil || !slices.Equal(before, after) {
		return nil, keep("minifying it would change its content")
	}
	return out, nil
}

// spliceXML copies src without comments, and with one line break for each
// white space that stands alone between tags.
func spliceXML(src []byte) ([]byte, error) {
	out := make([]byte, 0, len(src))
	d := xml.NewDecoder(bytes.NewReader(src))
	depth := 0
	for {
		start := d.InputOffset()
		tok, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, keep("not well-formed XML")
		}
		raw := src[start:d.InputOffset()]
		switch v := tok.(type) {
		case xml.Comment:
			continue
		case xml.StartElement:
			switch v.Name.Local {
			case "pre", "textarea", "script", "style", "text":
				return nil, keep("contains <" + v.Name.Local + ">")
			}
			depth++
		case xml.EndElement:
			depth--
		case xml.CharData:
			if len(raw) > 0 && len(bytes.TrimSpace(raw)) == 0 {
				// Two of them meet where a comment was.
				if depth > 0 && len(out) > 0 && out[len(out)-1] != '\n' {
					out = append(out, '\n')
				}
				continue
			}
		}
		out = append(out, raw...)
	}
}

// xmlTokens returns the content of an XML document without its comments:
// elements with their attributes, texts with CDATA sections resolved,
// processing instructions. White space between tags counts as present or not.
func xmlTokens(src []byte) ([]string, error) {
	var out []string
	var chars strings.Builder
	flush := func() {
		if chars.Len() > 0 {
			s := chars.String()
			if strings.Trim(s, " \t\r\n") == "" {
				s = " "
			}
			out = append(out, "#"+s)
			chars.Reset()
		}
	}
	d := xml.NewDecoder(bytes.NewReader(src))
	d.Strict = true
	d.CharsetReader = func(label string, r io.Reader) (io.Reader, error) {
		return nil, keep("its encoding is not UTF-8")
	}
	depth := 0
	for {
		tok, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			flush()
			if depth != 0 {
				return nil, keep("not well-formed XML")
			}
			return out, nil
		}
		if err != nil {
			return nil, keep("not well-formed XML")
		}
		switch v := tok.(type) {
		case xml.CharData:
			if depth > 0 { // outside the root white space is nothing
				chars.Write(v)
			}
			continue
		case xml.Comment:
			continue
		case xml.StartElement:
			flush()
			depth++
			var b strings.Builder
			b.WriteString("<" + xmlName(v.Name))
			for _, a := range v.Attr {
				b.WriteString("\x00" + xmlName(a.Name) + "\x01" + a.Value)
			}
			out = append(out, b.String())
		case xml.EndElement:
			flush()
			depth--
			out = append(out, ">"+xmlName(v.Name))
		case xml.ProcInst:
			flush()
			out = append(out, "?"+v.Target+"\x00"+string(bytes.TrimSpace(v.Inst)))
		case xml.Directive:
			flush()
			out = append(out, "!"+string(v))
		}
	}
}

func xmlName(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}
