package main

import (
	"bufio"
	"fmt"
	"io"

	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/internal/report"
)

var phaseTitles = map[string]string{
	cache.PhaseGate: "close what became paid, before anything else", cache.PhaseImmutable: "files under names that nobody knows yet",
	cache.PhaseAssets: "other files", cache.PhasePages: "pages", cache.PhaseWorker: "service worker and web manifest",
	cache.PhaseFeeds: "feeds and sitemaps", cache.PhaseRules: "redirects, headers, gates that open",
	cache.PhasePurge: "let caches drop", cache.PhaseDelete: "delete",
}

// planText prints a plan for people: + is a new file, ~ new bytes, h new
// headers, - a deletion.
func planText(out io.Writer, p *cache.Plan) {
	w := bufio.NewWriter(out)
	defer w.Flush()
	if len(p.Steps) == 0 {
		fmt.Fprintln(w, "nothing to deploy")
	}
	for i, s := range p.Steps {
		fmt.Fprintf(w, "%d. %s", i+1, phaseTitles[s.Phase])
		if s.AfterDays > 0 {
			fmt.Fprintf(w, ", after %d days", s.AfterDays)
		}
		fmt.Fprintln(w)
		for _, f := range s.Close {
			fmt.Fprintf(w, "   close  %s\n", report.Name(f))
		}
		for _, f := range s.Open {
			fmt.Fprintf(w, "   open   %s\n", report.Name(f))
		}
		for _, o := range s.Upload {
			sign := "~"
			if o.New {
				sign = "+"
			}
			fmt.Fprintf(w, "   %s %s  %s\n", sign, report.Name(o.Path), report.Bytes(o.Size))
		}
		for _, o := range s.Metadata {
			fmt.Fprintf(w, "   h %s\n", report.Name(o.Path))
		}
		for _, o := range s.Delete {
			fmt.Fprintf(w, "   - %s\n", report.Name(o.Path))
		}
		for _, u := range s.Purge {
			fmt.Fprintf(w, "   purge  %s\n", u)
		}
	}
	for _, n := range p.Notes {
		fmt.Fprintf(w, "note: %s\n", report.Text(n))
	}
	fmt.Fprintf(w, "%d uploads (%s) · %d header changes · %d deletions · %d URLs to purge\n", p.Uploads, report.Bytes(p.Bytes), p.Metadata, p.Deletes, p.Purges)
}
