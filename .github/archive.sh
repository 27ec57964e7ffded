#!/usr/bin/env bash
# archive.sh TARGET VERSION [BINARY]: packs the binary and what belongs to it into
# lkt-VERSION-TARGET.tar.gz, or .zip for Windows, as `[package.metadata.binstall]` of Cargo.toml expects
# it. LKT_HERE=PATH prints the manual instead of a binary that does not run here.
#
# The same binary and the same commit give the same archive, byte for byte.
set -euo pipefail

target=$1 version=$2
program=lkt
[[ $target != *-windows-* ]] || program=lkt.exe
binary=${3:-target/$target/release/$program}
name=lkt-$version-$target
[[ ! -e $name ]] || { echo "$name exists" >&2; exit 1; }
date=@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}

mkdir "$name"
cp "$binary" "$name/$program"
cp README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT "$name/"
mkdir "$name/completions" && cp completions/_lkt* completions/lkt.* "$name/completions/"
"${LKT_HERE:-$binary}" man > "$name/lkt.1"
if [[ $program == lkt.exe ]]; then
    python3 - "$name" "${date#@}" << 'PYTHON'
import sys, time, zipfile
from pathlib import Path

folder, date = Path(sys.argv[1]), time.gmtime(int(sys.argv[2]))[:6]
with zipfile.ZipFile(f"{folder}.zip", "w") as archive:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        entry = zipfile.ZipInfo(path.as_posix(), date)
        archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
PYTHON
else
    # The list is sorted here, since the tar of macOS cannot.
    find "$name" -type f | LC_ALL=C sort > "$name.files"
    if tar --version | grep -q GNU; then
        tar --mtime="$date" --owner=0 --group=0 --numeric-owner --mode=go+rX,go-w -cf - -T "$name.files"
    else
        tar --uid 0 --gid 0 -cf - -T "$name.files"
    fi | gzip --no-name --best > "$name.tar.gz"
    rm "$name.files"
fi
rm -r "$name"
