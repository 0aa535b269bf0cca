#!/bin/sh
# Writes the completions of the shells and the manual pages into a folder.
#   completions.sh DIR
set -eu
dir=${1:?usage: completions.sh DIR}
mkdir -p "$dir/completions" "$dir/man"
hone=${HONE:-}
if [ -z "$hone" ]; then
	hone=$dir/hone
	CGO_ENABLED=0 go build -trimpath -o "$hone" ./cmd/hone
	trap 'rm -f "$hone"' EXIT
fi
"$hone" completion bash >"$dir/completions/hone.bash"
"$hone" completion zsh >"$dir/completions/_hone"
"$hone" completion fish >"$dir/completions/hone.fish"
"$hone" completion powershell >"$dir/completions/hone.ps1"
"$hone" man "$dir/man"
