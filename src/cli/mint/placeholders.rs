//! `{n}` and `{random}` in rooms, identities and names.
//!
//! Only these differ between the claims of the tokens of a `--count`. So the claims are serialised
//! once, in pieces around the three fields. Tokens whose numbers have as many digits share everything but
//! these (see `benches/README.md`).

use std::fmt::Write;
use std::ops::Range;

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

    /// The claims of a token with this number and these random texts, and where these are.
    pub(super) fn join(&self, values: &Values) -> (String, Vec<Range<usize>>) {
        // Large enough for most claims.
        let (mut claims, mut places) = (String::with_capacity(512), Vec::new());
        for piece in &self.pieces {
            let text = piece.text(values);
            if !matches!(piece, Piece::Text(_)) {
                places.push(claims.len()..claims.len() + text.len());
            }
            claims.push_str(text);
        }
        (claims, places)
    }

    /// The texts of a token for the places that [`Self::join`] has found, in order.
    pub(super) fn texts<'a>(&'a self, values: &'a Values) -> impl Iterator<Item = &'a [u8]> {
        let changing = self.pieces.iter().filter(|piece| !matches!(piece, Piece::Text(_)));
        changing.map(|piece| piece.text(values).as_bytes())
    }
}

impl Piece {
    fn text<'a>(&'a self, values: &'a Values) -> &'a str {
        match self {
            Self::Text(text) => text,
            Self::Number => &values.number,
            Self::Random(index) => values.randoms.get(*index).map_or("", String::as_str),
        }
    }
}

/// The values of the placeholders of one token.
pub(super) struct Values {
    number: String,
    randoms: Vec<String>,
}

impl Values {
    /// The values of the `n`-th token.
    pub(super) fn of(n: u64, pieces: &Pieces, random: &Random) -> Self {
        let mut values = Self { number: String::new(), randoms: Vec::new() };
        values.replace(n, pieces, random);
        values
    }

    /// Makes these the values of another token.
    pub(super) fn replace(&mut self, n: u64, pieces: &Pieces, random: &Random) {
        self.number.clear();
        // Writing to a string does not fail.
        let _ = write!(self.number, "{n}");
        self.randoms.clear();
        self.randoms.extend((0..pieces.randoms).map(|_| random.text()));
    }
}

/// Divides numbers into runs of as many digits.
pub(super) fn by_digits(numbers: Range<u64>) -> impl Iterator<Item = Range<u64>> {
    let mut start = numbers.start;
    std::iter::from_fn(move || {
        let next = 10_u64.checked_pow(start.checked_ilog10().unwrap_or(0) + 1);
        let run = start..next.unwrap_or(u64::MAX).min(numbers.end);
        start = run.end;
        (!run.is_empty()).then_some(run)
    })
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

#[cfg(test)]
mod tests {
    use super::by_digits;

    #[test]
    fn numbers_are_divided_where_they_get_longer() {
        let runs = |numbers| by_digits(numbers).collect::<Vec<_>>();
        assert_eq!(runs(1..101), [1..10, 10..100, 100..101]);
        assert_eq!(runs(0..12), [0..10, 10..12]);
        assert_eq!(runs(0..0), []);
        let last = 10_u64.pow(19);
        assert_eq!(runs(last - 1..u64::MAX), [last - 1..last, last..u64::MAX]);
    }
}
