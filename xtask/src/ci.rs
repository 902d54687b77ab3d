//! Everything that must hold before a change lands. All steps run, whatever the earlier ones said.

use std::time::{Duration, Instant};

use crate::cargo::{cargo, extension, succeed};
use crate::{Outcome, api, demo, instructions, notice, test, third_party, tidy};

type Step = (&'static str, fn() -> Outcome);

const STEPS: [Step; 12] = [
    ("fmt", || succeed(&mut cargo(["fmt", "--all", "--", "--check"]))),
    ("tidy", tidy::run),
    ("clippy", || {
        succeed(&mut cargo([
            "clippy",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--locked",
            "--",
            "-D",
            "warnings",
        ]))
    }),
    ("doc", || {
        succeed(
            cargo(["doc", "--workspace", "--all-features", "--no-deps", "--locked"]).env("RUSTDOCFLAGS", "-D warnings"),
        )
    }),
    ("deny", deny),
    ("features", features),
    ("doc tests", || succeed(&mut cargo(["test", "--doc", "--workspace", "--locked"]))),
    ("api", || api::run(false)),
    ("third party", third_party::run),
    ("demo", || demo::run(true)),
    ("instructions", || instructions::run(false)),
    // The last one: its closing lines say how many tests ran.
    ("test", || test::run(&["--locked".to_owned()])),
];

pub(crate) fn run() -> Outcome {
    let results: Vec<(&str, Duration, Outcome)> = STEPS.into_iter().map(timed).collect();
    eprintln!("\n{}", summary(&results));
    let failed = results.iter().filter(|(_, _, outcome)| outcome.is_err()).count();
    if failed == 0 { Ok(()) } else { Err(format!("{failed} of {} steps failed", results.len()).into()) }
}

fn timed((name, step): Step) -> (&'static str, Duration, Outcome) {
    eprintln!("\n── {name}");
    let start = Instant::now();
    let outcome = step();
    (name, start.elapsed(), outcome)
}

fn summary(results: &[(&str, Duration, Outcome)]) -> String {
    let line = |(name, time, outcome): &(&str, Duration, Outcome)| {
        let verdict = outcome.as_ref().map_or_else(|reason| format!("FAILED: {reason}"), |()| "ok".to_owned());
        format!("{name:<11} {:>6.1} s  {verdict}\n", time.as_secs_f64())
    };
    results.iter().map(line).collect()
}

/// Licences, banned crates and where they come from. Advisories need a database that is not always to be reached.
fn deny() -> Outcome {
    by_extension("deny", &["check", "--hide-inclusion-graph", "licenses", "bans", "sources"])
}

/// Each crate by itself, with none of its features, with each and with all: the others of the workspace bring it nothing that its own
/// manifest lacks.
fn features() -> Outcome {
    by_extension("hack", &["clippy", "--quiet", "--each-feature", "--workspace", "--locked", "--", "-D", "warnings"])
}

fn by_extension(name: &str, arguments: &[&str]) -> Outcome {
    match extension(name) {
        Ok(mut command) => succeed(command.args(arguments)),
        Err(reason) => {
            notice(&format!("SKIPPED: cargo-{name} cannot be had. {reason}"));
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_names_each_step_and_its_reason() {
        let results =
            [("fmt", Duration::from_millis(1200), Ok(())), ("test", Duration::from_secs(61), Err("2 failed".into()))];
        assert_eq!(summary(&results), "fmt            1.2 s  ok\ntest          61.0 s  FAILED: 2 failed\n");
    }
}
