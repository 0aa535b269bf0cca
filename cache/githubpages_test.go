package cache

import (
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

// TestGitHubPages says what the host cannot do, and that it guards nothing.
func TestGitHubPages(t *testing.T) {
	t.Parallel()
	outs, diags := GitHubPages.Emit(manifest(fingerprinted("a.1234567890.css"), site.Entry{Path: "index.html"}), Site{Prefix: "/"})
	if len(outs) != 0 || len(diags) != 1 || diags[0].Severity != site.Info || !strings.Contains(diags[0].Message, "1 fingerprinted files") {
		t.Errorf("%v, %v", outs, diags)
	}
	_, diags = GitHubPages.Emit(manifest(site.Entry{Path: "club/index.html", Zone: "club"}), Site{Prefix: "/"})
	if len(diags) != 2 || diags[1].Severity != site.Error || diags[1].Path != "club/index.html" {
		t.Errorf("%v", diags)
	}
}
