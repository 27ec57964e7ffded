//! The variables that lkt reads, from the environment and from env files.

/// One of the variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Variable {
    Url,
    Key,
    Secret,
    SecretFile,
    Keys,
}

impl Variable {
    pub(super) const ALL: [Self; 5] =
        [Self::Url, Self::Key, Self::Secret, Self::SecretFile, Self::Keys];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Url => "LIVEKIT_URL",
            Self::Key => "LIVEKIT_API_KEY",
            Self::Secret => "LIVEKIT_API_SECRET",
            Self::SecretFile => "LIVEKIT_API_SECRET_FILE",
            Self::Keys => "LIVEKIT_KEYS",
        }
    }

    pub(super) fn is_named(name: &str) -> bool {
        Self::ALL.iter().any(|variable| variable.name() == name)
    }

    /// Whether the value is or contains a secret.
    pub(super) fn is_secret(self) -> bool {
        matches!(self, Self::Secret | Self::Keys)
    }
}

/// Whether a variable has the name of one of lkt's but for its case or marks, or a word before it: `livekit_url`,
/// `LIVEKIT_APIKEY`, `VITE_LIVEKIT_API_KEY`.
pub(super) fn misspelled(name: &str) -> Option<Variable> {
    let meant = name.to_ascii_uppercase().replace('-', "_");
    let known = Variable::ALL.into_iter().filter(|variable| variable.name() != name);
    let is_it = |variable: &Variable| {
        let known = variable.name();
        let is_prefixed = meant.strip_suffix(known).is_some_and(|prefix| prefix.ends_with('_'));
        let letters = |text: &str| text.replace('_', "");
        meant == known || is_prefixed || letters(&meant) == letters(known)
    };
    // Of `MY_LIVEKIT_URL`, a server's address may be another one: see `is_similar_to_url`.
    known.filter(|variable| *variable != Variable::Url || !is_similar_to_url(name)).find(is_it).or(
        match meant.as_str() {
            "LIVEKIT_KEY" | "LIVEKIT_API_KEY_ID" => Some(Variable::Key),
            "LIVEKIT_SECRET" | "LIVEKIT_API_SECRET_KEY" | "LIVEKIT_SECRET_KEY" => {
                Some(Variable::Secret)
            }
            _ => None,
        },
    )
}

/// Variables of the environment that have nearly the names of lkt's, with what to write.
pub(super) fn misspelled_in_environment() -> Vec<String> {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let similar = names.filter_map(|name| {
        let meant = misspelled(&name)?.name();
        Some(format!("{name} (write {meant})"))
    });
    let mut similar = similar.collect::<Vec<_>>();
    similar.sort();
    similar
}

/// Whether a variable of another program has the URL of a LiveKit server: `NEXT_PUBLIC_LIVEKIT_URL`,
/// `LIVEKIT_WS_URL`.
pub(super) fn is_similar_to_url(name: &str) -> bool {
    const ENDS: [&str; 4] = ["LIVEKIT_URL", "LIVEKIT_WS_URL", "LIVEKIT_SERVER_URL", "LIVEKIT_HOST"];
    name != Variable::Url.name() && ENDS.iter().any(|end| name.ends_with(end))
}
