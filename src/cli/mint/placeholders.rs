//! `{n}` and `{random}` in rooms, identities and names.
//!
//! All tokens of a `--count` have the same claims but for these. So the claims are written as text
//! once, with marks where the placeholders are, and for each token only the marks are filled in. That
//! nearly doubles the tokens a second (see `benches/README.md`).

use super::Mint;
use crate::cli::failure::Failure;
use crate::endpoint::{Random, Template, TokenSourceRequest};

/// The claims of many tokens, as text with blanks.
pub(super) struct Numbered(Template);

impl Numbered {
    /// Takes the request that `count` tokens are made of, and refuses it if the last of them would
    /// not do: its number is the longest.
    pub(super) fn new(mint: &Mint, count: u64) -> Result<Self, Failure> {
        let last = fill(&mint.request, &count.to_string(), &mint.random.text());
        let mut claims = mint.claims(last)?;
        // Words that nobody can have written, and that JSON leaves as they are.
        let [number, random] = [(); 2].map(|()| mint.random.text() + &mint.random.text());
        let marked = fill(&mint.request, &number, &random);
        for (claim, marked) in [
            (&mut claims.video.room, marked.room_name),
            (&mut claims.sub, marked.participant_identity),
            (&mut claims.name, marked.participant_name),
        ] {
            if let Some(marked) = marked {
                *claim = marked;
            }
        }
        let text = mint.printer.text(&claims)?;
        Ok(Self(Template::with_blanks(&text, &random, &number)))
    }

    /// The claims of the `n`-th token.
    pub(super) fn claims(&self, n: u64, random: &Random) -> String {
        self.0.fill(&n.to_string(), random)
    }
}

fn fill(request: &TokenSourceRequest, n: &str, random: &str) -> TokenSourceRequest {
    let fill = |text: &Option<String>| {
        text.as_ref().map(|text| text.replace("{n}", n).replace("{random}", random))
    };
    TokenSourceRequest {
        room_name: fill(&request.room_name),
        participant_identity: fill(&request.participant_identity),
        participant_name: fill(&request.participant_name),
        ..request.clone()
    }
}
