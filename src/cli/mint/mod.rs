//! `lkt mint`: tokens from flags, from a JSON request, or in bulk.

mod bulk;
mod open;
mod output;
mod placeholders;
mod progress;

use std::io::Write;
use std::num::NonZeroU64;

use clap::{Args, ValueHint};

use super::empty_flags::refuse_empty;
use super::files::{Input, refuse_shared_stdin};
use super::grants::contradiction;
use super::keys::{KeyArgs, Need, ResolvedKeys};
use super::notes::Notes;
use super::permissions::PermissionArgs;
use super::random;
use super::request_args::{RequestArgs, RequestFlags, explain, read_request};
use crate::endpoint::{TokenRules, TokenSourceRequest};
use crate::failure::{Exit, Failure};
use crate::service::log::LARGE_TOKEN;
use crate::times::{LAST_SECOND, now, parse_time, rfc3339, words};
use crate::token::{Claims, Lifetime, RoomConfig};
use output::{Output, Printer, Shell};

/// Help of `--count`. The escape sequence has no effect on a terminal. It keeps clap from replacing
/// `{n}` with a line break.
const COUNT_HELP: &str = "Mint N tokens; in --identity, --room and --name, {\u{1b}[0mn} becomes 1, 2, … and \
                          {random} becomes 8 random characters";

#[derive(Debug, Args)]
pub(super) struct MintArgs {
    #[command(flatten)]
    request: RequestArgs,

    #[command(flatten)]
    permissions: PermissionArgs,

    /// What to print: the token; what the endpoint answers (json); the claims, unsigned; shell
    /// variables (env); a link that opens LiveKit Meet (meet)
    #[arg(short, long, value_enum, default_value = "token", help_heading = "Output")]
    output: Output,

    /// Short for --output json
    #[arg(long, conflicts_with = "output", help_heading = "Output")]
    json: bool,

    /// Shell that --output env is for, or plain for docker's --env-file [default: powershell on Windows,
    /// else sh]
    #[arg(long, value_enum, conflicts_with = "json", help_heading = "Output")]
    shell: Option<Shell>,

    /// Print a link that opens LiveKit Meet, and open it in the browser
    #[arg(
        long,
        conflicts_with_all = ["output", "json", "shell", "batch", "count"],
        help_heading = "Output"
    )]
    open: bool,

    /// Short for --output token, as LiveKit's CLI has it
    #[arg(long, conflicts_with_all = ["output", "json", "open"], hide = true)]
    token_only: bool,

    /// A request as JSON, from a file or - for standard input; flags win over it
    #[arg(
        long = "request",
        value_name = "FILE|-",
        value_hint = ValueHint::FilePath,
        conflicts_with = "batch",
        help_heading = "Input"
    )]
    request_file: Option<String>,

    /// Requests as JSON Lines, from a file or - for standard input: one token per line, in order
    #[arg(
        long,
        value_name = "FILE|-",
        value_hint = ValueHint::FilePath,
        conflicts_with = "count",
        help_heading = "Input"
    )]
    batch: Option<String>,

    #[arg(
        long,
        value_name = "N",
        help = COUNT_HELP,
        help_heading = "Input"
    )]
    count: Option<NonZeroU64>,

    /// Start of the token's lifetime, instead of now: RFC 3339, or seconds since 1970
    #[arg(
        long,
        value_name = "TIME",
        value_parser = parse_time,
        conflicts_with = "backdate",
        help_heading = "What the token allows"
    )]
    not_before: Option<u64>,

    /// End of the token's lifetime, instead of --ttl: RFC 3339, or seconds since 1970
    #[arg(
        long,
        value_name = "TIME",
        value_parser = parse_time,
        conflicts_with = "ttl",
        help_heading = "What the token allows"
    )]
    expires_at: Option<u64>,

    #[command(flatten)]
    keys: KeyArgs,
}

/// Mints the tokens that the flags describe.
pub(super) fn run(args: &MintArgs, notes: Notes, stdout: &mut dyn Write) -> Result<(), Failure> {
    let mint = Mint::new(args, notes)?;
    match (&args.batch, args.count) {
        (Some(file), _) => bulk::batch(mint, &Input::from(file.as_str()), notes, stdout),
        (None, Some(count)) => bulk::count(mint, count.get(), notes, stdout),
        (None, None) => mint.one(args.open, notes, stdout),
    }
}

/// Everything that the tokens of one command have in common.
struct Mint {
    found: ResolvedKeys,
    rules: TokenRules,
    flags: RequestFlags,
    request: TokenSourceRequest,
    printer: Printer,
    now: u64,
    random: crate::endpoint::Random,
    /// How the permission to moderate a room was typed.
    admin: &'static str,
}

impl MintArgs {
    fn output(&self) -> Result<Output, Failure> {
        let output = if self.json {
            Output::Json
        } else if self.open {
            Output::Meet
        } else {
            self.output
        };
        if self.shell.is_some() && output != Output::Env {
            let error = anyhow::anyhow!("--shell is for --output env");
            return Err(Failure::usage(error, "add --output env, or leave --shell out"));
        }
        if self.is_bulk() && output == Output::Env {
            let error =
                anyhow::anyhow!("--output env is for one token: each would replace the last");
            return Err(Failure::usage(error, "use --output json, which has a line for each"));
        }
        Ok(output)
    }

    fn is_bulk(&self) -> bool {
        self.batch.is_some() || self.count.is_some()
    }

    fn refuse_shared_stdin(&self) -> Result<(), Failure> {
        let own = [("--request", self.request_file.as_deref()), ("--batch", self.batch.as_deref())];
        refuse_shared_stdin(own.into_iter().chain(self.request.inputs()).chain(self.keys.inputs()))
    }

    fn refuse_empty(&self) -> Result<(), Failure> {
        refuse_empty([
            ("--request", self.request_file.as_deref()),
            ("--batch", self.batch.as_deref()),
        ])
    }
}

impl Mint {
    fn new(args: &MintArgs, notes: Notes) -> Result<Self, Failure> {
        args.refuse_empty()?;
        args.refuse_shared_stdin()?;
        let output = args.output()?;
        let mut rules = args.permissions.rules()?;
        rules.lifetime.not_before = args.not_before;
        rules.lifetime.expires_at = args.expires_at;
        let now = now();
        check_times(&rules.lifetime, now)?;
        let base = match &args.request_file {
            Some(file) => read_request(&Input::from(file.as_str()))?,
            None => TokenSourceRequest::default(),
        };
        let flags = args.request.resolve()?;
        let mut request = flags.over(base);
        let granted = &rules.base.video.room;
        if !granted.is_empty() {
            // A flag takes precedence over a request, but two flags must agree.
            if flags.room().is_some_and(|room| room != granted) {
                return Err(contradiction("--room", "--grant room"));
            }
            request.room_name = None;
        }
        args.request.warn_of_files(notes);
        let need = if output.needs_url() { Need::KeysAndUrl } else { Need::Keys };
        let found = args.keys.find(need, notes)?;
        if output.needs_url() {
            found.warn_of_mixed_sources(notes);
        }
        if args.request.agent_thread.is_some() {
            notes.warn(
                "no LiveKit server up to 1.13.11 reads --agent-thread; agents need a newer one",
            );
        }
        let printer = Printer::new(output, args.shell.unwrap_or_default(), &found, args.is_bulk());
        let (admin, random) = (args.permissions.admin_as_typed(), random::system());
        let mint = Self { found, rules, flags, request, printer, now, random, admin };
        if args.batch.is_none() {
            mint.check(&mint.request)?;
        }
        mint.warn_of_every_room(notes);
        Ok(mint)
    }

    /// Refuses values that would be dropped silently.
    fn check(&self, request: &TokenSourceRequest) -> Result<(), Failure> {
        let base = &self.rules.base;
        let dispatches =
            request.room_config.as_ref().and_then(|config| config.agent_names().next());
        if dispatches.is_some() && !base.joins() {
            let error =
                anyhow::anyhow!("an agent is dispatched by a join, and this token does not join");
            return Err(Failure::usage(error, "add --join"));
        }
        let has_room = request.room_name.is_some() || !base.video.room.is_empty();
        if base.video.room_admin && !base.joins() && !has_room {
            let error = anyhow::anyhow!("{} is for one room, and none is named", self.admin);
            return Err(Failure::usage(error, "add --room"));
        }
        Ok(())
    }

    /// Warns if a room is named that does not limit a permission.
    fn warn_of_every_room(&self, notes: Notes) {
        let mut claims = self.rules.base.clone();
        if let Some(room) = &self.request.room_name {
            claims.video.room.clone_from(room);
        }
        let grants = claims.unlimited_grants().map(|grant| format!("`{grant}`"));
        let grants = grants.collect::<Vec<_>>().join(", ");
        if !grants.is_empty() {
            notes.warn(&format!(
                "the room does not limit {grants}: the token is good for every room"
            ));
        }
    }

    fn claims(&self, request: TokenSourceRequest) -> Result<Claims, Failure> {
        let issuer = self.found.keys.pair.key();
        self.rules.claims(request, issuer, self.now, &self.random).map_err(explain)
    }

    /// Appends the line of output for a token with these claims, and returns the length of the token.
    fn print(&self, claims: &Claims, out: &mut Vec<u8>) -> Result<usize, Failure> {
        let text = self.printer.text(claims)?;
        Ok(self.printer.print(&text, &self.found.keys.pair, out))
    }

    fn one(&self, opens: bool, notes: Notes, stdout: &mut dyn Write) -> Result<(), Failure> {
        let claims = self.claims(self.request.clone())?;
        let mut out = Vec::new();
        let bytes = self.print(&claims, &mut out)?;
        stdout.write_all(&out).map_err(Failure::write)?;
        if bytes > LARGE_TOKEN {
            notes.warn(&format!("the token has {bytes} bytes, and clients put it into a URL"));
        }
        notes.note(|| self.describe(&claims));
        if self.printer.is_for_variables() && claims.joins() {
            notes.note(|| {
                "LiveKit's server SDKs for Node, Go and Python use LIVEKIT_TOKEN in place of a key, and \
                 this token joins: their calls would be refused"
                    .to_owned()
            });
        }
        if opens {
            // Printed before the browser starts, so that it is there even if the browser does not
            // start.
            stdout.flush().map_err(Failure::write)?;
            open::open(String::from_utf8_lossy(&out).trim_end())?;
        }
        Ok(())
    }

    /// A summary of the token, for people.
    fn describe(&self, claims: &Claims) -> String {
        let mut parts = Vec::new();
        if !claims.video.room.is_empty() {
            parts.push(format!("room `{}`", claims.video.room));
        }
        if !claims.sub.is_empty() {
            parts.push(format!("identity `{}`", claims.sub));
        }
        let at = rfc3339(claims.exp);
        parts.push(match claims.exp.checked_sub(self.now) {
            Some(left) => format!("expires {at} (in {})", words(left)),
            None => format!("expired {at} ({} ago)", words(self.now - claims.exp)),
        });
        let keys = &self.found.keys;
        parts.push(format!("key {} from {}", keys.pair.key(), keys.source));
        if let Some(url) = self.found.url.as_ref().filter(|_| self.printer.shows_url()) {
            parts.push(format!("URL from {}", url.source));
        }
        if claims.room_config.as_ref().is_some_and(RoomConfig::dispatches) {
            let room = &claims.video.room;
            parts.push(format!("the agent comes only if this join creates the room `{room}`"));
        }
        parts.join("; ")
    }
}

/// Refuses an empty lifetime, one that is unintentionally over already, and one that RFC 3339 cannot
/// express. With `--expires-at` it may be over, for tests of expired tokens.
fn check_times(lifetime: &Lifetime, now: u64) -> Result<(), Failure> {
    let end = lifetime.end(now);
    if end <= lifetime.start(now) {
        let error = anyhow::anyhow!("the token would expire before it becomes valid");
        let help = "give --expires-at a later time, or --not-before an earlier one";
        return Err(Failure::usage(error, help));
    }
    if end <= now && lifetime.expires_at.is_none() {
        let at = rfc3339(end);
        let error = anyhow::anyhow!("the token would have expired already, at `{at}`");
        return Err(Failure::usage(error, "give --expires-at, or a longer --ttl"));
    }
    if end > LAST_SECOND {
        let flag = if lifetime.expires_at.is_some() { "--expires-at" } else { "--not-before" };
        let error = anyhow::anyhow!("the token would expire after the year 9999");
        let help = format!("give {flag} less; a number is in seconds, not milliseconds");
        return Err(Failure::usage(error, help));
    }
    Ok(())
}

/// Adds the line of the input to a failure. All lines before it have been written.
fn at_line(failure: Failure, line: u64) -> Failure {
    let mut failure = failure.at(format!("line {line}"));
    failure.exit = Exit::Usage;
    failure
}
