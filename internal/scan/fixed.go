package scan

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
	if p.doc.EditsSrc || !p.is(i-1, ".") || !p.is(i+1, "(") {
		return
	}
	i -= 2
	if p.is(i, "?") {
		i--
	}
	if p.is(i, ")") && !p.isLiteral(i-1) { // (img.src).replace
		i--
	}
	switch {
	case p.is(i, "src") || p.is(i, "srcset") || p.is(i, "backgroundImage"):
		p.doc.EditsSrc = p.is(i-1, ".")
	case p.is(i, ")") && p.is(i-2, "("):
		v, ok := p.literal(i - 1)
		name := string(v.text)
		if ok && (name == "src" || name == "srcset" || name == "background-image") {
			p.doc.EditsSrc = p.is(i-3, "attr") || p.is(i-3, "prop") || p.is(i-3, "css") || p.is(i-3, "getAttribute")
		}
	}
}

func (p *jsScan) isLiteral(i int) bool {
	return i >= 0 && p.toks[i].kind == jsString
}
