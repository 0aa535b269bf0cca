package scan

import (
	"regexp"
	"sync"
)

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

// editsSrc matches scripts that take the address of an element apart to make
// another ("btn_off.png" → "btn_on.png"): the name must then stay as it is.
var editsSrc = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:\.src|\.srcset|\.backgroundImage|(?:attr|prop|css|getAttribute)\(\s*["'](?:src|srcset|background-image)["']\s*\))\s*\)?\.(?:replace|replaceAll|split|slice|substr|substring)\(`)
})
