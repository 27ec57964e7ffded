//! The speed of `lkt mint` in bulk and as a whole process, next to LiveKit's own crate, jsonwebtoken and
//! the least work possible, in one run: `cargo bench --bench mint`. Compare the ratios; the times depend
//! on the machine.

#![allow(clippy::disallowed_methods)] // the clock is read here
#![allow(clippy::naive_bytecount)] // not worth a crate
#![allow(clippy::cast_precision_loss)] // counts and times become ratios

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, KeyUtils};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::signature::{self, Signer};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use livekit_token::{AccessToken, VideoGrants};
use serde_json::json;
use sha2::Sha256;

/// Tokens of a bulk run, and of a longer one that shows whether the time grows in proportion.
const BULK: u64 = 1_000_000;
const LONG: u64 = 10_000_000;

/// Tokens made in this process.
const IN_PROCESS: u64 = 200_000;

/// Rounds; each measures everything once.
const ROUNDS: usize = 3;

/// Starts of the process in each round.
const STARTS: usize = 200;

fn main() {
    // jsonwebtoken is built without cryptography of its own.
    PROVIDER.install_default().expect("nobody has set one");
    let mut bulk = Bulk::default();
    let (mut floor, mut start) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bulk.round();
        starts(&mut floor, &mut start);
    }
    bulk.print();
    let [floor, start] = [floor, start].map(median);
    println!("whole process, microseconds, median of {} starts", ROUNDS * STARTS);
    println!("  /bin/true                                 {floor:>10.0}");
    println!(
        "  lkt mint --dev                            {start:>10.0}  {:.2} times",
        start / floor
    );
}

/// Tokens a second in each round.
#[derive(Default)]
struct Bulk {
    floor: Vec<f64>,
    jsonwebtoken: Vec<f64>,
    livekit_token: Vec<f64>,
    count: Vec<f64>,
    batch: Vec<f64>,
    long: Vec<f64>,
    /// KiB.
    peak: u64,
}

impl Bulk {
    fn round(&mut self) {
        let key = Hmac::new_from_slice(b"secret").expect("any key will do");
        self.floor.push(rate(|n| floor(&key, n)));
        self.jsonwebtoken.push(rate(jsonwebtoken));
        self.livekit_token.push(rate(livekit_token));
        for (rates, lines, arguments) in [
            (&mut self.count, BULK, vec!["--count".to_owned(), BULK.to_string()]),
            (&mut self.batch, BULK, vec!["--batch".to_owned(), "-".to_owned()]),
            (&mut self.long, LONG, vec!["--count".to_owned(), LONG.to_string()]),
        ] {
            let (rate, peak) = measure(&arguments, lines);
            rates.push(rate);
            self.peak = self.peak.max(peak);
        }
    }

    fn print(self) {
        let cores = thread::available_parallelism().map_or(1, usize::from) as f64;
        let Self { floor, jsonwebtoken, livekit_token, count, batch, long, peak } = self;
        let rates = [floor, jsonwebtoken, livekit_token, count, batch, long].map(median);
        let [floor, jsonwebtoken, livekit_token, count, batch, long] = rates;
        println!("tokens a second, median of {ROUNDS} rounds, and times livekit-token");
        for (name, rate) in [
            ("floor: HMAC and base64, one core", floor),
            ("jsonwebtoken, one core", jsonwebtoken),
            ("livekit-token, one core", livekit_token),
            ("lkt mint --count, all cores", count),
            ("lkt mint --batch, all cores", batch),
        ] {
            println!("  {name:<40}  {rate:>10.0}  {:.2}", rate / livekit_token);
        }
        for (rate, to) in [(count, "a file"), (long, "/dev/null")] {
            let of_floor = rate / cores / floor;
            println!("--count to {to:<9}, each of {cores} cores, times the floor  {of_floor:.2}");
        }
        println!("time a token, {LONG} tokens to {BULK}             {:.2}", count / long);
        println!("peak memory, KiB                              {peak:>10}");
    }
}

/// Tokens a second on one core.
fn rate(make: impl Fn(u64) -> String) -> f64 {
    let began = Instant::now();
    let bytes = (0..IN_PROCESS).map(|n| make(n).len()).sum::<usize>();
    assert!(bytes > 0);
    IN_PROCESS as f64 / began.elapsed().as_secs_f64()
}

/// What the claims of `lkt mint --dev -i u-N` say.
fn payload(n: u64) -> String {
    format!(
        "{{\"iss\":\"devkey\",\"sub\":\"u-{n}\",\"iat\":1800000000,\"nbf\":1799999990,\
         \"exp\":1800000600,\"name\":\"u-{n}\",\
         \"video\":{{\"roomJoin\":true,\"room\":\"quickstart-room\"}}}}"
    )
}

/// The least work possible: HMAC and base64 of the same bytes.
fn floor(key: &Hmac<Sha256>, n: u64) -> String {
    let mut token = String::with_capacity(512);
    token.push_str("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.");
    URL_SAFE_NO_PAD.encode_string(payload(n), &mut token);
    let mac = key.clone().chain_update(&token).finalize().into_bytes();
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(mac, &mut token);
    token
}

struct Hs256(Hmac<Sha256>);

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self.0.clone().chain_update(message).finalize().into_bytes().to_vec())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, key| {
        Ok(Box::new(Hs256(Hmac::new_from_slice(key.as_bytes()).expect("any key"))))
    },
    verifier_factory: |_, _| Err(ErrorKind::UnsupportedAlgorithm.into()),
    key_utils: KeyUtils::new_unimplemented(),
};

/// jsonwebtoken as its documentation has it, with untyped claims.
fn jsonwebtoken(n: u64) -> String {
    let claims = json!({
        "iss": "devkey", "sub": format!("u-{n}"), "name": format!("u-{n}"),
        "iat": 1_800_000_000, "nbf": 1_799_999_990, "exp": 1_800_000_600,
        "video": {"roomJoin": true, "room": "quickstart-room"},
    });
    let key = EncodingKey::from_secret(b"secret").expect("a secret");
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).expect("signs")
}

/// LiveKit's crate.
fn livekit_token(n: u64) -> String {
    let grants = VideoGrants {
        room_join: true,
        room: "quickstart-room".to_owned(),
        ..VideoGrants::default()
    };
    AccessToken::with_api_key("devkey", "secret")
        .with_ttl(Duration::from_secs(600))
        .with_identity(&format!("u-{n}"))
        .with_name(&format!("u-{n}"))
        .with_grants(grants)
        .to_jwt()
        .expect("signs")
}

/// Tokens a second into a file, and the process's peak of resident memory in KiB.
fn measure(arguments: &[String], tokens: u64) -> (f64, u64) {
    // The file of the long run would have gigabytes.
    let mut file = if tokens == BULK { tempfile::tempfile() } else { File::create("/dev/null") };
    let file = file.as_mut().expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lkt"));
    command.env_clear().args(["mint", "--dev", "-i", "u-{n}"]).args(arguments);
    if arguments[0] == "--batch" {
        // The identity is in the lines.
        command = Command::new(env!("CARGO_BIN_EXE_lkt"));
        command.env_clear().args(["mint", "--dev"]).args(arguments);
    }
    command.stdin(Stdio::piped()).stdout(file.try_clone().expect("a file"));
    let lines = if arguments[0] == "--batch" { requests(tokens) } else { Vec::new() };
    let began = Instant::now();
    let mut child = command.spawn().expect("starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let writer = thread::spawn(move || stdin.write_all(&lines).expect("writes"));
    let peak = watch(&mut child);
    let elapsed = began.elapsed();
    writer.join().expect("writes");
    assert_eq!(lines_of(file), if tokens == BULK { tokens } else { 0 });
    (tokens as f64 / elapsed.as_secs_f64(), peak)
}

fn requests(count: u64) -> Vec<u8> {
    let line = |n| format!("{{\"participant_identity\":\"u-{n}\"}}\n");
    (0..count).flat_map(|n| line(n).into_bytes()).collect()
}

/// Waits until a process ends, and returns its peak of resident memory in KiB.
fn watch(child: &mut Child) -> u64 {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        peak = peak.max(high_water(&status));
        if let Some(status) = child.try_wait().expect("a child") {
            assert!(status.success());
            return peak;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn lines_of(file: &mut File) -> u64 {
    use std::io::Seek;
    file.rewind().expect("a file");
    let (mut buffer, mut lines) = (vec![0; 1 << 16], 0);
    loop {
        let read = file.read(&mut buffer).unwrap_or(0);
        if read == 0 {
            return lines;
        }
        lines += buffer[..read].iter().filter(|&&byte| byte == b'\n').count() as u64;
    }
}

fn high_water(status: &str) -> u64 {
    let status = std::fs::read_to_string(status).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok()).unwrap_or(0)
}

/// The times of starts, taken in turns.
fn starts(floor: &mut Vec<f64>, start: &mut Vec<f64>) {
    let time = |command: &mut Command| {
        let began = Instant::now();
        let status = command.env_clear().stdout(Stdio::null()).status().expect("runs");
        assert!(status.success());
        began.elapsed().as_secs_f64() * 1e6
    };
    for _ in 0..STARTS {
        floor.push(time(&mut Command::new("/bin/true")));
        start.push(time(Command::new(env!("CARGO_BIN_EXE_lkt")).args(["mint", "--dev"])));
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
