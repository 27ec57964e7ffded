//! The fields of a room configuration, by name.

use livekit_protocol::RoomConfiguration;

macro_rules! parts {
    ($($variant:ident = $field:ident $camel:literal),+ $(,)?) => {
        /// A field of `livekit.RoomConfiguration`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum RoomConfigPart { $(#[doc = concat!("`", stringify!($field), "`")] $variant),+ }

        impl RoomConfigPart {
            /// Every field.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name in canonical JSON, such as `maxParticipants`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $camel),+ }
            }

            /// The name in the protocol, such as `max_participants`.
            pub fn snake_case(self) -> &'static str {
                match self { $(Self::$variant => stringify!($field)),+ }
            }

            pub(super) fn equals(self, left: &RoomConfiguration, right: &RoomConfiguration) -> bool {
                match self { $(Self::$variant => left.$field == right.$field),+ }
            }

            pub(super) fn copy(self, from: &RoomConfiguration, to: &mut RoomConfiguration) {
                match self { $(Self::$variant => to.$field.clone_from(&from.$field)),+ }
            }
        }
    };
}

parts! {
    Name = name "name",
    EmptyTimeout = empty_timeout "emptyTimeout",
    DepartureTimeout = departure_timeout "departureTimeout",
    MaxParticipants = max_participants "maxParticipants",
    Metadata = metadata "metadata",
    Egress = egress "egress",
    MinPlayoutDelay = min_playout_delay "minPlayoutDelay",
    MaxPlayoutDelay = max_playout_delay "maxPlayoutDelay",
    SyncStreams = sync_streams "syncStreams",
    Agents = agents "agents",
    Tags = tags "tags",
}

impl RoomConfigPart {
    /// Returns the field with this name, in either spelling.
    pub fn find(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|part| [part.snake_case(), part.as_str()].contains(&name))
    }
}
