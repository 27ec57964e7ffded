//! Points in time and time spans, in the form that people write.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The last second of the year 9999, the end of the range of RFC 3339.
pub(crate) const LAST_SECOND: u64 = 253_402_300_799;

/// The longest span. Added to the current time, it will not exceed [`LAST_SECOND`] for decades.
const LONGEST: Duration = Duration::from_secs(7_800 * 365 * 86_400);

/// The longest timeout.
const DAY: Duration = Duration::from_secs(86_400);

/// The current time, in seconds since the epoch.
#[allow(clippy::disallowed_methods)] // read for `cli` and `service`, which pass it on
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Parses a time to live: `90s`, `10m`, `1h 30m`, `7d`, or a bare number of seconds.
pub(crate) fn parse_ttl(text: &str) -> Result<Duration, String> {
    let forms = "write it as 90s, 10m, 1h30m or 7d; a bare number is seconds";
    let span = span(text).ok_or_else(|| format!("{}; {forms}", no_span(text)))?;
    if span.as_secs() == 0 {
        return Err(format!("the minimum is a second; {forms}"));
    }
    if span > LONGEST {
        return Err(format!("it has to end before the year 9999 does; {forms}"));
    }
    Ok(Duration::from_secs(span.as_secs()))
}

/// Parses a span that may be zero: `10s`, or a bare number of seconds.
pub(crate) fn parse_span(text: &str) -> Result<Duration, String> {
    match span(text) {
        Some(span) if span <= LONGEST => Ok(span),
        Some(_) => Err("the span is too long; write it as 10s or 0s".to_owned()),
        None => Err(format!("{}; write it as 10s or 0s", no_span(text))),
    }
}

/// Parses a timeout, which may have fractions of a second: `10s`, `500ms`, or a bare number of seconds.
pub(crate) fn parse_timeout(text: &str) -> Result<Duration, String> {
    match span(text).filter(|span| !span.is_zero()) {
        Some(span) if span <= DAY => Ok(span),
        Some(_) => Err("the maximum is a day; write it as 10s or 500ms".to_owned()),
        None => Err("not a span of time over zero; write it as 10s or 500ms".to_owned()),
    }
}

/// What a text is that is not a span of time.
fn no_span(text: &str) -> &'static str {
    if text.trim().starts_with('-') { "a span cannot be negative" } else { "not a span of time" }
}

fn span(text: &str) -> Option<Duration> {
    let text = text.trim();
    match text.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => humantime::parse_duration(text).ok(),
    }
}

/// Parses a point in time: RFC 3339, or seconds since the epoch.
pub(crate) fn parse_time(text: &str) -> Result<u64, String> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Ok(seconds);
    }
    parse_rfc3339(text).ok_or_else(|| {
        if parse_rfc3339(&format!("{text}Z")).is_some() {
            return "it has no time zone; append Z for UTC, or an offset such as +01:00".to_owned();
        }
        "not a point in time; write it as 2026-12-24T18:00:00Z, 2026-12-24T19:00:00+01:00, or in \
         seconds since 1970"
            .to_owned()
    })
}

/// RFC 3339 with any offset, in seconds since the epoch. A fraction of a second is dropped.
fn parse_rfc3339(text: &str) -> Option<u64> {
    // humantime accepts only UTC and capital letters.
    let text = text.to_ascii_uppercase();
    let (local, offset) = match text.split_at_checked(text.len().checked_sub("+00:00".len())?) {
        Some((local, offset)) if offset.starts_with(['+', '-']) => (local, parse_offset(offset)?),
        _ => (text.strip_suffix('Z')?, 0),
    };
    if local.ends_with('Z') {
        return None;
    }
    let time = humantime::parse_rfc3339_weak(local).ok()?;
    let seconds = time.duration_since(UNIX_EPOCH).ok()?.as_secs();
    seconds.checked_add_signed(-offset)
}

/// Parses an offset such as `+01:00`, in seconds.
fn parse_offset(text: &str) -> Option<i64> {
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let number = |digits: &str, end: i64| {
        let is_number = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.parse::<i64>().ok().filter(|_| is_number)?;
        (number < end).then_some(number)
    };
    let seconds = number(hours, 24)? * 3_600 + number(minutes, 60)? * 60;
    Some(if text.starts_with('-') { -seconds } else { seconds })
}

/// A point in time as RFC 3339, in UTC.
pub(crate) fn rfc3339(seconds: u64) -> String {
    // humantime panics on later times.
    if seconds > LAST_SECOND {
        return format!("{seconds} seconds after 1970");
    }
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
}

/// A span in words, with at most two units: `9m 41s`, `3 days 2h`, `13 years 8 months`.
pub(crate) fn words(seconds: u64) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    // The averages of the Gregorian calendar, as humantime defines them.
    const MONTH: u64 = 2_630_016;
    const YEAR: u64 = 31_557_600;
    let units =
        [(YEAR, " year"), (MONTH, " month"), (DAY, " day"), (HOUR, "h"), (MINUTE, "m"), (1, "s")];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (length, name) in units {
        let count = rest / length;
        // The second unit must directly follow the first, or is left out: `1h`, not `1h 5s`.
        if count == 0 && parts.is_empty() {
            continue;
        }
        rest %= length;
        let plural = if name.starts_with(' ') && count != 1 { "s" } else { "" };
        parts.push((count, format!("{count}{name}{plural}")));
        if parts.len() == 2 {
            break;
        }
    }
    let parts = parts.into_iter().filter(|(count, _)| *count > 0).map(|(_, part)| part);
    let text = parts.collect::<Vec<_>>().join(" ");
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        for (text, seconds) in
            [("90s", 90), ("10m", 600), ("1h 30m", 5400), ("7d", 604_800), ("45", 45)]
        {
            assert_eq!(parse_ttl(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["0", "0s", "-5", "", "soon", "500ms"] {
            let error = parse_ttl(text).expect_err(text);
            assert!(error.contains("10m"), "{error}");
        }
    }

    #[test]
    fn spans_are_bounded() {
        for text in ["18446744073709551615", "8000y"] {
            assert!(parse_ttl(text).expect_err(text).contains("9999"), "{text}");
            assert!(parse_span(text).expect_err(text).contains("too long"), "{text}");
        }
        assert_eq!(parse_timeout("1 day"), Ok(DAY));
        for text in ["86401", "18446744073709551615"] {
            assert!(parse_timeout(text).expect_err(text).contains("a day"), "{text}");
        }
    }

    #[test]
    fn spans_are_written_in_two_units_at_most() {
        for (seconds, text) in [
            (0, "0s"),
            (12, "12s"),
            (581, "9m 41s"),
            (600, "10m"),
            (3_600, "1h"),
            (3_605, "1h"),
            (5_400, "1h 30m"),
            (86_400, "1 day"),
            (266_400, "3 days 2h"),
            (604_800, "7 days"),
            (97_905_213, "3 years 1 month"),
            (431_500_000, "13 years 8 months"),
        ] {
            assert_eq!(words(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn points_in_time_are_read_and_written() {
        assert_eq!(parse_time("2026-11-24T02:40:00Z"), Ok(1_795_488_000));
        assert_eq!(parse_time("1795488000"), Ok(1_795_488_000));
        for text in [
            "2026-11-24T03:40:00+01:00",
            "2026-11-23t21:10:00-05:30",
            "2026-11-24t02:40:00.999z",
            "2026-11-24T02:40:00.25+00:00",
        ] {
            assert_eq!(parse_time(text), Ok(1_795_488_000), "{text}");
        }
        for text in [
            "tomorrow",
            "",
            "+01:00",
            "2026-11-24T02:40:00+24:00",
            "2026-11-24T02:40:00+1:000",
            "2026-11-24T02:40:00Z+01:00",
            "1970-01-01T00:00:00+01:00",
            "ää-01:00",
        ] {
            assert!(parse_time(text).is_err(), "{text}");
        }
        assert_eq!(rfc3339(1_795_488_000), "2026-11-24T02:40:00Z");
        assert_eq!(rfc3339(u64::MAX), "18446744073709551615 seconds after 1970");
    }
}
