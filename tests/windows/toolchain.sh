# shellcheck shell=bash
# Builds for Windows on Debian, which has no standard library of Rust for it: `-Zbuild-std` makes one
# from Debian's sources, with Debian's own Rust. To be sourced after tests/proofs.sh.

windows_target=x86_64-pc-windows-gnu

windows_toolchain() {
    needs x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64 && needs /usr/bin/cargo cargo-web &&
        needs /usr/bin/rustc rustc-web && needs_package rust-web-src
}

# windows_cargo COMMAND [OPTION]...
windows_cargo() {
    local command=$1
    shift
    # Unstable options of a stable compiler.
    env RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 PATH="/usr/bin:$PATH" \
        CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=x86_64-w64-mingw32-gcc CARGO_PROFILE_DEV_DEBUG=0 \
        /usr/bin/cargo "$command" -Zbuild-std=std,panic_unwind --target "$windows_target" \
        --target-dir "${LKT_WINDOWS_TARGET_DIR:-$target_dir/windows}" --locked "$@"
}
