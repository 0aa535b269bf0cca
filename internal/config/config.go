// Package config reads hone.toml and the HONE_* environment, and says exactly
// what is wrong with them. It decides nothing: commands merge it with flags.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Config is the content of hone.toml. A pointer that is nil, or a slice that
// is nil, was not set.
type Config struct {
	Input       *string  `toml:"input" json:"input,omitempty" jsonschema:"description=Folder to read"`
	Out         *string  `toml:"out" json:"out,omitempty" jsonschema:"description=Folder to write; default is the input's name with -honed"`
	BaseURL     *string  `toml:"base_url" json:"base_url,omitempty" jsonschema:"description=URL the site is served under"`
	Preset      *string  `toml:"preset" json:"preset,omitempty" jsonschema:"enum=fast,enum=default,enum=max,description=How much time to spend"`
	SourceMaps  *string  `toml:"source_maps" json:"source_maps,omitempty" jsonschema:"enum=keep,enum=drop,description=Whether scripts and style sheets with a source map stay as they are (keep; the default) or are minified and name it no more (drop)"`
	KeepURLs    *string  `toml:"keep_urls" json:"keep_urls,omitempty" jsonschema:"enum=all,enum=media,enum=none,description=Old names that go on answering"`
	Include     []string `toml:"include" json:"include,omitempty" jsonschema:"description=Globs of the only files to optimize"`
	Exclude     []string `toml:"exclude" json:"exclude,omitempty" jsonschema:"description=Globs of files to publish as they are"`
	Only        []string `toml:"only" json:"only,omitempty" jsonschema:"description=The only optimizers and combiners to run"`
	Skip        []string `toml:"skip" json:"skip,omitempty" jsonschema:"description=Optimizers and combiners not to run"`
	Jobs        *int     `toml:"jobs" json:"jobs,omitempty" jsonschema:"minimum=1,description=Files worked on at once"`
	MemoryLimit *string  `toml:"memory_limit" json:"memory_limit,omitempty" jsonschema:"description=Memory that work in flight may take, such as 512MB"`
	FailOn      *string  `toml:"fail_on" json:"fail_on,omitempty" jsonschema:"enum=error,enum=warn,enum=never,description=Least finding that fails"`
	Strict      *bool    `toml:"strict" json:"strict,omitempty" jsonschema:"description=Treat a file that cannot be read as an error"`
	Precompress []string `toml:"precompress" json:"precompress,omitempty" jsonschema:"enum=br,enum=gzip,enum=zstd,description=Content codings to write beside texts"`
	Image       Image    `toml:"image" json:"image,omitempty" jsonschema:"description=Pictures"`
	Bundle      Bundle   `toml:"bundle" json:"bundle,omitempty" jsonschema:"description=Joining files and writing them into pages"`
	CSS         CSS      `toml:"css" json:"css,omitempty" jsonschema:"description=Style sheets"`
	Fonts       Fonts    `toml:"fonts" json:"fonts,omitempty" jsonschema:"description=Fonts"`
	Cache       Cache    `toml:"cache" json:"cache,omitempty" jsonschema:"description=HTTP caching"`
	Paywall     Paywall  `toml:"paywall" json:"paywall,omitempty" jsonschema:"description=Which files are free and which are paid"`
	External    External `toml:"external" json:"external,omitempty" jsonschema:"description=Files of other hosts"`
	RUM         RUM      `toml:"rum" json:"rum,omitempty" jsonschema:"description=Real-user measuring: pages send what their visitors saw"`
	Monitor     Monitor  `toml:"monitor" json:"monitor,omitempty" jsonschema:"description=Addresses that are asked again and again"`
	Budget      []Budget `toml:"budget" json:"budget,omitempty" jsonschema:"description=What pages and files may weigh"`
	Limits      Limits   `toml:"limits" json:"limits,omitempty" jsonschema:"description=Bounds on what a file may cost"`
}

// Image is the [image] table.
type Image struct {
	Quality     *string `toml:"quality" json:"quality,omitempty" jsonschema:"enum=high,enum=balanced,enum=small,description=How near lossy pictures stay to their source: an SSIMULACRA2 score of 80 or 70 or 60; default balanced"`
	JPEGQuality *int    `toml:"jpeg_quality" json:"jpeg_quality,omitempty" jsonschema:"minimum=1,maximum=100,description=A fixed quality for the JPEG encoder instead of a score"`
	Picture     *string `toml:"picture" json:"picture,omitempty" jsonschema:"enum=off,enum=safe,enum=always,description=When a picture element may be put around an img; safe (default): where no selector and no script can tell"`
	AVIF        *string `toml:"avif" json:"avif,omitempty" jsonschema:"enum=off,enum=auto,enum=always,description=AVIF beside another format (auto: the default) or also as the only one (always) or never"`
	Color       *string `toml:"color" json:"color,omitempty" jsonschema:"enum=keep,enum=srgb,description=What becomes of colours beyond sRGB in copies; keep (default) makes none of such pictures"`
	Placeholder *string `toml:"placeholder" json:"placeholder,omitempty" jsonschema:"enum=off,enum=color,enum=thumbhash,description=What opaque pictures that are loaded late show before: nothing (off; the default) or their mean colour or a blurred likeness"`
}

// Bundle is the [bundle] table.
type Bundle struct {
	Protocol *string `toml:"protocol" json:"protocol,omitempty" jsonschema:"enum=h2,enum=h1,description=What the site is served over: HTTP/2 and later (h2; the default) or HTTP/1.1 (h1) where a request costs more"`
	Inline   *string `toml:"inline" json:"inline,omitempty" jsonschema:"enum=auto,enum=always,enum=off,description=Where small style sheets and scripts and pictures are written into pages: where no policy that hone cannot see could refuse them (auto; the default) or wherever it pays (always) or nowhere (off)"`
	Sprite   *string `toml:"sprite" json:"sprite,omitempty" jsonschema:"enum=auto,enum=off,description=Whether small backgrounds of one style sheet become one picture: where the pages that show them load less by it (auto; the default) or never (off)"`
}

// Fonts is the [fonts] table.
type Fonts struct {
	Subset *string `toml:"subset" json:"subset,omitempty" jsonschema:"enum=icons,enum=all,enum=off,description=Which fonts get a smaller one beside them with the characters that the site shows: those of icons (icons; the default) or all or none (off). The whole font stays for all other characters"`
	Text   *string `toml:"text" json:"text,omitempty" jsonschema:"description=Characters that the smaller fonts have besides those that stand in the site"`
}

// CSS is the [css] table.
type CSS struct {
	Unused   *string  `toml:"unused" json:"unused,omitempty" jsonschema:"enum=report,enum=remove,enum=off,description=What becomes of style rules that match no page: told of (report; the default) or taken out (remove) or not looked for (off)"`
	Critical *string  `toml:"critical" json:"critical,omitempty" jsonschema:"enum=auto,enum=always,enum=off,description=Which pages hold the style rules that they need for the first paint and load their style sheets at the end: those that gain and get no heavier (auto; the default) or all where it is safe (always) or none (off)"`
	Safelist []string `toml:"safelist" json:"safelist,omitempty" jsonschema:"description=Patterns such as is-* of classes and ids and elements that something adds which is no part of the site"`
	Trust    []string `toml:"trust" json:"trust,omitempty" jsonschema:"description=Other hosts whose scripts use none of the site's style rules and add none"`
}

// External is the [external] table.
type External struct {
	Vendor []string `toml:"vendor" json:"vendor,omitempty" jsonschema:"description=Hosts such as fonts.googleapis.com whose style sheets and scripts and fonts and pictures are copied into the site; hone.lock pins their bytes"`
}

// RUM is the [rum] table.
type RUM struct {
	Endpoint *string  `toml:"endpoint" json:"endpoint,omitempty" jsonschema:"description=Where pages send their web vitals: an https address or a path of the site such as /rum or ga4:G-ABC1234567; nowhere by default"`
	Sample   *float64 `toml:"sample" json:"sample,omitempty" jsonschema:"minimum=0,maximum=1,description=Share of page views that are measured; default 1"`
}

// Cache is the [cache] table.
type Cache struct {
	Hosts []string `toml:"hosts" json:"hosts,omitempty" jsonschema:"enum=netlify,enum=cloudflare,enum=nginx,enum=apache,enum=caddy,enum=vercel,enum=vercel-output,enum=firebase,enum=azure,enum=s3,enum=gcs,enum=azure-blob,enum=fastly,enum=bunny,enum=github-pages,description=Hosts to write headers for; default all but cloudflare and vercel-output and fastly and bunny and the stores (s3 gcs azure-blob); github-pages only says what it cannot do"`
	// Purged, CORS, Security and NoVary are off unless asked for.
	Purged     *bool       `toml:"purged" json:"purged,omitempty" jsonschema:"description=Each deploy purges the CDN; so it may keep pages (CDN-Cache-Control)"`
	CORS       *bool       `toml:"cors" json:"cors,omitempty" jsonschema:"description=Other origins may use the fonts (set it where they are on another host)"`
	Security   *bool       `toml:"security" json:"security,omitempty" jsonschema:"description=Send the security profile: HSTS and Referrer-Policy and who may frame the site"`
	NoVary     []string    `toml:"no_vary_search" json:"no_vary_search,omitempty" jsonschema:"description=Query parameters that change nothing of a page such as utm_source"`
	Link       *bool       `toml:"link" json:"link,omitempty" jsonschema:"description=Name the first style sheets of a page in a Link field which a CDN may send ahead as Early Hints"`
	Tags       *string     `toml:"tags" json:"tags,omitempty" jsonschema:"enum=Cache-Tag,enum=Surrogate-Key,enum=CDN-Tag,enum=Netlify-Cache-Tag,enum=Edge-Cache-Tag,description=Send the tags of each free file in this field so that the CDN can drop it by tag"`
	Dictionary *bool       `toml:"dictionary" json:"dictionary,omitempty" jsonschema:"description=Offer style sheets and scripts as compression dictionaries for those of the next deploy (RFC 9842)"`
	Previous   *string     `toml:"previous" json:"previous,omitempty" jsonschema:"description=Folder with the output that was deployed last; its style sheets and scripts are dictionaries for the new ones"`
	Rule       []CacheRule `toml:"rule" json:"rule,omitempty" jsonschema:"description=Header fields for some files; the last rule that matches wins"`
}

// CacheRule is one [[cache.rule]].
type CacheRule struct {
	Match  string            `toml:"match" json:"match" jsonschema:"description=Glob of output files such as img/**"`
	Class  string            `toml:"class" json:"class,omitempty" jsonschema:"enum=page,enum=error,enum=worker,enum=asset,enum=font,enum=feed,enum=well-known,enum=download,enum=data,description=Treat them as this class"`
	Header map[string]string `toml:"header" json:"header,omitempty" jsonschema:"description=Fields to set; an empty value takes a field away"`
}

// Limits is the [limits] table.
type Limits struct {
	Pixels *int64 `toml:"pixels" json:"pixels,omitempty" jsonschema:"minimum=1,description=Width × height of a picture; default 100000000"`
	Side   *int   `toml:"side" json:"side,omitempty" jsonschema:"minimum=1,description=Width or height of a picture; default 32768"`
	Frames *int   `toml:"frames" json:"frames,omitempty" jsonschema:"minimum=1,description=Frames of an animation; default 1000"`
	Text   *int64 `toml:"text" json:"text,omitempty" jsonschema:"minimum=1,description=Bytes of a text file that is parsed; default 10485760"`
}

// Error is a mistake in a configuration file, with its place.
type Error struct {
	File         string
	Line, Column int
	Message      string
	Hint         string
}

func (e *Error) Error() string {
	s := fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
	if e.Line == 0 {
		s = e.File + ": " + e.Message
	}
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// Parse reads the text of the configuration file called name.
func Parse(name string, text []byte) (*Config, error) {
	c := new(Config)
	if err := decode(name, text, c, ""); err != nil {
		return nil, err
	}
	c.Paywall.places(text, "paywall.")
	if key, message := c.Validate(); key != "" {
		line, col := place(text, key)
		return nil, &Error{name, line, col, fmt.Sprintf("%s: %s", key, message), ""}
	}
	return c, nil
}

// decode reads TOML into v; prefix is where the keys of v stand in Config.
func decode(name string, text []byte, v any, prefix string) error {
	err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(v)
	if errors.Is(err, io.EOF) {
		err = nil // an empty file is a configuration of nothing
	}
	var unknown *toml.StrictMissingError
	var bad *toml.DecodeError
	switch {
	case errors.As(err, &unknown):
		first := unknown.Errors[0]
		line, col := first.Position()
		key := strings.Join(first.Key(), ".")
		return &Error{name, line, col, fmt.Sprintf("unknown key %q", key), hintFor(prefix + key)}
	case errors.As(err, &bad):
		line, col := bad.Position()
		return &Error{name, line, col, strings.TrimPrefix(bad.Error(), "toml: "), ""}
	case err != nil:
		return &Error{File: name, Message: strings.TrimPrefix(err.Error(), "toml: ")}
	}
	return nil
}

// place finds the line of a key, for errors about values that decode.
func place(text []byte, key string) (line, col int) {
	table, leaf := "", key
	if i := strings.LastIndexByte(key, '.'); i >= 0 {
		table, leaf = key[:i], key[i+1:]
	}
	in := ""
	for n, l := range strings.Split(string(text), "\n") {
		t := strings.TrimSpace(l)
		if strings.HasPrefix(t, "[") {
			in = strings.Trim(strings.SplitN(t, "]", 2)[0], "[ ")
			continue
		}
		if k, _, ok := strings.Cut(t, "="); ok && (in == table && strings.TrimSpace(k) == leaf || in == "" && strings.TrimSpace(k) == key) {
			return n + 1, strings.Index(l, leaf) + 1
		}
	}
	return 0, 0
}

func hintFor(key string) string {
	if near := Nearest(key, Keys()); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "'hone config schema' lists the keys"
}

// Keys returns all keys, dotted, in the order of Config.
func Keys() []string {
	var keys []string
	walk(reflect.ValueOf(new(Config)).Elem(), "", func(key string, _ reflect.Value) { keys = append(keys, key) })
	return keys
}

func walk(v reflect.Value, prefix string, f func(string, reflect.Value)) {
	t := v.Type()
	for i := range t.NumField() {
		key := prefix + t.Field(i).Tag.Get("toml")
		if fv := v.Field(i); fv.Kind() == reflect.Struct {
			walk(fv, key+".", f)
		} else {
			f(key, fv)
		}
	}
}

// Each calls f with every key that is set and its value.
func (c *Config) Each(f func(key string, value any)) {
	walk(reflect.ValueOf(c).Elem(), "", func(key string, v reflect.Value) {
		if v.IsNil() {
			return
		}
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		f(key, v.Interface())
	})
}

// EnvName returns the variable that sets a key: image.jpeg_quality is
// HONE_IMAGE__JPEG_QUALITY. One underscore will do too.
func EnvName(key string) string {
	return "HONE_" + strings.ToUpper(strings.ReplaceAll(key, ".", "__"))
}

// FromEnv reads the HONE_* variables. Lists are separated by commas.
func FromEnv(lookup func(string) (string, bool)) (*Config, error) {
	c := new(Config)
	var first error
	walk(reflect.ValueOf(c).Elem(), "", func(key string, v reflect.Value) {
		text, ok := lookup(EnvName(key))
		if !ok {
			text, ok = lookup(strings.ReplaceAll(EnvName(key), "__", "_"))
		}
		if !ok || first != nil {
			return
		}
		if err := setText(v, text); err != nil {
			first = fmt.Errorf("%s: %w", EnvName(key), err)
		}
	})
	if first != nil {
		return nil, first
	}
	if key, message := c.Validate(); key != "" {
		return nil, fmt.Errorf("%s: %s", EnvName(key), message)
	}
	return c, nil
}

func setText(v reflect.Value, text string) error {
	if v.Kind() == reflect.Slice {
		if v.Type().Elem().Kind() != reflect.String {
			return errors.New("it can only be set in a file")
		}
		var list []string
		for _, s := range strings.Split(text, ",") {
			if s = strings.TrimSpace(s); s != "" {
				list = append(list, s)
			}
		}
		v.Set(reflect.ValueOf(list))
		return nil
	}
	p := reflect.New(v.Type().Elem())
	switch p.Elem().Kind() {
	case reflect.String:
		p.Elem().SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		p.Elem().SetBool(b)
	case reflect.Float64:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("%q is not a number", text)
		}
		p.Elem().SetFloat(n)
	default:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", text)
		}
		p.Elem().SetInt(n)
	}
	v.Set(p)
	return nil
}

// Merge returns c with every key set in over replaced by over's value.
func (c *Config) Merge(over *Config) *Config {
	out := *c
	to, from := map[string]reflect.Value{}, reflect.ValueOf(over).Elem()
	walk(reflect.ValueOf(&out).Elem(), "", func(key string, v reflect.Value) { to[key] = v })
	walk(from, "", func(key string, v reflect.Value) {
		if !v.IsNil() {
			to[key].Set(v)
		}
	})
	return &out
}

var choices = []struct {
	key    string
	get    func(*Config) *string
	values []string
}{
	{"preset", func(c *Config) *string { return c.Preset }, []string{"fast", "default", "max"}},
	{"source_maps", func(c *Config) *string { return c.SourceMaps }, []string{"keep", "drop"}},
	{"keep_urls", func(c *Config) *string { return c.KeepURLs }, []string{"all", "media", "none"}},
	{"image.quality", func(c *Config) *string { return c.Image.Quality }, []string{"high", "balanced", "small"}},
	{"image.picture", func(c *Config) *string { return c.Image.Picture }, []string{"off", "safe", "always"}},
	{"image.avif", func(c *Config) *string { return c.Image.AVIF }, []string{"off", "auto", "always"}},
	{"image.color", func(c *Config) *string { return c.Image.Color }, []string{"keep", "srgb"}},
	{"bundle.protocol", func(c *Config) *string { return c.Bundle.Protocol }, []string{"h2", "h1"}},
	{"bundle.inline", func(c *Config) *string { return c.Bundle.Inline }, []string{"auto", "always", "off"}},
	{"bundle.sprite", func(c *Config) *string { return c.Bundle.Sprite }, []string{"auto", "off"}},
	{"fonts.subset", func(c *Config) *string { return c.Fonts.Subset }, []string{"icons", "all", "off"}},
	{"css.unused", func(c *Config) *string { return c.CSS.Unused }, []string{"report", "remove", "off"}},
	{"css.critical", func(c *Config) *string { return c.CSS.Critical }, []string{"auto", "always", "off"}},
	{"image.placeholder", func(c *Config) *string { return c.Image.Placeholder }, []string{"off", "color", "thumbhash"}},
	{"fail_on", func(c *Config) *string { return c.FailOn }, []string{"error", "warn", "never"}},
}

// Validate returns the first key with a value out of range, and what is wrong
// with it; "" when all is well.
func (c *Config) Validate() (key, message string) {
	for _, ch := range choices {
		if v := ch.get(c); v != nil && !slices.Contains(ch.values, *v) {
			return ch.key, oneOf(*v, ch.values)
		}
	}
	for _, v := range c.Precompress {
		if known := []string{"br", "gzip", "zstd"}; !slices.Contains(known, v) {
			return "precompress", oneOf(v, known)
		}
	}
	for _, h := range c.External.Vendor {
		if message := hostError(h); message != "" {
			return "external.vendor", message
		}
	}
	if key, message := c.Paywall.validate(); key != "" {
		return key, message
	}
	if q := c.Image.JPEGQuality; q != nil && (*q < 1 || *q > 100) {
		return "image.jpeg_quality", fmt.Sprintf("%d is not between 1 and 100", *q)
	}
	if c.Jobs != nil && *c.Jobs < 1 {
		return "jobs", fmt.Sprintf("%d is below 1", *c.Jobs)
	}
	if key, message := validateBudgets(c.Budget); key != "" {
		return key, message
	}
	l := &c.Limits
	switch {
	case l.Pixels != nil && *l.Pixels < 1:
		key = "limits.pixels"
	case l.Side != nil && *l.Side < 1:
		key = "limits.side"
	case l.Frames != nil && *l.Frames < 1:
		key = "limits.frames"
	case l.Text != nil && *l.Text < 1:
		key = "limits.text"
	default:
		return "", ""
	}
	return key, "it must be above 0"
}

// hostError says what is wrong with an entry of external.vendor.
func hostError(h string) string {
	name := strings.TrimPrefix(h, "*.")
	if i := strings.LastIndexByte(name, ':'); i > 0 && strings.Trim(name[i+1:], "0123456789") == "" {
		name = name[:i]
	}
	if name != "" && strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789.-") == "" && !strings.HasPrefix(name, ".") {
		return ""
	}
	if _, rest, ok := strings.Cut(h, "//"); ok {
		host, _, _ := strings.Cut(rest, "/")
		return fmt.Sprintf("%q is an address; write the host alone: %q", h, host)
	}
	return fmt.Sprintf("%q is no host; write it like cdn.jsdelivr.net or *.example.com", h)
}

func oneOf(got string, values []string) string {
	s := fmt.Sprintf("%q is none of %s", got, strings.Join(values, ", "))
	if near := Nearest(got, values); near != "" {
		s += fmt.Sprintf("; did you mean %q?", near)
	}
	return s
}
