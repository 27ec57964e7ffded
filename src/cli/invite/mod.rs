//! `lkt invite`: a link, or a code, that lets whoever has it into one room until a certain time.
//!
//! Nothing is stored: `lkt serve --invites` reads everything from the code itself.

mod inspect;
mod output;
mod public_url;
mod words;

use std::io::Write;
use std::num::NonZeroU32;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::empty_flags::refuse_empty;
use super::grants::Grants;
use super::keys::{KeyArgs, Need};
use super::notes::Notes;
use super::permissions::GrantArgs;
use super::random;
use crate::endpoint::invitation::{GUEST, Invitation, InvitationKey, InvitedIdentity};
use crate::endpoint::login::GivenGrant;
use crate::failure::Failure;
use crate::times::{LAST_SECOND, now, parse_time, parse_ttl, rfc3339, words as span};
use crate::token::TokenLimits;
use output::Output;
use public_url::PublicUrl;

/// Maximum length of a label, in characters: a title, not a text.
const MAX_LABEL: usize = 100;

/// Length of the random part of a made-up identity, in bytes.
const RANDOM_BYTES: usize = 8;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct InviteArgs {
    #[command(subcommand)]
    command: Option<InviteCommand>,

    /// The only room that the invitation is for
    #[arg(short, long, value_name = "NAME", required = true, help_heading = "Room and guests")]
    room: Option<String>,

    /// How long the invitation is valid: 90m, 7d, 2weeks; a bare number is seconds
    #[arg(
        long = "for",
        value_name = "SPAN",
        value_parser = parse_ttl,
        default_value = "1d",
        help_heading = "Room and guests"
    )]
    valid_for: Duration,

    /// End of the invitation, instead of --for: RFC 3339, or seconds since 1970
    #[arg(
        long,
        value_name = "TIME",
        value_parser = parse_time,
        conflicts_with = "valid_for",
        help_heading = "Room and guests"
    )]
    until: Option<u64>,

    /// Start of the invitation, instead of now: RFC 3339, or seconds since 1970
    #[arg(
        long,
        value_name = "TIME",
        value_parser = parse_time,
        help_heading = "Room and guests"
    )]
    not_before: Option<u64>,

    /// Title of the invitation, which guests see
    #[arg(long, value_name = "TEXT", help_heading = "Room and guests")]
    label: Option<String>,

    /// Identity of the guest, for an invitation to one person: of two who use it, the first is
    /// disconnected
    #[arg(short, long, value_name = "IDENTITY", help_heading = "Room and guests")]
    identity: Option<String>,

    /// Prefix of the guests' identities, which are made up [default: guest-]
    #[arg(
        long,
        value_name = "TEXT",
        conflicts_with = "identity",
        help_heading = "Room and guests"
    )]
    prefix: Option<String>,

    /// Name of the guest [default: guests choose their own]
    #[arg(short, long, value_name = "NAME", help_heading = "Room and guests")]
    name: Option<String>,

    /// Maximum number of tokens. Only a server with --store counts them, and accepts such an invitation
    #[arg(long, value_name = "N", help_heading = "Room and guests")]
    uses: Option<NonZeroU32>,

    #[command(flatten, next_help_heading = "What guests may do, besides joining the room")]
    grants: GrantArgs,

    /// What to print: the link; the code alone; both and the content (json); the link as a QR code
    /// for a terminal (qr)
    #[arg(short, long, value_enum, default_value = "link", help_heading = "Output")]
    output: Output,

    /// URL at which guests reach `lkt serve`, such as https://call.example.com
    /// [default: http://localhost:3000] [env: LKT_PUBLIC_URL]
    #[arg(long, value_name = "URL", help_heading = "Output")]
    public_url: Option<PublicUrl>,

    #[command(flatten)]
    keys: KeyArgs,
}

#[derive(Debug, Subcommand)]
enum InviteCommand {
    /// Show what an invitation allows and until when
    Inspect(Box<inspect::InspectArgs>),
}

/// Prints an invitation, or what is in one.
pub(super) fn run(args: &InviteArgs, notes: Notes, stdout: &mut dyn Write) -> Result<(), Failure> {
    if let Some(InviteCommand::Inspect(args)) = &args.command {
        return inspect::run(args, notes, stdout);
    }
    args.refuse_empty()?;
    if args.keys.url.is_some() {
        let error = anyhow::anyhow!("an invitation does not contain the URL of a LiveKit server");
        let help = "leave out --url; for the URL of `lkt serve`, use --public-url";
        return Err(Failure::usage(error, help));
    }
    let base = PublicUrl::find(args.public_url.as_ref())?;
    let now = now();
    let invitation = args.invitation(now)?;
    let found = args.keys.find(Need::Keys, notes)?;
    let code = invitation.sign(&InvitationKey::new(&found.keys.pair));
    let help = "use shorter names and fewer grants";
    let code = code.map_err(|error| Failure::usage(error, help))?;
    if invitation.uses.is_some() {
        notes.warn("uses are counted in a store: start `lkt serve --invites` with --store, or it refuses this invitation");
    }
    if invitation.room.contains('*') {
        notes.warn(
            "`*` in --room stands for itself: the invitation is for the one room of that name",
        );
    }
    let text = args.output.text(&invitation, &code, &base)?;
    stdout.write_all(text.as_bytes()).map_err(Failure::write)?;
    notes.note(|| {
        let Invitation { room, expires_at, .. } = &invitation;
        let left = span(expires_at.saturating_sub(now));
        let key = found.keys.pair.key();
        format!(
            "room {room}, until {} (in {left}); key {key} from {}; for `lkt serve --invites`",
            rfc3339(*expires_at),
            found.keys.source
        )
    });
    if base.is_default {
        notes
            .note(|| "the link is for this machine; give --public-url for other people".to_owned());
    }
    Ok(())
}

impl InviteArgs {
    fn refuse_empty(&self) -> Result<(), Failure> {
        refuse_empty([
            ("--room", self.room.as_deref()),
            ("--label", self.label.as_deref()),
            ("--identity", self.identity.as_deref()),
            ("--prefix", self.prefix.as_deref()),
            ("--name", self.name.as_deref()),
        ])
    }

    fn invitation(&self, now: u64) -> Result<Invitation, Failure> {
        let start = self.not_before.unwrap_or(now);
        let end = self.until.unwrap_or(start.saturating_add(self.valid_for.as_secs()));
        let room = self.room.clone().unwrap_or_default();
        let mut invitation = Invitation::new(room, end, &random::system());
        invitation.not_before = self.not_before;
        invitation.identity = match (&self.identity, &self.prefix) {
            (Some(identity), _) => InvitedIdentity::Fixed(identity.clone()),
            (None, prefix) => {
                InvitedIdentity::Prefix(prefix.clone().unwrap_or_else(|| GUEST.to_owned()))
            }
        };
        invitation.name.clone_from(&self.name);
        invitation.label.clone_from(&self.label);
        invitation.uses = self.uses;
        invitation.grants = self.given_grants()?;
        check_times(&invitation, now)?;
        check_sizes(&invitation)?;
        Ok(invitation)
    }

    fn given_grants(&self) -> Result<Vec<GivenGrant>, Failure> {
        let given = self.grants.given()?;
        refuse_fixed(&given, "room", "use --room")?;
        refuse_fixed(&given, "roomJoin", "leave it out: every invitation lets guests join")?;
        given.refuse_contradictions()?;
        given.for_the_endpoint()
    }
}

fn refuse_fixed(given: &Grants, name: &str, help: &str) -> Result<(), Failure> {
    match given.typed(name) {
        Some(typed) => Err(Failure::usage(anyhow::anyhow!("{typed} is not for invitations"), help)),
        None => Ok(()),
    }
}

fn check_times(invitation: &Invitation, now: u64) -> Result<(), Failure> {
    let end = invitation.expires_at;
    if end > LAST_SECOND {
        let error = anyhow::anyhow!("the invitation would end after the year 9999");
        return Err(Failure::usage(error, "give an earlier --until, or a shorter --for"));
    }
    if end <= now {
        let error = anyhow::anyhow!("the invitation would have ended at {}", rfc3339(end));
        return Err(Failure::usage(error, "give a later --until"));
    }
    if invitation.not_before.is_some_and(|start| start >= end) {
        let error = anyhow::anyhow!("the invitation would end before it starts");
        return Err(Failure::usage(error, "give --until a time after --not-before"));
    }
    Ok(())
}

/// Refuses what would lead to a token that a LiveKit server refuses.
fn check_sizes(invitation: &Invitation) -> Result<(), Failure> {
    let mut claims = invitation.claims();
    claims.sub = match &invitation.identity {
        InvitedIdentity::Fixed(identity) => identity.clone(),
        InvitedIdentity::Prefix(prefix) => format!("{prefix}{}", "x".repeat(RANDOM_BYTES)),
    };
    claims.name = invitation.name.clone().unwrap_or_default();
    let checked = claims.check_limits(&TokenLimits::default());
    checked.map_err(|error| Failure::usage(error, "give a shorter one"))?;
    if invitation.label.as_ref().is_some_and(|label| label.chars().count() > MAX_LABEL) {
        let error = anyhow::anyhow!("the label has more than {MAX_LABEL} characters");
        return Err(Failure::usage(error, "give a shorter --label"));
    }
    Ok(())
}
