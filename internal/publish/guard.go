package publish

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// RefusedError says why an output folder is not accepted and what would make
// it acceptable.
type RefusedError struct{ Why, Hint string }

func (e *RefusedError) Error() string { return e.Why + "; " + e.Hint }

// Allowed decides whether out may become the output for the input in. ours
// says that hone wrote what out holds now.
func Allowed(in, out string, replace, force, ours bool) error {
	a, err := realPath(in)
	if err != nil {
		return fmt.Errorf("input folder: %w", err)
	}
	b, err := realPath(out)
	if err != nil {
		return fmt.Errorf("output folder: %w", err)
	}
	switch {
	case a == b && replace:
		return nil
	case a == b:
		return &RefusedError{"the output folder is the input folder", "use --replace to swap the result over the input, or --out DIR for another place"}
	case replace:
		return &RefusedError{"--replace and --out name different folders", "use one of them"}
	case within(b, a):
		return &RefusedError{fmt.Sprintf("the output folder %s lies inside the input folder", out), "choose one outside with --out DIR"}
	case within(a, b):
		return &RefusedError{fmt.Sprintf("the output folder %s holds the input folder", out), "choose another with --out DIR"}
	}
	fi, err := os.Stat(out)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("output folder: %w", err)
	}
	if !fi.IsDir() {
		return &RefusedError{fmt.Sprintf("%s is a file", out), "choose another place with --out DIR"}
	}
	entries, err := os.ReadDir(out)
	if err != nil {
		return fmt.Errorf("output folder: %w", err)
	}
	if len(entries) > 0 && !ours && !force {
		return &RefusedError{fmt.Sprintf("%s is not empty and hone did not write it", out), "use --force to replace all that it holds, or --out DIR for another place"}
	}
	return nil
}

// realPath resolves links as far as the path exists.
func realPath(p string) (string, error) {
	abs, err := filepath.Abs(p)
	if err != nil {
		return "", err
	}
	rest := ""
	for dir := abs; ; {
		real, err := filepath.EvalSymlinks(dir)
		if err == nil {
			return filepath.Join(real, rest), nil
		}
		up := filepath.Dir(dir)
		if !errors.Is(err, fs.ErrNotExist) || up == dir {
			return "", err
		}
		rest = filepath.Join(filepath.Base(dir), rest)
		dir = up
	}
}

// within reports whether a lies below b.
func within(a, b string) bool {
	rel, err := filepath.Rel(b, a)
	return err == nil && rel != "." && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
