package measure

import (
	"context"
	"fmt"
	"strings"

	"github.com/hone-web/hone/site"
)

// maxTries bounds the builds that a search may take.
const maxTries = 80

// Blame finds a smallest set of n suspects without which all is well: none of
// them can be left out of it (ddmin; Zeller and Hildebrandt, 2002). well tries
// what becomes without some suspects. nil means that it is not well without
// all of them either, or that the search took too long.
func Blame(ctx context.Context, n int, well func(ctx context.Context, without []int) (bool, error)) ([]int, error) {
	set := make([]int, n)
	for i := range set {
		set[i] = i
	}
	tries := 0
	try := func(without []int) (bool, error) {
		if tries++; tries > maxTries {
			return false, errTries
		}
		return well(ctx, without)
	}
	ok, err := try(set)
	if err != nil || !ok {
		return nil, err
	}
	for parts := 2; len(set) > 1; {
		parts = min(parts, len(set))
		smaller, err := reduce(set, parts, try)
		if err == errTries {
			return set, nil // more than had to be, and surely enough
		}
		if err != nil {
			return nil, err
		}
		switch {
		case smaller != nil && len(smaller) <= (len(set)+parts-1)/parts:
			set, parts = smaller, 2
		case smaller != nil:
			set, parts = smaller, max(parts-1, 2)
		case parts == len(set):
			return set, nil
		default:
			parts *= 2
		}
	}
	return set, nil
}

var errTries = fmt.Errorf("more than %d tries", maxTries)

// reduce looks for one of several parts of set, or the rest without one, that
// suffices; nil means that there is none.
func reduce(set []int, parts int, try func([]int) (bool, error)) ([]int, error) {
	bound := func(i int) int { return i * len(set) / parts }
	for i := range parts {
		part := set[bound(i):bound(i+1)]
		if ok, err := try(part); ok || err != nil {
			return part, err
		}
	}
	if parts == 2 {
		return nil, nil // the rest without one half is the other
	}
	for i := range parts {
		rest := append(append([]int{}, set[:bound(i)]...), set[bound(i+1):]...)
		if ok, err := try(rest); ok || err != nil {
			return rest, err
		}
	}
	return nil, nil
}

// Summary says in one line what differs on a page.
func (p *Pair) Summary() string {
	if p.Failed != "" {
		return "could not be loaded: " + p.Failed
	}
	var s []string
	for i, d := range p.Differences {
		if i == 3 {
			s = append(s, fmt.Sprintf("and %d more", len(p.Differences)-i))
			break
		}
		s = append(s, d.Kind+": "+d.Text)
	}
	return strings.Join(s, "; ")
}

// TakenBack is the finding that a step broke a page and was not taken.
func TakenBack(p *Pair, what, hint string) site.Diagnostic {
	return site.Diagnostic{Rule: "guard-taken-back", Severity: site.Warn, Path: site.Path(p.Path),
		Message: fmt.Sprintf("with %s a visitor would meet another page (%s); it was taken back", what, p.Summary()), Hint: hint}
}

// PageKept is the finding that a page stays as it was, because no step of its
// own explains what a visitor would notice.
func PageKept(p *Pair, files int) site.Diagnostic {
	return site.Diagnostic{Rule: "guard-page-kept", Severity: site.Warn, Path: site.Path(p.Path),
		Message: fmt.Sprintf("a visitor would meet another page (%s) and no step alone explains it; the page stays as it was, with %d files that it loads", p.Summary(), files),
		Hint:    "compare both with 'hone measure', and report it if hone is wrong"}
}

// Unproven is the finding that a page could not be compared.
func Unproven(p *Pair) site.Diagnostic {
	return site.Diagnostic{Rule: "guard-unproven", Severity: site.Warn, Path: site.Path(p.Path),
		Message: "the browser could not load the page as it was, so nothing is proven about it: " + p.Failed,
		Hint:    "open the page of the input in a browser; a page that is heavy or never done may need a longer --guard-timeout"}
}

// Broken is the finding that stops a build: the page differs, whatever is
// taken back.
func Broken(p *Pair) site.Diagnostic {
	return site.Diagnostic{Rule: "guard-broken", Severity: site.Error, Path: site.Path(p.Path),
		Message: fmt.Sprintf("a visitor would meet another page (%s), whatever step is taken back; nothing is published", p.Summary()),
		Hint:    "look at both with 'hone measure'; headers that you set yourself, or a page that changes by itself, may be the cause"}
}
