package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestScripts holds the scripts that are kept to what the generator makes,
// where npm has put web-vitals there (make rum).
func TestScripts(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "web-vitals")); err != nil {
		if os.Getenv("RUM_REQUIRED") != "" {
			t.Fatal(err)
		}
		t.Skip("web-vitals is not installed: make rum")
	}
	made, err := scripts(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range made {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what its source makes: go generate ./internal/rum", name)
		}
	}
}
