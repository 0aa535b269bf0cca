package pipeline

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/hone-web/hone/internal/par"
	"github.com/hone-web/hone/internal/store"
	"github.com/hone-web/hone/site"
)

// source is the input: an immutable list of files and a way to read them.
type source struct {
	root  *os.Root
	files []*site.File
	// coded lists, for a file, the content codings the input held beside it
	// ("app.js.br"): they are made anew from the new bytes.
	coded map[site.Path][]string
	// held are files whose bytes are not those of the folder.
	held  map[site.Path]*store.Store
	diags []site.Diagnostic

	holding sync.RWMutex
}

// codings maps the extension of a precompressed file to its content coding
// (RFC 9110, section 8.4.1; RFC 7932; RFC 8878).
var codings = map[string]string{".br": "br", ".gz": "gzip", ".zst": "zstd"}

func codingExt(coding string) string {
	for ext, c := range codings {
		if c == coding {
			return ext
		}
	}
	return ""
}

// load lists and hashes the files under o.In.
func load(ctx context.Context, o *Options) (*source, error) {
	root, err := os.OpenRoot(o.In)
	if err != nil {
		return nil, fmt.Errorf("open input: %w", err)
	}
	if o.Memory != nil {
		o.Memory.input.about(o.In)
	}
	s := &source{root: root, coded: map[site.Path][]string{}}
	w := walker{s: s, root: root}
	if err := w.walk("", nil); err != nil {
		root.Close()
		return nil, err
	}
	s.pairCodings()
	slices.SortFunc(s.files, func(a, b *site.File) int { return strings.Compare(string(a.Path), string(b.Path)) })
	_, err = par.Map(ctx, par.Limits{Jobs: o.Jobs}, s.files, nil, func(_ context.Context, f *site.File) (struct{}, error) {
		return struct{}{}, s.digest(o, f)
	})
	if err != nil {
		root.Close()
		return nil, err
	}
	s.exclude(o)
	if err := s.zones(o.Paywall); err != nil {
		root.Close()
		return nil, err
	}
	return s, nil
}

// close releases the input folder.
func (s *source) close() { s.root.Close() }

// read returns the bytes of an input file, which must still be those that were
// hashed: a generator that writes while hone reads must not give a mixed site.
func (s *source) read(f *site.File) ([]byte, error) {
	s.holding.RLock()
	held := s.held[f.Path]
	s.holding.RUnlock()
	if held != nil {
		return held.Blob(f.Digest)
	}
	b, err := s.root.ReadFile(string(f.Path))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", f.Path, err)
	}
	if site.Sum(b) != f.Digest {
		return nil, fmt.Errorf("read %s: %w", f.Path, ErrChanged)
	}
	return b, nil
}

// hold says that the bytes of f are those of its digest in st.
func (s *source) hold(f *site.File, st *store.Store) {
	s.holding.Lock()
	defer s.holding.Unlock()
	if s.held == nil {
		s.held = map[site.Path]*store.Store{}
	}
	s.held[f.Path] = st
}

// ErrChanged says that the input was written to during the build.
var ErrChanged = errors.New("the file changed during the build; run hone after the generator has finished")

// digest hashes a file, unless the last build did and it is what it was.
func (s *source) digest(o *Options, f *site.File) error {
	if o.Memory == nil {
		return s.hash(f)
	}
	known := &o.Memory.input
	is, err := s.root.Stat(string(f.Path))
	if err != nil {
		return fmt.Errorf("read %s: %w", f.Path, err)
	}
	if d, ok := known.digest(f.Path, is); ok {
		f.Digest, f.Size = d, is.Size()
		return nil
	}
	if err := s.hash(f); err != nil {
		return err
	}
	known.note(f.Path, is, f.Digest, o.Now)
	return nil
}

func (s *source) hash(f *site.File) error {
	in, err := s.root.Open(string(f.Path))
	if err != nil {
		return fmt.Errorf("read %s: %w", f.Path, err)
	}
	defer in.Close()
	h := sha256.New()
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	if f.Size, err = io.CopyBuffer(h, struct{ io.Reader }{in}, *buf); err != nil {
		return fmt.Errorf("read %s: %w", f.Path, err)
	}
	h.Sum(f.Digest[:0])
	return nil
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 64<<10); return &b }}

// pairCodings takes app.js.br out of the list where app.js is in it.
func (s *source) pairCodings() {
	have := make(map[site.Path]bool, len(s.files))
	for _, f := range s.files {
		have[f.Path] = true
	}
	s.files = slices.DeleteFunc(s.files, func(f *site.File) bool {
		if of, ok := isPacked(f.Path); ok && have[of] {
			return true // made anew where the last deploy is known
		}
		c, ok := codings[f.Path.Ext()]
		if !ok {
			return false
		}
		of := f.Path[:len(f.Path)-len(f.Path.Ext())]
		if !have[of] || !site.KindOf(of).IsText() {
			return false
		}
		s.coded[of] = append(s.coded[of], c)
		return true
	})
	for _, c := range s.coded {
		slices.Sort(c)
	}
}

// exclude freezes what the owner does not want touched.
func (s *source) exclude(o *Options) {
	match := func(globs []string, p site.Path) bool {
		return slices.ContainsFunc(globs, func(g string) bool { ok, _ := doublestar.Match(g, string(p)); return ok })
	}
	for _, f := range s.files {
		if match(o.Exclude, f.Path) {
			f.Frozen = "excluded by --exclude"
		} else if len(o.Include) > 0 && !match(o.Include, f.Path) {
			f.Frozen = "not named by --include"
		}
	}
}

type walker struct {
	s    *source
	root *os.Root
}

// walk lists folder dir; above holds the folders that lead to it, to notice a
// symbolic link that leads back.
func (w *walker) walk(dir string, above []fs.FileInfo) error {
	name := dir
	if name == "" {
		name = "."
	}
	self, err := w.root.Stat(name)
	if err != nil {
		return fmt.Errorf("read folder %s: %w", name, err)
	}
	above = append(above[:len(above):len(above)], self)
	f, err := w.root.Open(name)
	if err != nil {
		return fmt.Errorf("read folder %s: %w", name, err)
	}
	entries, err := f.ReadDir(-1)
	f.Close()
	if err != nil {
		return fmt.Errorf("read folder %s: %w", name, err)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	for _, e := range entries {
		if err := w.entry(site.Join(dir, e.Name()), e, above); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) entry(p site.Path, e fs.DirEntry, above []fs.FileInfo) error {
	if why := secret(e.Name(), e.IsDir()); why != "" {
		w.diag("secret-skipped", site.Warn, p, "not published: "+why, "keep it out of the folder that you deploy")
		return nil
	}
	mode := e.Type()
	if mode&fs.ModeSymlink != 0 {
		fi, err := w.root.Stat(string(p))
		if err != nil {
			w.diag("symlink-skipped", site.Warn, p, "not published: the symbolic link leads out of the site or nowhere", "copy the file into the site")
			return nil
		}
		mode = fi.Mode().Type()
		if fi.IsDir() && slices.ContainsFunc(above, func(a fs.FileInfo) bool { return os.SameFile(a, fi) }) {
			w.diag("symlink-skipped", site.Warn, p, "not followed: the symbolic link leads back to a folder that holds it", "remove the link")
			return nil
		}
	}
	switch {
	case mode.IsDir():
		return w.walk(string(p), above)
	case mode.IsRegular() && w.privateKey(p):
		w.diag("secret-skipped", site.Warn, p, "not published: it holds a private key", "keep it out of the folder that you deploy")
	case mode.IsRegular():
		w.s.files = append(w.s.files, &site.File{Path: p, Kind: site.KindOf(p)})
	default:
		w.diag("special-skipped", site.Warn, p, "not published: it is a "+modeName(mode)+", not a file", "remove it from the site")
	}
	return nil
}

// privateKey looks into the files whose extension keys share with others
// (.key is also a Keynote presentation).
func (w *walker) privateKey(p site.Path) bool {
	if e := p.Ext(); e != ".key" && e != ".pem" {
		return false
	}
	f, err := w.root.Open(string(p))
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 4096)
	n, _ := io.ReadFull(f, head)
	return strings.Contains(string(head[:n]), "PRIVATE KEY-----")
}

func (w *walker) diag(rule string, sev site.Severity, p site.Path, msg, hint string) {
	w.s.diags = append(w.s.diags, site.Diagnostic{Rule: rule, Severity: sev, Path: p, Message: msg, Hint: hint})
}

func modeName(m fs.FileMode) string {
	switch {
	case m&fs.ModeNamedPipe != 0:
		return "named pipe"
	case m&fs.ModeSocket != 0:
		return "socket"
	}
	return "device"
}

// secret says why a file must never be deployed, "" if it may.
func secret(name string, dir bool) string {
	l := strings.ToLower(name)
	if dir {
		switch l {
		case ".git", ".svn", ".hg", ".bzr":
			return "version control data"
		case ".hone":
			return "hone's own records"
		case ".ssh", ".aws", ".gnupg", ".kube":
			return "credentials"
		}
		return ""
	}
	switch l {
	case ".git", ".gitignore", ".gitattributes", ".gitmodules", ".hgignore":
		return "version control data"
	case ".npmrc", ".yarnrc", ".netrc", ".htpasswd", ".pgpass", ".dockercfg", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "wp-config.php":
		return "it holds credentials"
	case ".ds_store", "thumbs.db", "desktop.ini":
		return "a file manager's record"
	}
	if l == ".env" || strings.HasPrefix(l, ".env.") || strings.HasSuffix(l, ".env") && strings.HasPrefix(l, ".") {
		return "it holds credentials"
	}
	for _, ext := range []string{".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk"} {
		if strings.HasSuffix(l, ext) {
			return "it may hold a private key"
		}
	}
	return ""
}
