//! `--grant`: every existing grant, by its name on the wire.

use serde_json::Value;

use super::suggest::did_you_mean;
use crate::endpoint::login::GivenGrant;
use crate::failure::Failure;
use crate::token::{Claims, GRANTS, Grant, GrantScope, GrantValue, Json, TrackSource, given_twice};

/// The names that `--grant` accepts.
pub(super) fn names() -> impl Iterator<Item = String> {
    GRANTS.iter().map(Grant::path)
}

/// A grant with its value.
#[derive(Debug, Clone)]
struct Given {
    grant: &'static Grant,
    value: Value,
    /// The grant as it was typed.
    typed: String,
}

/// Grants as they were typed, with their values.
#[derive(Debug, Clone, Default)]
pub(super) struct Grants(Vec<Given>);

impl Given {
    fn is(&self, claim: &str, name: &str) -> bool {
        (self.grant.claim, self.grant.name) == (claim, name)
    }

    /// Whether the grant allows something by itself: it is `true`, and not a detail of a join.
    fn is_permission(&self) -> bool {
        self.value == Value::Bool(true) && !self.is_detail_of_a_join()
    }

    /// Whether the grant has a meaning only for a participant.
    fn is_detail_of_a_join(&self) -> bool {
        self.grant.scope == GrantScope::Join
    }

    fn contradicts(&self, other: &Self) -> bool {
        let forbids = |given: &Self| given.is("video", "canPublish") && given.value == false;
        let names_sources = |given: &Self| given.is("video", "canPublishSources");
        (self.grant == other.grant && self.value != other.value)
            || (forbids(self) && names_sources(other))
            || (forbids(other) && names_sources(self))
    }
}

impl Grants {
    /// Reads every value of a flag for grants, such as `--grant`.
    pub(super) fn parse(flag: &'static str, typed: &[String]) -> Result<Self, Failure> {
        let mut grants = Self::default();
        for text in typed {
            let parsed = if text.trim_start().starts_with('{') {
                grants.add_json(text)
            } else {
                grants.add_named(text)
            };
            parsed.map_err(|failure| failure.at(format!("{flag} {text}")))?;
        }
        Ok(grants)
    }

    /// Adds a grant from another flag.
    pub(super) fn add(
        &mut self,
        claim: &str,
        name: &str,
        value: impl Into<Value>,
        typed: &str,
    ) -> Result<(), Failure> {
        let (grant, value, typed) = (find(claim, name)?, value.into(), typed.to_owned());
        self.0.push(Given { grant, value, typed });
        Ok(())
    }

    /// Adds all of these.
    pub(super) fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    /// Each grant with its value, in order.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'static Grant, &Value)> {
        self.0.iter().map(|given| (given.grant, &given.value))
    }

    /// The same grants for the endpoint, which adds them to tokens.
    pub(super) fn for_the_endpoint(&self) -> Result<Vec<GivenGrant>, Failure> {
        let given = self.entries().map(|(grant, value)| {
            let given = GivenGrant::new(grant.claim, grant.name, value.clone());
            given.map_err(|error| Failure::usage(error, "see --grant in `lkt mint --help`"))
        });
        given.collect()
    }

    /// How a grant of `video` was typed, if it is there.
    pub(super) fn typed(&self, name: &str) -> Option<&str> {
        let given = self.0.iter().find(|given| given.is("video", name));
        given.map(|given| given.typed.as_str())
    }

    /// Whether any of the grants allows something by itself.
    pub(super) fn name_a_permission(&self) -> bool {
        self.0.iter().any(Given::is_permission)
    }

    /// How the first grant that has a meaning only for a participant was typed.
    pub(super) fn detail_of_a_join(&self) -> Option<&str> {
        let detail = self.0.iter().find(|given| given.is_detail_of_a_join());
        detail.map(|given| given.typed.as_str())
    }

    /// Refuses two grants that contradict each other, instead of ignoring one. The same grant twice is
    /// allowed.
    pub(super) fn refuse_contradictions(&self) -> Result<(), Failure> {
        for (index, given) in self.0.iter().enumerate() {
            let mut before = self.0.iter().take(index);
            if let Some(other) = before.find(|other| other.contradicts(given)) {
                return Err(contradiction(&other.typed, &given.typed));
            }
        }
        Ok(())
    }

    /// Adds the grants to claims, replacing existing ones.
    pub(super) fn apply(&self, claims: Claims) -> Result<Claims, Failure> {
        claims
            .with_grants(self.entries())
            .map_err(|error| Failure::usage(error, "leave out --grant"))
    }

    /// Adds a JSON object such as `{"canPublish": false}` to `video`, as LiveKit's CLI does.
    fn add_json(&mut self, text: &str) -> Result<(), Failure> {
        let help = "give a JSON object of video grants, such as '{\"canPublish\": false}'";
        let json = serde_json::from_str(text).map_err(|error| Failure::usage(error, help))?;
        let Json::Object(members) = json else {
            return Err(Failure::usage(anyhow::anyhow!("not a JSON object"), help));
        };
        if let Some(name) = given_twice(&members) {
            let error = anyhow::anyhow!("`{name}` is given twice");
            return Err(Failure::usage(error, "leave one of them out"));
        }
        for (name, value) in members {
            let (grant, value) = (find("video", &name)?, value.into_value());
            check(&value, grant)?;
            if !value.is_null() {
                let typed = format!("--grant {{\"{name}\":{value}}}");
                self.0.push(Given { grant, value, typed });
            }
        }
        Ok(())
    }

    /// Adds `name` or `name=value`.
    fn add_named(&mut self, text: &str) -> Result<(), Failure> {
        let (path, value) = match text.split_once('=') {
            Some((path, value)) => (path, Some(value)),
            None => (text, None),
        };
        let (claim, name) = path.trim().split_once('.').unwrap_or(("video", path.trim()));
        if let Some(failure) = with_colon(claim, name) {
            return Err(failure);
        }
        let grant = find(claim, name)?;
        let list =
            |text: &str| text.split(',').map(|item| item.trim().to_owned()).collect::<Vec<_>>();
        let value = match (grant.value, value) {
            (GrantValue::Flag | GrantValue::OptionalFlag, None | Some("true")) => Value::Bool(true),
            (GrantValue::Flag | GrantValue::OptionalFlag, Some("false")) => Value::Bool(false),
            (GrantValue::Flag | GrantValue::OptionalFlag, Some(text)) => {
                return Err(wrong_value(grant, meant(text)));
            }
            (GrantValue::Text, Some(text)) => Value::String(text.to_owned()),
            (GrantValue::List, Some(text)) => Value::from(list(text)),
            _ => return Err(wrong_value(grant, None)),
        };
        check(&value, grant)?;
        self.0.push(Given { grant, value, typed: format!("--grant {text}") });
        Ok(())
    }
}

/// The failure for `name:value` in place of `name=value`. A suggestion without the value could allow
/// what was to be forbidden.
fn with_colon(claim: &str, name: &str) -> Option<Failure> {
    let (name, value) = name.split_once(':')?;
    let path = Grant::find(claim, name.trim())?.path();
    let value = value.trim();
    let error = anyhow::anyhow!("the value of `{path}` follows `=`, not `:`");
    if let Some((value, _)) = value.split_once(',') {
        let help =
            format!("give each grant with a --grant of its own, as in `--grant {path}={value}`");
        return Some(Failure::usage(error, help));
    }
    Some(Failure::usage(error, format!("write it as {path}={value}")))
}

fn find(claim: &str, name: &str) -> Result<&'static Grant, Failure> {
    if let Some(grant) = Grant::find(claim, name) {
        return Ok(grant);
    }
    let typed = if claim == "video" { name.to_owned() } else { format!("{claim}.{name}") };
    let error = anyhow::anyhow!("there is no grant `{typed}`");
    Err(Failure::usage(error, grant_help(&typed)))
}

/// What to write in place of a grant that does not exist.
fn grant_help(typed: &str) -> String {
    let names = names().collect::<Vec<_>>();
    if typed.is_empty() {
        return "name a grant, such as canPublish=false".to_owned();
    }
    if typed.starts_with('@') {
        return "give the JSON itself: --grant \"$(cat FILE)\"".to_owned();
    }
    if ["canpublishvideo", "canpublishaudio", "canpublishscreen"]
        .contains(&typed.to_ascii_lowercase().as_str())
    {
        return "use --allow-source camera,microphone,screen_share".to_owned();
    }
    if typed == "video" {
        return "give what is inside `video` alone, such as {\"canPublish\": false}".to_owned();
    }
    if typed.contains(',') {
        return "give each grant with a --grant of its own".to_owned();
    }
    let (claim, name) = typed.split_once('.').unwrap_or((typed, ""));
    let of_claim = names.iter().filter_map(|grant| grant.strip_prefix(claim)?.strip_prefix('.'));
    let of_claim = of_claim.collect::<Vec<_>>();
    if !of_claim.is_empty() {
        if let Some(similar) = did_you_mean(name, of_claim.iter().copied()) {
            return format!("did you mean `{claim}.{similar}`?");
        }
        let grants = of_claim.iter().map(|name| format!("--grant {claim}.{name}"));
        return format!("the grants of `{claim}` are {}", grants.collect::<Vec<_>>().join(", "));
    }
    // Many people write `roomName` for `room`, and there is no grant with a similar name.
    let similar = match typed {
        "roomName" => Some("room"),
        typed => did_you_mean(typed, names.iter().map(String::as_str)),
    };
    match similar {
        Some(similar) => format!("did you mean `{similar}`?"),
        None => format!("the grants are: {}", names.join(", ")),
    }
}

/// Refuses a value that the grant does not accept. `null` does not count as a value.
fn check(value: &Value, grant: &Grant) -> Result<(), Failure> {
    let strings =
        |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
    let right = match grant.value {
        GrantValue::Flag | GrantValue::OptionalFlag => value.is_boolean(),
        GrantValue::Text => value.is_string(),
        GrantValue::List => strings(value),
    };
    if !right && !value.is_null() {
        let number = match value.as_u64() {
            Some(0) => Some("0"),
            Some(1) => Some("1"),
            _ => None,
        };
        return Err(wrong_value(grant, value.as_str().or(number).and_then(meant)));
    }
    let is_blank = |text: &str| text.trim().is_empty();
    let has_blank = match value {
        Value::String(text) => is_blank(text),
        Value::Array(list) => {
            list.is_empty() || list.iter().filter_map(Value::as_str).any(is_blank)
        }
        _ => false,
    };
    if has_blank {
        let error = match grant.value {
            GrantValue::List => anyhow::anyhow!("`{}` has an empty entry", grant.path()),
            _ => anyhow::anyhow!("`{}` is empty", grant.path()),
        };
        return Err(Failure::usage(error, format!("write it as {}", example(grant))));
    }
    if grant.name != "canPublishSources" {
        return Ok(());
    }
    let mut sources = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    let known = TrackSource::NAMED.map(TrackSource::as_str);
    match sources.find(|source| !known.contains(source)) {
        None => Ok(()),
        Some(unknown) => {
            let error = anyhow::anyhow!("there is no source `{unknown}`");
            Err(Failure::usage(error, format!("the sources are {}", known.join(", "))))
        }
    }
}

/// What another spelling of true or false means.
fn meant(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "yes" | "on" | "y" | "t" | "true" | "allow" | "allowed" => Some(true),
        "0" | "no" | "off" | "n" | "f" | "false" | "deny" | "denied" => Some(false),
        _ => None,
    }
}

/// `meant` is the value that was probably meant.
fn wrong_value(grant: &Grant, meant: Option<bool>) -> Failure {
    let what = match grant.value {
        GrantValue::Flag | GrantValue::OptionalFlag => "true or false",
        GrantValue::Text => "a text",
        GrantValue::List => "a list",
    };
    let path = grant.path();
    let help = match (grant.value, meant) {
        (GrantValue::Flag | GrantValue::OptionalFlag, Some(value)) => {
            format!("write it as {path}={value}")
        }
        (GrantValue::Flag | GrantValue::OptionalFlag, None) => {
            format!("write {path}=true or {path}=false")
        }
        _ => format!("write it as {}", example(grant)),
    };
    Failure::usage(anyhow::anyhow!("the value of `{path}` must be {what}"), help)
}

/// The grant with a value, as `--grant` accepts it.
fn example(grant: &Grant) -> String {
    let value = match grant.value {
        GrantValue::Flag | GrantValue::OptionalFlag => "false",
        GrantValue::Text => "demo",
        GrantValue::List => "a,b",
    };
    format!("{}={value}", grant.path())
}

/// The failure for two flags that contradict each other.
pub(super) fn contradiction(one: &str, other: &str) -> Failure {
    let error = anyhow::anyhow!("{one} and {other} contradict each other");
    Failure::usage(error, "leave one of them out")
}
