package cache

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// stored are the fields that S3 keeps with an object and sends with it. All
// others need something in front of the store.
var stored = [...]struct{ field, flag string }{
	{"Cache-Control", "--cache-control"}, {"Content-Disposition", "--content-disposition"},
	{"Content-Encoding", "--content-encoding"}, {"Content-Language", "--content-language"},
	{"Content-Type", "--content-type"}, {"Expires", "--expires"},
}

// quote writes s as one word of a shell (POSIX, 2.2.2): nothing in single
// quotes is special.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func writeS3(w io.Writer, p *Plan, _ *site.Manifest, _ Deploy) error {
	return script(w, p, storeS3{}, nil)
}

func writeCloudFront(w io.Writer, p *Plan, _ *site.Manifest, d Deploy) error {
	var held map[string]bool
	return script(w, p, storeS3{}, func(b *bufio.Writer, s *Step) {
		list := s.Purge
		if len(list) > cloudFrontFree {
			if held == nil {
				held = p.held()
			}
			list = foldPurge(list, held, cloudFrontFree)
		}
		invalidate(b, d.paths(list))
	})
}

func writeRclone(w io.Writer, p *Plan, _ *site.Manifest, _ Deploy) error {
	return script(w, p, storeRclone{}, nil)
}

// store writes the commands of one tool.
type store interface {
	vars() []string
	prelude() string // what the commands need
	upload(b *bufio.Writer, os []*Object)
	metadata(b *bufio.Writer, os []*Object)
	remove(b *bufio.Writer, os []*Object)
}

// script writes a plan as a shell script that stops at the first error and may
// be run again. What is deleted late is a part of its own.
func script(w io.Writer, p *Plan, st store, purge func(*bufio.Writer, *Step)) error {
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, "#!/bin/sh")
	vars := st.vars()
	if purge != nil {
		vars = append(vars, "DISTRIBUTION: the id of the CloudFront distribution")
	}
	for _, v := range vars {
		fmt.Fprintf(b, "# %s\n", v)
	}
	for _, n := range p.Notes {
		fmt.Fprintf(b, "# Note: %s\n", line(n))
	}
	fmt.Fprintln(b, "set -eu")
	b.WriteString(st.prelude())
	late := func(s *Step) bool { return s.Phase == PhaseDelete }
	if slices.ContainsFunc(p.Steps, late) {
		fmt.Fprintf(b, "# sh SCRIPT deploys. sh SCRIPT delete removes what nothing refers to, %d days later and only\n# if nothing was deployed since; else make a new plan from the manifest of then to that of now.\n", GraceDays)
		fmt.Fprintln(b, `if [ "${1-}" = delete ]; then`)
		for _, s := range p.Steps {
			if late(s) {
				step(b, s, st, purge)
			}
		}
		fmt.Fprintln(b, "exit 0\nfi")
	}
	for _, s := range p.Steps {
		if !late(s) {
			step(b, s, st, purge)
		}
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	return nil
}

func step(b *bufio.Writer, s *Step, st store, purge func(*bufio.Writer, *Step)) {
	fmt.Fprintf(b, "\n# %s\n", s.Phase)
	if len(s.Close) > 0 {
		// A script cannot know how a gate is put in place.
		fmt.Fprintf(b, "if [ \"${GATE_CLOSED-}\" != yes ]; then\n  echo %s >&2\n  exit 1\nfi\n",
			quote(fmt.Sprintf("put the gate in place for %d paths, then run this with GATE_CLOSED=yes", len(s.Close))))
		for _, p := range s.Close {
			fmt.Fprintf(b, "# to close: %s\n", line(string(p)))
		}
	}
	for _, p := range s.Open {
		fmt.Fprintf(b, "# to open: %s\n", line(string(p)))
	}
	// A store hands out what its host would read, and no more.
	config := func(o *Object) bool { return o.Class == ClassConfig }
	if up := slices.DeleteFunc(slices.Clone(s.Upload), config); len(up) > 0 {
		st.upload(b, up)
	}
	same := func(o *Object) bool { return config(o) || sameStored(o) }
	meta := slices.DeleteFunc(slices.Clone(s.Metadata), same)
	if len(meta) < len(s.Metadata) {
		fmt.Fprintf(b, "# %d files changed in fields that a store does not keep: what is in front of it sends them\n", len(s.Metadata)-len(meta))
	}
	if len(meta) > 0 {
		st.metadata(b, meta)
	}
	if gone := slices.DeleteFunc(slices.Clone(s.Delete), config); len(gone) > 0 {
		st.remove(b, gone)
	}
	switch {
	case len(s.Purge) == 0:
	case purge != nil:
		purge(b, s)
	default:
		fmt.Fprintf(b, "# a CDN in front must drop %d URLs here; --format cloudfront, cloudflare, fastly or bunny writes how\n", len(s.Purge))
	}
	if s.Phase != PhaseDelete && len(s.Upload)+len(s.Metadata)+len(s.Delete) > 0 {
		fmt.Fprintf(b, "echo %s >&2\n", quote(s.Phase+" done"))
	}
}

// sameStored reports whether the fields that S3 keeps are those of the last
// deploy.
func sameStored(o *Object) bool {
	for _, f := range stored {
		if fieldOf(o.was, f.field) != fieldOf(o.Header, f.field) {
			return false
		}
	}
	return true
}

// line makes s fit a comment.
func line(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' {
			return '?'
		}
		return r
	}, s)
}

// invalidate waits for each batch, so that no more than CloudFront allows are
// under way. The tool chooses the reference of each: one that follows from the
// plan would make the same plan, run again a month later, do nothing.
func invalidate(b *bufio.Writer, paths []string) {
	for len(paths) > 0 {
		n, size, wild := 0, 0, 0
		for n < len(paths) && n < cloudFrontBatch && (n == 0 || size+len(paths[n]) < cloudFrontBatchText) {
			if strings.HasSuffix(paths[n], "*") {
				if wild++; wild > cloudFrontWild {
					break
				}
			}
			size += len(paths[n])
			n++
		}
		fmt.Fprint(b, `id=$(aws cloudfront create-invalidation --distribution-id "$DISTRIBUTION" --query Invalidation.Id --output text --paths`)
		for _, p := range paths[:n] {
			fmt.Fprintf(b, " \\\n  %s", quote(p))
		}
		fmt.Fprintln(b, ")\n"+`aws cloudfront wait invalidation-completed --distribution-id "$DISTRIBUTION" --id "$id"`)
		paths = paths[n:]
	}
}

type storeS3 struct{}

func (storeS3) vars() []string {
	return []string{"SITE: the folder that hone wrote", "BUCKET: s3://NAME or s3://NAME/FOLDER, without a slash at the end",
		"AWS_ENDPOINT_URL: a store that is not Amazon's (needs AWS CLI 1.29 or 2.13)", "JOBS: how many commands run at a time (8)"}
}

// prelude runs commands side by side: the client takes most of a second to
// start, and a site of a thousand pages has thousands of objects. An error ends
// the script before the next part begins.
func (storeS3) prelude() string {
	return `run() { "$@" & pids="${pids-} $!"; n=$((${n-0} + 1)); if [ "$n" -ge "${JOBS:-8}" ]; then settle; fi; }
settle() { for p in ${pids-}; do wait "$p"; done; pids= n=0; }
`
}

func (storeS3) upload(b *bufio.Writer, os []*Object) {
	for _, o := range os {
		fmt.Fprintf(b, `run aws s3 cp --only-show-errors%s "$SITE"/%s "$BUCKET"/%s`+"\n", flags(o), quote(string(o.Path)), quote(string(o.Path)))
	}
	fmt.Fprintln(b, "settle")
}

// metadata copies an object onto itself. REPLACE drops every field that is not
// given again, so all are. A compressed form is sent again: there are servers
// that take Content-Encoding: gzip for the coding of the request, whose body
// is empty, and refuse it.
func (s storeS3) metadata(b *bufio.Writer, os []*Object) {
	var again []*Object
	for _, o := range os {
		if o.Coding != "" {
			again = append(again, o)
			continue
		}
		fmt.Fprintf(b, `run aws s3 cp --only-show-errors --metadata-directive REPLACE%s "$BUCKET"/%s "$BUCKET"/%s`+"\n", flags(o), quote(string(o.Path)), quote(string(o.Path)))
	}
	s.upload(b, again)
}

func (storeS3) remove(b *bufio.Writer, os []*Object) {
	for _, o := range os {
		fmt.Fprintf(b, `run aws s3 rm --only-show-errors "$BUCKET"/%s`+"\n", quote(string(o.Path)))
	}
	fmt.Fprintln(b, "settle")
}

func flags(o *Object) string {
	var s strings.Builder
	for _, f := range stored {
		if v := fieldOf(o.Header, f.field); v != "" {
			fmt.Fprintf(&s, " %s %s", f.flag, quote(v))
		}
	}
	fmt.Fprintf(&s, " --metadata sha256=%s", o.SHA256)
	return s.String()
}

type storeRclone struct{}

func (storeRclone) vars() []string {
	return []string{"SITE: the folder that hone wrote", "REMOTE: name:bucket or name:bucket/folder, as rclone knows it"}
}

func (storeRclone) prelude() string { return "" }

// upload hands over all files with the same fields at once.
func (storeRclone) upload(b *bufio.Writer, os []*Object) {
	groups := map[string][]string{}
	for _, o := range os {
		var h strings.Builder
		for _, f := range stored {
			if v := fieldOf(o.Header, f.field); v != "" {
				h.WriteString(" --header-upload " + quote(f.field+": "+v))
			}
		}
		groups[h.String()] = append(groups[h.String()], string(o.Path))
	}
	for _, h := range slices.Sorted(maps.Keys(groups)) {
		list(b, "copy --no-traverse --ignore-times"+h, `"$SITE" "$REMOTE"`, groups[h])
	}
}

// metadata sends the files again: rclone sets fields only while it uploads.
func (s storeRclone) metadata(b *bufio.Writer, os []*Object) { s.upload(b, os) }

func (storeRclone) remove(b *bufio.Writer, os []*Object) {
	names := make([]string, len(os))
	for i, o := range os {
		names[i] = string(o.Path)
	}
	list(b, "delete", `"$REMOTE"`, names)
}

// list runs a command of rclone over names. They come one a line, as they are,
// so a name of several lines ends the script before anything is done with it.
func list(b *bufio.Writer, command, where string, names []string) {
	odd := func(n string) bool { return strings.ContainsAny(n, "\r\n") }
	for _, n := range names {
		if odd(n) {
			fmt.Fprintf(b, "echo %s >&2; exit 1\n", quote("rclone takes no list with the name "+line(n)+"; rename the file"))
		}
	}
	plain := slices.DeleteFunc(slices.Clone(names), odd)
	if len(plain) == 0 {
		return
	}
	fmt.Fprintf(b, "printf '%%s\\n'")
	for _, n := range plain {
		fmt.Fprintf(b, " \\\n  %s", quote(n))
	}
	fmt.Fprintf(b, " |\nrclone %s --files-from-raw - %s\n", command, where)
}
