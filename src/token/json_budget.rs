//! How much JSON from outside may hold: the one place that bounds what reading it costs.
//!
//! The length of a text does not bound the memory of what it becomes: `{}` is two bytes, and as an
//! egress output of LiveKit's protocol more than a kilobyte. So a text is checked before it is parsed.

/// The maximum number of values in a JSON text, and how deep they may be nested.
///
/// Every object and list counts, and every entry and member after the first. Objects have a limit of
/// their own, since they become the largest structs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JsonBudget {
    values: usize,
    objects: usize,
}

/// Maximum depth. LiveKit's deepest request has eight levels.
const MAX_DEPTH: usize = 32;

/// The error for a JSON text with too many values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text} has {problem}")]
#[non_exhaustive]
pub struct JsonBudgetError {
    /// The member of the outermost object that exceeds the limit, if it is known.
    pub member: Option<String>,
    /// What has too many values: the member, or the whole text.
    text: String,
    problem: String,
}

impl JsonBudget {
    /// For a request of a client, and for the fields that a backend sets. The largest sensible request,
    /// with hundreds of attributes and fifty agents, has half as many values and objects.
    pub(crate) const REQUEST: Self = Self { values: 1024, objects: 128 };

    /// For the claims of a login. They may list every role and group of a person: a token fits into a head of
    /// 16 KiB, so that 1,024 of them have eight letters each.
    pub(crate) const LOGIN: Self = Self { values: 1024, objects: 256 };

    /// For a document of an issuer, such as a key set: 64 keys with ten members and certificates.
    pub(crate) const DOCUMENT: Self = Self { values: 4096, objects: 1024 };

    /// Checks a text. A text that is not JSON may pass: its parser refuses it later.
    ///
    /// # Errors
    /// [`JsonBudgetError`] names the limit.
    pub(crate) fn check(self, text: &[u8]) -> Result<(), JsonBudgetError> {
        // Counts brackets in strings as well, so it finds too many rather than too few. This is fast,
        // and enough for nearly every request.
        let opening = occurrences(text, |byte| matches!(byte, b'{' | b'['));
        let values = opening + occurrences(text, |byte| byte == b',');
        if opening <= MAX_DEPTH.min(self.objects) && values <= self.values {
            return Ok(());
        }
        self.count(text)
    }

    fn count(self, text: &[u8]) -> Result<(), JsonBudgetError> {
        let (mut values, mut objects, mut depth) = (0_usize, 0_usize, 0_usize);
        // The last string of the outermost object, which is the name of a member when a value in it
        // exceeds the limit.
        let mut name = None;
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            at += 1;
            match byte {
                b'"' => {
                    let end = end_of_string(text, at);
                    if depth == 1 && is_name(text, end) {
                        name = text.get(at..end);
                    }
                    at = end + 1;
                }
                b'{' | b'[' => {
                    values += 1;
                    objects += usize::from(byte == b'{');
                    depth += 1;
                }
                b',' => values += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if values > self.values {
                return Err(exceeded(self.values, "values", name, depth));
            }
            if objects > self.objects {
                return Err(exceeded(self.objects, "objects", name, depth));
            }
            if depth > MAX_DEPTH {
                let problem = format!("more than {MAX_DEPTH} levels of objects and lists");
                return Err(JsonBudgetError::new(name, problem));
            }
        }
        Ok(())
    }
}

fn exceeded(most: usize, what: &str, name: Option<&[u8]>, depth: usize) -> JsonBudgetError {
    // At depth 1, too many members are the fault of no single one.
    let name = name.filter(|_| depth > 1);
    JsonBudgetError::new(name, format!("more than {most} {what}"))
}

impl JsonBudgetError {
    fn new(name: Option<&[u8]>, problem: String) -> Self {
        // Only a plain name is shown: what a client sends could be anything.
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let name = name.filter(|name| name.len() <= 64 && name.iter().all(plain));
        let member = name.map(|name| String::from_utf8_lossy(name).into_owned());
        let text = member.as_ref().map_or("the JSON".to_owned(), |name| format!("`{name}`"));
        Self { member, text, problem }
    }
}

/// Returns the number of such bytes. A sum of a few of them fits into a byte, so that the compiler can
/// count many at once.
fn occurrences(text: &[u8], is_one: impl Fn(u8) -> bool) -> usize {
    let few = text.chunks(usize::from(u8::MAX));
    few.map(|few| usize::from(few.iter().map(|&byte| u8::from(is_one(byte))).sum::<u8>())).sum()
}

/// Returns the index of the quote that ends a string.
fn end_of_string(text: &[u8], start: usize) -> usize {
    let mut at = start;
    loop {
        match text.get(at) {
            Some(b'\\') => at += 2,
            Some(b'"') | None => return at,
            Some(_) => at += 1,
        }
    }
}

/// Whether the string that ends at `end` is the name of a member.
fn is_name(text: &[u8], end: usize) -> bool {
    let rest = text.get(end + 1..).unwrap_or_default();
    rest.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: JsonBudget = JsonBudget { values: 5, objects: 5 };

    fn check(text: &str) -> Result<(), String> {
        BUDGET.check(text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn objects_lists_entries_and_members_count_and_text_does_not() {
        for text in [
            "",
            "{}",
            "[1,2,3,4,5]",
            r#"{"a":1,"b":2,"c":3,"d":4,"e":5}"#,
            r#"["{[,,,,,,,,","\",{[,,,,,,"]"#,
            r#"{"a\"{,,,,,,":"[[[[[[["}"#,
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for (text, whose) in [
            ("[1,2,3,4,5,6]", "the JSON"),
            ("[[[[[[]]]]]]", "the JSON"),
            (r#"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6}"#, "the JSON"),
            (r#"{"a":"b,","room_config" : {"x":[{},{},{}]}}"#, "`room_config`"),
            (r#"{"<b>":[1,2,3,4,5,6]}"#, "the JSON"),
            (r#"{"a":"b,","c":[1,2,3,4,5,6"#, "`c`"),
        ] {
            assert_eq!(check(text), Err(format!("{whose} has more than 5 values")), "{text}");
        }
    }

    #[test]
    fn objects_have_a_limit_of_their_own() {
        let check = |text: &str| {
            let budget = JsonBudget { values: 9, objects: 2 };
            budget.check(text.as_bytes()).map_err(|error| error.to_string())
        };
        assert_eq!(check(r#"{"a":[[],{"b":"{{{"}]}"#), Ok(()));
        assert_eq!(check(r#"{"a":[{},{}]}"#), Err("`a` has more than 2 objects".to_owned()));
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!(r#"{{"a":{}"#, "[".repeat(depth - 1));
        let check = |depth| JsonBudget::REQUEST.check(nested(depth).as_bytes());
        assert_eq!(check(MAX_DEPTH), Ok(()));
        let error = check(MAX_DEPTH + 1).expect_err("too deep");
        assert_eq!(error.to_string(), "`a` has more than 32 levels of objects and lists");
        assert_eq!(error.member.as_deref(), Some("a"));
    }
}
