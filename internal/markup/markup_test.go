package markup

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// dump writes tokens in a short form: one "type name[attrs] text" each.
func dump(src string) string {
	var b strings.Builder
	for _, t := range Parse([]byte(src)) {
		switch t.Type {
		case Text:
			kind := "T"
			if t.Raw {
				kind = "R"
			}
			fmt.Fprintf(&b, "%s(%s)", kind, src[t.Span.Start:t.Span.End])
		case Comment:
			fmt.Fprintf(&b, "C(%s)", src[t.Span.Start:t.Span.End])
		case Doctype:
			b.WriteString("D")
		case EndTag:
			fmt.Fprintf(&b, "</%s>", t.Name)
		default:
			fmt.Fprintf(&b, "<%s", t.Name)
			for _, a := range t.Attrs {
				fmt.Fprintf(&b, " %s", a.Name)
				if a.HasValue {
					fmt.Fprintf(&b, "=%s", a.Text([]byte(src)))
				}
				if a.Dup {
					b.WriteString("!")
				}
			}
			if t.Type == SelfClosing {
				b.WriteString("/")
			}
			b.WriteString(">")
		}
		if t.Foreign {
			b.WriteString("~")
		}
		if t.Noscript {
			b.WriteString("^")
		}
		b.WriteString(" ")
	}
	return strings.TrimSpace(b.String())
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"plain", "<!doctype html><P Class=a>x</P>", "D <p class=a> T(x) </p>"},
		{"quotes", `<a href='x y' b="1" c = d e>`, "<a href=x y b=1 c=d e>"},
		{"duplicate", `<a x=1 X=2>`, "<a x=1 x=2!>"},
		{"slash in unquoted", `<a href=a/b/>`, "<a href=a/b/>"},
		{"self-closing", `<br/><img src=a />`, "<br/> <img src=a/>"},
		{"equals first", `<a =x=y>`, "<a =x=y>"},
		{"no value", `<a b= >x`, "<a b=> T(x)"},
		{"references", `<a href="?a=1&amp;b&copy=2&copy;&copy">`, "<a href=?a=1&b&copy=2©©>"},
		{"script", `<script>"<a>"</script>x`, `<script> R("<a>") </script> T(x)`},
		{"template script", `<script type=text/template><a href=b></script>`, `<script type=text/template> R(<a href=b>) </script>`},
		{"noscript", `<noscript><img src=a></noscript>b`, `<noscript> <img src=a>^ </noscript> T(b)`},
		{"noscript ends first", `<noscript><!--</noscript>--><b>`, `<noscript> C(<!--)^ </noscript> T(-->) <b>`},
		{"nested noscript", `<noscript><noscript><i></noscript>`, `<noscript> <noscript>^ <i>^ </noscript>`},
		{"svg style", `<svg><style>a<![CDATA[<b>]]></style><use href=#a /></svg><style><b></style>`,
			`<svg>~ <style>~ T(a)~ R(<![CDATA[<b>]]>)~ </style>~ <use href=#a/>~ </svg>~ <style> R(<b>) </style>`},
		{"svg script closes", `<svg><script href=a /></svg><p>`, `<svg>~ <script href=a/>~ </svg>~ <p>`},
		{"foreignObject", `<svg><foreignObject><style><b></style></foreignObject><a></a></svg>`,
			`<svg>~ <foreignobject>~ <style> R(<b>) </style> </foreignobject> <a>~ </a>~ </svg>~`},
		{"breakout", `<svg><p><style><b></style>`, `<svg>~ <p> <style> R(<b>) </style>`},
		{"cut off", `a<b c="`, `T(a) R(<b c=")`},
		{"php", `<?php echo 1 ?><p>`, `C(<?php echo 1 ?>) <p>`},
		{"textarea", `<textarea><b></textarea>`, `<textarea> R(<b>) </textarea>`},
		{"plaintext", `<plaintext><b></plaintext>`, `<plaintext> R(<b></plaintext>)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := dump(c.in); got != c.want {
				t.Errorf("Parse(%q)\n got %s\nwant %s", c.in, got, c.want)
			}
		})
	}
}

func TestEscapeAttr(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in    string
		quote byte
		want  string
	}{
		{"a b", '"', "a b"},
		{`a"b'c`, '"', "a&#34;b'c"},
		{`a"b'c`, '\'', `a"b&#39;c`},
		{"a&b & c&#1", '"', "a&amp;b & c&amp;#1"},
	} {
		if got := EscapeAttr(c.in, c.quote); got != c.want {
			t.Errorf("EscapeAttr(%q, %c) = %q, want %q", c.in, c.quote, got, c.want)
		}
		if back := UnescapeAttr([]byte(EscapeAttr(c.in, c.quote))); back != c.in {
			t.Errorf("%q comes back as %q", c.in, back)
		}
	}
}

func TestUnescapeAttrNumbers(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"&#" + strings.Repeat("0", 100) + "65;b": "Ab",
		"&#1" + strings.Repeat("0", 100) + ";b":  "\ufffdb",
		"&#xFFFFFFFFFFFFFFFF41b":                 "\ufffd",
		"&#x110000;&#xd800;":                     "\ufffd\ufffd",
		"&#x80;":                                 "€",
		"&#X;&#;&#x":                             "&#X;&#;&#x",
	} {
		if got := UnescapeAttr([]byte(in)); got != want {
			t.Errorf("UnescapeAttr(%q) = %q, want %q", in, got, want)
		}
	}
}

var longNumber = regexp.MustCompile(`&#[xX]?[0-9a-fA-F]{8}`)

func FuzzUnescapeAttr(f *testing.F) {
	for _, s := range []string{"&amp;", "&ampx", "&copy=1", "&copy1", "&notit;", "&#x41;&#65", "&semi;", "&", "&;", "&#;", "&NotEqualTilde;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		// The tokenizer lets a number of more than 31 bits wrap around.
		if strings.ContainsAny(s, "\"\r\x00") || longNumber.MatchString(s) {
			return
		}
		z := html.NewTokenizer(strings.NewReader(`<a b="` + s + `">`))
		z.Next()
		z.TagName()
		_, want, _ := z.TagAttr()
		if got := UnescapeAttr([]byte(s)); got != string(want) {
			t.Fatalf("UnescapeAttr(%q) = %q, want %q", s, got, want)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"<a b=c>", "<noscript><a></noscript>", "<svg><![CDATA[x]]></svg>", "<script><!--<script></script>", "a<", "</", "<a b='", "<a/ =\"x\"/>", "<plaintext>x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		pos := 0
		for _, tok := range Parse(src) {
			if tok.Span.Start != pos || tok.Span.End <= pos {
				t.Fatalf("token %v does not follow byte %d", tok.Span, pos)
			}
			pos = tok.Span.End
			checkTag(t, src, tok)
		}
		if pos != len(src) {
			t.Fatalf("tokens end at %d of %d", pos, len(src))
		}
	})
}

// checkTag holds a tag's attributes against those x/net reads.
func checkTag(t *testing.T, src []byte, tok Token) {
	text := src[tok.Span.Start:tok.Span.End]
	if tok.Type != StartTag && tok.Type != SelfClosing || bytes.ContainsAny(text, "\r\x00") {
		return
	}
	z := html.NewTokenizer(bytes.NewReader(text))
	z.Next()
	name, more := z.TagName()
	if string(name) != tok.Name {
		t.Fatalf("%q: name %q, want %q", text, tok.Name, name)
	}
	i := 0
	for more {
		var k, v []byte
		k, v, more = z.TagAttr()
		for i < len(tok.Attrs) && tok.Attrs[i].Dup {
			i++
		}
		if i == len(tok.Attrs) || tok.Attrs[i].Name != string(k) || tok.Attrs[i].Text(src) != string(v) {
			t.Fatalf("%q: attribute %d is not %q=%q", text, i, k, v)
		}
		i++
	}
	for ; i < len(tok.Attrs); i++ {
		if !tok.Attrs[i].Dup {
			t.Fatalf("%q: surplus attribute %q", text, tok.Attrs[i].Name)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	src := []byte(strings.Repeat(`<div class="card shadow"><a href="/a/b.html?x=1&amp;y=2" title='x'><img src=a.png alt=""></a> some text that goes on</div>`+"\n", 2000))
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		Parse(src)
	}
}
