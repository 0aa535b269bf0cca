package bundle

import "testing"

func TestIconSheet(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://use.fontawesome.com/releases/v5.7.1/css/all.css":                          true,
		"//maxcdn.bootstrapcdn.com/font-awesome/4.7.0/css/font-awesome.min.css":            true,
		"https://cdnjs.cloudflare.com/ajax/libs/font-awesome/6.5.1/css/all.min.css":        true,
		"https://cdn.jsdelivr.net/npm/bootstrap-icons@1.11.3/font/bootstrap-icons.min.css": true,
		"https://cdn.jsdelivr.net/npm/bootstrap@5.3.3/dist/css/bootstrap.min.css":          false,
		"https://example.org/font-awesome/all.css":                                         false,
		"https://maxcdn.bootstrapcdn.com/bootstrap/3.3.7/css/bootstrap.min.css":            false,
		"%zz": false,
	} {
		if got := iconSheet(address); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
	for name, want := range map[string]bool{"fa": true, "fa-user": true, "fade": false, "icon-user": true, "iconic": false, "bi-x": true, "card-img": false} {
		if got := iconClass(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestIconSheetPictures: a library of icons stands in the way of no picture
// but those in its icons.
func TestIconSheetPictures(t *testing.T) {
	t.Parallel()
	const icons = `<link rel=stylesheet href=https://use.fontawesome.com/releases/v5.7.1/css/all.css>`
	for _, c := range []struct {
		page string
		want bool
	}{
		{icons + `<p><img src=p.jpg></p>`, true},
		{icons + `<p class=fa-stack><b><img src=p.jpg></b></p>`, false},
		{`<link rel=stylesheet href=https://cdn.jsdelivr.net/npm/bootstrap@5/dist/css/bootstrap.css><p><img src=p.jpg></p>`, false},
	} {
		files := sources{"a.html": c.page, "p.jpg": "x"}
		p, _ := files.plan(t, ImageOptions{})
		if got := len(p.Plan.Want["p.jpg"]) > 0; got != c.want {
			t.Errorf("%s: asked for %v", c.page, p.Plan.Want["p.jpg"])
		}
	}
}
