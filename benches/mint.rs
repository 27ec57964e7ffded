//! How fast `lkt mint` is, as a whole process and in bulk, beside LiveKit's own crate in the same run:
//! `cargo bench --bench mint`. Ratios count; times are this machine's.

#![allow(clippy::disallowed_methods)] // it takes the time
#![allow(clippy::naive_bytecount)] // a crate for it would not be worth its while
#![allow(clippy::cast_precision_loss)] // counts and times to divide by each other

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use livekit_token::{AccessToken, VideoGrants};

/// Tokens of a bulk run.
const BULK: u64 = 1_000_000;

/// Rounds, in each of which everything is measured once.
const ROUNDS: usize = 3;

/// Starts of a process in a round.
const STARTS: usize = 200;

fn main() {
    let (mut crate_rate, mut count_rate, mut batch_rate) = (Vec::new(), Vec::new(), Vec::new());
    let (mut floor, mut start) = (Vec::new(), Vec::new());
    let mut peak = 0;
    for _ in 0..ROUNDS {
        crate_rate.push(livekit_token_rate());
        let (rate, memory) = count();
        count_rate.push(rate);
        peak = peak.max(memory);
        let (rate, memory) = batch();
        batch_rate.push(rate);
        peak = peak.max(memory);
        starts(&mut floor, &mut start);
    }
    let [reference, count, batch, floor, start] =
        [crate_rate, count_rate, batch_rate, floor, start].map(median);
    println!("tokens a second, median of {ROUNDS} rounds of {BULK}");
    println!("  livekit-token, in process, one core   {reference:>9.0}");
    println!(
        "  lkt mint --count, through a pipe      {count:>9.0}  {:.2} times",
        count / reference
    );
    println!(
        "  lkt mint --batch, through a pipe      {batch:>9.0}  {:.2} times",
        batch / reference
    );
    println!("  peak memory of both, KiB              {peak:>9}");
    println!("whole process, microseconds, median of {} starts", ROUNDS * STARTS);
    println!("  /bin/true                             {floor:>9.0}");
    println!("  lkt mint --dev                        {start:>9.0}  {:.2} times", start / floor);
}

/// The same token as `lkt mint --dev -i u-N` makes.
fn livekit_token_rate() -> f64 {
    const TOKENS: u64 = 200_000;
    let began = Instant::now();
    let mut bytes = 0;
    for n in 0..TOKENS {
        let grants = VideoGrants {
            room_join: true,
            room: "quickstart-room".to_owned(),
            ..VideoGrants::default()
        };
        let token = AccessToken::with_api_key("devkey", "secret")
            .with_ttl(Duration::from_secs(600))
            .with_identity(&format!("u-{n}"))
            .with_name("quickstart-username")
            .with_grants(grants);
        bytes += token.to_jwt().expect("signs").len();
    }
    assert!(bytes > 0);
    TOKENS as f64 / began.elapsed().as_secs_f64()
}

fn lkt(arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lkt"));
    command.env_clear().args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    command.spawn().expect("starts")
}

fn count() -> (f64, u64) {
    measure(lkt(&["mint", "--dev", "--count", &BULK.to_string(), "-i", "u-{n}"]), Vec::new())
}

fn batch() -> (f64, u64) {
    let lines =
        (0..BULK).flat_map(|n| format!("{{\"participant_identity\":\"u-{n}\"}}\n").into_bytes());
    let lines = lines.collect();
    measure(lkt(&["mint", "--dev", "--batch", "-"]), lines)
}

/// Lines a second, and the process's peak of resident memory in KiB.
fn measure(mut child: Child, input: Vec<u8>) -> (f64, u64) {
    let began = Instant::now();
    let mut stdin = child.stdin.take().expect("a pipe");
    let writer = thread::spawn(move || stdin.write_all(&input).expect("writes"));
    let mut output = child.stdout.take().expect("a pipe");
    let status = format!("/proc/{}/status", child.id());
    let (mut buffer, mut lines, mut peak) = (vec![0; 1 << 16], 0_u64, 0);
    loop {
        let read = output.read(&mut buffer).expect("reads");
        if read == 0 {
            break;
        }
        let before = lines;
        lines += buffer[..read].iter().filter(|&&byte| byte == b'\n').count() as u64;
        // Now and then: it grows, if it does, and asking costs time.
        if before / 50_000 != lines / 50_000 {
            peak = peak.max(high_water(&status));
        }
    }
    let elapsed = began.elapsed();
    writer.join().expect("writes");
    assert!(child.wait().expect("ends").success() && lines == BULK, "{lines} lines");
    (BULK as f64 / elapsed.as_secs_f64(), peak)
}

fn high_water(status: &str) -> u64 {
    let status = std::fs::read_to_string(status).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok()).unwrap_or(0)
}

/// The time of a start, by turns.
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
