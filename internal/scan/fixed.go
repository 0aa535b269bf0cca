package scan

import "slices"

// Reasons of Ref.Fixed that say more than that the text must stay.
const (
	// ReadByScript marks an attribute that only scripts read, such as data-src.
	ReadByScript = "a script reads it"
	// PageURL marks an address in a script that resolves against the page that
	// runs it and is the identity of what it names: a worker's script.
	PageURL = "the page that runs the script resolves it"
	// MapFolder marks an import map's address that maps a whole folder.
	MapFolder = "the import map maps a folder"
)

// editsSrc notes a script that takes the address of an element apart to make
// another ("btn_off.png" → "btn_on.png"): img.src.replace(…),
// $(img).attr("src").split(…). The word at i is the method. The tokens tell at
// a tenth of what a regular expression over the text costs.
func (p *jsScan) editsSrc(i int) {
	if !p.is(i-1, ".") || !p.is(i+1, "(") || !p.isSrc(i-2) {
		return
	}
	at := ""
	switch string(p.v.text[p.toks[i].start:p.toks[i].end]) {
	case "replace", "replaceAll", "split":
		if v, ok := p.argument(i + 2); ok {
			at = string(v.text)
		}
	}
	const most = 8
	switch {
	case len(p.doc.SrcEdits) == most:
		p.doc.SrcEdits = []string{""}
	case !slices.Contains(p.doc.SrcEdits, at):
		p.doc.SrcEdits = append(p.doc.SrcEdits, at)
	}
}

// isSrc reports whether the expression that ends with token i is the address of
// an element.
func (p *jsScan) isSrc(i int) bool {
	if p.is(i, "?") {
		i--
	}
	if p.is(i, ")") && !p.isLiteral(i-1) { // (img.src).replace
		i--
	}
	switch {
	case p.is(i, "src") || p.is(i, "srcset") || p.is(i, "backgroundImage"):
		return p.is(i-1, ".")
	case p.is(i, ")") && p.is(i-2, "("):
		v, ok := p.literal(i - 1)
		name := string(v.text)
		if ok && (name == "src" || name == "srcset" || name == "background-image") {
			return p.is(i-3, "attr") || p.is(i-3, "prop") || p.is(i-3, "css") || p.is(i-3, "getAttribute")
		}
	}
	return false
}

func (p *jsScan) isLiteral(i int) bool {
	return i >= 0 && p.toks[i].kind == jsString
}
