#!/bin/sh
# Runs jampack beside hone on three sites fetched from npm and prints what a
# visitor loads and what the run costs, as figures and as ratios.
#
# Everything is kept in tmp/peers. Needs Go, Node and npm's registry; with a
# Chromium (CHROMIUM, or chromium or google-chrome in PATH) pages are loaded and
# scrolled, else hone's own accounting is used. BENCH_RUNS is how often each run
# is repeated (3); the median counts.
set -eu
cd "$(dirname "$0")/.."

jampack=0.34.1
playwright=1.65.1
sites='startbootstrap-agency@7.0.12 startbootstrap-clean-blog@6.0.9 startbootstrap-landing-page@6.0.6'

[ -x bin/hone ] || make build
root=$PWD
mkdir -p tmp/peers/sites tmp/peers/tools tmp/peers/_rusage
cp bin/hone tmp/peers/hone # a build in the meantime must not change what is measured

for s in $sites; do
	name=${s%@*}
	if [ ! -f "tmp/peers/sites/$name/index.html" ]; then
		echo "fetch $s" >&2
		tgz=$(cd tmp/peers && npm pack --silent "$s")
		rm -rf tmp/peers/unpacked && mkdir tmp/peers/unpacked
		tar -xzf "tmp/peers/$tgz" -C tmp/peers/unpacked
		rm -rf "tmp/peers/sites/$name"
		mv tmp/peers/unpacked/package/dist "tmp/peers/sites/$name"
		rm -rf tmp/peers/unpacked
	fi
done

cd tmp/peers/tools
[ -f package.json ] || echo '{"private":true}' >package.json
if [ ! -d node_modules/@divriots/jampack ] || [ ! -d node_modules/playwright-core ]; then
	echo "install jampack $jampack, playwright-core $playwright" >&2
	npm install --silent --no-audit --no-fund "@divriots/jampack@$jampack" "playwright-core@$playwright" >&2
fi
cd "$root"

# CPU time and peak memory come from wait4, for both tools alike: of the command
# and of those of its children that it waits for.
cat >tmp/peers/_rusage/main.go <<'END'
package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

func main() {
	c := exec.Command(os.Args[2], os.Args[3:]...)
	out, err := c.CombinedOutput()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s%v\n", out, err)
		os.Exit(1)
	}
	s := c.ProcessState
	report := fmt.Sprintf(`{"cpu": %f, "rss": %d}`, (s.UserTime() + s.SystemTime()).Seconds(), s.SysUsage().(*syscall.Rusage).Maxrss)
	if err := os.WriteFile(os.Args[1], []byte(report), 0o644); err != nil {
		panic(err)
	}
}
END
go build -o tmp/peers/rusage tmp/peers/_rusage/main.go

CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
export CHROMIUM
node scripts/bench-peers.mjs "$root" $sites
