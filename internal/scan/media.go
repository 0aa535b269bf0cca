package scan

import (
	"path"
	"strings"

	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/site"
)

// openVideo is a <video> without a size whose sources are being gathered.
type openVideo struct {
	box  Box
	refs []int
	odd  bool // a source that is no reference to a file
}

// video begins a <video>. It gets boxes, one for each of its files, unless its
// tag says how large it is, a script has plans for it, or it may never learn
// the size of its film.
func (h *htmlScan) video(e *element) *openVideo {
	if e.t.Foreign || e.t.Noscript || h.fixed != "" || len(h.opened) == 0 || e.claimed() || e.get("preload") == "none" {
		return nil
	}
	v := &openVideo{box: Box{At: h.v.pos(e.t.Span.Start + len("<video")), Self: e.selectors(), Parents: h.parents()}}
	if src, ok := e.t.Attr("src"); ok {
		v.add(h.refAt(src, site.RoleMedia))
	}
	return v
}

// maxSources bounds the files of one video; real ones have two or three.
const maxSources = 16

func (v *openVideo) add(ref int) {
	if ref < 0 || len(v.refs) == maxSources {
		v.odd = true
		return
	}
	v.refs = append(v.refs, ref)
}

// source adds a <source> to the <video> that holds it, and looks at its type.
func (h *htmlScan) source(e *element) {
	src, ok := e.t.Attr("src")
	if !ok || e.t.Foreign {
		return
	}
	if n := len(h.opened); n > 0 && h.opened[n-1].video != nil {
		h.opened[n-1].video.add(h.refAt(src, site.RoleMedia))
	}
	if a, ok := e.t.Attr("type"); ok && h.fixed == "" {
		h.mediaType(src, a, e)
	}
}

// closeVideo notes the boxes of a <video> that ended.
func (h *htmlScan) closeVideo(v *openVideo) {
	if v == nil || v.odd {
		return
	}
	for _, ref := range v.refs {
		v.box.Ref = ref
		h.boxes = append(h.boxes, v.box)
	}
}

// formats tells which media types name one container; what is written in
// practice counts, registered or not.
var formats = map[string]string{
	"video/mp4": "MP4", "audio/mp4": "MP4", "video/x-m4v": "MP4", "video/m4v": "MP4", "audio/x-m4a": "MP4", "audio/m4a": "MP4", "audio/aac": "MP4",
	"video/quicktime": "MP4", "audio/aacp": "MP4",
	"video/webm": "WebM", "audio/webm": "WebM",
	"video/ogg": "Ogg", "audio/ogg": "Ogg", "application/ogg": "Ogg", "audio/opus": "Ogg", "audio/vorbis": "Ogg",
	"audio/mpeg": "MP3", "audio/mp3": "MP3", "audio/mpeg3": "MP3", "audio/x-mp3": "MP3", "audio/x-mpeg": "MP3",
	"audio/wav": "WAV", "audio/x-wav": "WAV", "audio/wave": "WAV", "audio/vnd.wave": "WAV",
	"audio/flac": "FLAC", "audio/x-flac": "FLAC",
}

// mediaType reports a type that names another container than the file has: a
// browser decides by it whether to fetch the file at all (HTML, section
// 4.8.11.5, resource selection).
func (h *htmlScan) mediaType(src, typ markup.Attr, e *element) {
	address, _, _ := strings.Cut(strings.TrimSpace(src.Text(h.v.text)), "?")
	address, _, _ = strings.Cut(address, "#")
	if scheme(address) != "" || strings.HasPrefix(address, "//") {
		return // another server may send what it likes
	}
	name, _, _ := strings.Cut(e.get("type"), ";")
	name = strings.TrimSpace(name)
	file := site.Path(path.Base(address))
	if says, is := formats[name], formats[site.TypeOf(file)]; says != "" && is != "" && says != is {
		h.diag(h.v.pos(typ.Value.Start), "media-type", site.Info, "the type of this source says "+name+", but "+string(file)+" is "+is,
			`write type="`+site.TypeOf(file)+`", or leave the attribute out`)
	}
}
