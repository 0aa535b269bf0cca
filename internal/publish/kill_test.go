package publish

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// The test binary is its own child: with this argument it publishes, by the
// way named, to the folder named, and tells when it holds it.
const childArg = "publish-child"

func TestMain(m *testing.M) {
	if len(os.Args) == 5 && os.Args[1] == childArg {
		if err := child(os.Args[2], os.Args[3], os.Args[4]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// killFiles is the size of the trees that are swapped: enough that a kill at
// random hits every stage of the work.
const killFiles = 40

func killTree(word string) tree {
	files := tree{}
	for i := range killFiles {
		files[fmt.Sprintf("d%d/f%d", i%4, i)] = word
	}
	return files
}

func child(how, out, word string) error {
	d, err := Acquire(out)
	if err != nil {
		return err
	}
	fmt.Println("held")
	if how == "hold" {
		io.Copy(io.Discard, os.Stdin) // until it is killed
	}
	s, err := d.Stage()
	if err != nil {
		return err
	}
	for name, text := range killTree(word) {
		if err := s.Write(name, []byte(text)); err != nil {
			return err
		}
	}
	if how == "journal" {
		err = d.swapByJournal(s.dir)
	} else {
		err = d.swap(s.dir)
	}
	fmt.Println("done")
	d.Release()
	return err
}

// start runs the child until it holds the output; the reader gives what it
// says from then on.
func start(t *testing.T, how, out, word string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(exe, childArg, how, out, word)
	if _, err := c.StdinPipe(); err != nil { // open until Wait
		t.Fatal(err)
	}
	pipe, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(pipe)
	if line, err := said.ReadString('\n'); line != "held\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}
	return c, said
}

func kill(c *exec.Cmd) {
	c.Process.Signal(syscall.SIGKILL)
	c.Wait()
}

// TestLockOfTheDead: a killed run holds nothing.
func TestLockOfTheDead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	c, _ := start(t, "hold", out, "x")
	if _, err := Acquire(out); !errors.Is(err, ErrLocked) {
		t.Errorf("while the other runs: %v", err)
	}
	kill(c)
	acquire(t, out).Release()
	alone(t, dir)
}

// TestKill kills runs at random points. Whatever is there afterwards is one
// tree, whole, and the next run succeeds.
func TestKill(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"exchange", "journal"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			out := filepath.Join(dir, "out")
			d := acquire(t, out)
			if err := stage(t, d, killTree("0")).Commit(); err != nil {
				t.Fatal(err)
			}
			d.Release()
			// A whole run measures how long there is to die in.
			first, said := start(t, how, out, "0")
			began := time.Now()
			said.ReadString('\n')
			whole := time.Since(began)
			first.Wait()
			rnd := rand.New(rand.NewPCG(1, 1))
			before := "0"
			counts := map[bool]int{}
			for round := range 25 {
				word := fmt.Sprint(round + 1)
				c, said := start(t, how, out, word)
				if round%5 > 0 { // every fifth is killed at once
					dead := time.AfterFunc(time.Duration(rnd.Int64N(int64(whole))), func() { c.Process.Signal(syscall.SIGKILL) })
					said.ReadString('\n')
					dead.Stop()
				}
				kill(c)

				acquire(t, out).Release()
				got := readTree(t, out)
				isOld, isNew := maps.Equal(got, killTree(before)), maps.Equal(got, killTree(word))
				if !isOld && !isNew {
					t.Fatalf("round %d: the output is neither the old tree nor the new one: %v", round, got)
				}
				counts[isNew]++
				if isNew {
					before = word
				}
				alone(t, dir, "out")
			}
			if counts[false] == 0 {
				t.Error("no kill came in time")
			}
			t.Logf("%d kills left the old tree, %d the new one", counts[false], counts[true])
		})
	}
}
