//! The meaning of a LiveKit server's answer. Pure functions.

use super::validate::{Answer, Exchange};
use crate::failure::Failure;
use crate::service::http_client::NoAnswer;
use crate::times::words;
use crate::token::LEEWAY;

/// The reason why URL, key and secret do not belong together, as far as the answer tells.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("the server does not know the key `{0}`")]
    UnknownKey(String),
    #[error("the secret does not belong to the key `{0}`")]
    WrongSecret(String),
    #[error("the server refuses the token's times; this machine's clock {0}")]
    Clock(String),
    #[error("the server refuses the token: {0}")]
    Refused(String),
    #[error("the server, or a proxy before it, is in trouble: {0}")]
    Trouble(String),
    #[error("`{uri}` redirects to `{location}`, and clients do not follow")]
    Redirect { uri: String, location: String },
    #[error("the server at `{uri}` is not a LiveKit server: it answered {said}")]
    NotLiveKit { uri: String, said: String },
    #[error("no LiveKit server at `{uri}`: {reason}")]
    NoAnswer { uri: String, reason: NoAnswer },
}

impl Problem {
    /// The name of the problem, for programs.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::UnknownKey(_) => "unknown_key",
            Self::WrongSecret(_) => "wrong_secret",
            Self::Clock(_) => "clock",
            Self::Refused(_) => "refused",
            Self::Trouble(_) => "server_trouble",
            Self::Redirect { .. } => "redirect",
            Self::NotLiveKit { .. } => "not_livekit",
            Self::NoAnswer { reason: NoAnswer::NoServer(_) | NoAnswer::NoHost, .. } => "no_server",
            Self::NoAnswer { reason: NoAnswer::Tls(_), .. } => "tls",
            Self::NoAnswer { reason: NoAnswer::Proxy(_), .. } => "proxy",
            Self::NoAnswer { reason: NoAnswer::NotHttp, .. } => "not_http",
        }
    }

    /// The likely cause, and what to do.
    pub(super) fn help(&self) -> &'static str {
        match self {
            Self::UnknownKey(_) => {
                "key and URL are probably those of two projects: take both from the same one (if \
                 the key looks like a secret, the two are swapped)"
            }
            Self::WrongSecret(_) => "take the secret that was made together with this key",
            Self::Clock(_) => {
                "set this machine's clock, or the server's: compare both with `date -u`"
            }
            Self::Refused(_) => {
                "the server's own log says more; `lkt mint | lkt inspect --verify` shows what is in a \
                 token of this key"
            }
            Self::Trouble(_) => {
                "see whether the server runs, and what its log says; then try again"
            }
            Self::Redirect { .. } => "use the URL that it redirects to, as ws:// or wss://",
            Self::NotLiveKit { .. } => {
                "check host, port and path of the URL: a project of LiveKit Cloud has \
                 wss://NAME.livekit.cloud, and livekit-server listens on 7880"
            }
            Self::NoAnswer { reason: NoAnswer::NoServer(_), .. } => {
                "start the server, or check host and port of the URL (livekit-server listens on \
                 7880)"
            }
            Self::NoAnswer { reason: NoAnswer::NoHost, .. } => {
                "check the spelling of the host in the URL, and whether DNS knows it"
            }
            Self::NoAnswer { reason: NoAnswer::Tls(_), .. } => {
                "use ws:// for a server without TLS; a certificate has to be one that this machine \
                 trusts"
            }
            Self::NoAnswer { reason: NoAnswer::Proxy(_), .. } => {
                "check HTTPS_PROXY and HTTP_PROXY, or name the host in NO_PROXY if it needs no proxy"
            }
            Self::NoAnswer { reason: NoAnswer::NotHttp, .. } => {
                "check host and port of the URL; a server with TLS needs wss://"
            }
        }
    }

    pub(super) fn into_failure(self) -> Failure {
        let help = self.help();
        Failure::failed(self, help)
    }
}

/// Checks that the server accepts the token; otherwise returns the likely cause.
pub(super) fn verdict(exchange: &Exchange) -> Result<(), Problem> {
    let uri = exchange.uri.to_string();
    let answer = match &exchange.outcome {
        Ok(answer) => answer,
        Err(reason) => return Err(Problem::NoAnswer { uri, reason: reason.clone() }),
    };
    match answer.status {
        200 if answer.body == "success" => Ok(()),
        // The token was accepted: this server creates no rooms by itself (`room.auto_create: false`).
        404 if answer.body.contains("requested room does not exist") => Ok(()),
        300..=399 => {
            Err(Problem::Redirect { uri, location: answer.location.clone().unwrap_or_default() })
        }
        401 | 403 => Err(refusal(answer, &exchange.key, uri)),
        429 | 500..=599 => Err(Problem::Trouble(said(answer))),
        200..=299 if answer.is_cut_off => {
            let said = format!("{}, and its body broke off or did not come in time", answer.status);
            Err(Problem::Trouble(said))
        }
        _ => Err(Problem::NotLiveKit { uri, said: said(answer) }),
    }
}

/// The meaning of a refusal by LiveKit's server, according to its `service/auth.go` and to the errors
/// of the JWT libraries that its releases use.
fn refusal(answer: &Answer, key: &str, uri: String) -> Problem {
    let body = answer.body.to_lowercase();
    let has = |texts: &[&str]| texts.iter().any(|text| body.contains(text));
    if has(&["invalid api key"]) {
        return Problem::UnknownKey(key.to_owned());
    }
    if has(&["signature is invalid", "error in cryptographic primitive"]) {
        return Problem::WrongSecret(key.to_owned());
    }
    let off = answer.clock_offset.unwrap_or_default();
    if off.unsigned_abs() > LEEWAY || has(&["expired", "not valid yet", "used before"]) {
        return Problem::Clock(clock_words(off));
    }
    if has(&["token", "permission", "authorization"]) {
        return Problem::Refused(said(answer));
    }
    Problem::NotLiveKit { uri, said: said(answer) }
}

/// The status and text of an answer, on one line.
pub(super) fn said(answer: &Answer) -> String {
    match answer.body.lines().next().map(str::trim).filter(|line| !line.is_empty()) {
        Some(line) => format!("{} `{line}`", answer.status),
        None => answer.status.to_string(),
    }
}

/// How far this machine's clock is from the server's.
pub(super) fn clock_words(offset: i64) -> String {
    match offset {
        0 => "agrees with the server's".to_owned(),
        ahead @ 1.. => format!("is {} ahead of the server's", words(ahead.unsigned_abs())),
        behind => format!("is {} behind the server's", words(behind.unsigned_abs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict_of(answer: Answer) -> Result<(), Problem> {
        let uri = "http://localhost/rtc/validate".parse().expect("a URI");
        verdict(&Exchange { uri, key: "APIx".to_owned(), outcome: Ok(answer) })
    }

    fn code(status: u16, body: &str) -> &'static str {
        let body = body.to_owned();
        match verdict_of(Answer { status, body, ..Answer::default() }) {
            Ok(()) => "ok",
            Err(problem) => problem.code(),
        }
    }

    #[test]
    fn an_answer_of_livekit_is_taken_by_its_word() {
        let refused = "invalid authorization token: token has invalid claims: token is expired";
        for (status, body, expected) in [
            (200, "success", "ok"),
            (404, "requested room does not exist", "ok"),
            (401, "invalid API key", "unknown_key"),
            (401, "invalid authorization token: token signature is invalid", "wrong_secret"),
            (401, "invalid token: …, error: error in cryptographic primitive", "wrong_secret"),
            (401, refused, "clock"),
            (401, "permissions denied", "refused"),
            (503, "limit exceeded", "server_trouble"),
            (502, "<html>", "server_trouble"),
        ] {
            assert_eq!(code(status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn an_answer_of_anything_else_is_not() {
        for (status, body) in
            [(200, "OK"), (200, "<html>"), (404, "404 page not found"), (401, ""), (403, "")]
        {
            assert_eq!(code(status, body), "not_livekit", "{status} {body}");
        }
        assert_eq!(code(302, ""), "redirect");
    }

    #[test]
    fn a_refusal_with_clocks_far_apart_blames_them() {
        let body = "invalid authorization token".to_owned();
        let answer = Answer { status: 401, body, clock_offset: Some(-3600), ..Answer::default() };
        let problem = verdict_of(answer).expect_err("refused");
        assert!(problem.to_string().ends_with("1h behind the server's"), "{problem}");
    }
}
