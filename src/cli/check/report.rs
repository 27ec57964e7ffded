//! The report of `lkt check`: what was sent, and what came back.

use std::fmt::Write as _;

use serde_json::json;

use super::validate::{Answer, Exchange};
use super::verdict::{Problem, clock_words, said};
use crate::cli::keys::{Keys, ResolvedKeys, Sourced};
use crate::endpoint::ServerUrl;
use crate::printable::{Printable, pretty_json};
use crate::service::fingerprint;
use crate::token::{ApiSecret, LEEWAY};

/// The facts to report.
pub(super) struct Report<'a> {
    keys: &'a Keys,
    url: &'a Sourced<ServerUrl>,
    answer: Option<&'a Answer>,
    problem: Option<&'a Problem>,
}

impl<'a> Report<'a> {
    pub(super) fn new(
        found: &'a ResolvedKeys,
        url: &'a Sourced<ServerUrl>,
        exchange: &'a Exchange,
        problem: Option<&'a Problem>,
    ) -> Self {
        Self { keys: &found.keys, url, answer: exchange.outcome.as_ref().ok(), problem }
    }

    /// The report as text, one line per fact.
    pub(super) fn text(&self) -> String {
        let Self { keys, url, .. } = self;
        let secret = keys.pair.secret();
        let mut lines = vec![
            ("key", format!("{}, from {}", keys.pair.key(), keys.source)),
            ("secret", format!("{} bytes, fingerprint {}", length(secret), fingerprint(secret))),
            ("url", format!("{}, from {}", url.value, url.source)),
        ];
        if let Some(answer) = self.answer {
            let verdict = match self.problem {
                None => "accepts the token:",
                Some(_) => "does not accept the token:",
            };
            lines.push(("server", format!("{verdict} {}", said(answer))));
            lines.push(("clock", self.clock()));
        }
        lines.into_iter().fold(String::new(), |mut text, (name, value)| {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{name:<8} {}", Printable(&value));
            text
        })
    }

    /// The report as one JSON object, with null for unknown values.
    pub(super) fn json(&self) -> String {
        let secret = self.keys.pair.secret();
        let value = json!({
            "ok": self.problem.is_none(),
            "key": self.keys.pair.key(),
            "key_source": self.keys.source,
            "secret_bytes": length(secret),
            "secret_fingerprint": fingerprint(secret),
            "url": self.url.value.as_str(),
            "url_source": self.url.source,
            "status": self.answer.map(|answer| answer.status),
            "answer": self.answer.map(|answer| &answer.body),
            "clock_offset_seconds": self.clock_offset(),
            "code": self.problem.map(Problem::code),
            "error": self.problem.map(ToString::to_string),
            "help": self.problem.map(Problem::help),
        });
        pretty_json(&value)
    }

    /// A warning about a wrong clock. Other tokens may be refused because of it even if this one was
    /// accepted.
    pub(super) fn clock_warning(&self) -> Option<String> {
        let offset = self.clock_offset().filter(|offset| offset.unsigned_abs() > LEEWAY)?;
        Some(format!("this machine's clock {}: tokens may be refused", clock_words(offset)))
    }

    fn clock(&self) -> String {
        self.clock_offset()
            .map_or_else(|| "the server did not say what time it is".to_owned(), clock_words)
    }

    fn clock_offset(&self) -> Option<i64> {
        self.answer?.clock_offset
    }
}

fn length(secret: &ApiSecret) -> usize {
    secret.expose().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_a_secret_is_in_bytes() {
        assert_eq!(length(&ApiSecret::new("secret").expect("a secret")), 6);
    }
}
