//! Points in time and spans of it, as people write them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Now, in seconds since the epoch.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// A time to live: `90s`, `10m`, `1h 30m`, `7d`, or a bare number of seconds.
pub(super) fn parse_ttl(text: &str) -> Result<Duration, String> {
    let forms = "write it as 90s, 10m, 1h 30m or 7d; a bare number is seconds";
    let text = text.trim();
    let span = match text.parse::<u64>() {
        Ok(seconds) => Ok(Duration::from_secs(seconds)),
        Err(_) => {
            humantime::parse_duration(text).map_err(|_| format!("not a span of time; {forms}"))
        }
    }?;
    if span.as_secs() == 0 {
        return Err(format!("a token has to live for a second at least; {forms}"));
    }
    Ok(Duration::from_secs(span.as_secs()))
}

/// A span that may be zero: `10s`, or a bare number of seconds.
pub(super) fn parse_span(text: &str) -> Result<Duration, String> {
    let span = match text.trim().parse::<u64>() {
        Ok(seconds) => Ok(Duration::from_secs(seconds)),
        Err(_) => humantime::parse_duration(text.trim()),
    };
    span.map_err(|_| "not a span of time; write it as 10s or 0s".to_owned())
}

/// A span, where less than a second means something, as in a timeout.
pub(super) fn parse_timeout(text: &str) -> Result<Duration, String> {
    let span = match text.trim().parse::<u64>() {
        Ok(seconds) => Ok(Duration::from_secs(seconds)),
        Err(_) => humantime::parse_duration(text.trim()),
    };
    match span {
        Ok(span) if !span.is_zero() => Ok(span),
        _ => Err("not a span of time over zero; write it as 10s or 500ms".to_owned()),
    }
}

/// A point in time: RFC 3339, or seconds since the epoch.
pub(super) fn parse_time(text: &str) -> Result<u64, String> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Ok(seconds);
    }
    let time = humantime::parse_rfc3339_weak(text).ok();
    time.and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .map(|since| since.as_secs())
        .ok_or_else(|| {
            "not a point in time; write it as 2026-12-24T18:00:00Z, or in seconds since 1970"
                .to_owned()
        })
}

/// A point in time as RFC 3339, in UTC.
pub(super) fn rfc3339(seconds: u64) -> String {
    // Year 9999 is as far as RFC 3339 goes, and humantime panics beyond.
    const LAST: u64 = 253_402_300_799;
    if seconds > LAST {
        return format!("{seconds} seconds after 1970");
    }
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
}

/// A span in words: `9m 41s`.
pub(super) fn words(seconds: u64) -> String {
    humantime::format_duration(Duration::from_secs(seconds)).to_string()
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
    fn points_in_time_are_read_and_written() {
        assert_eq!(parse_time("2026-11-24T02:40:00Z"), Ok(1_795_488_000));
        assert_eq!(parse_time("1795488000"), Ok(1_795_488_000));
        assert!(parse_time("tomorrow").is_err());
        assert_eq!(rfc3339(1_795_488_000), "2026-11-24T02:40:00Z");
        assert_eq!(rfc3339(u64::MAX), "18446744073709551615 seconds after 1970");
    }
}
