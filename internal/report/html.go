package report

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"strings"
)

//go:embed page/report.css
var pageStyle string

//go:embed page/report.js
var pageScript string

// HTML writes the report as one file that works from disk: no address in it
// leads anywhere else, and its policy lets nothing but its own script and
// style run.
func HTML(w io.Writer, d *Document) error {
	raw, err := json.Marshal(newPageData(d))
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err == nil {
		_, err = z.Write(raw)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return err
	}
	var b strings.Builder
	policy := "default-src 'none'; script-src '" + sourceHash(pageScript) + "'; style-src '" + sourceHash(pageStyle) + "'; img-src data:; base-uri 'none'; form-action 'none'"
	b.WriteString("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n")
	// Sizes of boxes are set through the CSSOM, which the policy allows.
	b.WriteString(`<meta http-equiv="Content-Security-Policy" content="` + html.EscapeString(policy) + `">` + "\n")
	b.WriteString(`<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer">` + "\n")
	b.WriteString("<title>hone: " + esc(d.Input) + "</title>\n<style>" + pageStyle + "</style></head>\n<body>\n")
	pageHead(&b, d)
	tail := "</main>\n<script type=\"application/octet-stream\" id=\"data\">" + base64.StdEncoding.EncodeToString(packed.Bytes()) + "</script>\n" +
		"<script>" + pageScript + "</script>\n</body></html>\n"
	sections, rest := make([]string, len(pageSections)), len(tail)+b.Len()
	for i, s := range pageSections {
		if s.id == "pictures" {
			continue // takes the room that the others leave
		}
		sections[i] = section(s.id, s.title, func(b *strings.Builder) { s.write(b, d) })
		rest += len(sections[i])
	}
	for i, s := range pageSections {
		if s.id == "pictures" {
			sections[i] = section(s.id, s.title, func(b *strings.Builder) { pagePictures(b, d, maxPage-rest) })
		}
		b.WriteString(sections[i])
	}
	b.WriteString(tail)
	_, err = io.WriteString(w, b.String())
	return err
}

func section(id, title string, write func(*strings.Builder)) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<section id=%q><h2>%s</h2>", id, title)
	write(&b)
	b.WriteString("</section>\n")
	return b.String()
}

// sourceHash is a hash as a policy names it (CSP 3, section 2.3.1).
func sourceHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func esc(s string) string { return html.EscapeString(Text(s)) }

// pageSections are the parts of the report below its head, in order.
var pageSections = []struct {
	id, title string
	write     func(*strings.Builder, *Document)
}{
	{"next", "What to do next", pageActions},
	{"pages", "Pages", func(*strings.Builder, *Document) {}},
	{"output", "The output", pageMap},
	{"pictures", "Pictures", nil}, // pagePictures
	{"caching", "Caching", func(*strings.Builder, *Document) {}},
	{"urls", "Names that answer", func(*strings.Builder, *Document) {}},
	{"findings", "Findings", func(*strings.Builder, *Document) {}},
	{"files", "Files, kept ones and decisions", func(*strings.Builder, *Document) {}},
	{"again", "Once more", func(b *strings.Builder, d *Document) {
		b.WriteString("<p>The same command over the same files gives the same bytes.</p><pre>" + esc(d.Reproduce) + "</pre><p class=soft>" + esc(d.Tool) + "</p>")
	}},
}

func pageMap(b *strings.Builder, _ *Document) {
	b.WriteString(`<div class="bar"><label>Bytes <select id="coding"><option value="raw">as they are</option><option value="gzip">with gzip</option><option value="br">with brotli</option></select></label>`)
	for _, k := range [][2]string{{"html", "pages"}, {"css", "styles"}, {"js", "scripts"}, {"image", "pictures"}, {"font", "fonts"}, {"media", "media"}, {"other", "other"}} {
		fmt.Fprintf(b, `<span class="soft"><span class="key k-%s"></span>%s</span>`, k[0], k[1])
	}
	b.WriteString(`</div><div id="map" role="img" aria-label="The files of the output by size; the table of names below has the figures"></div>`)
}
