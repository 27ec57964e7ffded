//! The report on a token, as text or JSON.

use serde_json::{Map, Value, json};

use super::body::Refusal;
use super::checks::Checked;
use super::{servers, times, words};
use crate::printable::{Printable, pretty_json};
use crate::times::{rfc3339, words as span};
use crate::token::Decoded;

/// The claims that are points in time.
const TIMES: [&str; 3] = ["iat", "nbf", "exp"];

pub(super) struct Report<'a> {
    decoded: &'a Decoded,
    allows: Vec<String>,
    suspicious: Vec<String>,
    /// What servers of older versions do.
    older_servers: Vec<String>,
    checks: Option<Vec<Checked>>,
    now: u64,
}

impl<'a> Report<'a> {
    pub(super) fn new(decoded: &'a Decoded, checks: Option<Vec<Checked>>, now: u64) -> Self {
        // A token with an unreadable claim allows nothing: a server refuses it.
        let allows = decoded.typed().as_ref().map(words::allows).unwrap_or_default();
        let suspicious = decoded.suspicions(now);
        let suspicious = suspicious.iter().map(|found| times::suspicion(found, now)).collect();
        let older_servers = servers::notes(&decoded.claims);
        Self { decoded, allows, suspicious, older_servers, checks, now }
    }

    /// The first reason for a server to refuse the token, if it was checked.
    pub(super) fn refusal(&self) -> Option<&Refusal> {
        self.checks.iter().flatten().find_map(|checked| checked.refusal.as_ref())
    }

    pub(super) fn json(&self) -> String {
        let Decoded { header, claims, .. } = self.decoded;
        let times = TIMES.iter().filter_map(|name| {
            let at = u64::try_from(self.decoded.seconds(name)?).ok()?;
            let left = i128::from(at) - i128::from(self.now);
            Some((
                (*name).to_owned(),
                json!({"at": rfc3339(at), "in_seconds": i64::try_from(left).ok()}),
            ))
        });
        let mut report = json!({
            "header": header,
            "claims": claims,
            "times": times.collect::<Map<_, _>>(),
            "allows": self.allows,
            "suspicious": self.suspicious,
            "older_servers": self.older_servers,
        });
        if let Some(checks) = &self.checks {
            let shown = checks.iter().map(|Checked { name, refusal, .. }| {
                let reason = refusal.as_ref().map(|refusal| &refusal.reason);
                json!({"check": name, "ok": refusal.is_none(), "reason": reason})
            });
            report["verified"] = json!(self.refusal().is_none());
            report["checks"] = shown.collect();
        }
        pretty_json(&report)
    }

    pub(super) fn text(&self) -> String {
        let Decoded { header, claims, .. } = self.decoded;
        let mut text = section("header", header.iter().map(|(name, value)| self.line(name, value)));
        text += &section("claims", claims.iter().map(|(name, value)| self.line(name, value)));
        text += &section("allows", self.allows.iter().cloned());
        text += &section("suspicious", self.suspicious.iter().cloned());
        text += &section("older servers", self.older_servers.iter().cloned());
        let checks = self.checks.iter().flatten().map(|checked| {
            let name = checked.name;
            match (&checked.refusal, &checked.remark) {
                (Some(refusal), _) => format!("refused {name}: {}", refusal.reason),
                (None, Some(remark)) => format!("ok      {name} ({remark})"),
                (None, None) => format!("ok      {name}"),
            }
        });
        text += &section("checked as LiveKit's server 1.13 does", checks);
        text
    }

    fn line(&self, name: &str, value: &Value) -> String {
        let at = self.decoded.seconds(name).and_then(|at| u64::try_from(at).ok());
        let shown = match (value, at) {
            (_, Some(at)) if TIMES.contains(&name) => self.time(name, at),
            (Value::String(text), _) => text.clone(),
            (value, _) => value.to_string(),
        };
        format!("{name:<11} {shown}")
    }

    fn time(&self, name: &str, at: u64) -> String {
        let relative = match (name, self.now.checked_sub(at)) {
            ("exp", Some(ago)) => format!("expired {} ago", span(ago)),
            ("exp", None) => format!("expires in {}", span(at - self.now)),
            (_, Some(ago)) => format!("{} ago", span(ago)),
            (_, None) => format!("in {}", span(at - self.now)),
        };
        format!("{} ({relative})", rfc3339(at))
    }
}

/// A title and its lines, or nothing if there are no lines.
pub(in crate::cli) fn section(title: &str, lines: impl Iterator<Item = String>) -> String {
    let lines = lines.map(|line| format!("  {}\n", Printable(&line))).collect::<Vec<_>>();
    if lines.is_empty() { String::new() } else { format!("{title}\n{}", lines.concat()) }
}
