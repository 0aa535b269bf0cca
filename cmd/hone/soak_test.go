package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// use is what a process holds.
type use struct {
	heap                    uint64
	goroutines, descriptors int
}

func inUse() use {
	var m runtime.MemStats
	for range 3 { // finalizers and pools take more than one round
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	fds, _ := os.ReadDir("/proc/self/fd")
	return use{m.HeapAlloc, runtime.NumGoroutine(), len(fds)}
}

// TestSoak watches a site through HONE_SOAK edits (make soak: 10,000), of pages,
// of comments, of what all pages load, of files that come and go. What a tenth of
// them needs is enough for all: nothing is left from edit to edit.
func TestSoak(t *testing.T) {
	edits, err := strconv.Atoi(os.Getenv("HONE_SOAK"))
	if err != nil {
		edits = 0
	}
	if edits < 100 {
		t.Skip("HONE_SOAK=10000 says how many edits to make; make soak")
	}
	dir := testSite(t)
	for i := range 20 {
		put(t, fmt.Sprintf("%s/public/p%d.html", dir, i), strings.Replace(testPage, "Text", fmt.Sprint("Page ", i), 1))
	}
	out, in := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	defer out.Close()
	defer cancel()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"watch", "--json", "--preset", "fast", "--meta", dir + "/.hone", "-o", dir + "/out", dir + "/public"}, strings.NewReader(""), in, io.Discard)
		in.Close()
	}()
	lines := bufio.NewReaderSize(out, 1<<20)
	next := func() (took time.Duration, changed []string) {
		t.Helper()
		text, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		var l struct {
			Changed struct{ Changed, Gone []string }
			MS      int64
		}
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		return time.Duration(l.MS) * time.Millisecond, append(l.Changed.Changed, l.Changed.Gone...)
	}
	next()
	before := runtime.NumGoroutine()
	var early use
	var total time.Duration
	for i := 1; i <= edits; i++ {
		soakEdit(t, dir, i)
		took, changed := next()
		total += took
		if want := i%10 != 3; want != (len(changed) > 0) {
			t.Fatalf("edit %d changed %q", i, changed)
		}
		if i == edits/10 {
			early = inUse()
		}
	}
	late := inUse()
	t.Logf("%d edits, %v each; %+v after a tenth, %+v at the end", edits, total/time.Duration(edits), early, late)
	if float64(late.heap) > 1.1*float64(early.heap) && late.heap > early.heap+1<<20 {
		t.Errorf("memory grew from %d to %d bytes", early.heap, late.heap)
	}
	if late.goroutines > early.goroutines || late.goroutines > before+2 || late.descriptors > early.descriptors {
		t.Errorf("left behind: %+v after a tenth of the edits, %+v at the end", early, late)
	}
	cancel()
	for {
		if _, err := lines.ReadString('\n'); err != nil {
			break
		}
	}
	if c := <-code; c != exitOK {
		t.Errorf("ended with %d", c)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".out.hone-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// soakEdit makes the edit of number i, as editors do: beside the file, then in
// its place. One in ten changes no byte of the output.
func soakEdit(t *testing.T, dir string, i int) {
	t.Helper()
	write := func(name, text string) {
		t.Helper()
		put(t, dir+"/edit", text)
		if err := os.Rename(dir+"/edit", dir+"/public/"+name); err != nil {
			t.Fatal(err)
		}
	}
	// What drops away leaves room, so that no page keeps old names because it
	// would weigh more with new ones.
	const remark = "/* This sheet tells at some length what it is for, who wrote it, when, and under which conditions others may use it. */\n"
	switch i % 10 {
	case 2:
		write("app.css", remark+fmt.Sprintf("body { color : #%06x }\n\n\n", i/10+7))
	case 3:
		write("app.css", remark+fmt.Sprintf("/* %d */ body { color : #%06x }\n\n\n", i, i/10+7))
	case 7:
		write("new.html", strings.Replace(testPage, "Text", fmt.Sprint("New ", i), 1))
	case 8:
		if err := os.Remove(dir + "/public/new.html"); err != nil {
			t.Fatal(err)
		}
	default:
		write(fmt.Sprintf("p%d.html", i%20), strings.Replace(testPage, "Text", fmt.Sprint("Edit ", i), 1))
	}
}
