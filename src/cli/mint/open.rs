//! Opens a link with a token in the browser.
//!
//! A link in the arguments of the browser would be in the process list, where other users of the machine
//! see it. So the browser gets the path of a page that only its owner can read, and that leads to the link.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Opens a link, without waiting for the browser. The token in it is valid for a short time, and the
/// page stays in the directory for temporary files for as long as the system keeps such files: lkt cannot
/// know when the browser has read it.
pub(super) fn open(link: &str) -> Result<(), Failure> {
    // Without the cause, which may have the link.
    let page =
        write_page(link).map_err(|_| failure("cannot write the page that leads to the link"))?;
    open::that_detached(&page).map_err(|_| {
        // Nobody will read it.
        let _ = std::fs::remove_file(&page);
        failure("cannot open a browser")
    })
}

fn failure(problem: &'static str) -> Failure {
    Failure::failed(anyhow::anyhow!(problem), "open the printed link yourself")
}

fn write_page(link: &str) -> io::Result<PathBuf> {
    let name = format!("lkt-{:016x}.html", getrandom::u64()?);
    let path = std::env::temp_dir().join(name);
    let mut file = create_private(&path)?;
    // Everything in the link is percent-encoded, but for the `&` between its parts.
    let link = link.replace('&', "&amp;");
    write!(
        file,
        "<!doctype html>\n<meta charset=\"utf-8\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta http-equiv=\"refresh\" content=\"0;url={link}\">\n<title>LiveKit Meet</title>\n\
         <a href=\"{link}\">LiveKit Meet</a>\n"
    )?;
    Ok(path)
}

/// Creates a file that only its owner can read. It must not exist.
fn create_private(path: &Path) -> io::Result<std::fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
