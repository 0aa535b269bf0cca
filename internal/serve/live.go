package serve

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// Live stands before a site that is built again and again: it puts a script
// into the pages it serves, which loads them anew after each build and shows
// what went wrong. The script is in no file.
type Live struct {
	site http.Handler
	id   string // of this server: another one has counted builds of its own

	mu    sync.Mutex
	state State
	next  chan struct{} // closed when state changes
	done  bool
}

// State is what the pages are told.
type State struct {
	Build    string    `json:"build"`           // pages of another build load themselves anew
	Status   string    `json:"status"`          // "ok", "building" or "error"
	Title    string    `json:"title,omitempty"` // of an error
	Problems []Problem `json:"problems,omitempty"`
	builds   int
}

// Problem is one finding for the page.
type Problem struct {
	Level string `json:"level"`
	Text  string `json:"text"`
	Hint  string `json:"hint,omitempty"`
}

const (
	// own is where the server answers for itself.
	own = "/__hone/"
	// maxProblems is how many findings the overlay shows.
	maxProblems = 20
)

//go:embed live.js
var script []byte

// NewLive puts the live server before a site. id must differ from one start of
// the server to the next.
func NewLive(id string) *Live {
	l := &Live{id: id, next: make(chan struct{})}
	l.state = State{Status: "building"}
	l.state.Build = l.build(0)
	return l
}

// Serve names the site to serve. It is called once, before the first request.
func (l *Live) Serve(site http.Handler) { l.site = site }

func (l *Live) build(n int) string { return l.id + "." + strconv.Itoa(n) }

// Published tells the pages that there is something new.
func (l *Live) Published() {
	l.change(func(s *State) {
		n := s.builds + 1
		*s = State{Status: "ok", Build: l.build(n), builds: n}
	})
}

// Fine tells the pages that all is well and nothing changed.
func (l *Live) Fine() {
	l.change(func(s *State) { *s = State{Status: "ok", Build: s.Build, builds: s.builds} })
}

// Failed shows what went wrong over the pages of the last good build.
func (l *Live) Failed(title string, problems []Problem) {
	if left := len(problems) - maxProblems; left > 0 {
		problems = append(problems[:maxProblems:maxProblems], Problem{Level: "info", Text: fmt.Sprintf("… and %d more", left)})
	}
	l.change(func(s *State) {
		*s = State{Status: "error", Title: title, Problems: problems, Build: s.Build, builds: s.builds}
	})
}

func (l *Live) change(f func(*State)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(&l.state)
	if !l.done {
		close(l.next)
		l.next = make(chan struct{})
	}
}

// Close ends all streams of events.
func (l *Live) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.done {
		l.done = true
		close(l.next)
	}
}

func (l *Live) now() (State, <-chan struct{}, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state, l.next, l.done
}

// ServeHTTP implements http.Handler.
func (l *Live) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == own+"events":
		l.events(w, r)
	case r.URL.Path == own+"live.js":
		if readOnly(w, r) {
			w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
			w.Header().Set("Cache-Control", "no-store")
			w.Write(script)
		}
	case strings.HasPrefix(r.URL.Path, own):
		http.NotFound(w, r)
	default:
		l.site.ServeHTTP(w, r)
	}
}

// Page adds the script to a page. It stands behind everything, where it moves
// no element of the page, and takes itself out when it runs.
func (l *Live) Page(text []byte) []byte {
	s, _, _ := l.now()
	return append(text[:len(text):len(text)], `<script src="`+own+`live.js" data-build="`+html.EscapeString(s.Build)+`" async></script>`...)
}

// Absent answers while nothing was ever published.
func (l *Live) Absent() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if readOnly(w, r) {
			writePage(w, r, l.Page([]byte(plainPage("hone is building", "This page shows the site as soon as it is ready."))), http.StatusServiceUnavailable)
		}
	})
}

// events streams the state (WHATWG HTML, section 9.2, server-sent events).
func (l *Live) events(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", "GET")
		http.Error(w, "405 method not allowed", http.StatusMethodNotAllowed)
		return
	}
	if !sameOrigin(r) {
		http.Error(w, "403 for pages of this server only", http.StatusForbidden)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	c := http.NewResponseController(w)
	for {
		s, next, done := l.now()
		text, err := json.Marshal(&s)
		if err != nil {
			return
		}
		if _, err := fmt.Fprintf(w, "retry: 500\ndata: %s\n\n", text); err != nil || c.Flush() != nil || done {
			return
		}
		select {
		case <-next:
		case <-r.Context().Done():
			return
		}
	}
}

// plainPage is a page of the server's own.
func plainPage(title, text string) string {
	return "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>" + html.EscapeString(title) +
		"</title><style>body{font:1.1rem/1.5 system-ui,sans-serif;margin:15vh auto;max-width:32rem;padding:0 1rem;color-scheme:light dark}</style><h1>" +
		html.EscapeString(title) + "</h1><p>" + html.EscapeString(text) + "</p>"
}

// writePage answers with a page that is made for this request.
func writePage(w http.ResponseWriter, r *http.Request, text []byte, status int) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	if r.Method == http.MethodGet {
		w.Write(text) // the status is sent: a client that went away is no error of ours
	}
}
