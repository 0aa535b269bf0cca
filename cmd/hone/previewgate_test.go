package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/hone-web/hone/verify"
)

func TestGated(t *testing.T) {
	t.Parallel()
	w := &verify.Paywall{Rules: []*verify.AccessRule{
		{ID: "club", Path: "/club/**", Except: []string{"/club/index.html", "/club/"}, Access: verify.Paid},
		{ID: "drafts", Path: "/drafts/**", Access: verify.Deny},
		{ID: "teaser", Path: "/teaser/**", Access: verify.Preview},
		{ID: "old", Path: "/old/**", Access: verify.Paid, Expect: verify.Expect{Status: 401}},
	}}
	if err := w.Compile(); err != nil {
		t.Fatal(err)
	}
	site := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Cache-Control", "public, max-age=60") })
	for _, prefix := range []string{"/", "/docs/"} {
		h := gated(site, w, func() string { return prefix })
		for path, want := range map[string]int{
			"": 200, "index.html": 200, "club/": 200, "club/a.html": 402, "club/a": 402, "club/film.mp4": 402, "club//a.html": 402, "x/../club/a.html": 402,
			"club/a.js.br": 402, "drafts/x.html": 403, "teaser/x.html": 200, "old/x.html": 401, "clubs/x.html": 200,
		} {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				r := httptest.NewRequest(method, "http://localhost/", nil)
				r.URL.Path = prefix + path
				a := httptest.NewRecorder()
				h.ServeHTTP(a, r)
				cc := "public, max-age=60"
				if want != 200 {
					cc = "private, no-store"
				}
				if a.Code != want || a.Header().Get("Cache-Control") != cc {
					t.Errorf("%s %s%s: %d, %q, want %d, %q", method, prefix, path, a.Code, a.Header().Get("Cache-Control"), want, cc)
				}
			}
		}
	}
	if h := gated(site, nil, nil); h == nil {
		t.Error("without a policy nothing is served")
	}
}
