//! The placeholders, and which of them a place allows.

use http::HeaderName;

use crate::endpoint::login::{ClaimPath, ClaimPathError};

/// The placeholders that a place allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Placeholders {
    /// For the value of an absent field: `{random}` and `{identity}`.
    Default,
    /// For a field that depends on the caller: all but `{n}`.
    Caller,
    /// For a pattern of rooms: `{claim.PATH}`, `{header.NAME}` and `{identity}`.
    Room,
    /// For one of many tokens: `{n}`, the token's number, and `{random}`.
    Count,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    /// The first of these claims that the login has.
    Claim(Vec<ClaimPath>),
    Header(HeaderName),
    Random,
    Identity,
    RoomName,
    Number,
}

/// The error for a text with a wrong placeholder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// A placeholder has no closing brace.
    #[error("`{0}` has no `}}` at its end")]
    Open(String),
    /// A placeholder as other programs write it, `${claim.sub}` or `{{claim.sub}}`.
    #[error("`{0}` is not written as here, with one brace and no `$`")]
    Doubled(String),
    /// There is no such placeholder in this place.
    #[error("there is no placeholder `{placeholder}`")]
    Unknown {
        /// The placeholder, in braces.
        placeholder: String,
        /// The placeholders that the place allows.
        known: &'static [&'static str],
    },
    /// `{claim.…}` with an invalid path.
    #[error(transparent)]
    Path(#[from] ClaimPathError),
    /// `{header.…}` with an invalid name.
    #[error("`{0}` is not the name of a header")]
    Header(String),
}

impl Placeholders {
    /// The names in braces.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Default => &["{random}", "{identity}"],
            Self::Caller => {
                &["{claim.PATH}", "{header.NAME}", "{random}", "{identity}", "{room_name}"]
            }
            Self::Room => &["{claim.PATH}", "{header.NAME}", "{identity}"],
            Self::Count => &["{n}", "{random}"],
        }
    }

    fn allows(self, part: &Part) -> bool {
        match part {
            Part::Text(_) => true,
            Part::Claim(_) | Part::Header(_) => matches!(self, Self::Caller | Self::Room),
            Part::Identity => self != Self::Count,
            Part::Random => self != Self::Room,
            Part::RoomName => self == Self::Caller,
            Part::Number => self == Self::Count,
        }
    }

    /// Reads a placeholder from the text inside its braces.
    pub(super) fn read(self, name: &str) -> Result<Part, TemplateError> {
        let part = match (name, name.split_once('.')) {
            ("random", _) => Some(Part::Random),
            ("identity", _) => Some(Part::Identity),
            ("room_name", _) => Some(Part::RoomName),
            ("n", _) => Some(Part::Number),
            (_, Some(("claim", _))) => Some(Part::Claim(claim_paths(name)?)),
            (_, Some(("header", header))) => {
                let wrong = |_| TemplateError::Header(header.to_owned());
                Some(Part::Header(header.parse().map_err(wrong)?))
            }
            _ => None,
        };
        part.filter(|part| self.allows(part)).ok_or_else(|| TemplateError::Unknown {
            placeholder: format!("{{{name}}}"),
            known: self.names(),
        })
    }
}

/// Reads `claim.A|claim.B`: the first claim that the login has.
fn claim_paths(name: &str) -> Result<Vec<ClaimPath>, TemplateError> {
    // A quoted name may contain a `|`.
    let mut quoted = false;
    let is_bar = |letter: char| {
        quoted ^= letter == '"';
        letter == '|' && !quoted
    };
    let path = |alternative: &str| match alternative.strip_prefix("claim.") {
        Some(path) => Ok(path.parse::<ClaimPath>()?),
        None => Err(TemplateError::Unknown {
            placeholder: format!("{{{name}}}"),
            known: Placeholders::Caller.names(),
        }),
    };
    name.split(is_bar).map(path).collect()
}
