//go:build benchimages

package optimize

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/image/webp"

	"github.com/hone-web/hone/optimize/internal/libwebp"
	"github.com/hone-web/hone/optimize/internal/resize"
	"github.com/hone-web/hone/site"
)

// The comparison with sharp of scripts/bench-images.sh, which starts it.

type benchList struct {
	Photos, Graphics, Ladder []string
	Widths                   []int
}

type benchRow struct {
	Cut, Format, File string
	Quality           int
	Bytes             int
	CPU               float64
	score             float64
}

const benchWidth = 1000

// TestBenchPrepare chooses the pictures and writes the cuts that both sides
// encode.
func TestBenchPrepare(t *testing.T) {
	root := os.Getenv("BENCH_DIR")
	most, _ := strconv.Atoi(cmp.Or(os.Getenv("BENCH_PHOTOS"), "24"))
	list := benchList{Widths: []int{1200, 640, 320}}
	dir := filepath.Join(root, "cuts")
	must(t, os.MkdirAll(dir, 0o755))
	var files []string
	must(t, filepath.WalkDir(filepath.Join(root, "sources"), func(p string, d fs.DirEntry, err error) error {
		files = append(files, p)
		return err
	}))
	write := func(i int, p string, m *image.NRGBA) string {
		name := filepath.Join(dir, fmt.Sprintf("%02d-%s.png", i, strings.TrimSuffix(filepath.Base(p), filepath.Ext(p))))
		var buf bytes.Buffer
		must(t, png.Encode(&buf, m))
		must(t, os.WriteFile(name, buf.Bytes(), 0o644))
		return name
	}
	for _, p := range files {
		b, err := os.ReadFile(p)
		if err != nil {
			continue // a folder
		}
		switch filepath.Ext(p) {
		case ".jpg":
			m, err := jpeg.Decode(bytes.NewReader(b))
			if err != nil || m.Bounds().Dx()*m.Bounds().Dy() < 200_000 || len(list.Photos) == most {
				continue
			}
			list.Ladder = append(list.Ladder, p)
			full := toNRGBA(m)
			if w, h := full.Rect.Dx(), full.Rect.Dy(); w > benchWidth {
				full = resize.NRGBA(full, benchWidth, h*benchWidth/w)
			}
			list.Photos = append(list.Photos, write(len(list.Photos), p, full))
		case ".png":
			m, err := png.Decode(bytes.NewReader(b))
			must(t, err)
			list.Graphics = append(list.Graphics, write(len(list.Graphics), p, toNRGBA(m)))
		}
	}
	b, err := json.Marshal(map[string]any{"photos": list.Photos, "graphics": list.Graphics, "ladder": list.Ladder, "widths": list.Widths})
	must(t, err)
	must(t, os.WriteFile(filepath.Join(root, "list.json"), b, 0o644))
}

// TestBenchImages encodes with hone, scores both sides and prints the table.
func TestBenchImages(t *testing.T) {
	root := os.Getenv("BENCH_DIR")
	var list benchList
	var theirs, ours []benchRow
	read(t, filepath.Join(root, "list.json"), &list)
	read(t, filepath.Join(root, "sharp.json"), &theirs)
	home, err := os.UserCacheDir()
	must(t, err)
	e := NewAVIF(filepath.Join(home, "hone", "code"))
	defer e.Close()
	if _, err := e.Encode(t.Context(), image.NewNRGBA(image.Rect(0, 0, 16, 16)), AVIFOptions{Quality: 50, Speed: 9}); err != nil { // start-up
		t.Fatal(err)
	}
	encode := func(cut, format string, q int, make func() ([]byte, error)) []byte {
		before := cpuTime()
		b, err := make()
		used := cpuTime() - before
		must(t, err)
		ours = append(ours, benchRow{Cut: cut, Format: format, Quality: q, Bytes: len(b), CPU: used})
		return b
	}
	for _, cut := range list.Photos {
		m := cutOf(t, cut)
		score := func(back image.Image) { ours[len(ours)-1].score = scoreOf(m, toNRGBA(back)) }
		for _, q := range []int{45, 62, 76} {
			back, err := decodeJPEG(encode(cut, "jpeg", q, func() ([]byte, error) { return encodeJPEG(m, q, false, nil) }))
			must(t, err)
			score(back)
		}
		for _, q := range []int{42, 54, 66} {
			for _, f := range []struct {
				name  string
				speed int
			}{{"avif-same-speed", 8}, {"avif-9", 9}} {
				b := encode(cut, f.name, q, func() ([]byte, error) {
					return e.Encode(t.Context(), m, AVIFOptions{Quality: q, Speed: f.speed})
				})
				back, err := e.Decode(t.Context(), b)
				must(t, err)
				score(back)
			}
		}
	}
	for _, cut := range list.Graphics {
		m := cutOf(t, cut)
		encode(cut, "webp", 100, func() ([]byte, error) { return libwebp.EncodeLossless(m, 4, 75) })
		encode(cut, "png", 9, func() ([]byte, error) { return fewestPNG(t.Context(), &Input{}, m) })
	}
	for _, photo := range list.Ladder {
		sizes := map[string]int{}
		encode(photo, "ladder", 0, func() (all []byte, err error) {
			sizes, err = ladderOf(t.Context(), photo, list.Widths, e)
			return make([]byte, sizes[".avif"]+sizes[".jpg"]), err
		})
		ours = append(ours, benchRow{Cut: photo, Format: "ladder-avif", Bytes: sizes[".avif"]}, benchRow{Cut: photo, Format: "ladder-jpeg", Bytes: sizes[".jpg"]})
	}
	for i := range theirs {
		if r := &theirs[i]; r.Format == "jpeg" || strings.HasPrefix(r.Format, "avif") {
			r.score = scoreFile(t, e, r)
		}
	}
	fmt.Printf("%d photographs, %d graphics; hone's bytes and CPU beside those of sharp, which are 1\n\n", len(list.Photos), len(list.Graphics))
	fmt.Printf("%-60s %8s %8s %4s\n", "", "bytes", "CPU", "n")
	line := func(what, own, other string, equal bool) {
		b, c, n := compare(ours, theirs, own, other, equal)
		cpu := "-"
		if c > 0 {
			cpu = fmt.Sprintf("%.2f", c)
		}
		fmt.Printf("%-60s %8.3f %8s %4d\n", what, b, cpu, n)
	}
	line("JPEG: jpegli and own coding beside mozjpeg, score 70", "jpeg", "jpeg", true)
	line("AVIF: speed 8 beside effort 1 (the same speed), score 70", "avif-same-speed", "avif-same-speed", true)
	line("AVIF: speed 9 beside effort 1, score 70", "avif-9", "avif-same-speed", true)
	line("AVIF: speed 8 beside the default (effort 4), at its score", "avif-same-speed", "avif-default", true)
	line("WebP, lossless", "webp", "webp", false)
	line("PNG, lossless", "png", "png", false)
	line("three widths, AVIF and JPEG; sharp: as jampack, and WebP", "ladder", "ladder", false)
	line("    of which AVIF (quality 60, effort 4)", "ladder-avif", "ladder-avif", false)
	line("    of which JPEG (quality 75)", "ladder-jpeg", "ladder-jpeg", false)
}

// ladderOf does what a build does for a photograph that pages show in three
// widths, and returns how many bytes the files of each format have. What does
// not pay is not made.
func ladderOf(ctx context.Context, photo string, widths []int, e AVIFEncoder) (map[string]int, error) {
	src, err := os.ReadFile(photo)
	if err != nil {
		return nil, err
	}
	in := &Input{Path: "a.jpg", Kind: site.Image, Bytes: src, AVIF: e}
	for _, ext := range []string{".avif", ".jpg"} {
		for _, w := range slices.Backward(widths) {
			in.Want = append(in.Want, site.VariantKey(ext, w))
		}
		if conf, err := jpeg.DecodeConfig(bytes.NewReader(src)); ext == ".avif" && (err != nil || conf.Width <= widths[0]) {
			in.Want = append(in.Want, ".avif") // sharp gives it its own width too
		}
	}
	out, err := JPEG.Run(ctx, in)
	sizes := map[string]int{}
	if w := out.Facts.Width; w <= widths[0] {
		sizes[".jpg"] = max(len(out.Bytes), 1)
	}
	for _, v := range out.Variants {
		sizes[v.Ext] += len(v.Bytes)
	}
	return sizes, err
}

// compare returns the geometric means of the ratios of bytes, where equal is
// set at a score that both reach, and the ratio of all CPU time.
func compare(ours, theirs []benchRow, own, other string, equal bool) (size, cpu float64, n int) {
	var sum, a, b float64
	for _, cut := range cutsOf(ours, own) {
		o, p := rowsOf(ours, own, cut), rowsOf(theirs, other, cut)
		if len(o) == 0 || len(p) == 0 {
			continue
		}
		x, y := logBytes(o[0]), logBytes(p[0])
		cx, cy := o[0].CPU, p[0].CPU
		if equal {
			target := 70.0
			if len(p) == 1 {
				target = p[0].score
			}
			var fx, fy bool
			if x, cx, fx = at(o, target); !fx {
				continue
			}
			if y, cy, fy = at(p, target); !fy {
				continue
			}
		}
		sum += x - y
		a, b, n = a+cx, b+cy, n+1
	}
	return math.Exp(sum / float64(n)), a / b, n
}

// at returns the logarithm of the bytes and the CPU time at a score, between
// the rows beside it.
func at(rows []benchRow, score float64) (size, cpu float64, ok bool) {
	if len(rows) == 1 {
		return logBytes(rows[0]), rows[0].CPU, true
	}
	slices.SortFunc(rows, func(a, b benchRow) int { return cmp.Compare(a.score, b.score) })
	for i := 1; i < len(rows); i++ {
		l, r := rows[i-1], rows[i]
		if l.score <= score && score <= r.score && l.score < r.score {
			f := (score - l.score) / (r.score - l.score)
			return logBytes(l) + f*(logBytes(r)-logBytes(l)), l.CPU + f*(r.CPU-l.CPU), true
		}
	}
	return 0, 0, false
}

func logBytes(r benchRow) float64 { return math.Log(float64(max(r.Bytes, 1))) }

func cutsOf(rows []benchRow, format string) (out []string) {
	for _, r := range rows {
		if r.Format == format && !slices.Contains(out, r.Cut) {
			out = append(out, r.Cut)
		}
	}
	return out
}

func rowsOf(rows []benchRow, format, cut string) (out []benchRow) {
	for _, r := range rows {
		if r.Format == format && r.Cut == cut {
			out = append(out, r)
		}
	}
	return out
}

func scoreFile(t *testing.T, e AVIFEncoder, r *benchRow) float64 {
	b, err := os.ReadFile(r.File)
	must(t, err)
	var back image.Image
	switch filepath.Ext(r.File) {
	case ".jpg":
		back, err = decodeJPEG(b)
	case ".avif":
		back, err = e.Decode(t.Context(), b)
	case ".webp":
		back, err = webp.Decode(bytes.NewReader(b))
	}
	must(t, err)
	return scoreOf(cutOf(t, r.Cut), toNRGBA(back))
}

func cutOf(t *testing.T, name string) *image.NRGBA {
	b, err := os.ReadFile(name)
	must(t, err)
	m, err := png.Decode(bytes.NewReader(b))
	must(t, err)
	return toNRGBA(m)
}

func cpuTime() float64 {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
}

func read(t *testing.T, name string, v any) {
	b, err := os.ReadFile(name)
	must(t, err)
	must(t, json.Unmarshal(b, v))
}

func must(t *testing.T, err error) {
	if err != nil {
		t.Helper()
		t.Fatal(err)
	}
}
