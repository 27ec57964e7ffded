//! The values of placeholders in a request, and who can give one that is missing.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName};
use serde_json::Value;

use super::placeholder::Part;
use crate::endpoint::caller::Caller;
use crate::endpoint::credentials::single;
use crate::endpoint::login::{ClaimPath, LoginClaims, scalar};
use crate::endpoint::{Code, Random, Refusal};

/// The values of placeholders.
#[derive(Debug, Clone, Copy)]
pub(in crate::endpoint) struct Facts<'f> {
    pub(in crate::endpoint) claims: Option<&'f LoginClaims>,
    /// Present only for requests from a trusted proxy.
    pub(in crate::endpoint) headers: Option<&'f HeaderMap>,
    pub(in crate::endpoint) identity: &'f str,
    pub(in crate::endpoint) room_name: &'f str,
    pub(in crate::endpoint) random: &'f Random,
}

impl<'f> Facts<'f> {
    /// What is known about a caller. Identity and room are empty.
    pub(in crate::endpoint) fn about(
        caller: &'f Caller,
        headers: Option<&'f HeaderMap>,
        random: &'f Random,
    ) -> Self {
        let claims = caller.login().map(|login| &login.claims);
        let headers = headers.filter(|_| caller.from_proxy);
        Self { claims, headers, identity: "", room_name: "", random }
    }
}

/// Why a placeholder has no value in this request: `` `claim.org` is missing ``.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::endpoint) struct Missing {
    pub(in crate::endpoint) problem: String,
    cure: Cure,
}

/// Who can give a placeholder its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cure {
    /// The person, with another account, or whoever runs the issuer.
    Account,
    /// Whoever runs the issuer, or this server.
    Setup,
    /// The proxy.
    Proxy,
}

impl From<Missing> for Refusal {
    fn from(Missing { problem, cure }: Missing) -> Self {
        let error = format!("{problem}, and this server's tokens are made from it");
        let hint = match cure {
            Cure::Account => "log in with an account that has it, or set up the issuer to write it",
            Cure::Setup => {
                "set up the issuer to write a text, a number, a boolean or a list of one, or have \
                 this server use another claim"
            }
            Cure::Proxy => "have the proxy set it once, with a value",
        };
        let refusal = Self::new(Code::ClaimMissing, error, hint);
        if cure == Cure::Account { refusal } else { refusal.of_setup() }
    }
}

impl Part {
    pub(in crate::endpoint) fn value<'f>(
        &'f self,
        facts: &Facts<'f>,
    ) -> Result<Cow<'f, str>, Missing> {
        Ok(match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Claim(paths) => Cow::Owned(claim(paths, facts)?),
            Self::Header(name) => Cow::Borrowed(header(name, facts)?),
            Self::Random => Cow::Owned(facts.random.text()),
            Self::Identity => Cow::Borrowed(facts.identity),
            Self::RoomName => Cow::Borrowed(facts.room_name),
            // Numbers are those of `lkt mint --count`, which fills them in itself.
            Self::Number => Cow::Borrowed(""),
        })
    }

    /// The claim or the header that the part is made from, in backticks.
    pub(in crate::endpoint) fn source(&self) -> Option<String> {
        match self {
            Self::Claim(paths) => Some(named(paths)),
            Self::Header(name) => Some(format!("`header.{name}`")),
            _ => None,
        }
    }
}

/// Returns the text of the first of these claims that is there.
fn claim(paths: &[ClaimPath], facts: &Facts<'_>) -> Result<String, Missing> {
    let values = claim_values(paths, facts)?;
    match <[String; 1]>::try_from(values) {
        Ok([value]) => Ok(value),
        Err(values) => {
            let name = named(paths);
            let problem = format!("{name} is a list of {}", values.len());
            Err(Missing { problem, cure: Cure::Setup })
        }
    }
}

/// Returns the text of the first of these claims that is there, or the texts of its elements.
pub(in crate::endpoint) fn claim_values(
    paths: &[ClaimPath],
    facts: &Facts<'_>,
) -> Result<Vec<String>, Missing> {
    let present = || paths.iter().filter_map(|path| path.find(facts.claims?));
    let found = present().find(|value| **value != "").or_else(|| present().next());
    let wrong =
        |problem: &str, cure| Missing { problem: format!("{} {problem}", named(paths)), cure };
    let texts = match found {
        None => return Err(wrong("is missing", Cure::Account)),
        Some(Value::Array(list)) => list.iter().map(scalar).collect::<Option<Vec<_>>>(),
        Some(value) => scalar(value).map(|text| vec![text]),
    };
    let texts =
        texts.ok_or_else(|| wrong("is neither a text, a number nor a boolean", Cure::Setup))?;
    if texts.iter().any(String::is_empty) {
        Err(wrong("is empty", Cure::Account))
    } else {
        Ok(texts)
    }
}

/// The names of claims in a message.
fn named(paths: &[ClaimPath]) -> String {
    let names = paths.iter().map(|path| format!("claim.{path}")).collect::<Vec<_>>();
    format!("`{}`", names.join("|"))
}

fn header<'f>(name: &HeaderName, facts: &Facts<'f>) -> Result<&'f str, Missing> {
    let text = facts.headers.and_then(|headers| single(headers, name));
    let problem = || format!("`header.{name}` is missing");
    text.ok_or_else(|| Missing { problem: problem(), cure: Cure::Proxy })
}
