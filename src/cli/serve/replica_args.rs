//! The flags of `lkt serve` for a service that runs in several processes and has operators.

use clap::builder::{NonEmptyStringValueParser, PossibleValue};
use clap::{Args, ValueEnum, ValueHint};
use zeroize::Zeroizing;

use super::patterns;
use crate::cli::files::Input;
use crate::cli::notes::Notes;
use crate::endpoint::DenyList;
use crate::failure::Failure;
use crate::service::listening::Listen;
use crate::service::settings::{StoreFailure, StoreSettings};
use crate::service::store::StoreLocation;
use crate::times::parse_time;

// Several processes, and who looks after them. (A doc comment would become the about of the command.)
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Replicas and operation")]
pub(super) struct ReplicaArgs {
    /// Redis or Valkey server that all replicas share, for --rate and invitations: redis://HOST:6379,
    /// rediss:// (TLS), redis+unix:///PATH, redis+cluster://HOST:PORT,HOST:PORT or
    /// redis+sentinel://HOST:PORT,HOST:PORT/NAME
    #[arg(long, value_name = "URL", value_parser = parse_store)]
    store: Option<StoreLocation>,

    /// File with the password of the store
    #[arg(
        long,
        value_name = "FILE",
        requires = "store",
        value_parser = NonEmptyStringValueParser::new(),
        value_hint = ValueHint::FilePath
    )]
    store_password_file: Option<String>,

    /// What --rate does while the store cannot be reached: `allow` if it is not given
    #[arg(long, value_name = "WHAT", value_enum, requires = "store")]
    store_failure: Option<StoreFailure>,

    /// Address for Prometheus metrics (GET /metrics): HOST:PORT, unix:PATH, or a port alone for
    /// 127.0.0.1. Clients of the endpoint must not reach it
    #[arg(long, value_name = "ADDRESS")]
    pub(super) metrics_listen: Option<Listen>,

    /// File of people, identities, rooms and invitations that get no new tokens: one NAME=PATTERN a
    /// line, where NAME is sub, identity, room or jti, and perhaps ` until TIME`
    #[arg(
        long,
        value_name = "FILE",
        value_parser = NonEmptyStringValueParser::new(),
        value_hint = ValueHint::FilePath
    )]
    deny_file: Option<String>,

    /// Set in the store with such a list, one NAME=PATTERN a member, which all replicas read every two
    /// seconds
    #[arg(
        long,
        value_name = "KEY",
        requires = "store",
        value_parser = NonEmptyStringValueParser::new()
    )]
    deny_store: Option<String>,
}

impl ReplicaArgs {
    /// Whether there is a store.
    pub(super) fn has_store(&self) -> bool {
        self.store.is_some()
    }

    /// Whether the store has a list of who gets no tokens.
    pub(super) fn has_deny_store(&self) -> bool {
        self.deny_store.is_some()
    }

    /// Where the store is, and what happens without it.
    pub(super) fn store(&self, notes: Notes) -> Result<Option<StoreSettings>, Failure> {
        let Some(location) = self.store.clone() else { return Ok(None) };
        let location = match &self.store_password_file {
            Some(path) => {
                let input = Input::from(path.as_str());
                input.warn_if_others_can_read(notes);
                let text = Zeroizing::new(input.read_text()?);
                location.with_password(&Zeroizing::new(text.trim().to_owned()))
            }
            None => location,
        };
        let on_failure = self.store_failure.unwrap_or_default();
        Ok(Some(StoreSettings { location, on_failure, denied: self.deny_store.clone() }))
    }

    /// Who gets no new tokens.
    pub(super) fn deny_list(&self, notes: Notes) -> Result<DenyList, Failure> {
        let Some(path) = &self.deny_file else { return Ok(DenyList::default()) };
        let input = Input::from(path.as_str());
        let text = input.read_text()?;
        patterns::warn_of_denied(&text, notes);
        DenyList::parse(&text, |time| parse_time(time).ok()).map_err(|error| {
            let help = "write one NAME=PATTERN a line, such as `sub=auth0|123` or \
                        `identity=eve* until 2026-12-31T18:00:00Z`";
            Failure::usage(error, help).at(format!("--deny-file {}", input.name()))
        })
    }

    /// The files that these options name.
    pub(super) fn files(&self) -> impl Iterator<Item = &str> {
        [&self.store_password_file, &self.deny_file].into_iter().flatten().map(String::as_str)
    }
}

fn parse_store(text: &str) -> Result<StoreLocation, String> {
    text.trim()
        .parse()
        .map_err(|error: crate::service::store::LocationError| format!("{error}; {}", error.help()))
}

impl ValueEnum for StoreFailure {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Allow, Self::Deny]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Allow => PossibleValue::new("allow").help("Count in each process by itself"),
            Self::Deny => PossibleValue::new("deny").help("Refuse requests with 503"),
        })
    }
}
