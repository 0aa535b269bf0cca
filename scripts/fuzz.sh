#!/bin/sh
# Runs every fuzz target of the module for TIME each: scripts/fuzz.sh 30s
# FUZZSKIP is an extended regular expression of targets to leave out.
set -eu

time=${1:-10s}
go=${GO:-go}
skip=${FUZZSKIP:-'^$'}

cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# go test -list prints the targets of a package and then its "ok" line.
list=$("$go" test -list '^Fuzz' ./...) || { echo "$list"; exit 1; }
targets=$(echo "$list" | awk '/^Fuzz/ { names[n++] = $1 } /^ok/ { for (i = 0; i < n; i++) print $2, names[i]; n = 0 }')
[ -n "$targets" ] || { echo "no fuzz targets found"; exit 1; }

# A run whose time ends in the middle of an input may fail with nothing but
# "context deadline exceeded" (golang/go issue 75804); that one is run again.
fuzz() {
	"$go" test -run '^$' -fuzz "^$2\$" -fuzztime "$time" -fuzzminimizetime 2s "$1" >"$log" 2>&1
}
spurious() {
	grep -q 'context deadline exceeded' "$log" && ! grep -q 'Failing input' "$log"
}

failed=
count=0
while read -r pkg name; do
	if echo "$name" | grep -Eq "$skip"; then
		echo "skip $pkg $name"
		continue
	fi
	count=$((count + 1))
	echo "fuzz $pkg $name"
	if ! fuzz "$pkg" "$name" && ! { spurious && fuzz "$pkg" "$name"; }; then
		cat "$log"
		failed="$failed $name"
	fi
done <<END
$targets
END

if [ -n "$failed" ]; then
	echo "failed:$failed"
	exit 1
fi
echo "$count targets, $time each: no failing input"
