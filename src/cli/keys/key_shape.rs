//! What an API key looks like, so that a secret in its place is not shown.

/// Whether a text is like the keys that LiveKit makes.
pub(super) fn looks_like_key(text: &str) -> bool {
    text.starts_with("API")
}

/// A key in backticks, for a message, unless it may be a secret: LiveKit makes keys of 15 characters and
/// secrets of 43 and more.
pub(super) fn shown_key(key: &str) -> String {
    let key = key.trim();
    if looks_like_key(key) || key.len() < 24 {
        format!("`{key}`")
    } else {
        "(not shown: it may be the secret)".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_may_be_a_secret_is_not_shown() {
        assert_eq!(shown_key("APIfdhfdhfdhfdhfdhfdhfdhfdh"), "`APIfdhfdhfdhfdhfdhfdhfdhfdh`");
        assert_eq!(shown_key(" devkey "), "`devkey`");
        assert!(shown_key("a-secret-of-more-than-thirty-two-bytes").contains("not shown"));
    }
}
