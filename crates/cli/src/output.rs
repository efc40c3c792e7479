//! What goes to the terminal. Standard output is data, standard error is talk.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the one place that prints")]

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anabranch_bench::progress::Progress;
use anabranch_compiler::diagnostic::render::{self, Renderer};
use anabranch_compiler::{Diagnostic, Severity, SourceFile};
use indicatif::{ProgressBar, ProgressStyle};

use crate::Failure;

/// Prints clap's message and gives the exit code: 0 for help and version.
pub(crate) fn usage(error: &clap::Error) -> i32 {
    // Nothing is left to do if even that cannot be written.
    let _ = error.print();
    if error.use_stderr() { 1 } else { 0 }
}

pub(crate) fn failure(failure: &Failure) {
    match failure {
        Failure::Message(message) => eprintln!("error: {message}"),
        Failure::Diagnosed => {}
    }
}

/// Something the user may want to know.
pub(crate) fn note(message: &str) {
    eprintln!("{message}");
}

/// How far something is, on one line that is written over. Only people at a terminal see it.
pub(crate) fn progress(what: &str, done: u64, total: u64) {
    let step = (total / 200).max(1);
    if io::stderr().is_terminal() && (done.is_multiple_of(step) || done == total) {
        let end = if done == total { "\n" } else { "" };
        eprint!("\r{what} {done} of {total}{end}");
    }
}

/// Diagnostics as people read them, how many errors there are, and where to read on.
pub(crate) fn diagnostics(found: &[Diagnostic], files: &[SourceFile]) {
    let is_terminal = io::stderr().is_terminal();
    let renderer = if is_terminal { Renderer::styled() } else { Renderer::plain() };
    for diagnostic in found {
        eprintln!("{}", render::text(diagnostic, files, &renderer));
    }
    let is_error = |diagnostic: &&Diagnostic| diagnostic.severity() == Severity::Error;
    match found.iter().filter(is_error).count() {
        0 => {}
        1 => eprintln!("1 error found"),
        count => eprintln!("{count} errors found"),
    }
    if let Some(hint) = render::explain_hint(found) {
        eprintln!("{hint}");
    }
}

/// Writes a command's result, to `file` or to standard output.
pub(crate) fn result(text: &str, file: Option<&Path>) -> Result<(), Failure> {
    match file {
        Some(file) => std::fs::write(file, text)
            .map_err(|error| Failure::Message(format!("cannot write {}: {error}", file.display()))),
        None => Ok(io::stdout().lock().write_all(text.as_bytes())?),
    }
}

/// Much data on standard output. A reader that has enough and goes away (`| head`) is no failure.
pub(crate) struct Stream(io::BufWriter<io::Stdout>);

impl Stream {
    pub(crate) fn new() -> Self {
        Self(io::BufWriter::with_capacity(1 << 16, io::stdout()))
    }

    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.0, "{text}")
    }

    /// The exit code, given what the command came to that wrote here.
    pub(crate) fn end(mut self, outcome: Result<(), Failure>) -> Result<i32, Failure> {
        let is_gone = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
        match self.0.flush() {
            Err(error) if is_gone(&error) => {
                // What is left must not be tried again.
                let _ = self.0.into_parts();
                Ok(0)
            }
            flushed => {
                outcome?;
                flushed?;
                Ok(0)
            }
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Counts `what` on the terminal, if standard error is one.
pub(crate) fn counter(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    bar.set_style(style(&format!("{{spinner}} {{human_pos}} {what} ({{per_sec}})")));
    bar
}

/// Shows on the terminal, if standard error is one, how many bytes of `length` are done.
pub(crate) fn byte_bar(length: Option<u64>) -> ProgressBar {
    match length {
        None => {
            let bar = ProgressBar::new_spinner();
            bar.set_style(style("{spinner} {binary_bytes} ({binary_bytes_per_sec})"));
            bar
        }
        Some(length) => {
            let bar = ProgressBar::new(length);
            let template = "{wide_bar} {binary_bytes} of {binary_total_bytes}, {eta} left";
            bar.set_style(style(template));
            bar
        }
    }
}

/// Shows how far a measurement is, if standard error is a terminal.
pub(crate) struct BenchBar(ProgressBar);

impl BenchBar {
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::new(1);
        bar.set_style(style("{wide_bar} {msg}"));
        Self(bar)
    }

    pub(crate) fn show(&self, progress: Progress<'_>) {
        match progress {
            Progress::Note(text) => self.0.suspend(|| note(text)),
            Progress::Requests { what, done, total } => {
                self.0.set_length(total);
                self.0.set_position(done);
                self.0.set_message(format!("{what}: {done} of {total}"));
            }
            Progress::Time { done, total, answered } => {
                self.0.set_length(total.as_millis() as u64);
                self.0.set_position(done.as_millis() as u64);
                let (done, total) = (done.as_secs_f64(), total.as_secs_f64());
                self.0.set_message(format!("{done:.0} of {total:.0} s, {answered} answers"));
            }
        }
    }
}

impl Drop for BenchBar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("this is a bug in Anabranch: a bad template")
}

/// One line of data, at once.
pub(crate) fn line(text: &str) {
    println!("{text}");
    // A reader that has gone away is no reason to stop.
    let _ = io::stdout().flush();
}
