package scan

import "testing"

func TestSetsSrc(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		`img.src = x`:                true,
		`img.setAttribute("src", x)`: true,
		`$("img").attr('src',x)`:     true,
		`el["src"]=thumb`:            true,
		`["src","srcset"].forEach(a=>img.setAttribute(a,img.dataset[a]))`:                               true,
		`for(const a of ["data-src","src","alt"])photo.setAttribute(a,b[a])`:                            false, // names alt beside it
		`const A={a:["target","href"],img:["src","srcset","alt","title","width","height"]}`:             false,
		`new Set(["background","cite","href","itemtype","longdesc","poster","src","xlink:href"]);image`: false,
		`var uris = [ 'background', 'cite', 'href', 'src' ], img = 1`:                                   false,
		`["href", set(image, "src")]`: true,
		`script.src = x`:              false, // speaks of no picture
		`image.src == x`:              false,
	} {
		if got := setsSrc([]byte(code)); got != want {
			t.Errorf("%s: %v", code, got)
		}
	}
}
