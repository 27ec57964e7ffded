# shellcheck shell=bash
# What the slow scripts share: one line per proof, and the counts at the end. To be sourced.
#
# After a pipe, `grep ... > /dev/null`, not `grep -q`: that one ends at the first match, the program before it
# then dies of the closed pipe now and then, and with pipefail the whole has failed.

passed=0
failed=0

# proof "what it shows" command...: its output is shown only when it fails. It runs in this very shell,
# so what it starts and sets is there afterwards.
proof() {
    local what=$1 output measured
    shift
    output=$(mktemp)
    if "$@" > "$output" 2>&1; then
        passed=$((passed + 1))
        # What a proof measures is its last line, if that begins with an equals sign.
        measured=$(tail -n 1 "$output" | sed -n 's/^= //p')
        printf 'ok: %s%s\n' "$what" "${measured:+: $measured}"
    else
        failed=$((failed + 1))
        printf 'FAILED: %s\n' "$what"
        tail -n 40 "$output" | sed 's/^/    /'
    fi
    rm -f "$output"
}

not_proven() { printf 'not proven: %s\n' "$*"; }

# needs PROGRAM PACKAGE: installs a Debian package if PROGRAM is missing and root runs this, and says
# whether the program is there. Scripts install with apt only here.
needs() {
    command -v "$1" > /dev/null && return
    needs_package "$2"
    command -v "$1" > /dev/null
}

# needs_package PACKAGE: the same for what is no program.
needs_package() {
    dpkg-query --show --showformat '${db:Status-Status}' "$1" 2> /dev/null | grep -x installed > /dev/null && return
    [[ $(id -u) == 0 ]] && command -v apt-get > /dev/null || return 1
    if [[ -z ${apt_updated:-} ]]; then
        apt-get update > /dev/null 2>&1 || true
        apt_updated=yes
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$1" > /dev/null 2>&1
}

# use_lkt: sets LKT to the program under test, the one that the caller gave or a release that is built
# once for all scripts, target_dir to where Cargo builds, and tools to where scripts install theirs.
use_lkt() {
    target_dir=${CARGO_TARGET_DIR:-$PWD/target}
    # shellcheck disable=SC2034 # for the scripts that source this
    tools=$target_dir/tools
    if [[ -z ${LKT:-} ]]; then
        cargo build --quiet --release --locked || exit 1
        LKT=$target_dir/release/lkt
    fi
    LKT=$(realpath "$LKT")
    export LKT
}

# cargo_tool NAME VERSION: installs it in $tools. It is not optimised, which would take minutes to build,
# and has no debug information, which would take most of the room.
cargo_tool() {
    [[ -x $tools/bin/$1 ]] ||
        CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet --locked --debug --root "$tools" "$1@$2"
}

# wait_for COMMAND...: until it succeeds, for at most ten seconds.
wait_for() {
    local round
    for round in $(seq 100); do
        "$@" > /dev/null 2>&1 && return
        sleep 0.1
    done
    echo "waited in vain, $round times: $*"
    return 1
}

# The closing lines. The exit code is for the caller: 0 when nothing failed.
summary() {
    printf '\n%d passed, %d failed\n' "$passed" "$failed"
    ((failed == 0))
}
