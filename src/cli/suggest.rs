//! "did you mean" suggestions.

/// Maximum length of a name that is compared, in bytes. The longest known name has less than half of it, and
/// comparing a name of a megabyte takes minutes.
const MAX_TYPED: usize = 100;

/// The known name that is closest to a mistyped one, if any is close enough.
pub(crate) fn did_you_mean<'a>(
    typed: &str,
    known: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    // clap uses Jaro similarity too, but a threshold of 0.7, at which `foo` is close to `room`. Jaro
    // misses swapped letters in short names; the second measure finds them. By itself, Jaro finds
    // `create` for `cert`, and the second measure `kind` for `bind`: few get the first letter wrong.
    const CLOSE: (f64, f64) = (0.8, 0.6);
    const FAR: f64 = 0.5;
    /// Words after a name that do not change what it means.
    const SAME: [&str; 10] =
        ["url", "uri", "name", "value", "address", "addr", "on", "id", "list", "config"];
    if typed.len() > MAX_TYPED {
        return None;
    }
    let typed = typed.to_lowercase();
    let similarity = |name: &str| {
        let name = name.to_lowercase();
        let rest = typed.strip_prefix(&name).and_then(|rest| rest.strip_prefix('-'));
        if rest.is_some_and(|rest| SAME.contains(&rest)) {
            // `--store-url` for `--store`, but not `--room-create` for `--room`.
            return Some(CLOSE.0);
        }
        // `--auth-basic` and `--auth-claim` are alike only where they begin.
        let (typed, name) = without_common_part(&typed, &name);
        let jaro = strsim::jaro(typed, name);
        let swaps = strsim::normalized_damerau_levenshtein(typed, name);
        let is_near = swaps > FAR || name.starts_with(typed);
        let is_close = (jaro > CLOSE.0 && is_near) || swaps > CLOSE.1;
        let first = |text: &str| text.chars().next();
        let is_other_word = first(typed) != first(name) && !name.contains(typed) && swaps <= 0.75;
        (is_close && !is_other_word).then(|| jaro.max(swaps))
    };
    known
        .filter_map(|name| similarity(name).map(|similarity| (similarity, name)))
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, name)| name)
}

/// Both names without the words that both begin with.
fn without_common_part<'a>(one: &'a str, other: &'a str) -> (&'a str, &'a str) {
    let mut rest = (one, other);
    while let (Some((word, one)), Some((other_word, other))) =
        (rest.0.split_once('-'), rest.1.split_once('-'))
        && word == other_word
    {
        rest = (one, other);
    }
    rest
}
