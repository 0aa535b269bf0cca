package deflate

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// inputs are streams of different natures; at least one makes each kind of
// block and goes over each bound.
func inputs() map[string][]byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 200_000)
	for i := range noise {
		noise[i] = byte(rnd.Uint32())
	}
	var text strings.Builder
	for range 40_000 {
		fmt.Fprintf(&text, "%d ", rnd.IntN(1000)*rnd.IntN(30))
	}
	gradient := make([]byte, 300_000)
	for i := range gradient {
		gradient[i] = byte(i/7 + int(rnd.Uint32()%3))
	}
	fibonacci := []byte{} // counts that would need codes over 15 bits
	for i, a, b := 0, 1, 1; i < 24; i, a, b = i+1, b, a+b {
		fibonacci = append(fibonacci, bytes.Repeat([]byte{byte(i)}, a)...)
	}
	rnd.Shuffle(len(fibonacci), func(i, j int) { fibonacci[i], fibonacci[j] = fibonacci[j], fibonacci[i] })
	return map[string][]byte{
		"empty": {}, "one": {7}, "two": {7, 7}, "three": []byte("abc"), "four": []byte("aaaa"),
		"noise": noise, "text": []byte(text.String()), "gradient": gradient, "fibonacci": fibonacci,
		"zeros":   make([]byte, 1_200_000),
		"periods": bytes.Repeat(noise[:5000], 40),
		"far":     append(append(bytes.Clone(noise[:40_000]), noise[7233:40_000]...), noise[:300]...),
		"mixed":   append(append(bytes.Clone(noise), make([]byte, maxSegment)...), text.String()...),
	}
}

func TestDeflate(t *testing.T) {
	t.Parallel()
	for name, src := range inputs() {
		for _, e := range []Effort{Fast, Default, {Depth: 3, Nice: 3, Follow: 3, Passes: 1}} {
			t.Run(fmt.Sprint(name, e), func(t *testing.T) {
				t.Parallel()
				enc := New(e)
				out := roundTrip(t, enc, src)
				if again, err := enc.Deflate(t.Context(), nil, src); err != nil || !bytes.Equal(again, out) {
					t.Error("a second run gives other bytes")
				}
				if most := len(src) + len(src)/65535*5 + 16; len(out) > most {
					t.Errorf("%d bytes became %d", len(src), len(out))
				}
			})
		}
	}
}

func roundTrip(t *testing.T, enc *Encoder, src []byte) []byte {
	t.Helper()
	out, err := enc.Deflate(t.Context(), nil, src)
	if err != nil {
		t.Fatal(err)
	}
	back, err := io.ReadAll(flate.NewReader(bytes.NewReader(out)))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(back, src) {
		t.Fatalf("%d bytes came back as %d others", len(src), len(back))
	}
	return out
}

// The search must pay: everything but noise is smaller than what the best
// level of the standard library makes.
func TestSmaller(t *testing.T) {
	t.Parallel()
	for name, src := range inputs() {
		if len(src) < 1000 || name == "noise" {
			continue
		}
		var std bytes.Buffer
		w, _ := flate.NewWriter(&std, flate.BestCompression)
		w.Write(src)
		w.Close()
		out := roundTrip(t, New(Default), src)
		t.Logf("%s: %d of %d, %.3f of the standard library's", name, len(out), len(src), float64(len(out))/float64(std.Len()))
		if len(out) > std.Len()+64 { // a header for each segment of zeros
			t.Errorf("%s: %d bytes, the standard library %d", name, len(out), std.Len())
		}
	}
}

// An estimate must be near what the same effort gives.
func TestEstimate(t *testing.T) {
	t.Parallel()
	for name, src := range inputs() {
		enc := New(Fast)
		got, is := enc.Estimate(src), len(roundTrip(t, enc, src))
		if name != "noise" && (got > is+is/8+64 || is > got+got/8+64) {
			t.Errorf("%s: %d bytes estimated at %d", name, is, got)
		}
	}
}

func TestZlib(t *testing.T) {
	t.Parallel()
	src := []byte("a zlib stream has a checksum, a zlib stream has a head")
	out, err := New(Effort{}).Zlib(t.Context(), []byte("before"), src)
	if err != nil || !bytes.HasPrefix(out, []byte("before")) {
		t.Fatal(err)
	}
	r, err := zlib.NewReader(bytes.NewReader(out[6:]))
	if err != nil {
		t.Fatal(err)
	}
	if back, err := io.ReadAll(r); err != nil || !bytes.Equal(back, src) {
		t.Errorf("%q, %v", back, err)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New(Fast).Zlib(ctx, nil, make([]byte, 100)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestCodeLengths(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(3, 4))
	for limit := 7; limit <= 15; limit += 8 {
		for range 300 {
			counts := make([]uint32, 19)
			for i := range counts {
				if rnd.IntN(3) > 0 {
					counts[i] = 1 << rnd.IntN(20)
				}
			}
			lengths := make([]uint8, len(counts))
			codeLengths(lengths, counts, limit)
			kraft := 0
			for i, l := range lengths {
				if int(l) > limit || counts[i] > 0 && l == 0 {
					t.Fatalf("counts %v, lengths %v", counts, lengths)
				}
				if l > 0 {
					kraft += 1 << (limit - int(l))
				}
			}
			if kraft != 1<<limit {
				t.Fatalf("counts %v, lengths %v: not a complete code", counts, lengths)
			}
		}
	}
}

// Where the limit does not bind, both ways give the same total.
func TestPackageMerge(t *testing.T) {
	t.Parallel()
	leaves := []uint64{1 << 16, 2<<16 | 1, 3<<16 | 2, 5<<16 | 3, 9<<16 | 4, 40<<16 | 5}
	a, b := make([]uint64, 6), make([]uint64, 6)
	for i, l := range leaves {
		a[i] = l >> 16
	}
	moffat(a)
	packageMerge(b, leaves, 15)
	var x, y uint64
	for i, l := range leaves {
		x, y = x+a[i]*(l>>16), y+b[i]*(l>>16)
	}
	if x != y || x != 40+18+15+12+10+5-0 {
		t.Errorf("%d and %d bits", x, y)
	}
}

func FuzzDeflate(f *testing.F) {
	for _, src := range inputs() {
		f.Add(src[:min(len(src), 5000)], uint8(3))
	}
	enc := []*Encoder{New(Fast), New(Default), New(Max), New(Effort{Depth: 1, Nice: 3, Follow: 3, Passes: 1})}
	f.Fuzz(func(t *testing.T, src []byte, effort uint8) {
		roundTrip(t, enc[effort%4], src)
	})
}

func BenchmarkDeflate(b *testing.B) {
	all := inputs()
	for _, name := range []string{"text", "gradient", "zeros", "noise"} {
		for _, e := range []struct {
			name   string
			effort Effort
		}{{"fast", Fast}, {"default", Default}, {"max", Max}} {
			b.Run(name+"/"+e.name, func(b *testing.B) {
				enc, src := New(e.effort), all[name]
				var out []byte
				b.ReportAllocs()
				b.SetBytes(int64(len(src)))
				for b.Loop() {
					out, _ = enc.Zlib(b.Context(), out[:0], src)
				}
				b.ReportMetric(float64(len(out)), "out-bytes")
			})
		}
	}
}
