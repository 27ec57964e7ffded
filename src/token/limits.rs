//! LiveKit's default limits. They are checked before signing, because a server would refuse the
//! token only later, and with less explanation.

use std::collections::BTreeMap;

use super::Claims;

/// Maximum size of each part of a token, in bytes.
///
/// The defaults are those of `pkg/config/config.go` in `github.com/livekit/livekit`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenLimits {
    /// A room's name.
    pub room: usize,
    /// An identity.
    pub identity: usize,
    /// A participant's name.
    pub name: usize,
    /// A participant's metadata.
    pub metadata: usize,
    /// All attributes together, keys and values.
    pub attributes: usize,
}

impl Default for TokenLimits {
    fn default() -> Self {
        Self { room: 256, identity: 256, name: 256, metadata: 512 * 1024, attributes: 64 * 1024 }
    }
}

impl TokenLimits {
    /// No limits, for servers that are configured to accept more.
    pub const NONE: Self = Self {
        room: usize::MAX,
        identity: usize::MAX,
        name: usize::MAX,
        metadata: usize::MAX,
        attributes: usize::MAX,
    };

    /// Every limit that these sizes exceed.
    pub(crate) fn exceeded(&self, sizes: &Sizes) -> impl Iterator<Item = LimitError> + use<> {
        let sizes = [
            ("room_name", sizes.room, self.room),
            ("participant_identity", sizes.identity, self.identity),
            ("participant_name", sizes.name, self.name),
            ("participant_metadata", sizes.metadata, self.metadata),
            ("participant_attributes", sizes.attributes, self.attributes),
        ];
        let over = sizes.into_iter().filter(|(_, size, limit)| size > limit);
        over.map(|(field, size, limit)| LimitError { field, size, limit })
    }
}

/// The size of each part of a token, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) room: usize,
    pub(crate) identity: usize,
    pub(crate) name: usize,
    pub(crate) metadata: usize,
    pub(crate) attributes: usize,
}

impl Sizes {
    pub(super) fn of(claims: &Claims) -> Self {
        Self {
            room: claims.video.room.len(),
            identity: claims.sub.len(),
            name: claims.name.len(),
            metadata: claims.metadata.len(),
            attributes: Self::of_attributes(&claims.attributes),
        }
    }

    pub(crate) fn of_attributes(attributes: &BTreeMap<String, String>) -> usize {
        attributes.iter().map(|(key, value)| key.len() + value.len()).sum()
    }
}

/// The error for a part of a token that is larger than a LiveKit server accepts by default.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` has {size} bytes, and a LiveKit server accepts at most {limit}")]
#[non_exhaustive]
pub struct LimitError {
    /// The name of the field in a request.
    pub field: &'static str,
    /// Its size in bytes.
    pub size: usize,
    /// The limit in bytes.
    pub limit: usize,
}
