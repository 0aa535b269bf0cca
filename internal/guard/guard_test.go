package guard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// The test binary is its own child: with this argument it serves instead of
// testing, or misbehaves in a given way.
const childArg = "guard-child"

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == childArg {
		os.Exit(childMain(os.Args[2]))
	}
	os.Exit(m.Run())
}

func childMain(how string) int {
	switch how {
	case "die":
		io.ReadFull(os.Stdin, make([]byte, 64))
		fmt.Fprintln(os.Stderr, "fatal error: stack overflow\n\ngoroutine 1:")
		return 2
	case "hang":
		io.Copy(io.Discard, os.Stdin)
		select {}
	case "garbage":
		os.Stdout.Write([]byte{0xff, 0xff, 0xff, 0xff, 1})
		io.Copy(io.Discard, os.Stdin)
		return 0
	}
	if err := Serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func pool(t testing.TB, how string, o Options) *Pool {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o.Command = []string{exe, childArg, how}
	p := NewPool(o)
	t.Cleanup(func() { p.Close() })
	return p
}

var minifyJS = Transform{Loader: "js", Whitespace: true, Syntax: true, Names: true}

func TestPoolAgreesWithInProcess(t *testing.T) {
	t.Parallel()
	p := pool(t, "serve", Options{Children: 2})
	tests := []Transform{
		{Loader: "js", Code: "function f(longName) { return longName + 1 }", Whitespace: true, Names: true},
		{Loader: "js", Code: "var a = ;"},
		{Loader: "js", Code: "x = 1\nif (x == -0) y()"},
		{Loader: "css", Code: "a { top: 0; right: 0; bottom: 0; left: 0 }", Whitespace: true, Syntax: true, Unsupported: []string{"inset-property"}},
		{Loader: "js", Code: "é = '\u2028'", ASCII: true},
		{Loader: "js", Code: "export let a = 1; let b = a; export default b", Module: true, Names: true, Whitespace: true},
		{Loader: "js", Code: "/*! law */ x()", Legal: true},
		{Loader: "js", Code: ""},
	}
	for _, tt := range tests {
		want, err := InProcess{}.Transform(t.Context(), tt)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got, err := p.Transform(t.Context(), tt)
			if err != nil {
				t.Fatalf("%q: %v", tt.Code, err)
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%q: pool says %v, esbuild %v", tt.Code, got, want)
			}
		}
	}
	if _, err := p.Transform(t.Context(), Transform{Loader: "cobol"}); err == nil || !strings.Contains(err.Error(), "cobol") {
		t.Errorf("unknown loader: %v", err)
	}
}

func TestPoolSurvivesItsChildren(t *testing.T) {
	t.Parallel()
	tests := []struct {
		how  string
		o    Options
		want error
		text string
	}{
		{"die", Options{}, ErrDied, "stack overflow"},
		{"hang", Options{Timeout: 50 * time.Millisecond}, ErrTimeout, "50ms"},
		{"garbage", Options{}, errFrame, ""},
	}
	for _, tt := range tests {
		t.Run(tt.how, func(t *testing.T) {
			t.Parallel()
			p := pool(t, tt.how, tt.o)
			for range 3 { // each time a fresh child
				_, err := p.Transform(t.Context(), minifyJS)
				if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
					t.Fatalf("error %v, want %v", err, tt.want)
				}
			}
		})
	}
}

func TestPoolReplacesAChildEndedFromOutside(t *testing.T) {
	t.Parallel()
	p := pool(t, "serve", Options{})
	tr := minifyJS
	tr.Code = "x( 1 )"
	for range 3 {
		res, err := p.Transform(t.Context(), tr)
		if err != nil || res.Code != "x(1);\n" {
			t.Fatalf("%q, %v", res.Code, err)
		}
		c := <-p.slots
		c.kill()
		p.slots <- c
	}
}

func TestPoolContext(t *testing.T) {
	t.Parallel()
	p := pool(t, "hang", Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := p.Transform(ctx, minifyJS); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the context's", err)
	}
	p.Close()
	if _, err := p.Transform(t.Context(), minifyJS); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestPoolWithoutProgram(t *testing.T) {
	t.Parallel()
	p := NewPool(Options{Command: []string{"/nonexistent/program"}})
	defer p.Close()
	if _, err := p.Transform(t.Context(), minifyJS); err == nil || !strings.Contains(err.Error(), "start esbuild") {
		t.Errorf("error %v", err)
	}
}

func TestServeEndsWithItsInput(t *testing.T) {
	t.Parallel()
	var in, out bytes.Buffer
	writeMessage(&in, hello{}, "")
	if err := Serve(&in, &out); err != nil || out.Len() > 0 {
		t.Errorf("Serve: %v, wrote %q", err, out.Bytes())
	}
	if err := Serve(strings.NewReader(""), &out); err != nil {
		t.Errorf("Serve of nothing: %v", err)
	}
	writeMessage(&in, hello{}, "")
	in.WriteString("\x00\x00\x00\x09{}")
	if err := Serve(&in, &out); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Serve of a cut frame: %v", err)
	}
}

func TestPoolLeavesNoGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, how := range []string{"serve", "die"} {
		p := pool(t, how, Options{Children: 3})
		for range 5 {
			p.Transform(t.Context(), minifyJS)
		}
		p.Close()
	}
	for range 1000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		runtime.Gosched()
	}
	buf := make([]byte, 1<<16)
	t.Errorf("%d goroutines before, %d after\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
}

func FuzzFrame(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x02{}\x00\x00\x00\x01a"))
	f.Add([]byte("\x00\x00\x00\x02{}\xff\xff\xff\xff"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		var tr Transform
		code, err := readMessage(bytes.NewReader(b), &tr)
		if err != nil {
			return
		}
		var w bytes.Buffer
		if err := writeMessage(&w, tr, code); err != nil {
			t.Fatal(err)
		}
		var again Transform
		if c, err := readMessage(&w, &again); err != nil || c != code || fmt.Sprint(again) != fmt.Sprint(tr) {
			t.Fatalf("%q %v %v, want %q %v", c, again, err, code, tr)
		}
	})
}

func BenchmarkPool(b *testing.B) {
	p := pool(b, "serve", Options{})
	tr := minifyJS
	tr.Code = strings.Repeat("function f(longName) { return longName + 1 }\n", 450)
	b.SetBytes(int64(len(tr.Code)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Transform(b.Context(), tr); err != nil {
			b.Fatal(err)
		}
	}
}
