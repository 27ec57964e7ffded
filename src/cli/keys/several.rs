//! All keys of a file, where one is not enough.

use zeroize::Zeroizing;

use super::WAYS;
use super::key_list::KeyList;
use crate::cli::files::Input;
use crate::cli::notes::Notes;
use crate::failure::Failure;
use crate::token::{ApiSecret, KeyPair};

/// Reads every key of a file in LiveKit's format.
pub(crate) fn all_keys(input: &Input, notes: Notes) -> Result<Vec<KeyPair>, Failure> {
    input.warn_if_others_can_read(notes);
    let text = Zeroizing::new(input.read_text()?);
    let list = KeyList::parse(&text).map_err(|failure| failure.at(input.name()))?;
    let pairs = list.entries().map(|(key, secret)| {
        let pair = ApiSecret::new(secret).and_then(|secret| KeyPair::new(key, secret));
        pair.map_err(|error| Failure::failed(error, WAYS).at(input.name()))
    });
    pairs.collect()
}
