//! Reading what the command line names: a file, or standard input as `-`.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::failure::Failure;

/// No input that is read as a whole may be larger: 16 MiB. It is far more than a token can carry.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// A file, or standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    Stdin,
    File(PathBuf),
}

impl From<&str> for Input {
    fn from(text: &str) -> Self {
        if text == "-" { Self::Stdin } else { Self::File(text.into()) }
    }
}

impl Input {
    /// All of it.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        let read = self.open()?.take(MOST_BYTES + 1).read_to_end(&mut bytes);
        read.map_err(|error| self.unreadable(error))?;
        if bytes.len() as u64 > MOST_BYTES {
            let error = anyhow::anyhow!("{} has over {MOST_BYTES} bytes", self.shown());
            return Err(Failure::usage(error, "give a smaller file"));
        }
        Ok(bytes)
    }

    /// All of it, as text.
    pub(crate) fn read_text(&self) -> Result<String, Failure> {
        String::from_utf8(self.read()?).map_err(|_| {
            // Without the bytes: they may be a secret.
            let error = anyhow::anyhow!("{} is not UTF-8", self.shown());
            Failure::usage(error, "save it as UTF-8")
        })
    }

    /// Its lines, one after the other.
    pub(crate) fn open(&self) -> Result<Box<dyn BufRead + Send>, Failure> {
        match self {
            Self::Stdin => Ok(Box::new(BufReader::new(io::stdin()))),
            Self::File(path) => {
                let file = fs::File::open(path).map_err(|error| self.unreadable(error))?;
                Ok(Box::new(BufReader::with_capacity(1 << 16, file)))
            }
        }
    }

    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Stdin => "standard input".to_owned(),
            Self::File(path) => format!("`{}`", path.display()),
        }
    }

    pub(crate) fn unreadable(&self, error: io::Error) -> Failure {
        let context = format!("cannot read {}", self.shown());
        let error = anyhow::Error::new(error).context(context);
        Failure::usage(error, "give a file that exists and may be read")
    }
}

/// Whether others than those who must may read a file.
pub(crate) fn others_can_read(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let reader = nix::unistd::geteuid().as_raw();
    fs::metadata(path).is_ok_and(|metadata| is_open(metadata.mode(), metadata.uid() == reader))
}

/// Whoever reads a file of another owner is let in by its group, as in Kubernetes' secrets.
fn is_open(mode: u32, is_owner: bool) -> bool {
    mode & 0o004 != 0 || (is_owner && mode & 0o040 != 0)
}

#[cfg(test)]
mod tests {
    use super::is_open;

    #[test]
    fn a_group_may_read_what_its_member_was_given_that_way() {
        for (mode, is_owner, open) in [
            (0o600, true, false),
            (0o640, true, true),
            (0o440, false, false),
            (0o444, false, true),
            (0o604, true, true),
        ] {
            assert_eq!(is_open(mode, is_owner), open, "{mode:o} {is_owner}");
        }
    }
}
