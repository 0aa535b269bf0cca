package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/site"
)

// Action is something for the owner of the site to do.
type Action struct {
	Title, Why string
	Config     string // the line for hone.toml, if that is where it is done
	weight     float64
}

// maxActions is how many are named: a list that is longer is not read.
const maxActions = 5

// Actions returns what would help most, first.
func Actions(d *Document) []Action {
	var list []Action
	list = append(list, findingActions(d)...)
	list = append(list, keptActions(d)...)
	if a := externalAction(d); a != nil {
		list = append(list, *a)
	}
	if a := mediaAction(d); a != nil {
		list = append(list, *a)
	}
	if a := budgetAction(d); a != nil {
		list = append(list, *a)
	}
	slices.SortStableFunc(list, func(a, b Action) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.Title, b.Title))
	})
	return list[:min(maxActions, len(list))]
}

// findingActions sums the findings by rule. Errors weigh more than any number
// of bytes.
func findingActions(d *Document) []Action {
	var out []Action
	for _, rule := range rulesOf(d) {
		n, worst := 0, site.Diagnostic{}
		for _, f := range d.Findings {
			if f.Rule == rule && f.Severity > site.Info {
				if n == 0 || f.Severity > worst.Severity {
					worst = f
				}
				n++
			}
		}
		if n == 0 {
			continue
		}
		title := fmt.Sprintf("%s of the rule %s", count(n, "finding"), rule)
		why := "The first: " + where(worst) + ": " + worst.Message + "."
		if worst.Hint != "" {
			why += " What to do: " + worst.Hint + "."
		}
		weight := 1e9 + float64(n)
		if worst.Severity == site.Error {
			weight = 1e12 + float64(n)
		}
		out = append(out, Action{Title: title, Why: why, weight: weight})
	}
	return out
}

// keptActions sums what was kept by reason, where it is much.
func keptActions(d *Document) []Action {
	const much = 100_000
	bytes, files, largest := map[string]int64{}, map[string]int{}, map[string]*pipeline.FileStory{}
	for i := range d.Files {
		f := &d.Files[i]
		if f.Kept == "" || f.Kind == "other" || strings.HasPrefix(f.Kept, "already ") {
			continue // nothing to do about it
		}
		bytes[f.Kept] += f.Before
		files[f.Kept]++
		if l := largest[f.Kept]; l == nil || f.Before > l.Before {
			largest[f.Kept] = f
		}
	}
	var out []Action
	for reason, n := range bytes {
		if n >= much {
			out = append(out, Action{Title: fmt.Sprintf("%s of %s could not be made smaller", count(files[reason], "file"), Bytes(n)),
				Why: fmt.Sprintf("The reason: %s. The largest: %s, %s.", reason, Name(largest[reason].Path), Bytes(largest[reason].Before)), weight: float64(n)})
		}
	}
	return out
}

func externalAction(d *Document) *Action {
	pages, most := 0, 0
	var worst site.Path
	for i := range d.Pages {
		if n := d.Pages[i].External; n > 0 {
			pages++
			if n > most {
				most, worst = n, d.Pages[i].Path
			}
		}
	}
	if pages == 0 {
		return nil
	}
	a := &Action{Title: fmt.Sprintf("%s load from other hosts", count(pages, "page")),
		Why:    fmt.Sprintf("%s makes %s to other hosts. Each host costs a connection, and the page waits for what hone can neither shrink nor cache.", Name(worst), count(most, "request")),
		weight: float64(pages) * 20_000}
	var names []string
	for _, h := range d.External {
		if h.Copies == 0 {
			continue
		}
		if names = append(names, strconv.Quote(h.Host)); len(names) <= 3 {
			a.Why += fmt.Sprintf(" %s: %s on %s", h.Host, count(h.Files, "file"), count(h.Pages, "page"))
			if h.Waits > 0 {
				a.Why += fmt.Sprintf(", %d of which show nothing before it answered", h.Waits)
			}
			a.Why += "."
		}
	}
	if names != nil {
		a.Why += " Served from the site itself they cost no connection, are minified and combined with its own files; list those whose licences allow it."
		a.Config = "[external]\nvendor = [" + strings.Join(names[:min(4, len(names))], ", ") + "]"
	}
	return a
}

// mediaAction names the largest sound or film: hone does not encode them.
func mediaAction(d *Document) *Action {
	const large = 1_000_000
	var top *pipeline.FileStory
	sum := int64(0)
	for i := range d.Files {
		f := &d.Files[i]
		if f.Kind == "media" && f.After >= large {
			sum += f.After
			if top == nil || f.After > top.After {
				top = f
			}
		}
	}
	if top == nil {
		return nil
	}
	return &Action{Title: "Films and sound take " + Bytes(sum), Why: fmt.Sprintf("hone does not encode them. The largest: %s, %s. Encode it for the web, and load it when it is played (preload=none).", Name(top.Path), Bytes(top.After)), weight: float64(sum) / 4}
}

// budgetAction proposes to hold what was reached.
func budgetAction(d *Document) *Action {
	if len(d.Pages) == 0 || d.Budgets {
		return nil
	}
	worst := int64(0)
	for i := range d.Pages {
		worst = max(worst, d.Pages[i].After.Bytes)
	}
	limit := int64(math.Ceil(float64(worst)*1.1/10_240)) * 10
	return &Action{Title: "Hold what was reached", Why: "A budget stops the build when a page grows past it; this one leaves the heaviest page a tenth more.",
		Config: fmt.Sprintf("[[budget]]\nmatch = \"/**\"\nlimits = { total = \"%dKiB\" }", limit), weight: 1}
}
