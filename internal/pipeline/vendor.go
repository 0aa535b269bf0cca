package pipeline

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"sync"

	"github.com/hone-web/hone/internal/fetch"
	"github.com/hone-web/hone/internal/par"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/internal/vendor"
	"github.com/hone-web/hone/site"
)

// VendorOptions say which files of other hosts are copied into the site.
type VendorOptions struct {
	Hosts    []string // as fetch.Host takes them; empty copies nothing
	LockFile string   // its name; "" pins nothing
	Offline  bool     // what is not in the store is not asked for
	// Ask asks every address again, also those whose bytes are at hand, and
	// Accept pins what they answer now.
	Ask, Accept bool
	// Get downloads a file.
	Get func(ctx context.Context, address string, allowed func(host string) bool) (*fetch.File, error)
	// Failed remembers addresses that could not be had, so that a build that is
	// made again and again does not wait for them each time; may be nil.
	Failed *sync.Map
}

// Bounds on what one site may copy.
const (
	maxVendored      = 2000
	maxVendoredBytes = 256 << 20
	vendorJobs       = 6 // downloads at once
)

// foreign is a file of another host that pages or copied sheets load.
type foreign struct {
	url    *url.URL
	kinds  map[site.Kind]bool // that its references want it to be
	by     *site.File         // who names it first; nil for what a copied sheet names
	ref    int                // the reference there
	listed bool               // its host is one of VendorOptions.Hosts
	why    string             // why it stays where it is; "" if it is copied

	pin  vendor.Pin
	body []byte    // as it was answered
	text []byte    // as it is served: addresses in style sheets are written anew
	path site.Path // of the copy
	doc  *scan.Doc // of the body
	base *url.URL  // what relative addresses in it start from
	deps []*foreign
}

// vendoring is the work of copying files of other hosts.
type vendoring struct {
	b       *build
	o       *VendorOptions
	lock    *vendor.Lock
	files   map[string]*foreign // by URL
	order   []*foreign          // in the order found
	sums    map[string]bool     // names of files whose hash stands in a page
	hashes  map[string]site.Path
	policy  directives
	bytes   int64
	fresh   int // newly pinned
	copied  []*foreign
	gone    map[string]bool // hosts of which nothing is loaded any more
	changed []string        // addresses that answer with other bytes than pinned
}

// Copied is a file of another host that is served from the site.
type Copied struct {
	URL  string    `json:"url"`
	Path site.Path `json:"path"`
	Size int64     `json:"size"`
}

// vendor copies files of the listed hosts into the site, as if they had stood
// in the input, and lets the pages and style sheets name the copies. Whatever
// cannot be copied stays where it is, and says why.
func (b *build) vendor(ctx context.Context) error {
	o := &b.o.Vendor
	if len(o.Hosts) == 0 {
		return nil
	}
	v := &vendoring{b: b, o: o, lock: vendor.NewLock(), files: map[string]*foreign{}, gone: map[string]bool{}}
	var err error
	if o.LockFile != "" {
		if v.lock, err = vendor.ReadLock(o.LockFile); err != nil {
			return err
		}
	}
	v.readPolicies()
	v.readSums()
	todo := v.find()
	for len(todo) > 0 {
		if todo, err = v.fetchAll(ctx, todo); err != nil {
			return err
		}
	}
	v.settle()
	if err := v.add(); err != nil {
		return err
	}
	if err := v.rewriteSite(ctx); err != nil {
		return err
	}
	v.tell()
	if o.LockFile == "" || b.o.DryRun || len(v.changed) > 0 {
		return nil
	}
	if o.Ask {
		v.lock.Keep(func(u string) bool { return v.files[u] != nil })
	}
	if len(v.lock.Pins()) == 0 {
		return nil
	}
	return v.lock.Write(o.LockFile)
}

// kindOf returns what a reference expects to find; Opaque for what is not
// copied.
func kindWanted(r *site.Ref) site.Kind {
	switch r.Role {
	case site.RoleStyle, site.RoleImport:
		return site.CSS
	case site.RoleScript, site.RoleModule:
		return site.JS
	case site.RoleFont:
		return site.Font
	case site.RoleImage, site.RoleSrcset, site.RoleBackground, site.RolePoster, site.RoleIcon:
		return site.Image
	case site.RoleHint:
		switch strings.ToLower(r.Attrs["as"]) {
		case "style":
			return site.CSS
		case "script":
			return site.JS
		case "font":
			return site.Font
		case "image":
			return site.Image
		}
	}
	return site.Opaque
}

// find lists what the site itself loads from listed hosts.
func (v *vendoring) find() []*foreign {
	var out []*foreign
	for _, f := range v.b.src.files {
		d := v.b.docs[f.Path]
		if d == nil || f.Frozen != "" || f.Kind != site.HTML && f.Kind != site.CSS {
			continue
		}
		for i := range d.Refs {
			if x, fresh := v.want(&d.Refs[i], nil); x != nil && fresh {
				x.by, x.ref = f, i
				out = append(out, x)
			}
		}
	}
	return out
}

// want returns what a reference leads to if that is to be copied, and whether
// it is the first to lead there.
func (v *vendoring) want(r *site.Ref, base *url.URL) (x *foreign, fresh bool) {
	kind := kindWanted(r)
	if kind == site.Opaque || r.Fixed != "" {
		return nil, false
	}
	u, ok := vendor.Address(r, base)
	if !ok {
		return nil, false
	}
	listed := fetch.Host(v.o.Hosts, u.Host)
	if !listed && base == nil {
		return nil, false
	}
	key := u.String()
	if x = v.files[key]; x == nil {
		x = &foreign{url: u, listed: listed, kinds: map[site.Kind]bool{}}
		v.files[key], fresh = x, true
		v.order = append(v.order, x)
	}
	x.kinds[kind] = true
	return x, fresh
}

// fetchAll gets files and returns those that the style sheets among them name.
func (v *vendoring) fetchAll(ctx context.Context, todo []*foreign) ([]*foreign, error) {
	done := counter(v.b.o, "vendor", len(todo))
	_, err := par.Map(ctx, par.Limits{Jobs: vendorJobs}, todo, nil, func(ctx context.Context, x *foreign) (struct{}, error) {
		defer done()
		return struct{}{}, v.fetch(ctx, x)
	})
	if err != nil {
		return nil, err
	}
	var next []*foreign
	for _, x := range todo {
		v.accept(x)
		if x.why != "" || vendor.Kind(x.pin.Type) != site.CSS {
			continue
		}
		for i := range x.doc.Refs {
			if y, fresh := v.want(&x.doc.Refs[i], x.base); y != nil {
				x.deps = append(x.deps, y)
				if fresh {
					next = append(next, y)
				}
			}
		}
	}
	if len(v.files) > maxVendored {
		for _, y := range next {
			y.why = fmt.Sprintf("more than %d files would be copied", maxVendored)
		}
		return nil, nil
	}
	return next, nil
}

// fetch finds the bytes of x in the store or asks for them.
func (v *vendoring) fetch(ctx context.Context, x *foreign) error {
	address := x.url.String()
	pin, pinned := v.lock.Pin(address)
	if pinned && !v.o.Ask && v.b.store.HasBlob(pin.Sum, pin.Size) {
		body, err := v.b.store.Blob(pin.Sum)
		x.pin, x.body = pin, body
		return err
	}
	if err := fetch.Check(x.url); err != nil {
		x.why = err.Error()
		return nil
	}
	if v.o.Offline {
		x.why = "--offline, and the store does not hold it"
		return nil
	}
	if why, ok := v.failed(address); ok {
		x.why = why
		return nil
	}
	got, err := v.o.Get(ctx, address, func(host string) bool { return host == x.url.Host || fetch.Host(v.o.Hosts, host) })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		x.why = "it could not be downloaded: " + err.Error()
		if errors.Is(err, fetch.ErrTooLarge) {
			x.why = err.Error()
		}
		if v.o.Failed != nil {
			v.o.Failed.Store(address, x.why)
		}
		return nil
	}
	x.body = got.Body
	x.pin = vendor.Pin{URL: address, Sum: site.Sum(got.Body), Size: int64(len(got.Body)), Type: vendor.Sniff(got.Body, got.Type)}
	if got.URL != address {
		x.pin.Landed = got.URL
	}
	_, err = v.b.store.PutBlob(got.Body)
	return err
}

func (v *vendoring) failed(address string) (string, bool) {
	if v.o.Failed == nil {
		return "", false
	}
	why, ok := v.o.Failed.Load(address)
	if !ok {
		return "", false
	}
	return why.(string), true
}

// accept looks at what answered: whether it is what was pinned, what its
// references expect, and what can be served from somewhere else.
func (v *vendoring) accept(x *foreign) {
	if x.why != "" {
		return
	}
	x.base = x.url
	if x.pin.Landed != "" {
		if u, err := url.Parse(x.pin.Landed); err == nil {
			x.base = u
		}
	}
	address := x.url.String()
	old, pinned := v.lock.Pin(address)
	if pinned && old.Sum != x.pin.Sum && !v.o.Accept {
		x.why = "it answers with other bytes than hone.lock says"
		v.changed = append(v.changed, address)
		return
	}
	if x.why = v.refuse(x); x.why != "" {
		return
	}
	if v.bytes += x.pin.Size; v.bytes > maxVendoredBytes {
		x.why = fmt.Sprintf("more than %d MB would be copied", maxVendoredBytes>>20)
		return
	}
	if !pinned || old != x.pin {
		v.fresh++
		v.lock.Set(x.pin)
	}
}

// refuse says why a file cannot be served from the site, "" if it can.
func (v *vendoring) refuse(x *foreign) string {
	kind := vendor.Kind(x.pin.Type)
	if kind == site.Opaque {
		return fmt.Sprintf("its type %q is not one that is copied", x.pin.Type)
	}
	for want := range x.kinds {
		if want != kind && !(want == site.Image && kind == site.SVG) {
			return fmt.Sprintf("its type %q is not what it is used as", x.pin.Type)
		}
	}
	if !v.policy.own(kind) {
		return "the content security policy does not allow files of the site itself in its place"
	}
	switch kind {
	case site.CSS, site.JS, site.SVG:
		if x.pin.Size > v.b.o.Limits.Text {
			return "it is larger than the limit for text"
		}
		x.text = x.body
		if kind == site.CSS {
			x.text = vendor.OnlyWOFF2(x.body)
		}
		x.doc = scan.Scan(site.Path("f"+path.Ext(string(vendor.Name(x.url, x.pin.Type)))), kind, x.text, scan.Options{})
	}
	switch {
	case kind == site.JS:
		return standsAlone(x.doc, x.body)
	case kind == site.SVG && len(x.doc.Refs) > 0:
		return "the drawing names other files"
	}
	return ""
}
