package pipeline

import (
	"reflect"
	"testing"
)

func TestExternalHosts(t *testing.T) {
	t.Parallel()
	p := newPlace(t, tree{
		"a.html": `<!doctype html><html lang="en"><head><title>A</title><link rel="stylesheet" href="https://cdn.example.com/a.css"><link rel="stylesheet" href="own.css">` +
			`</head><body><p>Text</p><script async src="https://Stats.example/x.js"></script><iframe src="https://video.example/e"></iframe></body></html>`,
		"b.html": `<!doctype html><html lang="en"><head><title>B</title><link rel="stylesheet" href="https://cdn.example.com/a.css"><script src="https://cdn.example.com/b.js"></script>` +
			`</head><body><p>Text</p><img src="//cdn.example.com/c.png" alt=""></body></html>`,
		"own.css": "@import url(https://fonts.example/css?family=X);\nbody { margin : 0 }\n",
	})
	r, _ := p.build(t, nil)
	want := []ExternalHost{
		{Host: "cdn.example.com", Files: 3, Pages: 2, Waits: 2, Copies: 3},
		{Host: "fonts.example", Files: 1, Pages: 1, Waits: 1, Copies: 1},
		{Host: "stats.example", Files: 1, Pages: 1, Copies: 1},
		{Host: "video.example", Files: 1, Pages: 1},
	}
	if !reflect.DeepEqual(r.External, want) {
		t.Errorf("got  %+v\nwant %+v", r.External, want)
	}
}
