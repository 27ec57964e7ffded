//! Notices changes of the files that a service reads, without a signal.
//!
//! The files are looked at once a second. That works for a file that is written in place, for one that is
//! renamed into place, for the symbolic links that Kubernetes replaces, on every file system and on every
//! system, unlike notifications of the kernel.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// Time between two looks. A change is acted upon at the second look after it, so that a file that is
/// still being written is not read.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// Maximum number of looks that find a change before it is acted upon, even if the file changes on.
const MAX_LOOKS: u32 = 5;

/// Maximum number of bytes to compare of a file. None of lkt's files is larger.
const MAX_BYTES: u64 = 4 << 20;

/// Calls `changed` after one of the files has changed, in its own thread, until the process ends. The list
/// of files is fetched at each look, since a reload may change it.
pub(crate) fn watch(
    files: impl Fn() -> Vec<PathBuf> + Send + 'static,
    changed: impl Fn() + Send + 'static,
) -> io::Result<()> {
    // Not in the thread: it may start late, and would not notice what has changed until then.
    let mut watched = Watched::new(files());
    let work = move || {
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
    /// Number of looks since the last one without a change.
    looks: u32,
}

impl Watched {
    fn new(files: Vec<PathBuf>) -> Self {
        let hasher = RandomState::new();
        let seen = see(&hasher, files);
        Self { hasher, acted_upon: seen.clone(), last: seen, looks: 0 }
    }

    /// Looks at the files. Returns whether one of them has changed and is as it was at the last look,
    /// whatever the others do: a file that changes all the time must not keep a key from being replaced.
    fn look(&mut self, files: Vec<PathBuf>) -> bool {
        let seen = see(&self.hasher, files);
        // A file that was not watched before has been read by the reload that named it.
        let before = |path| self.acted_upon.get(path).copied();
        let changed =
            seen.iter().filter(|(path, now)| before(*path).is_some_and(|then| then != **now));
        let changed = changed.map(|(path, now)| (path.clone(), *now)).collect::<Seen>();
        self.looks = if changed.is_empty() { 0 } else { self.looks + 1 };
        let is_late = self.looks >= MAX_LOOKS;
        let is_settled =
            |(path, now): &(&PathBuf, &Option<u64>)| self.last.get(*path) == Some(*now);
        let (due, open) = changed.iter().partition::<Vec<_>, _>(|one| is_late || is_settled(one));
        let has_due = !due.is_empty();
        let mut acted_upon = seen.clone();
        for (path, _) in open {
            acted_upon
                .extend(self.acted_upon.get_key_value(path).map(|(p, then)| (p.clone(), *then)));
        }
        self.acted_upon = acted_upon;
        self.last = seen;
        self.looks = if has_due { 0 } else { self.looks };
        has_due
    }
}

fn see(hasher: &RandomState, files: Vec<PathBuf>) -> Seen {
    files.into_iter().map(|path| (path.clone(), content(hasher, &path).ok())).collect()
}

/// A hash of the content of a regular file. Reading a pipe would take what is in it.
fn content(hasher: &RandomState, path: &Path) -> io::Result<u64> {
    let check = |metadata: Metadata| {
        if metadata.is_file() { Ok(()) } else { Err(io::Error::from(io::ErrorKind::Unsupported)) }
    };
    check(fs::metadata(path)?)?;
    let file = open(path)?;
    // It may be another one by now.
    check(file.metadata()?)?;
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    file.take(MAX_BYTES).read_to_end(&mut bytes)?;
    let mut hash = hasher.build_hasher();
    hash.write(&bytes);
    Ok(hash.finish())
}

/// Opens a file. Does not wait for a writer, should it be a pipe.
fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    options.read(true).open(path)
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
    fn a_file_that_changes_all_the_time_keeps_no_other_from_being_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let (busy, keys) = (folder.path().join("busy"), folder.path().join("keys"));
        let files = || vec![busy.clone(), keys.clone()];
        write(&busy, "0");
        write(&keys, "one");
        let mut watched = Watched::new(files());
        let mut look = |number: u32| {
            write(&busy, &number.to_string());
            watched.look(files())
        };
        write(&keys, "two");
        assert_eq!([look(1), look(2), look(3)], [false, true, false]);
        // Nor for ever from being read itself.
        assert!((4..=3 + MAX_LOOKS).any(&mut look));
        assert_eq!((20..20 + 4 * MAX_LOOKS).filter(|&number| look(number)).count(), 4);
    }

    /// What is no file is as good as gone, and nothing waits for it.
    #[cfg(unix)]
    #[test]
    fn a_file_that_becomes_a_pipe_or_a_folder_is_gone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys");
        let files = || vec![path.clone()];
        write(&path, "one");
        let mut watched = Watched::new(files());
        fs::remove_file(&path).expect("removed");
        let made = std::process::Command::new("mkfifo").arg(&path).status().expect("runs");
        assert!(made.success());
        assert!(!watched.look(files()) && watched.look(files()));
        open(&path).expect("it waits for no writer");
        fs::remove_file(&path).expect("removed");
        fs::create_dir(&path).expect("a folder");
        assert!(!watched.look(files()) && !watched.look(files()));
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
