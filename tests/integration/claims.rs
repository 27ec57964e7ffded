//! Compares the library's claims with LiveKit's own packages.

use lkt::token::{
    AgentDispatch, Claims, KeyPair, KindDetail, ParticipantKind, RoomConfig, TrackSource,
};
use serde_json::Value;

use crate::support::{claims_value, now, verify_dev};

/// Every claim that a token can have, with the values of `known/go/main.go`.
fn every_claim() -> Claims {
    let mut claims = Claims::default();
    claims.iss = "devkey".to_owned();
    claims.iat = now();
    claims.nbf = now() - 10;
    claims.exp = now() + 600;
    claims.sub = "identity".to_owned();
    claims.name = "name".to_owned();
    claims.metadata = "metadata".to_owned();
    claims.sha256 = "sha".to_owned();
    claims.kind = Some(ParticipantKind::Agent);
    claims.kind_details = vec![KindDetail::CloudAgent, KindDetail::Forwarded];
    claims.attributes = [("b", "2"), ("a", "1")].map(|(k, v)| (k.into(), v.into())).into();
    claims.room_preset = "preset".to_owned();
    set_video(&mut claims);
    (claims.sip.admin, claims.sip.call) = (true, true);
    let agent = &mut claims.agent;
    (agent.admin, agent.simulation_admin) = (true, true);
    (agent.database_admin, agent.dispatch_admin) = (true, true);
    claims.inference.perform = true;
    claims.observability.write = true;
    claims.agent_endpoint.call = true;
    claims.agent_endpoint.agent_name = "agent".to_owned();
    claims.agent_endpoint.deployment = "blue".to_owned();
    let thread = &mut claims.agent_thread;
    (thread.all, thread.list, thread.create) = (true, true, true);
    (thread.write, thread.read, thread.delete) = (true, true, true);
    thread.scope = "scope".to_owned();
    thread.thread_ids = vec!["t1".to_owned(), "t2".to_owned()];
    claims
}

fn set_video(claims: &mut Claims) {
    let video = &mut claims.video;
    (video.room_create, video.room_list, video.room_record) = (true, true, true);
    (video.room_admin, video.room_join, video.ingress_admin) = (true, true, true);
    (video.hidden, video.recorder, video.agent) = (true, true, true);
    video.room = "room".to_owned();
    video.destination_room = "other".to_owned();
    (video.can_publish, video.can_subscribe) = (Some(true), Some(false));
    (video.can_publish_data, video.can_update_own_metadata) = (Some(false), Some(true));
    (video.can_subscribe_metrics, video.can_manage_agent_session) = (Some(false), Some(true));
    video.can_publish_sources = vec![
        TrackSource::Camera,
        TrackSource::Microphone,
        TrackSource::ScreenShare,
        TrackSource::ScreenShareAudio,
    ];
}

fn known(name: &str) -> Value {
    let known = include_str!("known/claims.json");
    serde_json::from_str::<Value>(known).expect("JSON")[name].clone()
}

#[test]
fn every_claim_is_as_the_go_package_writes_it() {
    let token = KeyPair::dev().sign(&every_claim()).expect("signs");
    let mut expected = known("every claim");
    // Go writes the identity twice. Nothing reads this copy.
    expected.as_object_mut().expect("an object").remove("identity");
    expected["iss"] = "devkey".into();
    assert_eq!(claims_value(&token), expected);
}

#[test]
fn every_claim_of_the_go_package_is_read() {
    let mut expected = every_claim();
    (expected.iat, expected.nbf, expected.exp) = (0, 0, 0);
    expected.iss = "APIknown".to_owned();
    let read = serde_json::from_value::<Claims>(known("every claim")).expect("reads");
    assert_eq!(read, expected);
    let read = serde_json::from_value::<Claims>(known("nothing set")).expect("reads");
    let mut nothing = Claims::default();
    nothing.iss = "APIknown".to_owned();
    assert_eq!(read, nothing);
}

#[test]
fn a_room_configuration_is_written_as_the_go_package_writes_it() {
    let known = known("room configuration");
    let claims = serde_json::from_value::<Claims>(known.clone()).expect("reads");
    let written = serde_json::to_value(&claims.room_config).expect("writes");
    assert_eq!(written, known["roomConfig"]);
}

#[test]
fn livekits_rust_crate_reads_every_claim_that_it_knows() {
    let claims = every_claim();
    let read = verify_dev(&KeyPair::dev().sign(&claims).expect("signs"));
    let theirs = serde_json::to_value(&read).expect("writes");
    let mut ours = serde_json::to_value(&claims).expect("writes");
    // Claims that the crate does not know yet. The known answers cover them.
    let members = ours.as_object_mut().expect("an object");
    for unknown in ["iat", "kindDetails", "roomPreset"] {
        members.remove(unknown).expect(unknown);
    }
    let video = ours["video"].as_object_mut().expect("an object");
    for unknown in ["canSubscribeMetrics", "canManageAgentSession"] {
        video.remove(unknown).expect(unknown);
    }
    assert_eq!(theirs, ours);
}

#[test]
fn livekits_rust_crate_reads_the_room_configuration() {
    let mut config = RoomConfig::default();
    config.add_agent(AgentDispatch::named("agent"));
    let mut claims = every_claim();
    claims.room_config = Some(config.clone());
    let read = verify_dev(&KeyPair::dev().sign(&claims).expect("signs"));
    assert_eq!(read.room_config.as_ref(), Some(config.message()));
}

#[test]
fn maps_are_written_in_one_order() {
    let mut json = r#"{"tags":{"#.to_owned();
    json += &(0..50).map(|n| format!(r#""t{n}":"v""#)).collect::<Vec<_>>().join(",");
    json += "}}";
    let sign = || {
        // A new message each time, because its hash maps have a random order.
        let config = serde_json::from_str::<RoomConfig>(&json).expect("reads");
        let mut claims = Claims::default();
        claims.room_config = Some(config);
        KeyPair::dev().sign(&claims).expect("signs")
    };
    assert_eq!(sign(), sign());
}
