//! The grants of a token in one line, for a log. Written by hand rather than by way of JSON, since it is
//! needed for every token that is issued.

use super::{Claims, TrackSource, VideoGrant};

impl Claims {
    /// Returns the grants in short: the names of those that are set, as [`Grant::path`](super::Grant::path)
    /// writes them, with their values where they are not `true`. For example
    /// `roomJoin canPublish=false sip.call`. The room is left out.
    pub fn grants_in_short(&self) -> String {
        let mut short = Short(String::with_capacity(64));
        short.video(&self.video);
        let Self { sip, agent, inference, observability, agent_endpoint, agent_thread, .. } = self;
        for (path, is_set) in [
            ("sip.admin", sip.admin),
            ("sip.call", sip.call),
            ("agent.admin", agent.admin),
            ("agent.simulationAdmin", agent.simulation_admin),
            ("agent.databaseAdmin", agent.database_admin),
            ("agent.dispatchAdmin", agent.dispatch_admin),
            ("inference.perform", inference.perform),
            ("observability.write", observability.write),
            ("agentEndpoint.call", agent_endpoint.call),
            ("agentThread.all", agent_thread.all),
            ("agentThread.list", agent_thread.list),
            ("agentThread.create", agent_thread.create),
            ("agentThread.write", agent_thread.write),
            ("agentThread.read", agent_thread.read),
            ("agentThread.delete", agent_thread.delete),
        ] {
            short.flag(path, is_set);
        }
        short.text("agentEndpoint.agentName", &agent_endpoint.agent_name);
        short.text("agentEndpoint.deployment", &agent_endpoint.deployment);
        short.text("agentThread.scope", &agent_thread.scope);
        short.list("agentThread.threadIds", agent_thread.thread_ids.iter().map(String::as_str));
        short.0
    }
}

/// A line that grows.
struct Short(String);

impl Short {
    fn video(&mut self, video: &VideoGrant) {
        for (path, is_set) in [
            ("roomJoin", video.room_join),
            ("roomCreate", video.room_create),
            ("roomList", video.room_list),
            ("roomRecord", video.room_record),
            ("roomAdmin", video.room_admin),
            ("ingressAdmin", video.ingress_admin),
            ("hidden", video.hidden),
            ("recorder", video.recorder),
            ("agent", video.agent),
        ] {
            self.flag(path, is_set);
        }
        for (path, value) in [
            ("canPublish", video.can_publish),
            ("canSubscribe", video.can_subscribe),
            ("canPublishData", video.can_publish_data),
            ("canUpdateOwnMetadata", video.can_update_own_metadata),
            ("canSubscribeMetrics", video.can_subscribe_metrics),
            ("canManageAgentSession", video.can_manage_agent_session),
        ] {
            match value {
                Some(false) => self.text(path, "false"),
                set => self.flag(path, set.is_some()),
            }
        }
        let sources = video.can_publish_sources.iter().copied().map(TrackSource::as_str);
        self.list("canPublishSources", sources);
        self.text("destinationRoom", &video.destination_room);
    }

    fn flag(&mut self, path: &str, is_set: bool) {
        if is_set {
            if !self.0.is_empty() {
                self.0.push(' ');
            }
            self.0.push_str(path);
        }
    }

    fn text(&mut self, path: &str, value: &str) {
        self.list(path, Some(value).filter(|value| !value.is_empty()).into_iter());
    }

    fn list<'v>(&mut self, path: &str, values: impl Iterator<Item = &'v str>) {
        for (at, value) in values.enumerate() {
            if at == 0 {
                self.flag(path, true);
            }
            self.0.push(if at == 0 { '=' } else { ',' });
            self.0.push_str(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::token::{GRANTS, GrantValue};

    #[test]
    fn every_grant_is_in_it() {
        for grant in GRANTS.iter().filter(|grant| grant.path() != "room") {
            let (value, expected) = match grant.value {
                GrantValue::Flag => (json!(true), grant.path()),
                GrantValue::OptionalFlag => (json!(false), format!("{}=false", grant.path())),
                GrantValue::Text => (json!("x y"), format!("{}=x y", grant.path())),
                GrantValue::List if grant.name == "canPublishSources" => (
                    json!(["camera", "screen_share"]),
                    "canPublishSources=camera,screen_share".to_owned(),
                ),
                GrantValue::List => (json!(["a", "b"]), format!("{}=a,b", grant.path())),
            };
            let claims = Claims::default().with_grants([(grant, &value)]).expect("claims");
            assert_eq!(claims.grants_in_short(), expected);
            if grant.value == GrantValue::OptionalFlag {
                let claims = Claims::default().with_grants([(grant, &Value::Bool(true))]);
                assert_eq!(claims.expect("claims").grants_in_short(), grant.path());
            }
        }
    }

    #[test]
    fn grants_stand_side_by_side() {
        let mut claims = Claims::default();
        assert_eq!(claims.grants_in_short(), "");
        claims.video.room = "den".to_owned();
        claims.video.room_join = true;
        claims.video.can_publish = Some(false);
        claims.sip.call = true;
        assert_eq!(claims.grants_in_short(), "roomJoin canPublish=false sip.call");
    }
}
