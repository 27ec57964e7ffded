//! Times in a token, as LiveKit's server reads them.

use serde_json::Value;

/// Reads a `NumericDate` claim (RFC 7519): a number, or a number in quotes. The fraction is
/// dropped.
pub(super) fn seconds(value: &Value) -> Option<i64> {
    let float = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => serde_json::from_str::<f64>(text).ok().filter(|_| is_number(text)),
        _ => None,
    };
    float.filter(|float| float.is_finite()).map(go_seconds)
}

/// Whether a text is only a number, without white space or a plus sign around it.
fn is_number(text: &str) -> bool {
    text.starts_with(|letter: char| letter == '-' || letter.is_ascii_digit())
        && text.ends_with(|letter: char| letter.is_ascii_digit())
}

/// Converts a number of seconds to the server's time. Go counts seconds from the year 1 in 64 bits,
/// so a time that is too large wraps around into the far past.
fn go_seconds(float: f64) -> i64 {
    /// Seconds from the year 1 to 1970.
    const YEAR_1: i64 = 62_135_596_800;
    /// 2^63.
    const REACH: f64 = 9_223_372_036_854_775_808.0;
    let whole = float.floor();
    #[allow(clippy::cast_possible_truncation)] // in reach, and whole
    let seconds = if (-REACH..REACH).contains(&whole) { whole as i64 } else { i64::MIN };
    seconds.wrapping_add(YEAR_1).saturating_sub(YEAR_1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<i64> {
        seconds(&serde_json::from_str(text).expect("JSON"))
    }

    #[test]
    fn times_beyond_the_servers_reach_are_in_its_past() {
        for (text, expected) in [
            ("1e9", Some(1_000_000_000)),
            ("\"1000000000\"", Some(1_000_000_000)),
            ("5.9", Some(5)),
            ("-0.5", Some(-1)),
            ("4611686018427387904", Some(4_611_686_018_427_387_904)),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        for text in ["9223372036854775807", "9223372036854774784", "1e300", "18446744073709551615"]
        {
            let seconds = read(text);
            assert!(seconds.is_some_and(|seconds| seconds < 0), "{text}: {seconds:?}");
        }
    }
}
