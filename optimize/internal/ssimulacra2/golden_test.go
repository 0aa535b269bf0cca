package ssimulacra2

import (
	"flag"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"
)

var writeTo = flag.String("write", "", "folder that TestGolden writes its pairs to, as PNG")

type maker = func(w, h int) *image.NRGBA

var golden = []struct {
	name    string
	make    maker
	w, h    int
	distort func(*image.NRGBA) *image.NRGBA
	// tool is what version 2.1 says (on AVX-512), exact what it says with its
	// recursive Gaussian, whose single precision errors add up along rows and
	// columns, put as the same nine taps in double precision.
	tool, exact float64
}{
	{"gradient noisy(2)", gradient, 201, 158, noisy(2), 93.0179, 93.0791},
	{"gradient noisy(12)", gradient, 201, 158, noisy(12), 59.6292, 59.6447},
	{"gradient posterized(4)", gradient, 201, 158, posterized(4), 93.4550, 93.5252},
	{"gradient posterized(24)", gradient, 201, 158, posterized(24), 6.2262, 6.2421},
	{"gradient blurred(1)", gradient, 201, 158, blurred(1), 96.9165, 97.3669},
	{"gradient blurred(3)", gradient, 201, 158, blurred(3), 95.0608, 95.3383},
	{"gradient blocky(2)", gradient, 201, 158, blocky(2), 76.1888, 76.2080},
	{"gradient blocky(8)", gradient, 201, 158, blocky(8), 54.7139, 54.7266},
	{"gradient tinted", gradient, 201, 158, tinted, 92.1953, 92.3274},
	{"landscape noisy(2)", landscape, 201, 158, noisy(2), 93.0057, 93.1235},
	{"landscape noisy(12)", landscape, 201, 158, noisy(12), 63.1591, 63.1580},
	{"landscape posterized(4)", landscape, 201, 158, posterized(4), 92.5850, 92.6972},
	{"landscape posterized(24)", landscape, 201, 158, posterized(24), 39.1516, 39.1532},
	{"landscape blurred(1)", landscape, 201, 158, blurred(1), 73.0353, 73.0253},
	{"landscape blurred(3)", landscape, 201, 158, blurred(3), 34.8204, 34.8237},
	{"landscape blocky(2)", landscape, 201, 158, blocky(2), 26.3869, 26.4007},
	{"landscape blocky(8)", landscape, 201, 158, blocky(8), 51.5877, 51.5891},
	{"landscape tinted", landscape, 201, 158, tinted, 93.1489, 93.4272},
	{"writing noisy(2)", writing, 201, 158, noisy(2), 93.8621, 94.1633},
	{"writing noisy(12)", writing, 201, 158, noisy(12), 71.2621, 71.2732},
	{"writing posterized(4)", writing, 201, 158, posterized(4), 92.7918, 93.3767},
	{"writing posterized(24)", writing, 201, 158, posterized(24), 79.7478, 79.8469},
	{"writing blurred(1)", writing, 201, 158, blurred(1), 16.3480, 16.3711},
	{"writing blurred(3)", writing, 201, 158, blurred(3), -30.8946, -30.8805},
	{"writing blocky(2)", writing, 201, 158, blocky(2), -5.3667, -5.3438},
	{"writing blocky(8)", writing, 201, 158, blocky(8), 58.3651, 58.3965},
	{"writing tinted", writing, 201, 158, tinted, 90.9779, 91.3638},
	{"landscape posterized(16)", landscape, 8, 8, posterized(16), 93.7827, 93.7827},
	{"landscape noisy(9)", landscape, 8, 8, noisy(9), 94.0436, 94.0436},
	{"landscape posterized(16)", landscape, 9, 13, posterized(16), 93.7359, 93.7388},
	{"landscape noisy(9)", landscape, 9, 13, noisy(9), 92.4578, 92.4589},
	{"landscape posterized(16)", landscape, 15, 16, posterized(16), 89.3638, 89.3682},
	{"landscape noisy(9)", landscape, 15, 16, noisy(9), 85.0623, 85.0633},
	{"landscape posterized(16)", landscape, 16, 8, posterized(16), 93.6355, 93.6357},
	{"landscape noisy(9)", landscape, 16, 8, noisy(9), 93.7710, 93.7708},
	{"landscape posterized(16)", landscape, 17, 33, posterized(16), 82.8468, 82.8461},
	{"landscape noisy(9)", landscape, 17, 33, noisy(9), 81.7637, 81.7633},
	{"landscape posterized(16)", landscape, 33, 12, posterized(16), 93.6952, 93.6951},
	{"landscape noisy(9)", landscape, 33, 12, noisy(9), 92.9963, 92.9966},
	{"landscape posterized(16)", landscape, 64, 64, posterized(16), 62.0986, 62.1055},
	{"landscape noisy(9)", landscape, 64, 64, noisy(9), 56.5848, 56.5973},
	{"landscape posterized(16)", landscape, 113, 127, posterized(16), 62.0315, 62.0306},
	{"landscape noisy(9)", landscape, 113, 127, noisy(9), 72.5807, 72.5837},
	{"landscape posterized(16)", landscape, 300, 9, posterized(16), 94.1285, 94.1285},
	{"landscape noisy(9)", landscape, 300, 9, noisy(9), 93.0617, 93.0618},
	{"landscape posterized(16)", landscape, 257, 321, posterized(16), 51.8908, 51.9278},
	{"landscape noisy(9)", landscape, 257, 321, noisy(9), 68.2594, 68.3046},
	{"disc noisy(5)", disc, 160, 140, noisy(5), 89.2331, 89.2639},
	{"disc posterized(16)", disc, 160, 140, posterized(16), 74.6023, 74.6173},
	{"disc blurred(2)", disc, 160, 140, blurred(2), 69.1732, 69.1753},
	{"disc thinned", disc, 160, 140, thinned, 80.1398, 80.1542},
	{"disc thinned", disc, 10, 70, thinned, 93.6996, 93.6997},
	{"writing same", writing, 64, 64, same, 100.0000, 100.0000},
	{"disc same", disc, 64, 64, same, 100.0000, 100.0000},
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for i, g := range golden {
		ref := g.make(g.w, g.h)
		dist := g.distort(ref)
		name := fmt.Sprintf("%02d %s %dx%d", i, g.name, g.w, g.h)
		if *writeTo != "" {
			writePNG(t, fmt.Sprintf("%02d.ref.png", i), ref)
			writePNG(t, fmt.Sprintf("%02d.dist.png", i), dist)
		}
		got, err := Compare(ref, dist)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if math.Abs(got-g.exact) > 0.02 {
			t.Errorf("%s: score %.4f, want %.4f", name, got, g.exact)
		}
		// Where next to nothing differs, rounding is most of what the tool
		// sees.
		near := 0.1
		if g.tool > 90 {
			near = 0.6
		}
		if math.Abs(got-g.tool) > near {
			t.Errorf("%s: score %.4f, the reference tool gives %.4f", name, got, g.tool)
		}
		again, err := NewReference(ref).Score(dist)
		if err != nil || again != got {
			t.Errorf("%s: Score gives %v, %v where Compare gives %v", name, again, err, got)
		}
	}
}

func writePNG(t *testing.T, name string, m *image.NRGBA) {
	t.Helper()
	f, err := os.Create(filepath.Join(*writeTo, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, m); err != nil {
		t.Fatal(err)
	}
}
