package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// generators names, for the project file of a site generator, the folder it
// writes by default.
var generators = []struct{ file, out string }{
	{"hugo.toml", "public"}, {"hugo.yaml", "public"}, {"hugo.json", "public"}, {"config.toml", "public"},
	{"_config.yml", "_site"}, {"_config.yaml", "_site"},
	{".eleventy.js", "_site"}, {"eleventy.config.js", "_site"}, {"eleventy.config.mjs", "_site"}, {"eleventy.config.cjs", "_site"},
	{"astro.config.mjs", "dist"}, {"astro.config.ts", "dist"}, {"astro.config.js", "dist"},
	{"next.config.js", "out"}, {"next.config.mjs", "out"}, {"next.config.ts", "out"},
	{"docusaurus.config.js", "build"}, {"docusaurus.config.ts", "build"},
	{"mkdocs.yml", "site"}, {"mkdocs.yaml", "site"}, {"book.toml", "book"}, {"gatsby-config.js", "public"}, {"gatsby-config.ts", "public"},
	{"vite.config.js", "dist"}, {"vite.config.ts", "dist"}, {"svelte.config.js", "build"}, {"nuxt.config.ts", ".output/public"},
	{"pelicanconf.py", "output"}, {"conf.py", "_build/html"}, {"antora-playbook.yml", "build/site"},
}

// commonOutputs are tried when no project file is there.
var commonOutputs = []string{"public", "dist", "_site", "build", "out", "site"}

// detectInput finds the folder that a generator wrote in dir.
func detectInput(dir string) (string, error) {
	var seen []string
	for _, g := range generators {
		if !exists(filepath.Join(dir, g.file)) {
			continue
		}
		out := filepath.Join(dir, filepath.FromSlash(g.out))
		if holdsSite(out) {
			return out, nil
		}
		seen = append(seen, fmt.Sprintf("%s is there but %s/ holds no page: run the generator first", g.file, g.out))
	}
	var found []string
	for _, name := range commonOutputs {
		if out := filepath.Join(dir, name); holdsSite(out) {
			found = append(found, out)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return "", usagef("several folders look like a built site: %s; name one: hone build %s", strings.Join(found, ", "), found[0])
	case len(seen) > 0:
		return "", usagef("%s; or name the folder: hone build DIR", strings.Join(seen, "; "))
	}
	return "", usagef("found no built site here (looked for %s); name the folder: hone build DIR", strings.Join(commonOutputs, ", "))
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// holdsSite reports whether there is a page in dir or right below it.
func holdsSite(dir string) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".html") {
			return true
		}
		if e.IsDir() {
			if _, err := fs.Stat(os.DirFS(dir), e.Name()+"/index.html"); err == nil {
				return true
			}
		}
	}
	return false
}
