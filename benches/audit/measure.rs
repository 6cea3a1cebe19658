//! What a process costs, from `/proc`.

use std::fs;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// How often the memory is looked at. The kernel keeps the peak itself, so only what a process takes up in its
/// last moments can be missed.
const LOOK: Duration = Duration::from_millis(10);

/// Ticks of `/proc/*/stat` in a second: on Linux always this many, as seen from programs.
const TICKS: u32 = 100;

/// What a process took from its start to its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    /// User and system, all threads.
    pub(crate) cpu: Duration,
    /// In bytes.
    pub(crate) peak: u64,
}

/// Runs a process to its end. None other of this process may end meanwhile: their CPU is told as one sum.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<(Cost, ExitStatus)> {
    let before = cpu_of_children()?;
    let started = Instant::now();
    let mut child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
    let file = format!("/proc/{}/status", child.id());
    let ended = AtomicBool::new(false);
    let (status, wall, peak) = thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut peak = 0;
            while !ended.load(Ordering::Relaxed) {
                peak = peak.max(peak_in(&file));
                thread::sleep(LOOK);
            }
            peak
        });
        let status = child.wait();
        let wall = started.elapsed();
        ended.store(true, Ordering::Relaxed);
        (status, wall, watch.join().unwrap_or_default())
    });
    let cpu = cpu_of_children()?.saturating_sub(before);
    Ok((Cost { wall, cpu, peak }, status?))
}

/// The peak of a process's memory in bytes; nothing when it has ended.
fn peak_in(file: &str) -> u64 {
    let status = fs::read_to_string(file).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok()).unwrap_or(0) << 10
}

/// User and system time of all children that have been waited for.
fn cpu_of_children() -> anyhow::Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name in parentheses may hold anything; `cutime` and `cstime` are the 14th and 15th behind it.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_ascii_whitespace();
    let ticks: u32 = fields.skip(13).take(2).filter_map(|field| field.parse::<u32>().ok()).sum();
    Ok(Duration::from_secs(1) * ticks / TICKS)
}

/// How busy the machine is with other things.
pub(crate) fn load_average() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or_default().to_owned()
}
