#!/bin/sh
# Installs lkt {{version}} for this user: downloads its archive, checks the SHA-256 that stands below,
# and puts the program into ~/.local/bin, or into LKT_INSTALL_DIR. Asks for no password.
#
# LKT_URL is the folder to download from, also as file:///..., instead of {{url}}.
set -eu

directory=${LKT_INSTALL_DIR:-$HOME/.local/bin}
url=${LKT_URL:-{{url}}}

fail() {
    echo "error: $*" >&2
    exit 1
}

main() {
    case $(uname -s)/$(uname -m) in
        Linux/x86_64) target=x86_64-unknown-linux-musl sum={{sha256 x86_64-unknown-linux-musl}} ;;
        Linux/aarch64 | Linux/arm64) target=aarch64-unknown-linux-musl sum={{sha256 aarch64-unknown-linux-musl}} ;;
        Darwin/x86_64) target=x86_64-apple-darwin sum={{sha256 x86_64-apple-darwin}} ;;
        Darwin/arm64) target=aarch64-apple-darwin sum={{sha256 aarch64-apple-darwin}} ;;
        *) fail "there is no lkt for $(uname -s) on $(uname -m); with Rust, \`cargo install lkt\` builds it" ;;
    esac
    name=lkt-{{tag}}-$target
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT

    echo "downloading $url/$name.tar.gz"
    curl --fail --silent --show-error --location --output "$scratch/archive" "$url/$name.tar.gz" ||
        fail "the download failed"
    check "$scratch/archive" "$sum"
    tar -xzf "$scratch/archive" -C "$scratch" "$name/lkt" || fail "the archive cannot be unpacked"

    mkdir -p "$directory" || fail "\`$directory\` cannot be made; set LKT_INSTALL_DIR"
    # Renamed into place, so that a running lkt does not stand in the way.
    if ! { cp "$scratch/$name/lkt" "$directory/.lkt.new" && mv "$directory/.lkt.new" "$directory/lkt"; }; then
        fail "\`$directory\` cannot be written to; set LKT_INSTALL_DIR"
    fi
    echo "installed $("$directory/lkt" --version) as $directory/lkt"
    case :$PATH: in
        *:"$directory":*) ;;
        *) echo "note: \`$directory\` is not on your PATH" ;;
    esac
}

check() {
    if command -v sha256sum > /dev/null; then
        actual=$(sha256sum "$1")
    elif command -v shasum > /dev/null; then
        actual=$(shasum -a 256 "$1")
    else
        fail "neither sha256sum nor shasum is here to check the download with"
    fi
    [ "${actual%% *}" = "$2" ] || fail "the download is not what was released: its SHA-256 is ${actual%% *}, not $2"
}

# Read as a whole before anything is done, in case the script itself is cut off.
main
