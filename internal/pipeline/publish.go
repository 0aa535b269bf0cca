package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/site"
)

// record is what the records folder keeps about outputs, so that hone knows
// its own.
type record struct {
	Outputs []string `json:"outputs"`
}

func recordFile(meta string) string { return filepath.Join(meta, "outputs.json") }

// Ours reports whether hone wrote what the folder out holds: the records say
// so, or its header file does.
func Ours(meta, out string) bool {
	abs, err := filepath.Abs(out)
	if err != nil {
		return false
	}
	var r record
	if raw, err := os.ReadFile(recordFile(meta)); err == nil && json.Unmarshal(raw, &r) == nil && slices.Contains(r.Outputs, abs) {
		return true
	}
	headers, err := os.ReadFile(filepath.Join(out, "_headers"))
	return err == nil && bytes.Contains(headers, []byte(cache.Mark))
}

// publish swaps the result in and writes the records.
func (b *build) publish(ctx context.Context, r *Result, outs []output, all []emitted) error {
	dir := b.dir
	files := b.tree(r, outs, all)
	same, old := b.unchanged(dir.Path(), files)
	if same {
		if ok, err := b.proven(ctx, dir.Path(), r); !ok || err != nil {
			return err
		}
		r.Unchanged = true
		return b.records(r, dir.Path())
	}
	stage, err := dir.Stage()
	if err != nil {
		return err
	}
	for i, f := range files {
		if err := ctx.Err(); err != nil {
			stage.Abort()
			return err
		}
		if old[f.path] && !b.o.Replace && stage.Reuse(string(f.path)) {
			continue
		}
		text, err := f.bytes()
		if err == nil {
			err = stage.Write(string(f.path), text)
		}
		if err != nil {
			stage.Abort()
			return err
		}
		b.o.progress("write", i+1, len(files))
	}
	if ok, err := b.proven(ctx, stage.Path(), r); !ok || err != nil {
		stage.Abort()
		return err
	}
	if err := stage.Commit(); err != nil {
		return err
	}
	r.Published = true
	return b.records(r, dir.Path())
}

// proven shows a tree to whoever has to accept it.
func (b *build) proven(ctx context.Context, dir string, r *Result) (bool, error) {
	if b.o.Prove == nil {
		return true, nil
	}
	found, ok, err := b.o.Prove(ctx, dir, r)
	if err != nil {
		return false, err
	}
	r.Findings = site.SortDiagnostics(append(r.Findings, found...))
	for _, d := range found {
		r.Failed = r.Failed || b.o.FailOn.Reached(d.Severity)
	}
	r.Failed = r.Failed || !ok
	return !r.Failed, nil
}

// published is one file of the tree to publish, precompressed ones included.
type published struct {
	path   site.Path
	digest site.Digest
	size   int64
	bytes  func() ([]byte, error)
}

func (b *build) tree(r *Result, outs []output, all []emitted) []published {
	own := map[site.Path]*site.Output{}
	for i := range r.Hosts {
		if r.Hosts[i].Published {
			own[r.Hosts[i].Path] = &r.Hosts[i]
		}
	}
	var files []published
	for i := range all {
		e := &all[i]
		if own[e.entry.Path] != nil {
			continue // merged into the host's file below
		}
		files = append(files, published{e.entry.Path, e.entry.SHA256, e.entry.Size, func() ([]byte, error) { return b.bytesOf(outs[i]) }})
		for _, c := range e.entry.Encodings {
			d := e.codes[c]
			files = append(files, published{e.entry.Path + site.Path(codingExt(c)), d, e.entry.Encoded[c], func() ([]byte, error) { return b.store.Blob(d) }})
		}
		for _, d := range e.entry.Dictionaries {
			blob := e.codes[string(d.Path)]
			files = append(files, published{d.Path, blob, d.Size, func() ([]byte, error) { return b.store.Blob(blob) }})
		}
	}
	for _, h := range r.Hosts {
		if h.Published {
			files = append(files, published{h.Path, site.Sum(h.Bytes), int64(len(h.Bytes)), func() ([]byte, error) { return h.Bytes, nil }})
		}
	}
	slices.SortFunc(files, func(x, y published) int { return bytes.Compare([]byte(x.path), []byte(y.path)) })
	return files
}

// unchanged compares the tree with what out holds. It returns whether they
// are the same, and which files are.
func (b *build) unchanged(out string, files []published) (bool, map[site.Path]bool) {
	same := map[site.Path]bool{}
	want := make(map[site.Path]*published, len(files))
	for i := range files {
		want[files[i].path] = &files[i]
	}
	known := func(_ site.Path, _ fs.FileInfo, read func() ([]byte, error)) (site.Digest, error) {
		text, err := read()
		return site.Sum(text), err
	}
	if b.o.Memory != nil {
		b.o.Memory.output.about(out)
		known = b.published
	}
	extra := false
	root, err := os.OpenRoot(out)
	if err != nil {
		return false, same
	}
	defer root.Close()
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f := want[site.Path(name)]
		fi, err := d.Info()
		if f == nil || err != nil || !fi.Mode().IsRegular() || fi.Size() != f.size {
			extra = extra || f == nil
			return nil
		}
		if d, err := known(f.path, fi, func() ([]byte, error) { return root.ReadFile(name) }); err == nil && d == f.digest {
			same[f.path] = true
		}
		return nil
	})
	return err == nil && !extra && len(same) == len(files), same
}

// published returns the digest of a file of the output, which is read unless
// the last build did and it is what it was.
func (b *build) published(p site.Path, is fs.FileInfo, read func() ([]byte, error)) (site.Digest, error) {
	if d, ok := b.o.Memory.output.digest(p, is); ok {
		return d, nil
	}
	text, err := read()
	if err != nil {
		return site.Digest{}, err
	}
	d := site.Sum(text)
	b.o.Memory.output.note(p, is, d, b.o.Now)
	return d, nil
}

// records writes the manifest, the host files and the list of outputs.
func (b *build) records(r *Result, out string) error {
	manifest, err := json.MarshalIndent(r.Manifest, "", " ")
	if err != nil {
		return fmt.Errorf("encode manifest: %w", err)
	}
	if err := WriteFile(filepath.Join(b.o.Meta, "manifest.json"), append(manifest, '\n')); err != nil {
		return err
	}
	for _, h := range r.Hosts {
		if !h.Published {
			if err := WriteFile(filepath.Join(b.o.Meta, "hosts", filepath.FromSlash(string(h.Path))), h.Bytes); err != nil {
				return err
			}
		}
	}
	var rec record
	if raw, err := os.ReadFile(recordFile(b.o.Meta)); err == nil {
		if json.Unmarshal(raw, &rec) != nil {
			rec = record{} // unreadable: start over
		}
	}
	if slices.Contains(rec.Outputs, out) {
		return nil
	}
	rec.Outputs = append(rec.Outputs, out)
	slices.Sort(rec.Outputs)
	text, err := json.MarshalIndent(rec, "", " ")
	if err != nil {
		return fmt.Errorf("encode records: %w", err)
	}
	return WriteFile(recordFile(b.o.Meta), append(text, '\n'))
}

// WriteFile writes a file of the records: all of it or nothing, and nothing
// when it already holds that text.
func WriteFile(name string, text []byte) error {
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, text) {
		return nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write record: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return fmt.Errorf("write record: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".tmp-")
	if err != nil {
		return fmt.Errorf("write record: %w", err)
	}
	_, err = f.Write(text)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("write record: %w", err)
	}
	return nil
}
