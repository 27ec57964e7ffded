//! Sizes in bytes and other numbers with bounds, in the form that people write.

use std::ops::RangeInclusive;

use bytesize::ByteSize;

/// Parses a size within bounds: `65536`, `64KiB`, `1MB`.
pub(super) fn parse_size(text: &str, bounds: RangeInclusive<usize>) -> Result<usize, String> {
    let text = text.trim();
    let forms = "write it as 65536, 64KiB or 1MB";
    // bytesize accepts `.5` and `1e3` too, which are more likely typing mistakes.
    let starts_well = text.starts_with(|letter: char| letter.is_ascii_digit());
    let size = text.parse::<ByteSize>().ok().filter(|_| starts_well);
    let size = size.ok_or_else(|| format!("not a size; {forms}"))?;
    let size = usize::try_from(size.as_u64()).unwrap_or(usize::MAX);
    if bounds.contains(&size) {
        return Ok(size);
    }
    let (least, most) = (shown(*bounds.start()), shown(*bounds.end()));
    Err(format!("it is out of range; give a size between {least} and {most}"))
}

/// Parses a whole number within bounds: `1000`.
pub(super) fn parse_number(text: &str, bounds: RangeInclusive<usize>) -> Result<usize, String> {
    let number = text.trim().parse::<usize>();
    let number = number
        .map_err(|_| "it is not a whole number; give digits alone, such as 1000".to_owned())?;
    if bounds.contains(&number) {
        return Ok(number);
    }
    Err(format!(
        "it is out of range; give a number between {} and {}",
        bounds.start(),
        bounds.end()
    ))
}

/// A size in the largest unit of which it is a multiple.
fn shown(bytes: usize) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let unit = units.into_iter().find(|(unit, _)| bytes >= *unit && bytes.is_multiple_of(*unit));
    unit.map_or_else(|| format!("{bytes} bytes"), |(unit, name)| format!("{} {name}", bytes / unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("65536", 65_536),
            ("64KiB", 65_536),
            ("64 KiB", 65_536),
            ("64kib", 65_536),
            ("1MB", 1_000_000),
            ("1.5MiB", 1_572_864),
            ("100b", 100),
        ] {
            assert_eq!(parse_size(text, 1..=usize::MAX), Ok(bytes), "{text}");
        }
        for text in ["", "-1", "64 KiBs", "x", "1e3", ".5MB", "64KiB 1"] {
            let error = parse_size(text, 1..=usize::MAX).expect_err(text);
            assert_eq!(error, "not a size; write it as 65536, 64KiB or 1MB", "{text}");
        }
    }

    #[test]
    fn bounds_are_named() {
        let error = parse_size("0", 64..=1024 * 1024);
        assert_eq!(
            error,
            Err("it is out of range; give a size between 64 bytes and 1 MiB".to_owned())
        );
        assert_eq!(
            parse_number("0", 1..=9),
            Err("it is out of range; give a number between 1 and 9".to_owned())
        );
        assert_eq!(parse_number("7", 1..=9), Ok(7));
    }
}
