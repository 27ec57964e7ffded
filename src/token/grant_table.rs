//! The table of all grants, by wire name; the structs that hold their values are in `grants`. `--grant`,
//! `lkt inspect`, help, completions and token decoding use it. `tests/integration/grants.rs` compares what it
//! makes of `--grant` with LiveKit's own crate.

/// A grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Grant {
    /// The claim that contains the grant, such as `video`.
    pub claim: &'static str,
    /// The grant's name in that claim, such as `roomJoin`.
    pub name: &'static str,
    /// The type of its value.
    pub value: GrantValue,
    /// A short description of what it allows. Empty for a grant that only names the room, agent or
    /// thread that other grants apply to.
    pub words: &'static str,
    /// What it is about.
    pub scope: GrantScope,
}

/// What a grant is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrantScope {
    /// The whole project.
    Project,
    /// The room that the token names.
    Room,
    /// The participant that joins with the token. Without a join, it has no effect.
    Join,
}

/// The type of a grant's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrantValue {
    /// `true` or `false`; `false` is left out of a token.
    Flag,
    /// `true` or `false`, or absent for the server's default; an explicit `false` is kept.
    OptionalFlag,
    /// A string.
    Text,
    /// A list of strings.
    List,
}

impl Grant {
    /// Returns the name as people write it: the name alone for a grant of `video`, and with the
    /// claim for all others, such as `sip.call`.
    pub fn path(&self) -> String {
        match self.claim {
            "video" => self.name.to_owned(),
            claim => format!("{claim}.{}", self.name),
        }
    }

    /// Returns the grant with this name in this claim.
    pub fn find(claim: &str, name: &str) -> Option<&'static Self> {
        GRANTS.iter().find(|grant| grant.claim == claim && grant.name == name)
    }
}

const fn flag(claim: &'static str, name: &'static str, words: &'static str) -> Grant {
    Grant { claim, name, value: GrantValue::Flag, words, scope: GrantScope::Project }
}

const fn optional(name: &'static str, words: &'static str) -> Grant {
    Grant { claim: "video", name, value: GrantValue::OptionalFlag, words, scope: GrantScope::Join }
}

const fn text(claim: &'static str, name: &'static str) -> Grant {
    Grant { claim, name, value: GrantValue::Text, words: "", scope: GrantScope::Project }
}

const fn list(claim: &'static str, name: &'static str) -> Grant {
    Grant { claim, name, value: GrantValue::List, words: "", scope: GrantScope::Project }
}

impl Grant {
    const fn of(self, scope: GrantScope) -> Self {
        Self { scope, ..self }
    }
}

/// Every grant, in the order of `auth/grants.go`.
pub const GRANTS: &[Grant] = &[
    flag("video", "roomCreate", "create and delete rooms"),
    flag("video", "roomList", "list rooms"),
    flag("video", "roomRecord", "start and stop egress (recording)"),
    flag("video", "roomAdmin", "moderate the room").of(GrantScope::Room),
    flag("video", "roomJoin", "join the room").of(GrantScope::Room),
    text("video", "room").of(GrantScope::Room),
    optional("canPublish", "publish tracks"),
    optional("canSubscribe", "subscribe to tracks"),
    optional("canPublishData", "publish data"),
    list("video", "canPublishSources").of(GrantScope::Join),
    optional("canUpdateOwnMetadata", "change its own name, metadata and attributes"),
    flag("video", "ingressAdmin", "manage ingress"),
    flag("video", "hidden", "stay invisible to the others").of(GrantScope::Join),
    flag("video", "recorder", "count as a recorder").of(GrantScope::Join),
    flag("video", "agent", "register as an agent worker"),
    optional("canSubscribeMetrics", "subscribe to metrics"),
    optional("canManageAgentSession", "manage an agent session"),
    text("video", "destinationRoom"),
    flag("sip", "admin", "manage SIP trunks and dispatch rules"),
    flag("sip", "call", "make SIP calls"),
    flag("agent", "admin", "manage cloud agents"),
    flag("agent", "simulationAdmin", "manage agent simulations"),
    flag("agent", "databaseAdmin", "use the agents' databases"),
    flag("agent", "dispatchAdmin", "manage the agent dispatch queue"),
    flag("inference", "perform", "use LiveKit Inference"),
    flag("observability", "write", "publish observability data"),
    flag("agentEndpoint", "call", "call the HTTP endpoints"),
    text("agentEndpoint", "agentName"),
    text("agentEndpoint", "deployment"),
    flag("agentThread", "all", "all agent threads"),
    text("agentThread", "scope"),
    list("agentThread", "threadIds"),
    flag("agentThread", "list", "list"),
    flag("agentThread", "create", "create"),
    flag("agentThread", "write", "write to"),
    flag("agentThread", "read", "read"),
    flag("agentThread", "delete", "delete"),
];
