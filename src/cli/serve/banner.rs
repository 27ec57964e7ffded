//! What is said when the server accepts connections.

use std::net::IpAddr;

use serde_json::json;

use super::args::{LogFormat, ServeArgs};
use super::configure::Configured;
use super::printable::Printable;
use crate::endpoint::{Endpoint, Field};
use crate::server::LocalAddress;

/// How the Android emulator sees the machine that it runs on.
const ANDROID_EMULATOR: &str = "10.0.2.2";

/// Everything that is said.
pub(super) struct Announced {
    listen: String,
    endpoint: String,
    server_url: String,
    url_source: String,
    key: String,
    key_source: String,
    may_set: Vec<String>,
    must_set: Vec<String>,
    needs_bearer: bool,
    advice: Vec<String>,
}

impl Announced {
    pub(super) fn new(
        args: &ServeArgs,
        configured: &Configured,
        local: &LocalAddress,
        lan: Option<IpAddr>,
    ) -> Self {
        let Configured { endpoint, key_source, url_source } = configured;
        let policy = &endpoint.policy;
        let fields = [
            Field::RoomName,
            Field::ParticipantIdentity,
            Field::ParticipantName,
            Field::ParticipantMetadata,
            Field::ParticipantAttributes,
            Field::RoomConfig,
        ];
        let free = fields.iter().filter(|field| !policy.deny.contains(field));
        Self {
            listen: local.to_string(),
            endpoint: shown_url(local, lan, endpoint),
            server_url: endpoint.server_url.to_string(),
            url_source: url_source.clone(),
            key: endpoint.keys.key().to_owned(),
            key_source: key_source.clone(),
            may_set: free.map(ToString::to_string).collect(),
            must_set: policy.require.iter().map(ToString::to_string).collect(),
            needs_bearer: endpoint.access.bearer.is_some(),
            advice: advice(args, endpoint, local, lan),
        }
    }

    pub(super) fn to_text(&self, args: &ServeArgs) -> String {
        match args.log_format {
            LogFormat::Json => self.json(),
            LogFormat::Text => self.text(),
        }
    }

    fn json(&self) -> String {
        let line = json!({
            "message": "listening",
            "listen": self.listen,
            "endpoint": self.endpoint,
            "server_url": self.server_url,
            "server_url_from": self.url_source,
            "key": self.key,
            "key_from": self.key_source,
            "clients_may_set": self.may_set,
            "clients_must_set": self.must_set,
            "bearer_token": self.needs_bearer,
            "advice": self.advice,
        });
        format!("{line}\n")
    }

    fn text(&self) -> String {
        let Self { endpoint, server_url, url_source, key, key_source, .. } = self;
        let mut lines = vec![
            format!("listening at {endpoint}"),
            format!("  server_url  {server_url} (from {url_source})"),
            format!("  key         {key} (from {key_source})"),
            format!("  clients may set {}", list(&self.may_set)),
        ];
        if !self.must_set.is_empty() {
            lines.push(format!("  clients must set {}", list(&self.must_set)));
        }
        if self.needs_bearer {
            lines.push("  clients need a bearer token".to_owned());
        }
        lines.extend(self.advice.iter().map(|advice| format!("  {advice}")));
        let lines = lines.iter().map(|line| format!("{}\n", Printable(line)));
        lines.collect()
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

fn shown_url(local: &LocalAddress, lan: Option<IpAddr>, endpoint: &Endpoint) -> String {
    let path = endpoint.routes.shown();
    match local {
        LocalAddress::Tcp(address) => match lan {
            Some(lan) => format!("http://{lan}:{}{path}", address.port()),
            None => format!("http://{address}{path}"),
        },
        #[cfg(unix)]
        LocalAddress::Unix(_) => format!("{local} (POST {path})"),
    }
}

/// What people run into, said before they do.
fn advice(
    args: &ServeArgs,
    endpoint: &Endpoint,
    local: &LocalAddress,
    lan: Option<IpAddr>,
) -> Vec<String> {
    let mut advice = Vec::new();
    advice.extend(args.permissions.serve_warning());
    if args.is_passed() {
        let advised = "the socket was passed to this process (LISTEN_FDS); --listen is not used";
        advice.push(advised.to_owned());
    }
    if let (Some(lan), LocalAddress::Tcp(address)) = (lan, local) {
        let (port, path) = (address.port(), endpoint.routes.shown());
        advice.push(format!("phones on this network: http://{lan}:{port}{path}"));
        advice.push(format!("the Android emulator: http://{ANDROID_EMULATOR}:{port}{path}"));
        advice.push(
            "start livekit-server with --bind 0.0.0.0, so that they reach it as well".to_owned(),
        );
        advice.push(
            "browsers give camera and microphone to https pages and localhost only".to_owned(),
        );
    }
    if lan.is_none() && !local.is_local() && endpoint.server_url.is_loopback() {
        let url = &endpoint.server_url;
        advice.push(format!(
            "clients on other machines cannot connect to {url}; give --url or --lan"
        ));
    }
    advice
}
