//! Grants in words.

use crate::token::{AgentEndpointGrant, AgentThreadGrant, Claims, VideoGrant};

/// What a token allows, a line each.
pub(super) fn allows(claims: &Claims) -> Vec<String> {
    let mut words = video(&claims.video);
    let Claims { sip, agent, inference, observability, .. } = claims;
    let flags = [
        (sip.admin, "manage SIP trunks and dispatch rules"),
        (sip.call, "make SIP calls"),
        (agent.admin, "manage cloud agents"),
        (agent.simulation_admin, "manage agent simulations"),
        (agent.database_admin, "use the agents' databases"),
        (agent.dispatch_admin, "manage the agent dispatch queue"),
        (inference.perform, "use LiveKit Inference"),
        (observability.write, "publish observability data"),
    ];
    words.extend(chosen(&flags));
    words.extend(endpoints(&claims.agent_endpoint));
    words.extend(threads(&claims.agent_thread));
    let agents = claims.room_config.iter().flat_map(crate::token::RoomConfig::agent_names);
    words.extend(agents.map(|name| match name {
        "" => "dispatch the agent without a name, if this join creates the room".to_owned(),
        name => format!("dispatch the agent `{name}`, if this join creates the room"),
    }));
    words
}

fn video(video: &VideoGrant) -> Vec<String> {
    let room =
        if video.room.is_empty() { "no room".to_owned() } else { format!("`{}`", video.room) };
    let mut words = Vec::new();
    if video.room_join {
        words.push(format!("join the room {room}"));
        words.extend(inside(video));
    }
    if video.room_admin {
        words.push(format!("moderate the room {room}"));
    }
    let flags = [
        (video.room_create, "create and delete rooms"),
        (video.room_list, "list rooms"),
        (video.room_record, "start and stop egress (recording)"),
        (video.ingress_admin, "manage ingress"),
        (video.agent, "register as an agent worker"),
    ];
    words.extend(chosen(&flags));
    if !video.destination_room.is_empty() {
        words.push(format!("be forwarded to the room `{}`", video.destination_room));
    }
    words
}

/// What a participant may do in its room; what is absent is up to LiveKit's defaults.
fn inside(video: &VideoGrant) -> Vec<String> {
    let publish = video.can_publish.unwrap_or(true);
    let publishes = match video.can_publish_sources.as_slice() {
        _ if !publish => "publish no tracks".to_owned(),
        [] => "publish tracks from any source".to_owned(),
        sources => {
            let names = sources.iter().map(|source| source.as_str()).collect::<Vec<_>>();
            format!("publish tracks from {} only", names.join(", "))
        }
    };
    let or =
        |yes: bool, words: &str, not: &str| if yes { words.to_owned() } else { not.to_owned() };
    let data = video.can_publish_data.unwrap_or(publish);
    let mut words = vec![
        publishes,
        or(video.can_subscribe.unwrap_or(true), "subscribe to tracks", "subscribe to no tracks"),
        or(data, "publish data", "publish no data"),
    ];
    let own = video.can_update_own_metadata.unwrap_or(false);
    let flags = [
        (own, "change its own name, metadata and attributes"),
        (video.hidden, "stay invisible to the others"),
        (video.recorder, "count as a recorder"),
        (video.can_subscribe_metrics.unwrap_or(false), "subscribe to metrics"),
        (video.can_manage_agent_session.unwrap_or(false), "manage an agent session"),
    ];
    words.extend(chosen(&flags));
    words.into_iter().map(|words| format!("  {words}")).collect()
}

fn endpoints(grant: &AgentEndpointGrant) -> Option<String> {
    let any = |name: &str, what: &str| match name {
        "" => format!("any {what}"),
        name => format!("the {what} `{name}`"),
    };
    let AgentEndpointGrant { call, agent_name, deployment, .. } = grant;
    call.then(|| {
        let (agent, deployment) = (any(agent_name, "agent"), any(deployment, "deployment"));
        format!("call the HTTP endpoints of {agent} in {deployment}")
    })
}

fn threads(grant: &AgentThreadGrant) -> Option<String> {
    let AgentThreadGrant { list, create, write, read, delete, .. } = grant;
    let actions = [
        (*list, "list"),
        (*create, "create"),
        (*write, "write"),
        (*read, "read"),
        (*delete, "delete"),
    ];
    let actions = chosen(&actions).collect::<Vec<_>>();
    let which = match (grant.all, grant.scope.as_str()) {
        (true, _) => "all agent threads".to_owned(),
        (false, "") => format!("the agent threads {}", grant.thread_ids.join(", ")),
        (false, scope) => format!("agent threads of the scope `{scope}`"),
    };
    (!actions.is_empty()).then(|| format!("{} {which}", actions.join(", ")))
}

fn chosen<'a>(flags: &'a [(bool, &'a str)]) -> impl Iterator<Item = String> + 'a {
    flags.iter().filter(|(set, _)| *set).map(|(_, words)| (*words).to_owned())
}
