//! Many tokens: on all cores, in order, in constant memory.
//!
//! Work is cut into pieces. Piece k goes to worker k modulo their number, and results are taken from
//! the workers in the same turn, so their order is that of the pieces. Every queue is bounded: a
//! slow reader of the output slows the workers down, and they the reader of the input.

use std::io::{BufRead, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::placeholders::Numbered;
use super::{Mint, at_line};
use crate::cli::failure::Failure;
use crate::cli::files::Input;
use crate::cli::request_args::read_request;

/// Requests in a piece of work.
const PIECE: u64 = 512;

/// Pieces that may wait for a worker, and results that may wait to be written.
const QUEUE: usize = 2;

/// Bytes in a line of a batch at the most. A token's parts have limits far below.
const MOST_LINE: usize = 16 * 1024 * 1024;

/// The output of a piece of work, as far as it went, and why it went no further.
type Done = (Vec<u8>, Result<(), Failure>);

/// `--count`
pub(super) fn count(mint: &Mint, count: u64, stdout: &mut dyn Write) -> Result<(), Failure> {
    let numbered = Numbered::new(mint, count)?;
    let mut next = 1;
    let pieces = || {
        let first = next;
        next = (first + PIECE).min(count.saturating_add(1));
        (first < next).then_some(Ok(first..next))
    };
    let work = |numbers: std::ops::Range<u64>| {
        let mut out = Vec::new();
        for n in numbers {
            mint.printer.print(&numbered.claims(n, &mint.random), &mint.found.keys.pair, &mut out);
        }
        (out, Ok(()))
    };
    in_order(pieces, work, stdout)
}

/// `--batch`
pub(super) fn batch(mint: &Mint, input: &Input, stdout: &mut dyn Write) -> Result<(), Failure> {
    let mut lines = input.open()?;
    let mut first = 1;
    let pieces = || {
        let piece = read_piece(&mut *lines, input, first).transpose()?;
        first += piece.as_ref().map_or(0, |piece| piece.lines);
        Some(piece)
    };
    let work = |piece: Piece| {
        let mut out = Vec::new();
        for (line, number) in piece.text.split_inclusive(|&byte| byte == b'\n').zip(piece.first..) {
            if let Err(failure) = print_line(mint, line, &mut out) {
                return (out, Err(at_line(failure, number)));
            }
        }
        (out, Ok(()))
    };
    in_order(pieces, work, stdout)
}

fn print_line(mint: &Mint, line: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
    // What ends a line is no part of its request: an empty one asks for the defaults, as an empty body
    // does.
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let request = mint.flags.over(read_request(line)?);
    mint.check(&request)?;
    mint.print(&mint.claims(request)?, out)?;
    Ok(())
}

/// Some lines, with the number of the first.
struct Piece {
    text: Vec<u8>,
    lines: u64,
    first: u64,
}

fn read_piece(
    lines: &mut dyn BufRead,
    input: &Input,
    first: u64,
) -> Result<Option<Piece>, Failure> {
    let mut piece = Piece { text: Vec::new(), lines: 0, first };
    while piece.lines < PIECE && piece.text.len() < MOST_LINE {
        let before = piece.text.len();
        let read =
            std::io::Read::take(&mut *lines, MOST_LINE as u64).read_until(b'\n', &mut piece.text);
        read.map_err(|error| input.unreadable(error))?;
        match piece.text.len() - before {
            0 => break,
            MOST_LINE => {
                let error = anyhow::anyhow!("it has over {MOST_LINE} bytes");
                let failure = Failure::usage(error, "write one request a line");
                return Err(at_line(failure, first + piece.lines));
            }
            _ => piece.lines += 1,
        }
    }
    Ok((piece.lines > 0).then_some(piece))
}

/// Has pieces worked on by as many workers as there are cores, and writes the results in order.
fn in_order<P: Send>(
    pieces: impl FnMut() -> Option<Result<P, Failure>> + Send,
    work: impl Fn(P) -> Done + Sync,
    stdout: &mut dyn Write,
) -> Result<(), Failure> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let mut inputs = Vec::with_capacity(cores);
        let mut outputs = Vec::with_capacity(cores);
        for _ in 0..cores {
            let (input, todo) = sync_channel::<Result<P, Failure>>(QUEUE);
            let (done, output) = sync_channel::<Done>(QUEUE);
            inputs.push(input);
            outputs.push(output);
            let work = &work;
            scope.spawn(move || worker(&todo, &done, work));
        }
        scope.spawn(move || deal(pieces, &inputs));
        // Dropping the outputs, on an error or a closed pipe, stops the workers and so the dealer.
        collect(outputs, stdout)
    })
}

/// Hands pieces out in turn, until there are no more or nobody wants one.
fn deal<P>(
    mut pieces: impl FnMut() -> Option<Result<P, Failure>>,
    workers: &[SyncSender<Result<P, Failure>>],
) {
    for worker in workers.iter().cycle() {
        let Some(piece) = pieces() else { return };
        let last = piece.is_err();
        if worker.send(piece).is_err() || last {
            return;
        }
    }
}

fn worker<P>(
    todo: &Receiver<Result<P, Failure>>,
    done: &SyncSender<Done>,
    work: &impl Fn(P) -> Done,
) {
    for piece in todo {
        let result = match piece {
            Ok(piece) => work(piece),
            Err(failure) => (Vec::new(), Err(failure)),
        };
        if done.send(result).is_err() {
            return;
        }
    }
}

#[allow(clippy::needless_pass_by_value)] // dropped on return: that is what stops the workers
fn collect(outputs: Vec<Receiver<Done>>, stdout: &mut dyn Write) -> Result<(), Failure> {
    for output in outputs.iter().cycle() {
        // The first worker without a result in its turn means that there are no more pieces.
        let Ok((bytes, result)) = output.recv() else { return Ok(()) };
        stdout.write_all(&bytes).map_err(Failure::write)?;
        result?;
    }
    Ok(())
}
