//! Conditions on a login's claims.

use std::str::FromStr;

use serde_json::Value;
use wildmatch::WildMatch;

use super::claim_path::{ClaimPath, ClaimPathError, LoginClaims, scalar};

/// Claims of OAuth whose text is a list of words (RFC 6749, section 3.3).
const LISTS_OF_WORDS: [&str; 2] = ["scope", "scp"];

/// A condition on a claim: `azp=https://app.example`, `realm_access.roles=host-*`,
/// `sts!=pending`, `!act`.
///
/// `PATH=GLOB` holds if the claim's text, or any element of a list, matches the pattern (`*`, `?`).
/// The text of `scope` and `scp` is a list of words, and a pattern of several words needs all of
/// them. `PATH!=GLOB` holds if nothing matches, or the claim is absent; `!PATH` holds if it is
/// absent. A claim that cannot be compared, such as an object, meets no condition.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimCheck {
    path: ClaimPath,
    wanted: Wanted,
}

#[derive(Debug, Clone, PartialEq)]
enum Wanted {
    /// Each of these patterns matches.
    All(Vec<WildMatch>),
    /// This pattern does not match.
    Not(WildMatch),
    Absent,
}

/// The error for a text that is not a condition on a claim.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimCheckError {
    /// There is no `=`.
    #[error("`{0}` has no `=`: write it as PATH=GLOB, PATH!=GLOB or !PATH")]
    NoPattern(String),
    /// The text before the `=` is not a path.
    #[error(transparent)]
    Path(#[from] ClaimPathError),
    /// The text after the `=` is empty. No claim is.
    #[error("`{0}` has nothing after `=`: write !PATH for a claim that must be absent")]
    Empty(String),
    /// The text uses an operator that there is none of.
    #[error("`{0}` has `{1}`, which is not an operator here: write PATH=GLOB or PATH!=GLOB")]
    Operator(String, &'static str),
}

impl FromStr for ClaimCheck {
    type Err = ClaimCheckError;

    fn from_str(text: &str) -> Result<Self, ClaimCheckError> {
        // A quoted name may contain a `=`.
        let mut quoted = false;
        let equals = text.find(|letter| {
            quoted ^= letter == '"';
            letter == '=' && !quoted
        });
        let Some((path, pattern)) = equals.and_then(|at| text.split_at_checked(at)) else {
            return match text.strip_prefix('!') {
                Some(path) => Ok(Self { path: path.parse()?, wanted: Wanted::Absent }),
                None => Err(ClaimCheckError::NoPattern(text.to_owned())),
            };
        };
        let pattern = pattern.strip_prefix('=').unwrap_or(pattern);
        let operators = [
            ("==", pattern.starts_with('=')),
            ("=~", pattern.starts_with('~')),
            ("~=", path.ends_with('~')),
            ("^=", path.ends_with('^')),
            ("$=", path.ends_with('$')),
            ("*=", path.ends_with('*')),
            (":=", path.ends_with(':')),
            ("<=", path.ends_with('<')),
            (">=", path.ends_with('>')),
        ];
        if let Some((operator, _)) = operators.iter().find(|(_, is_used)| *is_used) {
            return Err(ClaimCheckError::Operator(text.to_owned(), operator));
        }
        if pattern.is_empty() {
            return Err(ClaimCheckError::Empty(text.to_owned()));
        }
        if let Some(path) = path.strip_suffix('!') {
            return Ok(Self { path: path.parse()?, wanted: Wanted::Not(WildMatch::new(pattern)) });
        }
        let path = path.parse::<ClaimPath>()?;
        let words = if is_list_of_words(&path) {
            pattern.split_whitespace().map(WildMatch::new).collect()
        } else {
            vec![WildMatch::new(pattern)]
        };
        Ok(Self { path, wanted: Wanted::All(words) })
    }
}

impl ClaimCheck {
    /// Returns the path of the claim.
    pub fn path(&self) -> &ClaimPath {
        &self.path
    }

    /// Whether the condition names a value that the claim must have.
    pub fn names_value(&self) -> bool {
        matches!(self.wanted, Wanted::All(_))
    }

    /// Whether the condition holds.
    pub fn holds(&self, claims: &LoginClaims) -> bool {
        let Some(value) = self.path.find(claims) else {
            return !self.names_value();
        };
        let values = self.texts(value);
        match &self.wanted {
            Wanted::All(patterns) => patterns
                .iter()
                .all(|pattern| values.iter().flatten().any(|text| pattern.matches(text))),
            Wanted::Not(pattern) => {
                values.iter().all(|text| text.as_ref().is_some_and(|text| !pattern.matches(text)))
            }
            Wanted::Absent => false,
        }
    }

    /// The texts that a pattern is compared with. `None` for a value that cannot be compared.
    fn texts(&self, value: &Value) -> Vec<Option<String>> {
        match value {
            Value::Array(list) => list.iter().map(scalar).collect(),
            Value::String(text) if is_list_of_words(&self.path) => {
                text.split_whitespace().map(|word| Some(word.to_owned())).collect()
            }
            value => vec![scalar(value)],
        }
    }
}

/// Returns the first condition that does not hold. Of several conditions that name a value for the
/// same claim, one suffices.
pub(super) fn first_unmet<'c>(
    checks: &'c [ClaimCheck],
    claims: &LoginClaims,
) -> Option<&'c ClaimCheck> {
    let is_met = |check: &ClaimCheck| {
        let other = |other: &ClaimCheck| other.names_value() && other.path == check.path;
        check.holds(claims)
            || check.names_value()
                && checks.iter().filter(|it| other(it)).any(|other| other.holds(claims))
    };
    checks.iter().find(|check| !is_met(check))
}

fn is_list_of_words(path: &ClaimPath) -> bool {
    LISTS_OF_WORDS.contains(&path.name())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: Value) -> LoginClaims {
        serde_json::from_value(value).expect("an object")
    }

    fn check(text: &str) -> ClaimCheck {
        text.parse().expect(text)
    }

    #[test]
    fn a_quoted_name_may_have_the_sign_that_separates_it_from_its_pattern() {
        assert!(check(r#""a=b"=c"#).holds(&claims(json!({"a=b": "c"}))));
        assert!(check(r#""a!"=c"#).holds(&claims(json!({"a!": "c"}))));
        assert!(check(r#"!"a=b""#).holds(&claims(json!({"a": "c"}))));
    }

    #[test]
    fn a_condition_holds_for_a_text_and_for_any_element_of_a_list() {
        let claims = claims(json!({
            "azp": "https://app.example", "verified": true, "level": 5, "large": u64::MAX, "larger": 1e20, "none": null, "empty": [],
            "realm": {"roles": ["viewer", "host"]}, "https://x.example/org": {"id": "a=b"},
        }));
        for (text, holds) in [
            ("azp=https://app.example", true),
            ("azp=https://*", true),
            ("azp=https://app.example.evil", false),
            ("verified=true", true),
            ("level=5", true),
            ("large=18446744073709551615", true),
            ("larger=*", false),
            ("realm.roles=host", true),
            ("realm.roles=ho*", true),
            ("realm.roles=guest", false),
            ("realm=*", false),
            ("empty=*", false),
            ("none=*", false),
            ("missing=*", false),
            (r#""https://x.example/org".id=a=b"#, true),
            ("azp!=https://evil.example", true),
            ("azp!=https://*", false),
            ("realm.roles!=guest", true),
            ("realm.roles!=host", false),
            ("missing!=x", true),
            ("none!=x", true),
            ("empty!=x", true),
            // What cannot be compared meets no condition.
            ("realm!=x", false),
            ("larger!=x", false),
            ("!missing", true),
            ("!none", true),
            ("!azp", false),
            ("!empty", false),
            ("!realm.roles", false),
            ("!realm.groups", true),
        ] {
            assert_eq!(check(text).holds(&claims), holds, "{text}");
        }
    }

    #[test]
    fn a_scope_is_a_list_of_words() {
        for scope in [json!("openid read write"), json!(["openid", "read", "write"])] {
            let claims =
                claims(json!({"scope": scope, "ext": {"scp": scope}, "text": "read write"}));
            for (text, holds) in [
                ("scope=read", true),
                ("scope=writ", false),
                ("scope=writ*", true),
                ("scope=write read", true),
                ("scope=read admin", false),
                ("scope!=admin", true),
                ("scope!=read", false),
                ("ext.scp=read", true),
                ("text=read", false),
                ("text=read write", true),
            ] {
                assert_eq!(check(text).holds(&claims), holds, "{text} {claims:?}");
            }
        }
    }

    #[test]
    fn one_of_several_values_of_a_claim_suffices_and_every_claim_must_hold() {
        let texts = ["azp=a", "verified=true", "azp=b", "sts!=pending", "sts!=revoked"];
        let checks = texts.map(check);
        let unmet = |value: Value| {
            let unmet = first_unmet(&checks, &claims(value));
            unmet.map(|check| check.path().to_string())
        };
        assert_eq!(unmet(json!({"azp": "a", "verified": true})), None);
        assert_eq!(unmet(json!({"azp": "b", "verified": true, "sts": "active"})), None);
        assert_eq!(unmet(json!({"azp": "c", "verified": true})).as_deref(), Some("azp"));
        assert_eq!(unmet(json!({"azp": "a"})).as_deref(), Some("verified"));
        let revoked = json!({"azp": "a", "verified": true, "sts": "revoked"});
        assert_eq!(unmet(revoked).as_deref(), Some("sts"));
    }

    #[test]
    fn what_is_no_condition_is_an_error() {
        for text in ["azp", "", "=a", "!=a", "!", "azp=", "azp!=", "azp==a", "azp=~a", "a..b=c"] {
            assert!(text.parse::<ClaimCheck>().is_err(), "{text}");
        }
    }
}
