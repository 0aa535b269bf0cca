package main

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hone-web/hone/bundle"
	"github.com/hone-web/hone/optimize"
)

var update = flag.Bool("update", false, "write the generated documentation anew")

const root = "../.."

// generated compares a page of docs/ with what the code says, or writes it.
func generated(t *testing.T, name, want string) {
	t.Helper()
	name = filepath.Join(root, "docs", filepath.FromSlash(name))
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s does not say what the code does; make golden writes it anew\n got: %s\nwant: %s", name, got, want)
	}
}

func TestOptimizerTable(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# Optimizers\n\nAn optimizer makes one file smaller and knows no other. `--only NAME` and `--skip NAME` choose among them.\n" +
		"The version is part of the store's key: a new one makes old results unreachable.\n\n| name | kind of file | what it does | version |\n|---|---|---|---|\n")
	for _, o := range optimize.All {
		var kinds []string
		for _, k := range o.Kinds {
			kinds = append(kinds, k.String())
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %d |\n", o.Name, strings.Join(kinds, ", "), o.Doc, o.Version)
	}
	generated(t, "optimizers.md", b.String())
}

func TestCombinerTable(t *testing.T) {
	t.Parallel()
	before := [...]string{"pictures, fonts, films", "styles, scripts, drawings, data", "pages"}
	var b strings.Builder
	b.WriteString("# Combiners\n\nA combiner takes one kind of decision that needs the whole site. `--only NAME` and `--skip NAME` choose among them.\n" +
		"It runs before the files of its rank are made and may use what is known of all lower ranks.\n\n| name | runs before | what it does |\n|---|---|---|\n")
	for _, c := range bundle.All {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", c.Name, before[c.Rank], c.Doc)
	}
	generated(t, "combiners.md", b.String())
}

// TestRulePages checks that every rule that the code reports has a page, that
// every page has a rule, and that the list of pages is complete.
func TestRulePages(t *testing.T) {
	t.Parallel()
	rules := rulesOfCode(t)
	if len(rules) < 15 {
		t.Errorf("found %d rules only: %q", len(rules), rules)
	}
	var b strings.Builder
	b.WriteString("# Rules\n\nEvery finding ends with the name of its rule in brackets.\n\n| rule | what it says |\n|---|---|\n")
	for _, rule := range rules {
		page, err := os.ReadFile(filepath.Join(root, "docs", "rules", rule+".md"))
		if err != nil {
			t.Errorf("rule %s has no page: %v", rule, err)
			continue
		}
		parts := strings.SplitN(string(page), "\n\n", 4)
		if len(parts) < 4 || parts[0] != "# "+rule || !strings.HasPrefix(parts[2], "Severity: ") {
			t.Errorf("the page of %s does not begin with its name, one sentence and its severity", rule)
			continue
		}
		for _, part := range []string{"## Why it matters", "## What to do"} {
			if !strings.Contains(parts[3], part+"\n") {
				t.Errorf("the page of %s has no part %q", rule, part)
			}
		}
		fmt.Fprintf(&b, "| [%s](%s.md) | %s |\n", rule, rule, parts[1])
	}
	generated(t, "rules/README.md", b.String())
	pages, err := filepath.Glob(filepath.Join(root, "docs", "rules", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		if rule := strings.TrimSuffix(filepath.Base(p), ".md"); rule != "README" && !slices.Contains(rules, rule) {
			t.Errorf("docs/rules/%s.md is about no rule of the code", rule)
		}
	}
}

// rulesOfCode returns the rule of every diagnostic in the code, sorted.
func rulesOfCode(t *testing.T) []string {
	t.Helper()
	rules := map[string]bool{}
	for _, dir := range []string{"bundle", "cache", "internal/budget", "internal/measure", "internal/pipeline", "internal/scan", "optimize", "verify"} {
		rulesOfPackage(parsePackage(t, dir), rules)
	}
	return slices.Sorted(maps.Keys(rules))
}

// rulesOfPackage finds what is written into a field Rule, and what is passed
// for a parameter named rule.
func rulesOfPackage(files []*ast.File, rules map[string]bool) {
	constants, params := map[string]string{}, map[string]int{}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				for i, name := range n.Names {
					if i < len(n.Values) {
						if s, ok := literal(n.Values[i]); ok {
							constants[name.Name] = s
						}
					}
				}
			case *ast.FuncDecl:
				if i := parameter(n.Type, "rule"); i >= 0 {
					params[n.Name.Name] = i
				}
			}
			return true
		})
	}
	add := func(e ast.Expr) {
		s, ok := literal(e)
		if id, is := e.(*ast.Ident); is {
			s, ok = constants[id.Name], constants[id.Name] != ""
		}
		if ok {
			rules[s] = true
		}
	}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Rule" {
					add(n.Value)
				}
			case *ast.CallExpr:
				if i, ok := params[callee(n)]; ok && i < len(n.Args) {
					add(n.Args[i])
				}
			}
			return true
		})
	}
}

func callee(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// parameter returns the place of a parameter, -1 if there is none of the name.
func parameter(f *ast.FuncType, name string) int {
	i := 0
	for _, field := range f.Params.List {
		for _, n := range field.Names {
			if n.Name == name {
				return i
			}
			i++
		}
	}
	return -1
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(l.Value)
	return s, err == nil
}

// parsePackage parses a package without its tests.
func parsePackage(t *testing.T, dir string) []*ast.File {
	t.Helper()
	names, err := fs.Glob(os.DirFS(root), dir+"/*.go")
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %d files, error %v", dir, len(names), err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, filepath.FromSlash(name)), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}
