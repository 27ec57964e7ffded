//! `{n}` and `{random}` in rooms, identities and names.

use crate::endpoint::{Random, TokenSourceRequest};

/// The request with its placeholders filled in, as the `n`-th of many.
pub(super) fn fill(request: &TokenSourceRequest, n: u64, random: &Random) -> TokenSourceRequest {
    let mut filled = request.clone();
    let fields =
        [&mut filled.room_name, &mut filled.participant_identity, &mut filled.participant_name];
    for text in fields.into_iter().flatten() {
        if text.contains("{n}") {
            *text = text.replace("{n}", &n.to_string());
        }
        while text.contains("{random}") {
            *text = text.replacen("{random}", &random.text(), 1);
        }
    }
    filled
}
