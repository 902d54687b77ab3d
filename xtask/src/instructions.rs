//! A guard that load on the machine can't deceive: how many instructions the inner loops of a copy take.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::MetadataCommand;
use serde_json::{Value, json};

use crate::cargo::{cargo, succeed};
use crate::{Outcome, notice, test};

const STORED: &str = "benches/instructions.json";
const LOOPS: [&str; 4] = ["fill", "read", "read-mysql", "store"];
/// Two counts, so that what starting and ending takes can be left out.
const TIMES: [u64; 2] = [10, 40];
/// The part by which a loop may grow unnoticed.
const TOLERANCE: f64 = 0.05;

type Counts = BTreeMap<String, u64>;

/// Counts, and compares with what is stored, or stores it anew.
pub(crate) fn run(store: bool) -> Outcome {
    if !test::answers(&PathBuf::from("valgrind"), &["--version"]) {
        notice("SKIPPED: counting instructions. valgrind is not installed");
        return Ok(());
    }
    succeed(&mut cargo(["build", "--release", "--package", "sync-runner", "--package", "benches"]))?;
    let metadata = MetadataCommand::new().current_dir(test_servers::workspace_root()).no_deps().exec()?;
    let program = metadata.target_directory.join("release/loops").into_std_path_buf();
    let mut counts = Counts::new();
    for name in LOOPS {
        let of = |times| count(&program, name, times);
        counts.insert(name.to_owned(), (of(TIMES[1])? - of(TIMES[0])?) / (TIMES[1] - TIMES[0]));
    }
    let file = test_servers::workspace_root().join(STORED);
    let here = machine()?;
    if store {
        let text = format!("{:#}\n", json!({ "machine": here, "instructions of a batch": counts }));
        return Ok(std::fs::write(file, text)?);
    }
    let stored: Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let of_stored = |name: &String| stored["instructions of a batch"][name].as_u64();
    for (name, count) in &counts {
        let before = of_stored(name).unwrap_or(0);
        println!("{name}: {count} instructions for a batch of 1000 rows; stored: {before}");
    }
    if stored["machine"] != json!(here) {
        notice(&format!("not compared: the stored counts are of {}, this is {here}", stored["machine"]));
        return Ok(());
    }
    let grown = grown(&counts, |name| of_stored(name));
    if grown.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "{}; if it must be, store the new counts with `cargo xtask instructions --store`",
            grown.join("; ")
        )
        .into())
    }
}

/// The loops that take more than was stored, and by how much.
fn grown(counts: &Counts, stored: impl Fn(&String) -> Option<u64>) -> Vec<String> {
    let more = |(name, count): (&String, &u64)| {
        let before = stored(name)?;
        let part = *count as f64 / before.max(1) as f64 - 1.0;
        (part > TOLERANCE).then(|| format!("{name} takes {:.1} % more instructions than stored", part * 100.0))
    };
    counts.iter().filter_map(more).collect()
}

fn count(program: &Path, name: &str, times: u64) -> Result<u64, Box<dyn std::error::Error>> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program).args([name, &times.to_string()]);
    let answer = valgrind.output()?;
    let said = String::from_utf8_lossy(&answer.stderr);
    if !answer.status.success() {
        return Err(format!("{name} failed under valgrind: {}", said.trim()).into());
    }
    collected(&said).ok_or_else(|| format!("valgrind told no count: {}", said.trim()).into())
}

fn collected(said: &str) -> Option<u64> {
    said.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok())
}

/// Counts are only the same where compiler and processor are.
fn machine() -> Result<String, Box<dyn std::error::Error>> {
    let compiler = Command::new("rustc").arg("--version").output()?;
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':')).map(|(_, name)| name.trim());
    Ok(format!("{}, {}", String::from_utf8_lossy(&compiler.stdout).trim(), model.unwrap_or("an unknown processor")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_grew_is_told() {
        let counts = Counts::from([("a".to_owned(), 104), ("b".to_owned(), 120), ("c".to_owned(), 1)]);
        assert_eq!(grown(&counts, |_| Some(100)), ["b takes 20.0 % more instructions than stored"]);
        assert!(grown(&counts, |_| None).is_empty());
    }

    #[test]
    fn the_count_is_found_in_what_valgrind_says() {
        assert_eq!(collected("==1== Events    : Ir\n==1== Collected : 123456\n"), Some(123_456));
        assert_eq!(collected("==1== error"), None);
    }
}
