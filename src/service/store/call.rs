//! The calls that a store takes. Each is one script, so that it is atomic and costs one round trip.
//!
//! The scripts read the store's own clock: those of the replicas may differ.

use std::num::NonZeroU32;
use std::sync::OnceLock;
use std::time::Duration;

use redis::{Cmd, Script};
use sha2::{Digest, Sha256};

/// Before the name of every key, so that a store can be shared with LiveKit itself.
const PREFIX: &str = "lkt:";

/// Counts a token, by the generic cell rate algorithm. `KEYS[1]` holds the time at which the whole quota
/// is there again, in microseconds. `ARGV[1]` is the time for one token, `ARGV[2]` that for the whole
/// quota. Returns 0, or the number of microseconds after which there is a token again.
static RATE: Text = Text::new(
    r"
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local one, all = tonumber(ARGV[1]), tonumber(ARGV[2])
        local full = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now) + one
        if full - now > all then return full - now - all end
        local life = math.ceil((full - now) / 1000)
        redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.max(life, 1))
        return 0
    ",
);

/// Takes one of `ARGV[1]` uses. The count is forgotten after `ARGV[2]` milliseconds. Returns the number
/// of this use, or 0 if there is none left.
static USE: Text = Text::new(
    r"
        local used = tonumber(redis.call('GET', KEYS[1]) or 0)
        if used >= tonumber(ARGV[1]) then return 0 end
        redis.call('SET', KEYS[1], used + 1, 'PX', ARGV[2])
        return used + 1
    ",
);

/// Finds out whether the store replies.
static PROBE: Text = Text::new("return 0");

/// The text of a script, and its hash.
struct Text {
    text: &'static str,
    hash: OnceLock<String>,
}

impl Text {
    const fn new(text: &'static str) -> Self {
        Self { text, hash: OnceLock::new() }
    }

    fn hash(&self) -> &str {
        self.hash.get_or_init(|| Script::new(self.text).get_hash().to_owned())
    }
}

/// A script with its key and arguments.
#[derive(Clone)]
pub(crate) struct Call {
    script: &'static Text,
    key: String,
    arguments: [u64; 2],
}

impl Call {
    /// Counts a token of a person or address, of whom `tokens` are allowed per `span`. The reply is 0, or
    /// the number of microseconds to wait. The name of the person is not sent to the store, only a hash.
    pub(crate) fn rate(who: &[&[u8]], tokens: NonZeroU32, span: Duration) -> Self {
        let all = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        let one = (all / u64::from(tokens.get())).max(1);
        let all = one.saturating_mul(tokens.get().into());
        // A count under another rate means nothing for this one.
        let rate = format!("{tokens}/{all}");
        let parts = who.iter().copied().chain([rate.as_bytes()]).collect::<Vec<_>>();
        Self { script: &RATE, key: key("rate", &parts), arguments: [one, all] }
    }

    /// Takes one of the `uses` of an invitation. The count is kept for `life`. The reply is the number of
    /// this use, or 0 if there is none left.
    pub(crate) fn take_use(id: &str, uses: NonZeroU32, life: Duration) -> Self {
        let life = u64::try_from(life.as_millis()).unwrap_or(u64::MAX).max(1);
        let arguments = [uses.get().into(), life];
        Self { script: &USE, key: key("use", &[id.as_bytes()]), arguments }
    }

    /// Finds out whether the store replies. The reply is 0.
    pub(super) fn probe() -> Self {
        Self { script: &PROBE, key: key("probe", &[]), arguments: [0, 0] }
    }

    /// The command that runs the script by its hash, as the store knows it after the first time.
    pub(super) fn by_hash(&self) -> Cmd {
        self.command("EVALSHA", self.script.hash())
    }

    /// The command that brings the script along.
    pub(super) fn with_text(&self) -> Cmd {
        self.command("EVAL", self.script.text)
    }

    fn command(&self, name: &str, script: &str) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(script).arg(1).arg(&self.key).arg(&self.arguments[..]);
        command
    }
}

/// The name of a key: a hash of its parts, each with its length, so that no two lists of parts are alike.
fn key(kind: &str, parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let hash = hash.finalize();
    let half = hash.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte));
    format!("{PREFIX}{kind}:{half:032x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_rate_counts_anew() {
        let call = |tokens, seconds| {
            let tokens = NonZeroU32::new(tokens).expect("a number");
            Call::rate(&[b"ada"], tokens, Duration::from_secs(seconds)).key
        };
        assert!(call(1, 60) == call(1, 60) && call(1, 60) != call(2, 60));
        assert_ne!(call(1, 60), call(1, 61));
    }

    #[test]
    fn keys_do_not_depend_on_where_a_part_ends_and_tell_no_name() {
        let names = [&[&b"ab"[..], b"c"][..], &[b"a", b"bc"], &[b"abc"]];
        let keys = names.map(|name| key("rate", name));
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2], "{keys:?}");
        assert!(keys.iter().all(|key| key.len() == "lkt:rate:".len() + 32), "{keys:?}");
    }
}
