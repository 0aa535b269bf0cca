package scan

import (
	"slices"
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

func TestVideoBoxes(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`<video src=a.mp4></video>`: "a.mp4",
		`<video class=v controls><source src=a.webm><source src=b.mp4>x</video>`: "a.webm b.mp4",
		`<video src="a.mp4?x#t=1" preload=metadata></video>`:                     "a.mp4?x#t=1",
		`<video src=a.mp4>`:                                                         "a.mp4", // ended by what holds it
		`<video src=a.mp4 width=10></video>`:                                        "",
		`<video src=a.mp4 style="width:3px"></video>`:                               "",
		`<video src=a.mp4 onplay=f()></video>`:                                      "",
		`<video src=a.mp4 preload=none></video>`:                                    "",
		`<video><source src=a.mp4><source src="{{x}}"></video>`:                     "",
		`<video><source src=data:video/mp4,x></video>`:                              "",
		`<video><p><source src=a.mp4></p></video>`:                                  "", // no source of the video
		`<video></video><audio src=a.mp3></audio>`:                                  "",
		`<noscript><video src=a.mp4></video></noscript>`:                            "",
		`<!--[if IE]><video src=a.mp4></video><![endif]-->`:                         "",
		`<video>` + strings.Repeat(`<source src=a.mp4>`, maxSources+1) + `</video>`: "",
	} {
		d := Scan("index.html", site.HTML, []byte("<body><div>"+src+"</div>"), Options{})
		var got []string
		for _, b := range d.Boxes {
			got = append(got, d.Refs[b.Ref].URL)
			if b.At != len("<body><div><video") || !slices.Contains(b.Self, "video") || !slices.Contains(b.Parents, "div") {
				t.Errorf("%s: %+v", src, b)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", src, got, want)
		}
	}
}

func TestMediaType(t *testing.T) {
	t.Parallel()
	for src, wrong := range map[string]bool{
		`src=a.webm type=video/mp4`:                             true,
		`src="b/a.mp4?v=1#t=2" type='Video/WebM; codecs="vp9"'`: true,
		`src=a.mp3 type=audio/ogg`:                              true,
		`src=a.mp4 type='video/mp4; codecs="avc1.42E01E"'`:      false,
		`src=a.mov type=video/mp4`:                              false, // the customary way to have it played
		`src=a.ogg type=audio/opus`:                             false,
		`src=a.m4a type=audio/x-m4a`:                            false,
		`src=a.mp4 type=video/unheard-of`:                       false,
		`src=a.bin type=video/mp4`:                              false,
		`src=a.webm`:                                            false,
		`srcset=a.webm type=video/mp4`:                          false,
		`src=https://cdn.example/a.webm type=video/mp4`:         false,
		`src=//cdn.example/a.webm type=video/mp4`:               false,
	} {
		d := Scan("index.html", site.HTML, []byte("<body>\n<video><source "+src+"></video>"), Options{})
		if got := len(d.Diags) == 1 && d.Diags[0].Rule == "media-type" && d.Diags[0].Line == 2 && d.Diags[0].Severity == site.Info; got != wrong || !wrong && len(d.Diags) > 0 {
			t.Errorf("%s: %v", src, d.Diags)
		}
	}
}
