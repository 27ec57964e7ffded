//! Many tokens whose claims differ in a few places.
//!
//! In bulk, the claims of two tokens differ in a number or a random text. With texts of one length,
//! everything else stays where it is: the claims, their base64url, and the state of HMAC after what comes
//! before the first place. So a token costs the parts that change, and the hash of the rest.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::hs256::Hs256;
use super::key::{HEADER, KeyPair};

/// Length of a signature in base64url, with its dot.
const SIGNATURE_BYTES: usize = 44;

/// Claims with places to fill in, and all that their tokens have in common.
pub(crate) struct Stencil {
    claims: Vec<u8>,
    /// Where texts are filled in, in order.
    places: Vec<Range<usize>>,
    /// The header, a dot, and the claims in base64url.
    message: Vec<u8>,
    /// Number of bytes of the message before the first place.
    fixed: usize,
    /// The state of HMAC after these bytes.
    signer: Hs256,
}

impl Stencil {
    /// Prepares to sign claims, a JSON text, with different texts in these places, which are in order.
    pub(crate) fn new(keys: &KeyPair, claims: Vec<u8>, places: Vec<Range<usize>>) -> Self {
        let mut message = format!("{HEADER}.");
        URL_SAFE_NO_PAD.encode_string(&claims, &mut message);
        let first = places.first().map_or(claims.len(), |place| place.start);
        let fixed = HEADER.len() + 1 + first / 3 * 4;
        let signer = keys.signer().after(message.as_bytes().get(..fixed).unwrap_or_default());
        Self { claims, places, message: message.into_bytes(), fixed, signer }
    }

    /// Length of a token, in bytes.
    pub(crate) fn token_len(&self) -> usize {
        self.message.len() + SIGNATURE_BYTES
    }

    /// Appends the token with these texts, one for each place and as long as it.
    pub(crate) fn sign<'a>(&mut self, texts: impl Iterator<Item = &'a [u8]>, token: &mut Vec<u8>) {
        for (place, text) in self.places.iter().zip(texts) {
            let Some(known) = self.claims.get_mut(place.clone()) else { continue };
            debug_assert_eq!(known.len(), text.len(), "a text must be as long as its place");
            known.iter_mut().zip(text).for_each(|(known, &new)| *known = new);
            // Base64 turns three bytes into four.
            let groups = place.start / 3..place.end.div_ceil(3);
            let bytes = groups.start * 3..(groups.end * 3).min(self.claims.len());
            let at = HEADER.len() + 1 + groups.start * 4;
            if let (Some(bytes), Some(letters)) =
                (self.claims.get(bytes), self.message.get_mut(at..))
            {
                // The letters are there already, so they fit.
                let _ = URL_SAFE_NO_PAD.encode_slice(bytes, letters);
            }
        }
        let mac = self.signer.mac(self.message.get(self.fixed..).unwrap_or_default());
        let mut signature = [b'.'; SIGNATURE_BYTES];
        // 32 bytes make 43 letters.
        let _ = URL_SAFE_NO_PAD.encode_slice(mac, &mut signature[1..]);
        token.extend_from_slice(&self.message);
        token.extend_from_slice(&signature);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_the_same_as_one_that_is_signed_as_a_whole() {
        let keys = KeyPair::dev();
        // Places at every offset in a group of three, next to each other, empty, and at the end.
        for before in 0..70 {
            for (length, gap, after) in [(1, 1, 3), (2, 0, 0), (8, 2, 1), (5, 90, 2), (0, 4, 4)] {
                let claims = |letter: &str| {
                    let (text, pad) = (letter.repeat(length), |length| "-".repeat(length));
                    format!("{}{text}{}{text}{}", pad(before), pad(gap), pad(after))
                };
                let second = before + length + gap;
                let places = vec![before..before + length, second..second + length];
                let mut stencil = Stencil::new(&keys, claims("0").into_bytes(), places);
                for letter in ["a", "b", "9"] {
                    let (text, mut token) = (letter.repeat(length), b"kept ".to_vec());
                    stencil.sign([text.as_bytes(); 2].into_iter(), &mut token);
                    let whole = keys.sign_text(claims(letter).as_bytes());
                    assert_eq!(String::from_utf8(token).expect("ASCII"), format!("kept {whole}"));
                    assert_eq!(stencil.token_len(), whole.len());
                }
            }
        }
    }

    #[test]
    fn claims_without_places_are_signed_as_they_are() {
        let (keys, mut token) = (KeyPair::dev(), Vec::new());
        Stencil::new(&keys, b"{}".to_vec(), Vec::new()).sign(std::iter::empty(), &mut token);
        assert_eq!(token, keys.sign_text(b"{}").into_bytes());
    }
}
