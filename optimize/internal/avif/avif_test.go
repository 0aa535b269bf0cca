package avif

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/hone-web/hone/optimize/internal/codecache"
)

// shared is one machine for all tests: compiling takes seconds.
var shared = NewEncoder("")

// scene is a picture of gradients, waves and edges; with alpha, a disc of it
// with a soft rim.
func scene(w, h int, alpha bool) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			fx, fy := float64(x), float64(y)
			v := 128 + 60*math.Sin(fx/17+3*math.Sin(fy/29)) + 30*math.Sin(fx*fy/900)
			p := m.Pix[m.PixOffset(x, y):]
			p[0], p[1], p[2], p[3] = uint8(v), uint8(255*x/w), uint8(255*y/h), 255
			if alpha {
				d := math.Hypot(fx-float64(w)/2, fy-float64(h)/2) / float64(min(w, h)) * 2
				p[3] = uint8(255 * min(max((0.95-d)*6, 0), 1))
			}
		}
	}
	return m
}

func encode(t testing.TB, e *Encoder, m *image.NRGBA, o Options) []byte {
	t.Helper()
	b, err := e.Encode(t.Context(), m, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// psnr compares what is seen of two pictures: colours times alpha, and alpha.
func psnr(t *testing.T, a, b *image.NRGBA) float64 {
	t.Helper()
	if a.Rect.Size() != b.Rect.Size() {
		t.Fatalf("sizes %v and %v", a.Rect, b.Rect)
	}
	var sum float64
	for i := range a.Pix {
		x, y := float64(a.Pix[i]), float64(b.Pix[i])
		if i%4 != 3 {
			x, y = x*float64(a.Pix[i|3])/255, y*float64(b.Pix[i|3])/255
		}
		sum += (x - y) * (x - y)
	}
	return 10 * math.Log10(255*255*float64(len(a.Pix))/sum)
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		m    *image.NRGBA
		o    Options
		psnr float64
	}{
		{"default", scene(160, 120, false), Options{}, 28},
		{"good", scene(160, 120, false), Options{Quality: 90}, 33},
		{"full colour", scene(160, 120, false), Options{Quality: 90, Subsample444: true}, 38},
		{"fast", scene(160, 120, false), Options{Speed: 10}, 28},
		{"alpha", scene(160, 120, true), Options{Quality: 80}, 30},
		{"odd", scene(33, 17, false), Options{Quality: 90}, 30},
		{"one pixel", scene(1, 1, false), Options{Quality: 90}, 30},
		{"one column", scene(1, 50, true), Options{Quality: 90}, 25},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := encode(t, shared, c.m, c.o)
			got, err := shared.Decode(t.Context(), b, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			p := psnr(t, c.m, got)
			t.Logf("%d bytes, %.1f dB", len(b), p)
			if p < c.psnr {
				t.Errorf("%.1f dB, want %v", p, c.psnr)
			}
		})
	}
}

// An alpha plane is an auxiliary picture; what shows nothing through has none
// and comes back opaque.
func TestAlphaPlane(t *testing.T) {
	t.Parallel()
	aux := []byte("urn:mpeg:mpegB:cicp:systems:auxiliary:alpha")
	opaque := encode(t, shared, scene(64, 48, false), Options{})
	if bytes.Contains(opaque, aux) {
		t.Error("an opaque picture got an alpha plane")
	}
	m, err := shared.Decode(t.Context(), opaque, 1<<20)
	if err != nil || !m.Opaque() {
		t.Errorf("an opaque picture came back otherwise: %v", err)
	}
	if !bytes.Contains(encode(t, shared, scene(64, 48, true), Options{}), aux) {
		t.Error("the alpha plane is missing")
	}
}

// Sub-pictures have a longer stride.
func TestSubImage(t *testing.T) {
	t.Parallel()
	big := scene(96, 80, false)
	part := big.SubImage(image.Rect(10, 20, 74, 68)).(*image.NRGBA)
	alone := image.NewNRGBA(image.Rect(0, 0, 64, 48))
	for y := range 48 {
		copy(alone.Pix[y*alone.Stride:], part.Pix[y*part.Stride:][:4*64])
	}
	if !bytes.Equal(encode(t, shared, part, Options{}), encode(t, shared, alone, Options{})) {
		t.Error("a part of a picture is encoded differently")
	}
}

// The bytes do not depend on the number of processors, on what else runs, nor
// on what ran before. Not parallel: it sets GOMAXPROCS.
func TestDeterministic(t *testing.T) {
	m := scene(200, 150, true)
	var want []byte
	for _, n := range []int{1, 2, 1, 2} {
		old := runtime.GOMAXPROCS(n)
		var wg sync.WaitGroup
		var got [2][]byte
		for i := range got {
			wg.Go(func() { got[i], _ = shared.Encode(t.Context(), m, Options{}) })
		}
		wg.Wait()
		runtime.GOMAXPROCS(old)
		for _, b := range got {
			if want == nil {
				want = b
			}
			if len(b) == 0 || !bytes.Equal(b, want) {
				t.Fatalf("GOMAXPROCS %d: other bytes", n)
			}
		}
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	encode(t, shared, scene(8, 8, false), Options{}) // compile first
	for _, speed := range []int{1, 6, 8, 9, 10} {
		ctx, cancel := context.WithCancel(t.Context())
		polls := &countdown{Context: ctx, left: 3, end: cancel}
		_, err := shared.Encode(polls, scene(900, 900, false), Options{Speed: speed})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("speed %d: the encode ran on: %v", speed, err)
		}
		if n := polls.left; n < -10 {
			t.Errorf("speed %d: the context was looked at %d times more", speed, -n)
		}
		cancel()
	}
	ctx, cancel := context.WithTimeout(t.Context(), -time.Second)
	defer cancel()
	if _, err := shared.Encode(ctx, scene(8, 8, false), Options{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a context that has ended: %v", err)
	}
}

// countdown is a context that ends when it has been looked at often enough,
// which is in the middle of the work.
type countdown struct {
	context.Context
	left int
	end  func()
}

func (c *countdown) Err() error {
	if c.left--; c.left == 0 {
		c.end()
	}
	return c.Context.Err()
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	if _, err := shared.Encode(t.Context(), &image.NRGBA{}, Options{}); err == nil {
		t.Error("an empty picture was encoded")
	}
	huge := &image.NRGBA{Rect: image.Rect(0, 0, 1<<14, 1<<14)} // never read
	if _, err := shared.Encode(t.Context(), huge, Options{}); err == nil {
		t.Error("a huge picture was encoded")
	}
	b := encode(t, shared, scene(64, 48, false), Options{})
	if _, err := shared.Decode(t.Context(), b, 64*48-1); err == nil {
		t.Error("more pixels than allowed were decoded")
	}
	for n := 0; n < len(b); n += 13 {
		if m, err := shared.Decode(t.Context(), b[:n], 1<<20); err == nil && m.Rect.Dx() != 64 {
			t.Errorf("%d bytes of %d gave %v", n, len(b), m.Rect)
		}
	}
}

// What is set aside is what is used: more is waste, less moves the memory.
func TestMemory(t *testing.T) {
	t.Parallel()
	m := scene(500, 400, false)
	for _, o := range []Options{{}, {Subsample444: true}, {Speed: 6}, {Speed: 6, Subsample444: true}} {
		in, err := shared.instance(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.encode(m, o.filled()); err != nil {
			t.Fatal(err)
		}
		used, said := int64(in.mod.Memory().Size()), o.Memory(500*400)
		if used > said || said > used*5/4 {
			t.Errorf("%+v: %d bytes are used, %d set aside", o, used, said)
		}
		in.close()
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	e := NewEncoder("")
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Encode(t.Context(), scene(8, 8, false), Options{}); !errors.Is(err, errClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// Two encoders, like two processes, may start on one folder at once; later
// ones read what these compiled; and whatever happened to the folder, pictures
// are encoded, to the same bytes.
func TestCache(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("compiles four times")
	}
	m := scene(40, 30, false)
	want := encode(t, shared, m, Options{})
	dir := filepath.Join(t.TempDir(), "code")
	use := func(what, dir string) {
		e := NewEncoder(dir)
		if got, err := e.Encode(t.Context(), m, Options{}); !bytes.Equal(got, want) {
			t.Errorf("%s: other bytes, %v", what, err)
		}
		if err := e.Close(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() { use("cold", dir) })
	wg.Go(func() { use("cold", dir) })
	wg.Wait()
	use("sealed", dir)
	before := sizes(t, dir)
	use("warm", dir)
	if after := sizes(t, dir); len(before) < 2 || !maps.Equal(before, after) {
		t.Errorf("the folder held %v and now %v", before, after)
	}
	for name, size := range before {
		if filepath.Ext(name) == "" {
			if err := os.Truncate(name, size/2); err != nil {
				t.Fatal(err)
			}
		}
	}
	use("truncated", dir)
	if after := sizes(t, dir); !maps.Equal(before, after) {
		t.Errorf("the folder was not repaired: %v", after)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	use("a file in place of the folder", file)
}

func sizes(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	got := map[string]int64{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		i, err := d.Info()
		if err == nil {
			got[name] = i.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestSeal(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		damage func(name string) error
		stays  bool
	}{
		"nothing":         {func(string) error { return nil }, true},
		"truncated":       {func(name string) error { return os.Truncate(name, 3) }, false},
		"emptied":         {func(name string) error { return os.Truncate(name, 0) }, false},
		"changed":         {func(name string) error { return os.WriteFile(name, []byte("machine cord"), 0o600) }, false},
		"seal lost":       {func(name string) error { return os.Remove(name + codecache.SealExt) }, false},
		"seal truncated":  {func(name string) error { return os.Truncate(name+codecache.SealExt, 7) }, false},
		"seal of another": {func(name string) error { return os.WriteFile(name+codecache.SealExt, make([]byte, 32), 0o600) }, false},
	} {
		dir := t.TempDir()
		name := filepath.Join(dir, "wazero-1-amd64-linux", "c0ffee")
		other := filepath.Join(dir, "other", "c0ffee")
		for _, n := range []string{name, other} {
			if err := errors.Join(os.Mkdir(filepath.Dir(n), 0o700), os.WriteFile(n, []byte("machine code"), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		codecache.Seal(dir)
		if err := c.damage(name); err != nil {
			t.Fatal(err)
		}
		codecache.Discard(dir)
		if _, err := os.Stat(name); (err == nil) != c.stays {
			t.Errorf("%s: the file stays: %v", what, err == nil)
		}
		if _, err := os.Stat(other); err != nil {
			t.Errorf("%s: a file of another folder: %v", what, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	b, err := shared.Encode(f.Context(), scene(16, 12, true), Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte("\x00\x00\x00\x18ftypavif"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := shared.Decode(t.Context(), b, 1<<16)
		if err == nil && m.Rect.Dx()*m.Rect.Dy() > 1<<16 {
			t.Errorf("%v is too large", m.Rect)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	m := scene(640, 480, false)
	for _, c := range []struct {
		name  string
		speed int
	}{{"speed 9", 9}, {"speed 8", 8}} {
		b.Run(c.name, func(b *testing.B) {
			encode(b, shared, scene(8, 8, false), Options{})
			b.ReportAllocs()
			b.SetBytes(int64(len(m.Pix)) / 4)
			for b.Loop() {
				encode(b, shared, m, Options{Speed: c.speed})
			}
		})
	}
}
