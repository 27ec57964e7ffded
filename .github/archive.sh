#!/usr/bin/env bash
# archive.sh TARGET VERSION [BINARY]: packs the binary and what belongs to it into
# lkt-VERSION-TARGET.tar.gz, as `[package.metadata.binstall]` of Cargo.toml expects it.
set -euo pipefail

target=$1 version=$2
binary=${3:-target/$target/release/lkt}
name=lkt-$version-$target
[[ ! -e $name ]] || { echo "$name exists" >&2; exit 1; }

mkdir "$name"
cp "$binary" README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT "$name/"
mkdir "$name/completions" && cp completions/_lkt* completions/lkt.* "$name/completions/"
"$binary" man > "$name/lkt.1"
tar -czf "$name.tar.gz" "$name"
rm -r "$name"
