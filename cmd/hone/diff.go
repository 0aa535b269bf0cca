package main

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/internal/report"
	"github.com/hone-web/hone/site"
)

const (
	// A manifest takes half a kilobyte an entry: this is half a million files.
	maxManifest     = 256 << 20
	manifestTimeout = time.Minute
)

// diffFlags say how a plan is written.
type diffFlags struct {
	format string
	site   string
	bases  []string
	byTag  bool
}

func (a *app) diffCommand() *cobra.Command {
	var f diffFlags
	c := &cobra.Command{
		Use:   "diff [OLD] NEW",
		Short: "Plan a deploy: what to upload, purge and delete, in which order",
		Long: `diff compares the manifests of two builds, files or URLs, and prints what takes a
site from one to the other: uploads in an order in which no page ever refers to
what is not there, header changes without uploads, deletions after a week, and
the URLs that a CDN must drop. What became paid is closed first. Without OLD it
is the plan of a first deploy. Nothing is sent: --format writes commands or
requests for those who do.`,
		Example: `  hone diff last/manifest.json .hone/manifest.json
  hone diff https://deploys.example.com/manifest.json .hone/manifest.json --json
  hone diff old.json new.json --format cloudfront > deploy.sh
  hone diff old.json new.json --format cloudflare --base-url https://www.example.com`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.diff(cmd.Context(), args, &f)
		},
	}
	s := c.Flags()
	s.SortFlags = false
	s.StringVar(&f.format, "format", "", "write the plan for `TOOL`: "+strings.Join(cache.FormatNames(), ", "))
	s.StringSliceVar(&f.bases, "base-url", nil, "`URL` that the site is served under; may be given more than once")
	s.BoolVar(&f.byTag, "by-tag", false, "let cloudflare, fastly and bunny drop files by the tags that cache.tags sends, not by URL")
	s.StringVar(&f.site, "site", "", "`FOLDER` of the new output: netlify asks for digests of its files")
	s.BoolVar(&a.flags.json, "json", false, "print one JSON document")
	return c
}

func (a *app) diff(ctx context.Context, args []string, f *diffFlags) error {
	format, d, err := f.deploy(a.flags.json)
	if err != nil {
		return err
	}
	old := &site.Manifest{Version: site.ManifestVersion}
	if len(args) == 2 {
		if old, err = loadManifest(ctx, args[0]); err != nil {
			return err
		}
	}
	now, err := loadManifest(ctx, args[len(args)-1])
	if err != nil {
		return err
	}
	plan := cache.Diff(old, now)
	switch {
	case format != nil:
		if f.site != "" {
			root, err := os.OpenRoot(f.site)
			if err != nil {
				return &usageError{fmt.Errorf("--site: %w", err)}
			}
			defer root.Close()
			d.SHA1 = func(p site.Path) (string, error) { return sha1Of(root, p) }
			d.Extra = hostFiles(root, now)
		}
		return format.Write(a.stdout, plan, now, d)
	case a.flags.json:
		e := json.NewEncoder(a.stdout)
		e.SetEscapeHTML(false)
		if err := e.Encode(plan); err != nil {
			return fmt.Errorf("print plan: %w", err)
		}
		return nil
	}
	planText(a.stdout, plan)
	return nil
}

// deploy reads the flags.
func (f *diffFlags) deploy(asJSON bool) (*cache.Format, cache.Deploy, error) {
	var d cache.Deploy
	for _, b := range f.bases {
		u, err := originOf(b)
		if err != nil {
			return nil, d, err
		}
		if u.RawQuery != "" || u.Fragment != "" {
			return nil, d, usagef("--base-url %s: leave out what follows the path", b)
		}
		d.Bases = append(d.Bases, u)
	}
	d.ByTag = f.byTag
	if f.format == "" {
		if f.byTag {
			return nil, d, usagef("--by-tag says how a format purges: add --format")
		}
		return nil, d, nil
	}
	if asJSON {
		return nil, d, usagef("--json and --format exclude each other: a format has a form of its own")
	}
	for i := range cache.Formats {
		x := &cache.Formats[i]
		switch {
		case x.Name != f.format:
		case d.ByTag && !x.Tags:
			return nil, d, usagef("--format %s cannot purge by tag; cloudflare, fastly and bunny can", x.Name)
		case x.Bases && len(d.Bases) == 0 && !d.ByTag:
			return nil, d, usagef("--format %s purges whole URLs: add --base-url https://…", x.Name)
		case x.Files && f.site == "":
			return nil, d, usagef("--format %s needs the files of the new output: add --site FOLDER", x.Name)
		default:
			return x, d, nil
		}
	}
	return nil, d, usagef("--format %s is not known%s; there are %s", f.format, didYouMean(f.format, cache.FormatNames()), strings.Join(cache.FormatNames(), ", "))
}

// loadManifest reads a manifest from a file, from the folder that keeps it, or
// from a URL.
func loadManifest(ctx context.Context, name string) (*site.Manifest, error) {
	text, err := manifestText(ctx, name)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &usageError{err}
	}
	m, err := cache.ReadManifest(text)
	if err != nil {
		return nil, &usageError{fmt.Errorf("%s: %w", name, err)}
	}
	return m, nil
}

func manifestText(ctx context.Context, name string) ([]byte, error) {
	if strings.HasPrefix(name, "https://") || strings.HasPrefix(name, "http://") {
		return fetchManifest(ctx, name)
	}
	if fi, err := os.Stat(name); err == nil && fi.IsDir() {
		name = filepath.Join(name, "manifest.json")
	}
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no manifest %s: 'hone build' writes .hone/manifest.json; for a first deploy leave OLD out", name)
	}
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	defer file.Close()
	return bounded(name, file)
}

func fetchManifest(ctx context.Context, name string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, manifestTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, name, nil)
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	// The last deploy is what counts, not what a cache remembers of the one
	// before (RFC 9111, section 5.2.1.4).
	req.Header.Set("Cache-Control", "no-cache")
	req.Header.Set("User-Agent", "hone/"+version)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // the URL may hold a signature
		}
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("read manifest: %s answers %s; for a first deploy leave OLD out", req.URL.Host, resp.Status)
	}
	return bounded(req.URL.Host, resp.Body)
}

func bounded(name string, r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxManifest+1))
	if err != nil {
		return nil, fmt.Errorf("read manifest %s: %w", name, err)
	}
	if len(text) > maxManifest {
		return nil, fmt.Errorf("read manifest %s: larger than %s", name, report.Bytes(maxManifest))
	}
	return text, nil
}

func sha1Of(root *os.Root, p site.Path) (string, error) {
	f, err := root.Open(filepath.FromSlash(string(p)))
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha1.New() // what the host keeps files by; nothing is trusted because of it
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// hostFiles finds what is published for the host beside the site.
func hostFiles(root *os.Root, m *site.Manifest) (out []site.Path) {
	for _, name := range []site.Path{"_headers", "_redirects"} {
		listed := false
		for i := range m.Entries {
			listed = listed || m.Entries[i].Path == name
		}
		if fi, err := root.Stat(string(name)); err == nil && fi.Mode().IsRegular() && !listed {
			out = append(out, name)
		}
	}
	return out
}
