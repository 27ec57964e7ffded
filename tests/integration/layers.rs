//! Modules use only those below them: `cli` → `service` → `server` → `endpoint` → `token`.

use std::fs;
use std::path::{Path, PathBuf};

/// From the top to the bottom.
const LAYERS: [&str; 5] = ["cli", "service", "server", "endpoint", "token"];

#[test]
fn no_module_uses_one_above_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut upward = Vec::new();
    for (above, layer) in LAYERS.iter().enumerate() {
        for file in rust_files(&source.join(layer)) {
            let text = fs::read_to_string(&file).expect("a source file");
            let is_upward = |other: &&&str| text.contains(&format!("crate::{other}::"));
            let found = LAYERS.iter().take(above).filter(is_upward);
            upward.extend(found.map(|other| format!("{} uses {other}", file.display())));
        }
    }
    assert_eq!(upward, Vec::<String>::new());
}

#[test]
fn only_the_command_line_knows_clap() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let below = LAYERS.iter().skip(1).flat_map(|layer| rust_files(&source.join(layer)));
    let found = below.filter(|file| {
        fs::read_to_string(file).expect("a source file").lines().any(|line| line.contains("clap::"))
    });
    assert_eq!(found.collect::<Vec<_>>(), Vec::<PathBuf>::new());
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a directory");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let files = paths.flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|ending| ending == "rs")).collect()
}
