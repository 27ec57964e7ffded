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

/// Whether a variable has the name of one of lkt's but for its case or its hyphens: `livekit_url`.
pub(super) fn misspelled(name: &str) -> Option<Variable> {
    let meant = name.to_ascii_uppercase().replace('-', "_");
    Variable::ALL.into_iter().find(|variable| variable.name() == meant && name != meant)
}

/// Whether a variable of another program has the URL of a LiveKit server: `NEXT_PUBLIC_LIVEKIT_URL`,
/// `LIVEKIT_WS_URL`.
pub(super) fn is_similar_to_url(name: &str) -> bool {
    const ENDS: [&str; 4] = ["LIVEKIT_URL", "LIVEKIT_WS_URL", "LIVEKIT_SERVER_URL", "LIVEKIT_HOST"];
    name != Variable::Url.name() && ENDS.iter().any(|end| name.ends_with(end))
}
