module github.com/hone-web/hone

go 1.26.0

// Packages of npm carry Go files of their own.
ignore node_modules

require (
	github.com/andybalholm/brotli v1.2.8 // compresses with brotli, and measures what a text takes compressed
	github.com/bmatcuk/doublestar/v4 v4.10.4 // patterns with ** for --include, --exclude and the configuration
	github.com/chromedp/cdproto v0.0.0-20250724212937-08a3db8b4327 // the DevTools commands and events of hone measure and the browser tests
	github.com/chromedp/chromedp v0.14.2 // drives Chromium in hone measure and the browser tests
	github.com/disintegration/imaging v1.6.2 // geometry of pictures: turns them as EXIF says
	github.com/evanw/esbuild v0.28.2 // minifies scripts and style sheets
	github.com/fsnotify/fsnotify v1.10.1 // tells of changed files, for watch and serve
	github.com/galdor/go-thumbhash v1.0.0 // small likenesses of pictures to show until they are there
	github.com/gen2brain/jpegli v0.4.2 // encodes JPEG with jpegli, without cgo
	github.com/gofrs/flock v0.13.1 // one run at a time holds an output folder, on every system
	github.com/invopop/jsonschema v0.14.0 // the JSON Schema of hone.toml, from the Go structs
	github.com/klauspost/compress v1.20.3 // zlib for PNG, gzip and zstd
	github.com/pelletier/go-toml/v2 v2.4.3 // reads hone.toml and says where a wrong key stands
	github.com/prometheus/client_golang v1.25.0 // the metrics of hone monitor; adds 4.0 MB to the binary (41.8 to 45.8)
	github.com/rogpeppe/go-internal v1.16.0 // txtar and testscript, for the tests
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // holds SARIF against the schema of the standard, in the tests
	github.com/schollz/progressbar/v3 v3.19.1 // the progress line on a terminal
	github.com/spf13/cobra v1.10.2 // commands, help and completion
	github.com/spf13/pflag v1.0.9 // the flags under cobra: which were set, in whose words
	github.com/tdewolff/minify/v2 v2.24.25 // minifies SVG
	github.com/tdewolff/parse/v2 v2.8.20 // tokens of CSS, as slices of the source
	github.com/tetratelabs/wazero v1.12.0 // runs the AVIF encoder and the font subsetter, which are WebAssembly
	golang.org/x/image v0.47.0 // decodes WebP; a font for the pictures of the fixtures
	golang.org/x/net v0.62.0 // tree and entities of HTML, as browsers read them
	golang.org/x/sys v0.49.0 // swaps folders at once and bounds the memory of a child, on Linux
	golang.org/x/term v0.47.0 // is standard error a terminal
	golang.org/x/tools v0.51.0 // txtar, for the sites of the browser tests
	lukechampine.com/blake3 v1.4.1 // the digests by which Cloudflare addresses files
)

require (
	github.com/bahlo/generic-list-go v0.2.0 // indirect
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/buger/jsonparser v1.1.2 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/chromedp/sysutil v1.1.0 // indirect
	github.com/go-json-experiment/json v0.0.0-20250725192818-e39067aee2d2 // indirect
	github.com/gobwas/httphead v0.1.0 // indirect
	github.com/gobwas/pool v0.2.1 // indirect
	github.com/gobwas/ws v1.4.0 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/klauspost/cpuid/v2 v2.0.9 // indirect
	github.com/mitchellh/colorstring v0.0.0-20190213212951-d06e56a500db // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/pb33f/ordered-map/v2 v2.3.1 // indirect
	github.com/prometheus/client_model v0.6.3 // indirect
	github.com/prometheus/common v0.72.0 // indirect
	github.com/prometheus/procfs v0.22.0 // indirect
	github.com/rivo/uniseg v0.4.7 // indirect
	go.yaml.in/yaml/v4 v4.0.0-rc.2 // indirect
	golang.org/x/text v0.43.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)
