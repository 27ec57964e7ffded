//! "did you mean".

/// The known name that a mistyped one is closest to, if any is close.
pub(crate) fn did_you_mean<'a>(
    typed: &str,
    known: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    // What clap uses for its own suggestions.
    const CLOSE: f64 = 0.7;
    let typed = typed.to_lowercase();
    known
        .map(|name| (strsim::jaro(&typed, &name.to_lowercase()), name))
        .filter(|(similarity, _)| *similarity > CLOSE)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, name)| name)
}
