// Package codecache keeps the compiled code of WebAssembly modules on disk.
package codecache

import (
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// wazero trusts the sizes in its cache files, so that a damaged one may ask
// for any amount of memory. A seal beside each file holds its hash; a file
// that does not match, or has none because its writer stopped halfway, is
// discarded before wazero sees it. Files are written under another name and
// then renamed, so two processes may do all this at once: at worst one
// discards what the other has just written, and it is compiled again later.
const SealExt = ".sha256"

// Discard removes the cache files that are not as they were written.
func Discard(dir string) {
	for _, name := range cacheFiles(dir) {
		want, err := os.ReadFile(name + SealExt)
		if err == nil {
			if sum, err := hashFile(name); err == nil && string(want) == string(sum) {
				continue
			}
		}
		_ = os.Remove(name + SealExt) // if it stays, the file is discarded again next time
		_ = os.Remove(name)
	}
}

// Seal writes the seals that are missing. Without one a file is not used
// again: no more is lost than time.
func Seal(dir string) {
	for _, name := range cacheFiles(dir) {
		if _, err := os.Stat(name + SealExt); err == nil {
			continue
		}
		if sum, err := hashFile(name); err == nil {
			writeSeal(name+SealExt, sum)
		}
	}
}

func writeSeal(name string, sum []byte) {
	f, err := os.CreateTemp(filepath.Dir(name), "seal.*.tmp")
	if err != nil {
		return
	}
	_, err = f.Write(sum)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // nobody reads it
	}
}

// cacheFiles returns the names of wazero's files in dir: hexadecimal hashes in
// a folder for its version and the system.
func cacheFiles(dir string) []string {
	folders, err := os.ReadDir(dir)
	if err != nil {
		return nil // it does not exist yet
	}
	var files []string
	for _, folder := range folders {
		if !strings.HasPrefix(folder.Name(), "wazero-") {
			continue
		}
		entries, err := os.ReadDir(filepath.Join(dir, folder.Name()))
		if err != nil {
			continue
		}
		for _, e := range entries {
			if !strings.Contains(e.Name(), ".") {
				files = append(files, filepath.Join(dir, folder.Name(), e.Name()))
			}
		}
	}
	return files
}

func hashFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return nil, err
	}
	return h.Sum(nil), nil
}
