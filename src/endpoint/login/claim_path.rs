//! Paths into a login's claims, and the text of the values there.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};

/// The claims of a login token (RFC 7519), exactly as they were signed.
pub type LoginClaims = Map<String, Value>;

/// A path into claims: `sub`, `realm_access.roles`, `"https://app.example/roles"`.
///
/// Parts are separated by dots. A name with a dot in it is in double quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimPath(Vec<String>);

/// The error for a text that is not a path into claims.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a claim's path: write it as realm_access.roles, and names with dots in quotes"
)]
pub struct ClaimPathError(String);

impl FromStr for ClaimPath {
    type Err = ClaimPathError;

    fn from_str(text: &str) -> Result<Self, ClaimPathError> {
        let wrong = || ClaimPathError(text.to_owned());
        let (mut parts, mut rest) = (Vec::new(), text);
        loop {
            let (part, after) = match rest.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').ok_or_else(wrong)?,
                None => rest.split_at(rest.find('.').unwrap_or(rest.len())),
            };
            if part.is_empty() || (!rest.starts_with('"') && part.contains('"')) {
                return Err(wrong());
            }
            parts.push(part.to_owned());
            match after.strip_prefix('.') {
                Some(more) => rest = more,
                None if after.is_empty() => return Ok(Self(parts)),
                None => return Err(wrong()),
            }
        }
    }
}

impl fmt::Display for ClaimPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str(".")?;
            }
            if part.contains('.') {
                write!(formatter, "\"{part}\"")?;
            } else {
                formatter.write_str(part)?;
            }
        }
        Ok(())
    }
}

/// The path of the person's claim in most tokens: `sub`.
impl Default for ClaimPath {
    fn default() -> Self {
        Self(vec!["sub".to_owned()])
    }
}

impl ClaimPath {
    /// Returns the value at this path. `null` counts as absent.
    pub fn find<'c>(&self, claims: &'c LoginClaims) -> Option<&'c Value> {
        let (first, rest) = self.0.split_first()?;
        let value = rest.iter().try_fold(claims.get(first)?, |value, part| value.get(part))?;
        Some(value).filter(|value| !value.is_null())
    }

    /// The last name of the path.
    pub(super) fn name(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }

    /// Whether there is anything at this path, even `null`.
    pub(in crate::endpoint) fn is_present(&self, claims: &LoginClaims) -> bool {
        let Some((first, rest)) = self.0.split_first() else { return false };
        let first = claims.get(first);
        first.and_then(|value| rest.iter().try_fold(value, |value, part| value.get(part))).is_some()
    }
}

/// Converts a value to text. A number that may have lost digits when it was read is refused: two
/// people could get the same identity.
pub(in crate::endpoint) fn scalar(value: &Value) -> Option<String> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => {
            let is_exact = !number.is_f64() || number.as_f64().is_some_and(|it| it.abs() < EXACT);
            is_exact.then(|| number.to_string())
        }
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_are_dotted_and_names_with_dots_are_quoted() {
        for text in ["sub", "realm_access.roles", r#""https://x.example/roles""#, r#"a."b.c".d"#] {
            assert_eq!(text.parse::<ClaimPath>().expect(text).to_string(), text);
        }
        for text in ["", ".", "a.", ".a", "a..b", "\"a", "\"a\"b", "a\"b", "\"\""] {
            assert!(text.parse::<ClaimPath>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_number_is_a_text_only_if_it_is_exact() {
        let text = |value: Value| scalar(&value);
        assert_eq!(text(json!(0.5)).as_deref(), Some("0.5"));
        assert_eq!(text(json!(9_007_199_254_740_991.0)).as_deref(), Some("9007199254740991.0"));
        assert_eq!(text(json!(9_007_199_254_740_992.0)), None);
        assert_eq!(text(json!(-9_007_199_254_740_992.0)), None);
    }
}
