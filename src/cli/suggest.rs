//! "did you mean".

/// The known name that a mistyped one is closest to, if any is close.
pub(crate) fn did_you_mean<'a>(
    typed: &str,
    known: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    // Jaro as clap has it for its own suggestions, but closer: at 0.7, `foo` is near to `room`. It
    // misses letters that changed places in short names, which the other measure is for.
    const CLOSE: (f64, f64) = (0.8, 0.6);
    let typed = typed.to_lowercase();
    let similarity = |name: &str| {
        let name = name.to_lowercase();
        let jaro = strsim::jaro(&typed, &name);
        let swaps = strsim::normalized_damerau_levenshtein(&typed, &name);
        (jaro > CLOSE.0 || swaps > CLOSE.1).then(|| jaro.max(swaps))
    };
    known
        .filter_map(|name| similarity(name).map(|similarity| (similarity, name)))
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, name)| name)
}
