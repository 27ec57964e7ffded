//! `{n}` and `{random}` in rooms, identities and names.
//!
//! Only these differ between the claims of the tokens of a `--count`. So the claims are serialised
//! once, in pieces around the three fields, and for each token the pieces are joined with its own
//! values. This more than doubles the tokens per second (see `benches/README.md`).

use super::Mint;
use crate::endpoint::{Part, Random, Template, TokenSourceRequest};
use crate::failure::Failure;

/// The claims of many tokens as JSON, in pieces.
pub(super) struct Pieces {
    pieces: Vec<Piece>,
    /// Number of random texts in a token.
    randoms: usize,
}

#[derive(Clone)]
enum Piece {
    Text(String),
    Number,
    /// The random text with this index. A name that is taken from the identity has the same index.
    Random(usize),
}

impl Pieces {
    /// Serialises the claims of `count` tokens of one request.
    ///
    /// # Errors
    /// A request that would make all tokens equal, or whose last token is refused. The last token has
    /// the longest number.
    pub(super) fn new(mint: &Mint, count: u64) -> Result<Self, Failure> {
        let templates = Fields::of(&mint.request);
        if count > 1
            && !templates.0.iter().flatten().any(|text| !Template::of_many(text).is_fixed())
        {
            let error = anyhow::anyhow!("all {count} tokens would be equal");
            let help = "put {n}, the number of the token, or {random}, 8 random characters, into \
                        --identity, --room or --name";
            return Err(Failure::usage(error, help));
        }
        let random = mint.random.text();
        let number = count.to_string();
        let last = |_, text: &str| {
            let parts = Template::of_many(text);
            let parts = parts.parts().iter().map(|part| match part {
                Part::Number => &number,
                Part::Text(text) => text,
                _ => &random,
            });
            parts.map(String::as_str).collect()
        };
        mint.claims(templates.map(last).in_request(&mint.request))?;
        let claims_with = |letters: [&str; 3]| {
            let fields = templates.map(|field, _| letters[field].to_owned());
            mint.printer.text(&mint.claims(fields.in_request(&mint.request))?)
        };
        // The two texts differ where a field is, and the digit in the second tells which field.
        let first = claims_with(["0", "0", "0"])?;
        let second = claims_with(["1", "2", "3"])?;
        let mut randoms = 0;
        let fields = templates.0.each_ref().map(|field| {
            field.as_deref().map(|text| in_pieces(text, &mut randoms)).unwrap_or_default()
        });
        let mut pieces = Vec::new();
        let mut start = 0;
        for (at, (left, right)) in first.bytes().zip(second.bytes()).enumerate() {
            if left != right {
                pieces.push(Piece::Text(first[start..at].to_owned()));
                pieces.extend(by_letter(&fields, right).iter().cloned());
                start = at + 1;
            }
        }
        pieces.push(Piece::Text(first[start..].to_owned()));
        Ok(Self { pieces, randoms })
    }

    /// The claims of the `n`-th token.
    pub(super) fn join(&self, n: u64, random: &Random) -> String {
        let n = n.to_string();
        let randoms = (0..self.randoms).map(|_| random.text()).collect::<Vec<_>>();
        // Large enough for most claims.
        let mut claims = String::with_capacity(512);
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => claims.push_str(text),
                Piece::Number => claims.push_str(&n),
                Piece::Random(index) => {
                    claims.push_str(randoms.get(*index).map_or("", String::as_str));
                }
            }
        }
        claims
    }
}

/// The fields that may contain placeholders: identity, room and name.
struct Fields([Option<String>; 3]);

impl Fields {
    fn of(request: &TokenSourceRequest) -> Self {
        let TokenSourceRequest { participant_identity, room_name, participant_name, .. } = request;
        Self([participant_identity.clone(), room_name.clone(), participant_name.clone()])
    }

    /// The same fields with different texts. An absent field stays absent.
    fn map(&self, text: impl Fn(usize, &str) -> String) -> Self {
        let [identity, room, name] = &self.0;
        let map = |field, known: &Option<String>| known.as_deref().map(|known| text(field, known));
        Self([map(0, identity), map(1, room), map(2, name)])
    }

    fn in_request(self, request: &TokenSourceRequest) -> TokenSourceRequest {
        let [participant_identity, room_name, participant_name] = self.0;
        TokenSourceRequest { room_name, participant_identity, participant_name, ..request.clone() }
    }
}

/// The field that this digit stands for: 1, 2 or 3.
fn by_letter(fields: &[Vec<Piece>; 3], letter: u8) -> &[Piece] {
    let index = letter.checked_sub(b'1').map(usize::from);
    index.and_then(|index| fields.get(index)).map_or(&[], Vec::as_slice)
}

/// The text of a field inside the quotes of a JSON string, in pieces. The values of placeholders
/// contain nothing that JSON escapes.
fn in_pieces(text: &str, randoms: &mut usize) -> Vec<Piece> {
    let piece = |part: &Part| match part {
        Part::Text(text) => {
            let json = serde_json::Value::from(text.as_str()).to_string();
            let inner = json.strip_prefix('"').and_then(|json| json.strip_suffix('"'));
            Piece::Text(inner.unwrap_or_default().to_owned())
        }
        Part::Number => Piece::Number,
        _ => {
            *randoms += 1;
            Piece::Random(*randoms - 1)
        }
    };
    Template::of_many(text).parts().iter().map(piece).collect()
}
