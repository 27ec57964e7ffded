//! Many tokens: on all cores, in order, in constant memory.
//!
//! Work is cut into chunks. Chunk k goes to worker k modulo their number, and results are taken from
//! the workers in the same turn, so their order is that of the chunks. Every queue is bounded: a
//! slow reader of the output slows the workers down, and they the reader of the input.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::placeholders::Pieces;
use super::progress::{Progress, Step};
use super::{Mint, at_line};
use crate::cli::failure::Failure;
use crate::cli::files::Input;
use crate::cli::notes::Notes;
use crate::cli::request_args::parse_request;

/// Requests in a chunk.
const CHUNK: u64 = 512;

/// Chunks that may wait for a worker, and results that may wait to be written.
const QUEUE: usize = 2;

/// The maximum size of a line of a batch, 1 MiB, as of any other request.
const MAX_LINE: usize = 1024 * 1024;

/// Size of the read buffer, in bytes.
const BUFFER: usize = 64 * 1024;

/// The output of a chunk, and the error that ended it early, if there was one.
struct Done {
    out: Vec<u8>,
    step: Step,
    result: Result<(), Failure>,
}

/// Mints the tokens of `--count`.
pub(super) fn count(
    mint: Mint,
    count: u64,
    notes: Notes,
    stdout: &mut dyn Write,
) -> Result<(), Failure> {
    let claims = Pieces::new(&mint, count)?;
    let mut next = 1;
    let chunks = move || {
        let first = next;
        next = (first + CHUNK).min(count.saturating_add(1));
        (first < next).then_some(Ok(first..next))
    };
    let work = move |numbers: Range<u64>| {
        let mut out = Vec::new();
        let tokens = numbers.end - numbers.start;
        for n in numbers {
            mint.printer.print(&claims.join(n, &mint.random), &mint.found.keys.pair, &mut out);
        }
        Done { out, step: Step { tokens, distance: tokens }, result: Ok(()) }
    };
    in_order(chunks, work, Progress::new(Some(count), notes), stdout)
}

/// Mints a token for each line of `--batch`.
pub(super) fn batch(
    mint: Mint,
    input: &Input,
    notes: Notes,
    stdout: &mut dyn Write,
) -> Result<(), Failure> {
    let reader = BufReader::with_capacity(BUFFER, input.open()?);
    let mut lines = Lines { reader, input: input.clone(), next: 1, failure: None };
    let work = move |chunk: Chunk| {
        let mut done = Done {
            out: Vec::new(),
            step: Step { tokens: 0, distance: chunk.text.len() as u64 },
            result: Ok(()),
        };
        for (line, number) in chunk.text.split_inclusive(|&byte| byte == b'\n').zip(chunk.first..) {
            done.result =
                print_line(&mint, line, &mut done.out).map_err(|failure| at_line(failure, number));
            if done.result.is_err() {
                break;
            }
            done.step.tokens += 1;
        }
        done
    };
    in_order(move || lines.next_chunk(), work, Progress::new(input.size(), notes), stdout)
}

fn print_line(mint: &Mint, line: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
    let request = mint.flags.over(parse_request(without_end(line))?);
    mint.check(&request)?;
    mint.print(&mint.claims(request)?, out)?;
    Ok(())
}

/// A line without its end, which is `\n` or `\r\n`.
fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Some lines, with the number of the first.
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
    /// Why it ends early; told after the lines before it.
    failure: Option<Failure>,
}

impl Lines {
    /// The next lines: as many as a chunk holds, or as many as have come. Whoever writes a line and
    /// waits for its token gets it.
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
        if chunk.text.is_empty() { self.failure.take().map(Err) } else { Some(Ok(chunk)) }
    }

    /// Appends a line, or nothing at the end of the input or where something is wrong.
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

/// Has chunks worked on by as many workers as there are cores, and writes the results in order.
///
/// On an error it returns at once and does not join the threads: the one that reads may be blocked on
/// input that never comes.
fn in_order<C: Send + 'static>(
    chunks: impl FnMut() -> Option<Result<C, Failure>> + Send + 'static,
    work: impl Fn(C) -> Done + Send + Sync + 'static,
    progress: Progress,
    stdout: &mut dyn Write,
) -> Result<(), Failure> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let work = Arc::new(work);
    let mut inputs = Vec::with_capacity(cores);
    let mut outputs = Vec::with_capacity(cores);
    for _ in 0..cores {
        let (input, todo) = sync_channel::<Result<C, Failure>>(QUEUE);
        let (done, output) = sync_channel::<Done>(QUEUE);
        inputs.push(input);
        outputs.push(output);
        let work = Arc::clone(&work);
        thread::spawn(move || run_worker(&todo, &done, &*work));
    }
    thread::spawn(move || deal(chunks, &inputs));
    collect(&outputs, progress, stdout)
}

/// Hands chunks out in turn, until there are no more or nobody wants one.
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
            Err(failure) => Done { out: Vec::new(), step: Step::default(), result: Err(failure) },
        };
        if done.send(result).is_err() {
            return;
        }
    }
}

fn collect(
    outputs: &[Receiver<Done>],
    mut progress: Progress,
    stdout: &mut dyn Write,
) -> Result<(), Failure> {
    for output in outputs.iter().cycle() {
        // The first worker without a result in its turn means that there are no more chunks.
        let Ok(Done { out, step, result }) = output.recv() else { return Ok(()) };
        stdout.write_all(&out).map_err(Failure::write)?;
        progress.advance(step);
        result?;
    }
    Ok(())
}
