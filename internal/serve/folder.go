package serve

import (
	"net/http"
	"os"
	"sync"
)

// Folder serves the folder that is at Dir now. The folder may be replaced by
// another while it is served, as hone publishes: every request is answered
// from one of them, none from a mixture.
type Folder struct {
	Dir string
	// Open returns the site in a folder that was just opened.
	Open func(root *os.Root) *Site
	// Absent answers while there is no folder; nil answers 503.
	Absent http.Handler

	mu  sync.Mutex
	now *opened
}

// opened is a folder and how many use it.
type opened struct {
	site  *Site
	is    os.FileInfo
	users int // requests, and one for being the current one
}

// maxTries is how often in the course of one request the folder may be
// replaced.
const maxTries = 20

// ServeHTTP implements http.Handler.
func (f *Folder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for try := range maxTries {
		o := f.acquire()
		if o == nil {
			f.absent(w, r)
			return
		}
		answered := o.site.serve(w, r, func() bool { return try < maxTries-1 && !f.current(o) })
		f.release(o)
		if answered {
			return
		}
	}
}

func (f *Folder) absent(w http.ResponseWriter, r *http.Request) {
	if f.Absent != nil {
		f.Absent.ServeHTTP(w, r)
		return
	}
	http.Error(w, "503 there is nothing to serve yet", http.StatusServiceUnavailable)
}

// Close lets go of the folder once the last request is answered.
func (f *Folder) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drop()
}

// acquire opens the folder anew when it is another one.
func (f *Folder) acquire() *opened {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now == nil || !f.current(f.now) {
		f.drop()
		root, err := os.OpenRoot(f.Dir)
		if err != nil {
			return nil
		}
		is, err := root.Stat(".")
		if err != nil {
			root.Close()
			return nil
		}
		f.now = &opened{site: f.Open(root), is: is, users: 1}
	}
	f.now.users++
	return f.now
}

// current reports whether o is what stands at Dir.
func (f *Folder) current(o *opened) bool {
	is, err := os.Stat(f.Dir)
	return err == nil && os.SameFile(is, o.is)
}

func (f *Folder) release(o *opened) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.put(o)
}

func (f *Folder) drop() {
	if f.now != nil {
		f.put(f.now)
		f.now = nil
	}
}

func (f *Folder) put(o *opened) {
	if o.users--; o.users == 0 {
		o.site.Root.Close()
	}
}
