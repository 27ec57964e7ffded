//! The `lkt` program. The library does the work.

use std::process::ExitCode;

#[cfg(all(target_os = "linux", target_env = "musl"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    lkt::cli::run(std::env::args_os())
}
