//! Mints many tokens: on all cores, in order, in constant memory.
//!
//! The work is divided into chunks. Chunk k goes to worker k modulo the number of workers. Results are
//! taken from the workers in the same order, so they are in the order of the chunks. Every queue is
//! bounded: a slow reader of the output slows the workers down, and they slow the reader of the input
//! down.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use serde_json::{Map, Value};

use super::placeholders::{Pieces, Values, by_digits};
use super::progress::{Progress, Step};
use super::{Mint, at_line};
use crate::cli::files::Input;
use crate::cli::notes::Notes;
use crate::cli::request_args::parse_request;
use crate::failure::Failure;
use crate::service::log::LARGE_TOKEN;
use crate::token::Stencil;

/// Number of requests in a chunk.
const CHUNK: u64 = 512;

/// Maximum number of chunks that wait for a worker, and of results that wait to be written, per worker.
const QUEUE: usize = 2;

/// Maximum size of a line of a batch, 1 MiB, as for any other request.
const MAX_LINE: usize = 1024 * 1024;

/// Size of the read buffer, in bytes.
const BUFFER: usize = 64 * 1024;

/// The output of a chunk, and the error that ended it early, if any.
struct Done {
    out: Vec<u8>,
    step: Step,
    large: Large,
    result: Result<(), Failure>,
}

/// Statistics of the tokens that may be too large for a URL.
#[derive(Debug, Clone, Copy, Default)]
struct Large {
    tokens: u64,
    /// The size of the largest token, in bytes.
    largest: usize,
}

impl Large {
    /// Counts a token.
    fn note(&mut self, bytes: usize) {
        if bytes > LARGE_TOKEN {
            self.add(Self { tokens: 1, largest: bytes });
        }
    }

    fn add(&mut self, more: Self) {
        self.tokens += more.tokens;
        self.largest = self.largest.max(more.largest);
    }

    fn warn(self, notes: Notes) {
        let Self { tokens, largest } = self;
        if tokens > 0 {
            notes.warn(&format!(
                "tokens over 8 KiB: {tokens}, the largest has {largest} bytes; clients put them into \
                 a URL"
            ));
        }
    }
}

/// Mints the tokens of `--count`.
pub(super) fn count(
    mint: Mint,
    count: u64,
    notes: Notes,
    stdout: &mut dyn Write,
) -> Result<(), Failure> {
    let pieces = Pieces::new(&mint, count)?;
    let mut next = 1;
    let chunks = move || {
        let first = next;
        next = (first + CHUNK).min(count.saturating_add(1));
        (first < next).then_some(Ok(first..next))
    };
    let work = move |numbers: Range<u64>| {
        let (mut out, mut large) = (Vec::new(), Large::default());
        let tokens = numbers.end - numbers.start;
        for run in by_digits(numbers) {
            large.add(print_run(&mint, &pieces, run, &mut out));
        }
        Done { out, step: Step { tokens, distance: tokens }, large, result: Ok(()) }
    };
    in_order(chunks, work, Progress::new(Some(count), notes), notes, stdout)
}

/// Prints the tokens with these numbers, which have as many digits.
fn print_run(mint: &Mint, pieces: &Pieces, numbers: Range<u64>, out: &mut Vec<u8>) -> Large {
    let (printer, keys, random) = (&mint.printer, &mint.found.keys.pair, &mint.random);
    let mut large = Large::default();
    let mut values = Values::of(numbers.start, pieces, random);
    if !printer.signs() {
        for n in numbers {
            values.replace(n, pieces, random);
            printer.print(&pieces.join(&values).0, keys, out);
        }
        return large;
    }
    let (claims, places) = pieces.join(&values);
    let mut stencil = Stencil::new(keys, claims.into_bytes(), places);
    let mut token = Vec::new();
    let count = usize::try_from(numbers.end - numbers.start).unwrap_or_default();
    out.reserve(count * (stencil.token_len() + 1));
    for n in numbers {
        values.replace(n, pieces, random);
        large.note(stencil.token_len());
        if printer.is_plain() {
            stencil.sign(pieces.texts(&values), out);
            out.push(b'\n');
        } else {
            token.clear();
            stencil.sign(pieces.texts(&values), &mut token);
            printer.print_token(&String::from_utf8_lossy(&token), out);
        }
    }
    large
}

/// Mints a token for each line of `--batch`.
pub(super) fn batch(
    mint: Mint,
    input: &Input,
    notes: Notes,
    stdout: &mut dyn Write,
) -> Result<(), Failure> {
    let reader = BufReader::with_capacity(BUFFER, input.open()?);
    let mut lines = Lines { reader, input: input.clone(), next: 1, failure: None, notes };
    let work = move |chunk: Chunk| {
        let mut done = Done {
            out: Vec::new(),
            step: Step { tokens: 0, distance: chunk.text.len() as u64 },
            large: Large::default(),
            result: Ok(()),
        };
        for (line, number) in chunk.text.split_inclusive(|&byte| byte == b'\n').zip(chunk.first..) {
            match print_line(&mint, line, &mut done.out) {
                Ok(bytes) => done.large.note(bytes),
                Err(failure) => {
                    done.result = Err(at_line(failure, number));
                    break;
                }
            }
            done.step.tokens += 1;
        }
        done
    };
    let progress = Progress::new(input.size(), notes);
    in_order(move || lines.next_chunk(), work, progress, notes, stdout)
}

/// What a batch is, for a line that is no JSON object: of a list, of a table, or of JSON over several lines.
const LINES_HELP: &str = "write one JSON object a line, such as {\"room_name\": \"demo\"}; `jq -c` writes JSON \
    on one line, and `jq -c '.[]'` a list on several";

fn print_line(mint: &Mint, line: &[u8], out: &mut Vec<u8>) -> Result<usize, Failure> {
    let line = without_end(line);
    let request = parse_request(line).map_err(|failure| {
        let is_object = serde_json::from_slice::<Map<String, Value>>(line).is_ok();
        if is_object { failure } else { failure.with_help(LINES_HELP) }
    })?;
    let request = mint.flags.over(request);
    mint.check(&request)?;
    mint.print(&mint.claims(request)?, out)
}

/// Removes the line end, `\n` or `\r\n`.
fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Lines, with the number of the first one.
struct Chunk {
    text: Vec<u8>,
    first: u64,
}

/// Reads a batch chunk by chunk.
struct Lines {
    reader: BufReader<Box<dyn Read + Send>>,
    input: Input,
    /// The number of the next line.
    next: u64,
    /// The reason why the input ends early. It is reported after the lines before it.
    failure: Option<Failure>,
    notes: Notes,
}

impl Lines {
    /// Returns the next lines: a full chunk, or as many lines as have arrived. A program that writes a
    /// line and waits for its token gets it.
    fn next_chunk(&mut self) -> Option<Result<Chunk, Failure>> {
        let mut chunk = Chunk { text: Vec::new(), first: self.next };
        while self.failure.is_none()
            && self.next - chunk.first < CHUNK
            && chunk.text.len() < MAX_LINE
            && (chunk.text.is_empty() || self.reader.buffer().contains(&b'\n'))
        {
            match self.append_line(&mut chunk.text) {
                Ok(true) => self.next += 1,
                Ok(false) => break,
                Err(failure) => self.failure = Some(failure),
            }
        }
        if !chunk.text.is_empty() {
            return Some(Ok(chunk));
        }
        let failure = self.failure.take();
        if failure.is_none() && self.next == 1 {
            self.notes.warn("the batch is empty; write one request a line, {} for the defaults");
        }
        failure.map(Err)
    }

    /// Appends a line. Appends nothing at the end of the input or after an error.
    fn append_line(&mut self, text: &mut Vec<u8>) -> Result<bool, Failure> {
        let start = text.len();
        let mut limited = Read::take(&mut self.reader, MAX_LINE as u64 + 1);
        let read = limited.read_until(b'\n', text);
        let read = read.map_err(|error| self.input.unreadable(error))?;
        let line = without_end(&text[start..]);
        let error = if line.len() >= MAX_LINE {
            anyhow::anyhow!("the line is larger than 1 MiB")
        } else if line.is_empty() && read > 0 && !self.is_at_end()? {
            anyhow::anyhow!("the line is empty")
        } else {
            let is_line = !line.is_empty();
            text.truncate(if is_line { text.len() } else { start });
            return Ok(is_line);
        };
        text.truncate(start);
        let help = "write one request a line; {} asks for the defaults";
        Err(at_line(Failure::usage(error, help), self.next))
    }

    fn is_at_end(&mut self) -> Result<bool, Failure> {
        let rest = self.reader.fill_buf().map(<[u8]>::is_empty);
        rest.map_err(|error: io::Error| self.input.unreadable(error))
    }
}

/// Processes chunks on one worker per core, and writes the results in order.
///
/// On an error, it returns at once without joining the threads: the thread that reads may be blocked on
/// input that never comes.
fn in_order<C: Send + 'static>(
    chunks: impl FnMut() -> Option<Result<C, Failure>> + Send + 'static,
    work: impl Fn(C) -> Done + Send + Sync + 'static,
    progress: Progress,
    notes: Notes,
    stdout: &mut dyn Write,
) -> Result<(), Failure> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let work = Arc::new(work);
    let (mut inputs, mut outputs, mut workers) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..cores {
        let (input, todo) = sync_channel::<Result<C, Failure>>(QUEUE);
        let (done, output) = sync_channel::<Done>(QUEUE);
        inputs.push(input);
        outputs.push(output);
        let work = Arc::clone(&work);
        workers.push(thread::spawn(move || run_worker(&todo, &done, &*work)));
    }
    let dealer = thread::spawn(move || deal(chunks, &inputs));
    let mut large = Large::default();
    let last = collect(&outputs, progress, &mut large, stdout);
    large.warn(notes);
    // A worker ends when there are no more chunks or when it panics. The same holds for the dealer.
    let mut ended = vec![workers.swap_remove(last?)];
    ended.push(dealer);
    for thread in ended {
        if thread.join().is_err() {
            let error = anyhow::anyhow!("a thread of lkt panicked, and tokens are missing");
            return Err(Failure::failed(error, "report it, with the lines above"));
        }
    }
    Ok(())
}

/// Distributes chunks to the workers in turn, until there are no more or a worker has ended.
fn deal<C>(
    mut chunks: impl FnMut() -> Option<Result<C, Failure>>,
    workers: &[SyncSender<Result<C, Failure>>],
) {
    for worker in workers.iter().cycle() {
        let Some(chunk) = chunks() else { return };
        let last = chunk.is_err();
        if worker.send(chunk).is_err() || last {
            return;
        }
    }
}

fn run_worker<C>(
    todo: &Receiver<Result<C, Failure>>,
    done: &SyncSender<Done>,
    work: &impl Fn(C) -> Done,
) {
    for chunk in todo {
        let result = match chunk {
            Ok(chunk) => work(chunk),
            Err(failure) => Done {
                out: Vec::new(),
                step: Step::default(),
                large: Large::default(),
                result: Err(failure),
            },
        };
        if done.send(result).is_err() {
            return;
        }
    }
}

/// Writes the results in order. Returns the index of the first worker that has ended.
fn collect(
    outputs: &[Receiver<Done>],
    mut progress: Progress,
    all_large: &mut Large,
    stdout: &mut dyn Write,
) -> Result<usize, Failure> {
    for (index, output) in outputs.iter().enumerate().cycle() {
        let Ok(Done { out, step, large, result }) = output.recv() else { return Ok(index) };
        stdout.write_all(&out).map_err(Failure::write)?;
        all_large.add(large);
        progress.advance(step);
        result?;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Processes 100 chunks. `in_work` is a chunk that panics when it is processed, and `in_chunks` one
    /// that panics when it is handed out.
    fn run(in_work: Option<u64>, in_chunks: Option<u64>) -> (Result<(), Failure>, usize) {
        let mut chunks = 0..100;
        let chunks = move || {
            let chunk = chunks.next().map(Ok);
            assert!(!matches!(chunk, Some(Ok(chunk)) if Some(chunk) == in_chunks), "on purpose");
            chunk
        };
        let work = move |chunk| {
            assert!(Some(chunk) != in_work, "on purpose");
            let (step, large) = (Step::default(), Large::default());
            Done { out: b"x".to_vec(), step, large, result: Ok(()) }
        };
        let notes = Notes::new(true);
        let mut out = Vec::new();
        let ran = in_order(chunks, work, Progress::new(None, notes), notes, &mut out);
        (ran, out.len())
    }

    #[test]
    fn a_thread_that_panics_is_an_error_and_not_the_end() {
        let (ran, written) = run(None, None);
        assert!(ran.is_ok() && written == 100, "{written}");
        for (in_work, in_chunks) in [(Some(7), None), (None, Some(7))] {
            let (ran, written) = run(in_work, in_chunks);
            let said = ran.expect_err("a panic").to_string();
            assert!(said.contains("panicked") && written == 7, "{written}: {said}");
        }
    }
}
