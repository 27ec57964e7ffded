//! What Prometheus' own clients say about every process, under the same names. Linux only.

use std::fmt;
use std::fs;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Unit;

use super::at_scrape::Encoder;
use crate::times::now;

/// Units of `utime`, `stime` and `starttime` in `/proc/PID/stat` in a second: `USER_HZ`, which is 100 on
/// every architecture that lkt is built for (`proc(5)`).
const TICKS: u64 = 100;

/// The process that shows the metrics.
#[derive(Debug)]
pub(super) struct Process {
    /// When it started, in seconds since the epoch.
    started: u64,
}

impl Process {
    pub(super) fn new() -> Self {
        Self { started: now() }
    }
}

impl Collector for Process {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut encoder = Encoder(encoder);
        let (seconds, bytes) = (Some(&Unit::Seconds), Some(&Unit::Bytes));
        let help = "When the process started";
        encoder.one_gauge(("process_start_time", seconds, help), signed(self.started))?;
        if let Some(cpu) = processor_time() {
            let help = "Processor time of the process, user and system";
            encoder.one_counter(("process_cpu", seconds, help), cpu.as_secs_f64())?;
        }
        if let Some(resident) = resident() {
            let help = "Resident memory of the process";
            encoder.one_gauge(("process_resident_memory", bytes, help), signed(resident))?;
        }
        if let Ok(open) = fs::read_dir("/proc/self/fd") {
            // One of them is the directory itself.
            let open = (open.count() as u64).saturating_sub(1);
            let help = "Open file descriptors of the process";
            encoder.one_gauge(("process_open_fds", None, help), signed(open))?;
        }
        Ok(())
    }
}

/// The fields of `/proc/self/stat` after the name of the program, which may contain anything.
fn processor_time() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    let ticks = next()? + next()?;
    Some(Duration::from_millis(ticks * (1000 / TICKS)))
}

fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes = line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?;
    Some(kibibytes * 1024)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
