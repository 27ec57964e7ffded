//! The flags for invitations.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueHint};

use crate::cli::files::Input;
use crate::cli::keys::all_keys;
use crate::cli::notes::Notes;
use crate::endpoint::invitation::{InvitationKey, Invitations};
use crate::failure::Failure;
use crate::service::join::JoinUrl;
use crate::token::KeyPair;

// Invitations. (A doc comment would become the about of the command.)
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Invitations")]
pub(super) struct InviteArgs {
    /// Accept invitations that `lkt invite` made with the same API key, and serve the page for guests
    /// at /join
    #[arg(long)]
    pub(super) invites: bool,

    /// File of further API keys whose invitations are accepted, as `key: secret` lines: those that
    /// were replaced
    #[arg(
        long,
        value_name = "FILE",
        requires = "invites",
        value_parser = NonEmptyStringValueParser::new(),
        value_hint = ValueHint::FilePath
    )]
    invite_key_file: Option<String>,

    /// Link that opens the call, with {token}, {url} (of the LiveKit server), {room} and {name}
    /// [default: LiveKit Meet]
    #[arg(long, value_name = "URL", requires = "invites")]
    join_url: Option<JoinUrl>,
}

impl InviteArgs {
    /// The invitations that are accepted, by a server with this key.
    pub(super) fn invitations(&self, keys: &KeyPair, notes: Notes) -> Result<Invitations, Failure> {
        if !self.invites {
            return Ok(Invitations::default());
        }
        let mut accepted = vec![InvitationKey::new(keys)];
        if let Some(path) = &self.invite_key_file {
            let input = Input::from(path.as_str());
            accepted.extend(all_keys(&input, notes)?.iter().map(InvitationKey::new));
        }
        Ok(Invitations::of(accepted))
    }

    /// The link into a call for the page for guests, if there is that page.
    pub(super) fn join_url(&self) -> Option<JoinUrl> {
        self.invites.then(|| self.join_url.clone().unwrap_or_default())
    }
}
