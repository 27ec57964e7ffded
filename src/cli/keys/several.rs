//! All keys of a file, where one is not enough.

use zeroize::Zeroizing;

use super::key_list::KeyList;
use super::known_file::KnownFile;
use crate::cli::files::Input;
use crate::cli::notes::Notes;
use crate::failure::Failure;
use crate::token::KeyPair;

/// Reads every key of a file in LiveKit's format, or of the configuration of a LiveKit server.
pub(crate) fn all_keys(input: &Input, notes: Notes) -> Result<Vec<KeyPair>, Failure> {
    input.warn_if_others_can_read(notes);
    let text = Zeroizing::new(input.read_text()?);
    let list = match KnownFile::of_document(&text) {
        Some(KnownFile::ServerConfig) => KeyList::in_server_config(&text),
        _ => KeyList::parse(&text),
    };
    let pairs = list.and_then(|list| {
        let help = "write one `key: secret` a line";
        list.pairs().map_err(|error| Failure::usage(error, help))
    });
    pairs.map_err(|failure| failure.at(input.name()))
}
