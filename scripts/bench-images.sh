#!/bin/sh
# Encodes photographs and graphics with hone and with sharp (npm) in one run and
# compares bytes and CPU time where both score the same by SSIMULACRA2.
#
# The pictures come out of templates on npm and of fixtures/gen; nothing is
# kept in the repository. Everything is in tmp/images. Needs Go, Node and npm's
# registry. BENCH_PHOTOS bounds how many photographs are used (24).
set -eu
cd "$(dirname "$0")/.."

sharp=0.35.5
sources='startbootstrap-agency@7.0.12 startbootstrap-clean-blog@6.0.9 startbootstrap-landing-page@6.0.6 startbootstrap-creative@7.0.7
startbootstrap-grayscale@7.0.6 startbootstrap-freelancer@7.0.7'

root=$PWD/tmp/images
mkdir -p "$root/sources" "$root/tools"
for s in $sources; do
	name=${s%@*}
	[ -d "$root/sources/$name" ] && continue
	echo "fetch $s" >&2
	tgz=$(cd "$root" && npm pack --silent "$s")
	rm -rf "$root/unpacked" && mkdir "$root/unpacked"
	tar -xzf "$root/$tgz" -C "$root/unpacked"
	mv "$root/unpacked/package/dist" "$root/sources/$name"
	rm -rf "$root/unpacked" "$root/$tgz"
done
[ -d "$root/sources/gen" ] || go run ./fixtures/gen -only graphics "$root/sources/gen"

if [ ! -d "$root/tools/node_modules/sharp" ]; then
	echo "install sharp $sharp" >&2
	echo '{"private":true}' >"$root/tools/package.json"
	(cd "$root/tools" && npm install --silent --no-audit --no-fund "sharp@$sharp" >&2)
fi

go test -c -tags benchimages -o "$root/bench.test" ./optimize
export BENCH_DIR="$root"
"$root/bench.test" -test.run '^TestBenchPrepare$' >/dev/null
node scripts/bench-images.mjs "$root"
"$root/bench.test" -test.run '^TestBenchImages$' -test.timeout 1h | grep -v -e '^PASS$' -e '^ok'
