#!/bin/sh
# Installs a release of hone into a folder and checks it against the checksums
# of that release.
#   install.sh VERSION DIR
# HONE_RELEASES is where releases are, for mirrors.
set -eu
version=${1:?usage: install.sh VERSION DIR}
dir=${2:?usage: install.sh VERSION DIR}
from=${HONE_RELEASES:-https://github.com/hone-web/hone/releases/download}

case $(uname -s) in
Linux) os=linux ;;
Darwin) os=darwin ;;
MINGW* | MSYS* | CYGWIN*) os=windows ;;
*) echo "hone: there is no release for $(uname -s)" >&2; exit 2 ;;
esac
case $(uname -m) in
x86_64 | amd64) arch=amd64 ;;
aarch64 | arm64) arch=arm64 ;;
*) echo "hone: there is no release for $(uname -m)" >&2; exit 2 ;;
esac
kind=tar.gz
[ $os != windows ] || kind=zip
name=hone_${version}_${os}_${arch}.$kind

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
curl -fsSL --retry 3 -o "$tmp/$name" "$from/v$version/$name"
curl -fsSL --retry 3 -o "$tmp/checksums.txt" "$from/v$version/checksums.txt"
want=$(awk -v n="$name" '$2 == n { print $1 }' "$tmp/checksums.txt")
if command -v sha256sum >/dev/null; then
	have=$(sha256sum "$tmp/$name" | cut -d' ' -f1)
else
	have=$(shasum -a 256 "$tmp/$name" | cut -d' ' -f1)
fi
if [ -z "$want" ] || [ "$want" != "$have" ]; then
	echo "hone: $name does not have the checksum of its release" >&2
	exit 3
fi
mkdir -p "$dir"
if [ $kind = zip ]; then
	unzip -qo "$tmp/$name" hone.exe -d "$dir"
else
	tar -xzf "$tmp/$name" -C "$dir" hone
fi
