//! Standard output for results, standard error for errors, warnings and progress.

use std::fmt::Display;
use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indicatif::MultiProgress;
use sync_core::Error;

use crate::exit::Exit;

/// Where everything is printed, so that lines and progress bars don't mix.
#[derive(Clone, Debug)]
pub(crate) struct Console {
    bars: MultiProgress,
    told: Arc<Mutex<Told>>,
}

/// What was printed so far that is no result.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) errors: Vec<String>,
    pub(crate) warnings: Vec<String>,
}

impl Console {
    pub(crate) fn new() -> Self {
        // Hides itself where standard error is no terminal.
        Self { bars: MultiProgress::new(), told: Arc::default() }
    }

    /// The progress bars.
    pub(crate) fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// Prints a result. Where nobody reads it any more, it is lost without a word.
    pub(crate) fn line(&self, text: impl Display) {
        self.bars.suspend(|| drop(writeln!(io::stdout(), "{text}")));
    }

    pub(crate) fn error(&self, error: &Error) {
        let line = one_line(&error.to_string());
        self.note(format_args!("error: {line}"));
        self.remember().errors.push(line);
    }

    pub(crate) fn warning(&self, text: impl Display) {
        let line = one_line(&text.to_string());
        self.note(format_args!("warning: {line}"));
        self.remember().warnings.push(line);
    }

    /// The errors and warnings that were printed.
    pub(crate) fn told(&self) -> Told {
        self.remember().clone()
    }

    /// Lines are added whole, so a panic elsewhere leaves nothing half done.
    fn remember(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Prints a line to standard error.
    pub(crate) fn note(&self, text: impl Display) {
        self.write_error(format_args!("{text}\n"));
    }

    /// Writes to standard error as it is.
    pub(crate) fn write_error(&self, text: impl Display) {
        self.bars.suspend(|| drop(write!(io::stderr(), "{text}")));
    }

    /// What became of writing results.
    pub(crate) fn written(&self, result: io::Result<()>) -> Exit {
        match result {
            Ok(()) => Exit::Success,
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Success,
            Err(error) => {
                self.error(&Error::config(format!("it can't be written: {error}")).at("standard output"));
                Exit::Failed
            }
        }
    }
}

/// The text without line breaks and control characters, which a server may have sent.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn what_a_server_sends_stays_on_one_line() {
        assert_eq!(one_line("no\nsuch\r\n\x1b[31mtable"), "no such [31mtable");
        assert_eq!(one_line("plain text"), "plain text");
    }
}
