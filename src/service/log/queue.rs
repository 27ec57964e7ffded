//! Writes the log to stderr without blocking requests: lines go into a bounded queue, and a separate
//! thread writes them. Lines that do not fit are counted, and reported when the log can be written
//! again. If stderr is closed, full or broken, only log lines are lost.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use super::LogFormat;
use crate::printable::escape_controls_json;
use crate::times::{now, rfc3339};

/// Maximum size of the queue, in bytes.
const MAX_QUEUED: usize = 256 * 1024;

/// Maximum length of a line, in bytes.
const MAX_LINE: usize = 4 * 1024;

/// The mark of a line that was cut.
const CUT: &str = "… (cut)\n";

/// The message that replaces a JSON line that is too long.
const TOO_LONG: &str = "a line of the log was too long";

/// The number of lines that were lost since the start.
static LOST: AtomicU64 = AtomicU64::new(0);

/// Returns the number of lines that were lost since the start, for metrics.
pub(crate) fn lost_lines() -> u64 {
    LOST.load(Ordering::Relaxed)
}

/// Lines on their way to stderr.
#[derive(Debug, Clone)]
pub(crate) struct LogQueue(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    /// Signals that there are lines to write.
    filled: Condvar,
    /// Signals that all lines have been written.
    emptied: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    lines: Vec<u8>,
    /// Number of lines that did not fit.
    lost: u64,
    is_writing: bool,
}

impl LogQueue {
    /// Starts the thread that writes the log.
    pub(crate) fn start(format: LogFormat) -> io::Result<Self> {
        let shared =
            Shared { queue: Mutex::default(), filled: Condvar::new(), emptied: Condvar::new() };
        let queue = Self(Arc::new(shared));
        let writer = queue.clone();
        let work = move || writer.write_forever(format);
        thread::Builder::new().name("log".to_owned()).spawn(work)?;
        Ok(queue)
    }

    /// Queues lines, if there is room for them.
    pub(crate) fn put(&self, text: &str) {
        let mut queue = self.lock();
        if queue.lines.len() + text.len() > MAX_QUEUED {
            LOST.fetch_add(1, Ordering::Relaxed);
            queue.lost += 1;
            return;
        }
        let was_empty = queue.lines.is_empty();
        queue.lines.extend_from_slice(text.as_bytes());
        drop(queue);
        if was_empty {
            self.0.filled.notify_one();
        }
    }

    /// Waits until everything is written, at most for `patience`.
    pub(crate) fn flush(&self, patience: Duration) {
        let is_unwritten = |queue: &mut Queue| queue.is_writing || !queue.lines.is_empty();
        // It makes no difference whether the wait timed out.
        let _ = self.0.emptied.wait_timeout_while(self.lock(), patience, is_unwritten);
    }

    fn write_forever(&self, format: LogFormat) {
        let mut stderr = Lines { to: io::stderr(), is_within: false };
        loop {
            let is_empty = |queue: &mut Queue| queue.lines.is_empty();
            let filled = self.0.filled.wait_while(self.lock(), is_empty);
            let mut queue = filled.unwrap_or_else(PoisonError::into_inner);
            let lines = std::mem::take(&mut queue.lines);
            let lost = std::mem::take(&mut queue.lost);
            queue.is_writing = true;
            drop(queue);
            let mut written = stderr.write_lines(&lines);
            if lost > 0 {
                written =
                    written.and_then(|()| stderr.write_lines(lost_line(lost, format).as_bytes()));
            }
            let mut queue = self.lock();
            if written.is_err() {
                // It is not known how many of them were written.
                let unwritten = count_lines(&lines);
                LOST.fetch_add(unwritten, Ordering::Relaxed);
                queue.lost += lost + unwritten;
            }
            queue.is_writing = false;
            if queue.lines.is_empty() {
                self.0.emptied.notify_all();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes lines. If one was written only in part, because a disk was full, the next begins on a line of
/// its own.
struct Lines<W> {
    to: W,
    is_within: bool,
}

impl<W: Write> Lines<W> {
    fn write_lines(&mut self, lines: &[u8]) -> io::Result<()> {
        if self.is_within {
            self.write_all(b"\n")?;
        }
        self.write_all(lines)
    }
}

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        if let Some(last) = bytes.get(..written).and_then(<[u8]>::last) {
            self.is_within = *last != b'\n';
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

fn count_lines(lines: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', lines).count() as u64
}

fn lost_line(lost: u64, format: LogFormat) -> String {
    match format {
        LogFormat::Text => {
            format!("{lost} lines of the log were lost: stderr was full, or not read in time\n")
        }
        LogFormat::Json => {
            let message = "lines of the log were lost: stderr was full, or not read in time";
            own_line(json!({"message": message, "lost": lost}))
        }
    }
}

/// A line of the log about itself, as JSON.
fn own_line(mut line: Value) -> String {
    line["timestamp"] = rfc3339(now()).into();
    line["level"] = "WARN".into();
    format!("{line}\n")
}

impl<'a> MakeWriter<'a> for LogQueue {
    type Writer = Self;

    fn make_writer(&'a self) -> Self::Writer {
        self.clone()
    }
}

impl Write for LogQueue {
    /// Takes a whole line: `tracing_subscriber` writes each line with one call.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        // tracing escapes them in text, but not in JSON, which allows them.
        let text = escape_controls_json(&text);
        if text.len() <= MAX_LINE {
            self.put(&text);
        } else if text.starts_with('{') {
            // Half an object is not valid JSON. Long values have been cut before (see `request_log`).
            self.put(&own_line(json!({"message": TOO_LONG})));
        } else {
            let mut end = MAX_LINE - CUT.len();
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            self.put(&format!("{}{CUT}", text.get(..end).unwrap_or_default()));
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A queue without a thread that writes it.
    fn unwritten() -> LogQueue {
        let shared =
            Shared { queue: Mutex::default(), filled: Condvar::new(), emptied: Condvar::new() };
        LogQueue(Arc::new(shared))
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let queue = unwritten();
        let line = "x".repeat(MAX_QUEUED / 4);
        for _ in 0..7 {
            queue.put(&line);
        }
        let queue = queue.lock();
        assert_eq!((queue.lines.len(), queue.lost), (MAX_QUEUED, 3));
    }

    #[test]
    fn after_a_line_that_was_written_in_part_the_next_begins_on_its_own() {
        /// A disk with so much room.
        struct Disk(Vec<u8>, usize);
        impl Write for Disk {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                let end = bytes.len().min(self.1 - self.0.len());
                if end == 0 {
                    return Err(io::ErrorKind::StorageFull.into());
                }
                self.0.extend_from_slice(&bytes[..end]);
                Ok(end)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut log = Lines { to: Disk(Vec::new(), 6), is_within: false };
        assert!(log.write_lines(b"one\ntwo\n").is_err());
        assert!(log.write_lines(b"three\n").is_err());
        log.to.1 = 64;
        for line in [b"four\n", b"five\n"] {
            assert!(log.write_lines(line).is_ok());
        }
        assert_eq!(log.to.0, b"one\ntw\nfour\nfive\n");
    }

    #[test]
    fn a_long_line_is_cut_at_a_letter() {
        let mut queue = unwritten();
        for pad in 0..3 {
            let line = format!("{}{}\n", "a".repeat(pad), "€".repeat(MAX_LINE));
            queue.write_all(line.as_bytes()).expect("never fails");
            let written = std::mem::take(&mut queue.lock().lines);
            let written = String::from_utf8(written).expect("whole letters");
            assert!(written.len() <= MAX_LINE && written.ends_with("€… (cut)\n"), "{pad}");
        }
    }

    #[test]
    fn a_long_line_of_json_is_replaced_and_not_cut() {
        let mut queue = unwritten();
        let line = format!("{{\"message\":\"{}\"}}\n", "a".repeat(MAX_LINE));
        queue.write_all(line.as_bytes()).expect("never fails");
        let written = std::mem::take(&mut queue.lock().lines);
        let written = serde_json::from_slice::<serde_json::Value>(&written).expect("JSON");
        assert_eq!(written["message"], TOO_LONG);
    }
}
