//! Runs an installer: without input, within a time limit, its output shown only when it fails.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::guardian::wait_until;
use crate::{Error, Result};

const LIMIT: Duration = Duration::from_secs(600);

/// Runs it to its end.
pub(super) fn run(command: &mut Command) -> Result<String> {
    let name = shown(command);
    let failed = |reason: std::io::Error| Error::new(format!("cannot run `{name}`: {reason}"));
    let (mut output, writer) = std::io::pipe().map_err(failed)?;
    let errors = writer.try_clone().map_err(failed)?;
    let mut child = command.stdin(Stdio::null()).stdout(writer).stderr(errors).spawn().map_err(failed)?;
    // The command still holds the pipe's other end, and reading would never end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = output.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let mut status = None;
    let in_time = wait_until(LIMIT, || {
        status = child.try_wait().ok().flatten();
        status.is_some()
    });
    if in_time.is_err() {
        let _ = child.kill();
        let _ = child.wait();
        return Err(Error::new(format!("`{name}` did not end within {} s", LIMIT.as_secs())));
    }
    let text = reader.join().unwrap_or_default();
    if status.is_some_and(|status| status.success()) {
        return Ok(text);
    }
    Err(Error::new(format!("`{name}` failed: {}", last_lines(&text))))
}

/// Whether a program of this name is in the search path.
pub(super) fn exists(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let line: Vec<_> = words.map(|word| word.to_string_lossy().trim().to_owned()).collect();
    line.join(" ")
}

fn last_lines(text: &str) -> String {
    const COUNT: usize = 6;
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(COUNT)..].join("\n    ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_answered_and_shown_when_it_fails() {
        assert_eq!(run(Command::new("sh").args(["-c", "echo one; echo two >&2"])).unwrap(), "one\ntwo\n");
        let error = run(Command::new("sh").args(["-c", "echo broken; exit 3"])).unwrap_err();
        assert_eq!(error.to_string(), "`sh -c echo broken; exit 3` failed: broken");
    }
}
