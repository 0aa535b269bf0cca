package config

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

func TestNearest(t *testing.T) {
	t.Parallel()
	list := []string{"jpeg_quality", "preset", "keep_urls", "fail_on", "br", "gzip"}
	for in, want := range map[string]string{
		"jpeg_qualty": "jpeg_quality", "jpeg_qualitys": "jpeg_quality", "jpge_quality": "jpeg_quality", "quality": "",
		"preste": "preset", "Preset": "preset", "keepurls": "keep_urls", "gzi": "gzip", "rb": "br", "zzzzzz": "", "": "",
	} {
		if got := Nearest(in, list); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"abc", "acb", 1}, {"kitten", "sitting", 3}, {"ab", "ba", 1}} {
		if got, back := distance(tt.a, tt.b), distance(tt.b, tt.a); got != tt.want || back != tt.want {
			t.Errorf("from %q to %q: %d, back %d, want %d", tt.a, tt.b, got, back, tt.want)
		}
	}
}

// TestMistakes: every mistake is told with its place and, where there is one,
// the word that was meant.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"preste = \"fast\"", `hone.toml:1:1: unknown key "preste"; did you mean "preset"?`},
		{"preset = \"fast\"\n\n[image]\n  jpeg_qualty = 3\n", `hone.toml:4:3: unknown key "image.jpeg_qualty"; did you mean "image.jpeg_quality"?`},
		{"something_else = 1", `hone.toml:1:1: unknown key "something_else"; 'hone config schema' lists the keys`},
		{"\npreset = \"fats\"", `hone.toml:2:1: preset: "fats" is none of fast, default, max; did you mean "fast"?`},
		{"[image]\njpeg_quality = 101", "hone.toml:2:1: image.jpeg_quality: 101 is not between 1 and 100"},
		{"image.jpeg_quality = 0", "hone.toml:1:7: image.jpeg_quality: 0 is not between 1 and 100"},
		{"jobs = 0", "hone.toml:1:1: jobs: 0 is below 1"},
		{"precompress = [\"br\", \"gz\"]", `hone.toml:1:1: precompress: "gz" is none of br, gzip, zstd`},
		{"fail_on = \"warning\"", `hone.toml:1:1: fail_on: "warning" is none of error, warn, never`},
		{"[limits]\ntext = 5\nframes = 0\nside = 0\npixels = -1", "hone.toml:5:1: limits.pixels: it must be above 0"},
		{"jobs = \"many\"", "hone.toml:1:8: "},
		{"jobs = ", "hone.toml:1:"},
		{"preset = \"fast\"\npreset = \"max\"", "hone.toml:"},
		{"\xff", "hone.toml:"},
	} {
		_, err := Parse("hone.toml", []byte(tt.text))
		var e *Error
		if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%q:\n %v\nwant:\n %s", tt.text, err, tt.want)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	c, err := Parse("hone.toml", []byte("input = \"public\"\njobs = 3\nstrict = false\nskip = []\nonly = [\"css\"]\n[cache]\nhosts = [\"nginx\"]\n[limits]\npixels = 5\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	c.Each(func(key string, value any) { got = append(got, fmt.Sprintf("%s=%v", key, value)) })
	want := "input=public only=[css] skip=[] jobs=3 strict=false cache.hosts=[nginx] limits.pixels=5"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	for _, empty := range []string{"", "\n", "# nothing\n"} {
		c, err := Parse("hone.toml", []byte(empty))
		if err != nil {
			t.Errorf("%q: %v", empty, err)
			continue
		}
		c.Each(func(key string, _ any) { t.Errorf("%q sets %s", empty, key) })
	}
}

// TestPrecedence merges layer over layer: what a later one sets wins, and what
// it leaves out stays, also where the value set is empty or false.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	file, err := Parse("hone.toml", []byte("preset = \"max\"\njobs = 3\nstrict = true\nskip = [\"css\"]\n[image]\njpeg_quality = 70\n"))
	if err != nil {
		t.Fatal(err)
	}
	env, err := FromEnv(lookup(map[string]string{"HONE_JOBS": "5", "HONE_STRICT": "false", "HONE_SKIP": "", "HONE_LIMITS__TEXT": "9"}))
	if err != nil {
		t.Fatal(err)
	}
	before := fmt.Sprint(keys(file))
	got := file.Merge(env)
	if *got.Preset != "max" || *got.Jobs != 5 || *got.Strict || *got.Image.JPEGQuality != 70 || *got.Limits.Text != 9 {
		t.Errorf("merged: %v", keys(got))
	}
	if len(got.Skip) != 1 {
		t.Errorf("an empty list unsets: %v", got.Skip)
	}
	if fmt.Sprint(keys(file)) != before {
		t.Error("merging changed the lower layer")
	}
}

func keys(c *Config) map[string]any {
	m := map[string]any{}
	c.Each(func(key string, v any) { m[key] = v })
	return m
}

func lookup(m map[string]string) func(string) (string, bool) {
	return func(k string) (string, bool) { v, ok := m[k]; return v, ok }
}

func TestEnv(t *testing.T) {
	t.Parallel()
	c, err := FromEnv(lookup(map[string]string{"HONE_IMAGE_JPEG_QUALITY": "80", "HONE_ONLY": " css , ,js,", "HONE_STRICT": "1", "HONE_BASE_URL": "/docs/", "OTHER": "x"}))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(keys(c)), "map[base_url:/docs/ image.jpeg_quality:80 only:[css js] strict:true]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for env, want := range map[string]string{
		"HONE_JOBS=many":               `HONE_JOBS: "many" is not a whole number`,
		"HONE_JOBS=0":                  "HONE_JOBS: 0 is below 1",
		"HONE_STRICT=yes":              `HONE_STRICT: "yes" is neither true nor false`,
		"HONE_PRESET=fats":             `HONE_PRESET: "fats" is none of fast, default, max; did you mean "fast"?`,
		"HONE_IMAGE__JPEG_QUALITY=900": "HONE_IMAGE__JPEG_QUALITY: 900 is not between 1 and 100",
	} {
		k, v, _ := strings.Cut(env, "=")
		if _, err := FromEnv(lookup(map[string]string{k: v})); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", env, err, want)
		}
	}
}

// TestKeys holds the three names of a field together: TOML, JSON, environment.
func TestKeys(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, k := range Keys() {
		if other, ok := seen[EnvName(k)]; ok {
			t.Errorf("%s and %s share a variable", k, other)
		}
		seen[EnvName(k)] = k
	}
	if len(seen) < 15 {
		t.Errorf("only %d keys", len(seen))
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[Config](), reflect.TypeFor[Image](), reflect.TypeFor[Cache](), reflect.TypeFor[Limits]()} {
		for i := range typ.NumField() {
			f := typ.Field(i)
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != f.Tag.Get("toml") || !strings.Contains(f.Tag.Get("jsonschema"), "description=") {
				t.Errorf("%s.%s: tags %s", typ.Name(), f.Name, f.Tag)
			}
		}
	}
}

// TestSchema compares with the schema that ships; -update writes it.
func TestSchema(t *testing.T) {
	t.Parallel()
	got, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join("..", "..", "schema", "hone.schema.json")
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is old; go test ./internal/config -update writes it anew", name)
	}
	for _, k := range Keys() {
		if leaf := k[strings.LastIndexByte(k, '.')+1:]; !bytes.Contains(got, []byte(`"`+leaf+`"`)) {
			t.Errorf("the schema does not know %s", k)
		}
	}
}

// FuzzParse: no text makes the reader fail, and an error has its place.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "jobs = 3", "[image]\njpeg_quality = 101", "[[image]]", "image.x.y = 1", "precompress = [1]", "\x00", "jobs = 1e9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("f", []byte(text))
		if (c == nil) == (err == nil) {
			t.Fatal("neither a configuration nor an error, or both")
		}
		if err == nil {
			if key, message := c.Validate(); key != "" {
				t.Fatalf("accepted, and not valid: %s %s", key, message)
			}
		}
	})
}
