//! What running some programs cost: time, processor time here and at the server, and memory.

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::Answer;

/// The kernel counts processor time in hundredths of a second.
const TICKS: f64 = 100.0;
/// How often the memory of a running program is looked at: the kernel keeps the peak itself, so only its last moment can be missed.
const LOOK: Duration = Duration::from_millis(2);

/// What one run cost.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Cost {
    /// Seconds by the clock.
    pub(super) wall: f64,
    /// Processor seconds of the programs that were run.
    pub(super) client: f64,
    /// Processor seconds of the server meanwhile.
    pub(super) server: f64,
    /// The largest resident memory of one of the programs, in MB.
    pub(super) peak: f64,
}

impl Cost {
    /// All processor time, spread over all processors.
    pub(super) fn over(&self, cores: usize) -> f64 {
        (self.client + self.server) / cores as f64
    }
}

/// Runs programs side by side, the output of each going into the next, and the last one's into nothing.
pub(super) fn run(server: u32, commands: &mut [Command]) -> Answer<Cost> {
    let (served, used) = (tree_seconds(server), own_seconds());
    let start = Instant::now();
    let mut children = start_all(commands)?;
    let peak = AtomicU64::new(0);
    let ended = AtomicBool::new(false);
    let ids: Vec<u32> = children.iter().map(Child::id).collect();
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                let now = ids.iter().map(|id| peak_kib(*id)).max().unwrap_or(0);
                peak.fetch_max(now, Ordering::Relaxed);
                std::thread::sleep(LOOK);
            }
        });
        let outcome = wait_for_all(&mut children, commands);
        ended.store(true, Ordering::Relaxed);
        outcome
    });
    let wall = start.elapsed().as_secs_f64();
    outcome?;
    Ok(Cost {
        wall,
        client: own_seconds().children - used.children,
        server: tree_seconds(server) - served,
        peak: peak.into_inner() as f64 * 1024.0 / 1e6,
    })
}

fn start_all(commands: &mut [Command]) -> Answer<Vec<Child>> {
    let mut children: Vec<Child> = Vec::new();
    let last = commands.len().saturating_sub(1);
    for (index, command) in commands.iter_mut().enumerate() {
        let input = children.last_mut().and_then(|before| before.stdout.take());
        command.stdin(input.map_or_else(Stdio::null, Stdio::from));
        command.stdout(if index == last { Stdio::null() } else { Stdio::piped() }).stderr(Stdio::piped());
        let started = command.spawn();
        children.push(started.map_err(|reason| format!("cannot run {}: {reason}", name(command)))?);
    }
    Ok(children)
}

fn wait_for_all(children: &mut Vec<Child>, commands: &[Command]) -> super::Outcome {
    for (child, command) in children.drain(..).zip(commands) {
        let ended = child.wait_with_output()?;
        if !ended.status.success() {
            let said = String::from_utf8_lossy(&ended.stderr);
            return Err(format!("{} ended with {}: {}", name(command), ended.status, said.trim()).into());
        }
    }
    Ok(())
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

/// Processor seconds of a process, and of its children that have ended.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Seconds {
    own: f64,
    children: f64,
    parent: u32,
}

fn own_seconds() -> Seconds {
    seconds(std::process::id()).unwrap_or_default()
}

/// Processor seconds of a process and all its children.
fn tree_seconds(root: u32) -> f64 {
    let ended = seconds(root).map_or(0.0, |time| time.own + time.children);
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let children = ids.filter_map(seconds).filter(|time| time.parent == root);
    ended + children.map(|time| time.own).sum::<f64>()
}

fn seconds(process: u32) -> Option<Seconds> {
    parsed(&std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

/// Behind the program's name, which may hold anything, stand the state, the parent, and from the twelfth on the times.
fn parsed(stat: &str) -> Option<Seconds> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
    Some(Seconds {
        own: (ticks(11)? + ticks(12)?) / TICKS,
        children: (ticks(13)? + ticks(14)?) / TICKS,
        parent: fields.get(1)?.parse().ok()?,
    })
}

/// The largest resident memory of a running process so far, in MB.
pub(super) fn peak_megabytes(process: u32) -> f64 {
    peak_kib(process) as f64 * 1024.0 / 1e6
}

fn peak_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_stand_behind_a_name_that_may_hold_anything() {
        let stat = "12 (a) b) S 7 1 1 0 -1 4194560 1 2 3 4 150 50 200 300 20 0 1 0 5";
        assert_eq!(parsed(stat), Some(Seconds { own: 2.0, children: 5.0, parent: 7 }));
        assert_eq!(parsed("nonsense"), None);
    }

    #[test]
    fn a_program_that_fails_is_told_with_what_it_said() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "echo told >&2; exit 3"]);
        let error = run(std::process::id(), &mut [shell]).unwrap_err().to_string();
        assert!(error.contains("sh ended with") && error.contains("told"), "{error}");
    }

    #[test]
    fn work_and_memory_are_seen() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"]);
        let cost = run(std::process::id(), &mut [shell]).unwrap();
        assert!(cost.client > 0.0 && cost.wall > 0.0 && cost.peak > 0.1, "{cost:?}");
    }
}
