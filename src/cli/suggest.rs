//! "did you mean" suggestions.

/// The known name that is closest to a mistyped one, if any is close enough.
pub(crate) fn did_you_mean<'a>(
    typed: &str,
    known: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    // clap uses Jaro similarity too, but a threshold of 0.7, at which `foo` is close to `room`. Jaro
    // misses swapped letters in short names; the second measure finds them.
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
