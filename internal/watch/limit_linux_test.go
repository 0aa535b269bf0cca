package watch

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

// TestLimit runs in a user namespace that grants four watches: the watcher
// polls then, and says why.
func TestLimit(t *testing.T) {
	t.Parallel()
	if os.Getenv("HONE_TEST_LIMIT") == "" {
		c := exec.Command("unshare", "--user", "--map-root-user", "sh", "-c", `echo 4 > /proc/sys/user/max_inotify_watches && exec "$0" -test.run '^TestLimit$' -test.v`, os.Args[0])
		c.Env = append(os.Environ(), "HONE_TEST_LIMIT=1")
		if err := exec.Command("unshare", "--user", "--map-root-user", "sh", "-c", "echo 4 > /proc/sys/user/max_inotify_watches").Run(); err != nil {
			t.Skipf("no user namespaces here: %v", err)
		}
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	for _, later := range []bool{false, true} {
		dir := t.TempDir()
		if !later {
			write(t, dir+"/a/b/c/d/e/f.html", "x")
		}
		w := start(t, Options{Dir: dir, Every: 5 * time.Millisecond})
		if (w.Polling() == "") != later {
			t.Fatalf("polls because %q", w.Polling())
		}
		write(t, dir+"/a/b/c/d/e/g.html", "x")
		until(t, w, "a/b/c/d/e/g.html")
		write(t, dir+"/a/b/c/d/e/h.html", "x")
		until(t, w, "a/b/c/d/e/h.html")
		if w.Polling() == "" {
			t.Error("does not poll though there are too few watches")
		}
		w.Close()
	}
}
