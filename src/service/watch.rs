//! Notices changes of the files that a service reads, without a signal.
//!
//! The files are looked at once a second. That works for a file that is written in place, for one that is
//! renamed into place, for the symbolic links that Kubernetes replaces, on every file system and on every
//! system, unlike notifications of the kernel.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// Time between two looks. A change is acted upon at the second look after it, so that a file that is
/// still being written is not read.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// Maximum number of bytes to compare of a file. None of lkt's files is larger.
const MAX_BYTES: u64 = 4 << 20;

/// Calls `changed` after one of the files has changed, in its own thread, until the process ends. The list
/// of files is fetched at each look, since a reload may change it.
pub(crate) fn watch(
    files: impl Fn() -> Vec<PathBuf> + Send + 'static,
    changed: impl Fn() + Send + 'static,
) -> io::Result<()> {
    let work = move || {
        let mut watched = Watched::new(files());
        loop {
            thread::sleep(BETWEEN_LOOKS);
            if watched.look(files()) {
                changed();
            }
        }
    };
    thread::Builder::new().name("watch".to_owned()).spawn(work).map(drop)
}

/// A hash of the content of each file; `None` where there is no file that can be read.
type Seen = BTreeMap<PathBuf, Option<u64>>;

/// What the files were when they were last acted upon, and at the last look.
struct Watched {
    hasher: RandomState,
    acted_upon: Seen,
    last: Seen,
}

impl Watched {
    fn new(files: Vec<PathBuf>) -> Self {
        let hasher = RandomState::new();
        let seen = see(&hasher, files);
        Self { hasher, acted_upon: seen.clone(), last: seen }
    }

    /// Looks at the files. Returns whether one of them has changed and is as it was at the last look.
    fn look(&mut self, files: Vec<PathBuf>) -> bool {
        let seen = see(&self.hasher, files);
        let is_settled = seen == self.last;
        // A file that was not watched before has been read by the reload that named it.
        let has_changed = seen
            .iter()
            .any(|(path, now)| self.acted_upon.get(path).is_some_and(|before| before != now));
        if !has_changed {
            self.acted_upon.clone_from(&seen);
        }
        self.last = seen;
        if has_changed && is_settled {
            self.acted_upon.clone_from(&self.last);
        }
        has_changed && is_settled
    }
}

fn see(hasher: &RandomState, files: Vec<PathBuf>) -> Seen {
    files.into_iter().map(|path| (path.clone(), content(hasher, &path).ok())).collect()
}

/// A hash of the content of a regular file. Reading a pipe would take what is in it.
fn content(hasher: &RandomState, path: &Path) -> io::Result<u64> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    File::open(path)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
    let mut hash = hasher.build_hasher();
    hash.write(&bytes);
    Ok(hash.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) {
        fs::write(path, text).expect("written");
    }

    #[test]
    fn a_change_counts_once_and_when_it_has_settled() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys");
        let files = || vec![path.clone()];
        write(&path, "one");
        let mut watched = Watched::new(files());
        assert!(!watched.look(files()));
        write(&path, "two");
        assert!(!watched.look(files()), "it may still be being written");
        write(&path, "three");
        assert!(!watched.look(files()), "it was");
        assert!(watched.look(files()));
        assert!(!watched.look(files()));
        // The same content is no change, whatever its time.
        write(&path, "three");
        assert!(!watched.look(files()) && !watched.look(files()));
        // A file that goes away and comes back.
        fs::remove_file(&path).expect("removed");
        assert!(!watched.look(files()) && watched.look(files()));
        write(&path, "three");
        assert!(!watched.look(files()) && watched.look(files()));
    }

    /// Kubernetes: `keys` → `..data/keys`, `..data` → `..1`, and `..data` is renamed into place.
    #[cfg(unix)]
    #[test]
    fn a_symbolic_link_that_is_replaced_is_a_change() {
        use std::os::unix::fs::symlink;

        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        for (version, text) in [("..1", "one"), ("..2", "two")] {
            fs::create_dir(at(version)).expect("a folder");
            write(&at(version).join("keys"), text);
        }
        symlink("..1", at("..data")).expect("a link");
        symlink("..data/keys", at("keys")).expect("a link");
        let files = || vec![at("keys")];
        let mut watched = Watched::new(files());
        symlink("..2", at("..data_tmp")).expect("a link");
        fs::rename(at("..data_tmp"), at("..data")).expect("renamed");
        assert!(!watched.look(files()) && watched.look(files()));
    }

    #[test]
    fn a_file_that_is_newly_watched_is_no_change() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys");
        write(&path, "one");
        let mut watched = Watched::new(Vec::new());
        assert!(!watched.look(vec![path.clone()]) && !watched.look(vec![path]));
    }
}
