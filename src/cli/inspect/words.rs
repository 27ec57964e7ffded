//! Descriptions of grants in words.

use serde_json::Value;

use crate::token::{Claims, GRANTS, Grant, GrantScope, RoomConfig, TrackSource};

/// Grants of a participant that [`Granted::inside`] describes in words of its own.
const MEDIA: [&str; 3] = ["canPublish", "canSubscribe", "canPublishData"];

/// The permissions of a token, one per line.
pub(in crate::cli) fn allows(claims: &Claims) -> Vec<String> {
    // Looked up by name, as in the table of grants. Claims that could be read can also be written.
    let granted = Granted(serde_json::to_value(claims).unwrap_or_default());
    let mut words = granted.rooms();
    for claim in ["sip", "agent", "inference", "observability"] {
        words.extend(granted.of(claim, |_| true).map(str::to_owned));
    }
    words.extend(granted.endpoints());
    words.extend(granted.threads());
    let agents = claims.room_config.iter().flat_map(RoomConfig::agent_names);
    words.extend(agents.map(|name| match name {
        "" => "dispatch the agent without a name, if this join creates the room".to_owned(),
        name => format!("dispatch the agent `{name}`, if this join creates the room"),
    }));
    if claims.room_config.as_ref().is_some_and(RoomConfig::records) {
        words
            .push("record the room, if this join creates it, also without `roomRecord`".to_owned());
    }
    if !claims.sha256.is_empty() {
        words
            .push("sign a message, such as a webhook, whose body has the hash `sha256`".to_owned());
    }
    if words.is_empty() {
        words.push("nothing".to_owned());
    }
    words
}

/// The claims by their names on the wire.
struct Granted(Value);

impl Granted {
    fn flag(&self, claim: &str, name: &str) -> Option<bool> {
        self.0.get(claim)?.get(name)?.as_bool()
    }

    fn text(&self, claim: &str, name: &str) -> Option<&str> {
        self.0.get(claim)?.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    fn list(&self, claim: &str, name: &str) -> Option<String> {
        let list = self.0.get(claim)?.get(name)?.as_array()?.iter().filter_map(Value::as_str);
        Some(list.collect::<Vec<_>>().join(", ")).filter(|list| !list.is_empty())
    }

    /// The names of the sources that tracks may come from, if they are limited.
    fn sources(&self) -> Option<Vec<&str>> {
        let list = self.0.get("video")?.get("canPublishSources")?.as_array()?;
        let names = list.iter().filter_map(Value::as_str);
        let is_source =
            |name: &&str| TrackSource::NAMED.iter().any(|source| source.as_str() == *name);
        (!list.is_empty()).then(|| names.filter(is_source).collect())
    }

    /// The descriptions of the chosen grants of a claim that are set, in the order of the table.
    fn of<'a>(
        &'a self,
        claim: &'a str,
        chosen: impl Fn(&Grant) -> bool + 'a,
    ) -> impl Iterator<Item = &'static str> + 'a {
        let is_set = move |grant: &&Grant| {
            grant.claim == claim && chosen(grant) && self.flag(claim, grant.name) == Some(true)
        };
        GRANTS.iter().filter(is_set).map(|grant| grant.words)
    }

    fn rooms(&self) -> Vec<String> {
        let room = self.text("video", "room");
        let mut words = Vec::new();
        if self.flag("video", "roomJoin") == Some(true) {
            words.push(match room {
                Some(room) => format!("join the room `{room}`"),
                None => {
                    "join any room that the client names (servers since 1.9.1 refuse it)".to_owned()
                }
            });
            words.extend(self.inside().into_iter().map(|words| format!("  {words}")));
        }
        if self.flag("video", "roomAdmin") == Some(true) {
            words.push(match room {
                Some(room) => format!("moderate the room `{room}`"),
                None => "moderate no room, since it names none".to_owned(),
            });
        }
        let elsewhere = |grant: &Grant| grant.scope == GrantScope::Project;
        words.extend(self.of("video", elsewhere).map(str::to_owned));
        let destination = self.text("video", "destinationRoom");
        words.extend(destination.map(|to| {
            format!(
                "move and forward participants of the room that it moderates to the room `{to}`"
            )
        }));
        words
    }

    /// An absent grant has LiveKit's default.
    fn inside(&self) -> Vec<String> {
        let flag = |name| self.flag("video", name);
        let publish = flag("canPublish").unwrap_or(true);
        let publishes = match self.sources().as_deref() {
            _ if !publish => "publish no tracks".to_owned(),
            None => "publish tracks from any source".to_owned(),
            Some([]) => "publish tracks from no source that LiveKit has".to_owned(),
            Some(sources) => format!("publish tracks from {} only", sources.join(", ")),
        };
        let or = |yes: bool, words: &str, not: &str| (if yes { words } else { not }).to_owned();
        let subscribe = flag("canSubscribe").unwrap_or(true);
        let data = flag("canPublishData").unwrap_or(publish);
        let mut words = vec![
            publishes,
            or(subscribe, "subscribe to tracks", "subscribe to no tracks"),
            or(data, "publish data", "publish no data"),
        ];
        words.extend(
            self.of("video", |grant| {
                grant.scope == GrantScope::Join && !MEDIA.contains(&grant.name)
            })
            .map(str::to_owned),
        );
        words
    }

    fn endpoints(&self) -> Option<String> {
        let one = |name: &str, what: &str| match self.text("agentEndpoint", name) {
            None => format!("any {what}"),
            Some(name) => format!("the {what} `{name}`"),
        };
        let words = self.of("agentEndpoint", |_| true).next()?;
        let (agent, deployment) = (one("agentName", "agent"), one("deployment", "deployment"));
        Some(format!("{words} of {agent} in {deployment}"))
    }

    fn threads(&self) -> Option<String> {
        const CLAIM: &str = "agentThread";
        let actions = self.of(CLAIM, |grant| grant.name != "all").collect::<Vec<_>>().join(", ");
        let all = self.of(CLAIM, |grant| grant.name == "all").next();
        let which = match (all, self.text(CLAIM, "scope"), self.list(CLAIM, "threadIds")) {
            (Some(all), ..) => all.to_owned(),
            (None, Some(scope), _) => format!("agent threads of the scope `{scope}`"),
            (None, None, Some(ids)) => format!("the agent threads {ids}"),
            (None, None, None) => "no agent thread".to_owned(),
        };
        (!actions.is_empty()).then(|| format!("{actions} {which}"))
    }
}
