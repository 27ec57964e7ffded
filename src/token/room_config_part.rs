//! The fields of a room configuration, by name.

use livekit_protocol::RoomConfiguration;

use super::RoomConfig;
use super::newer::Extra;

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

            fn equals(self, left: &RoomConfiguration, right: &RoomConfiguration) -> bool {
                match self { $(Self::$variant => left.$field == right.$field),+ }
            }

            fn copy(self, from: &RoomConfiguration, to: &mut RoomConfiguration) {
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

impl RoomConfig {
    /// Whether a field is set.
    pub fn has(&self, part: RoomConfigPart) -> bool {
        !part.equals(self.message(), &RoomConfiguration::default())
    }

    /// What a field has that the message has no place for.
    fn extras_of(&self, part: RoomConfigPart) -> impl Iterator<Item = &Extra> {
        self.extras().iter().filter(move |extra| extra.part == part)
    }

    /// Whether both have the same value in a field.
    pub fn agrees(&self, part: RoomConfigPart, other: &Self) -> bool {
        part.equals(self.message(), other.message())
            && self.extras_of(part).eq(other.extras_of(part))
    }

    /// Sets a field to its value in another configuration.
    pub fn copy_part(&mut self, part: RoomConfigPart, from: &Self) {
        part.copy(from.message(), self.message_mut());
        self.extras_mut().retain(|extra| extra.part != part);
        self.extras_mut().extend(from.extras_of(part).cloned());
    }
}
