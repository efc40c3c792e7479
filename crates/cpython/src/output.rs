//! What entity code prints and logs, as lines of the process's log.
//!
//! Once [`send_output_to_log`] was called (a server does), `sys.stdout` and `sys.stderr` are stand-ins: what is
//! written on a thread that runs entity code becomes lines of the log, with the transaction, the
//! method and the key; everything else goes where it went before. Lines appear at once, so that
//! those of a method that hangs are seen. If its transaction is undone, another line says so.

use std::cell::RefCell;
use std::fmt::{self, Display};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anabranch_ir::{FunctionId, OperatorId};
use anabranch_kernel::value::wire;
use anabranch_kernel::{EntityId, TransactionContext, TransactionNumber, Value};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::application::{Application, ImportError};
use crate::entity_code::in_entity_code;
use crate::held_output;

/// A line that is longer is cut into several.
const LINE_BYTES_MAX: usize = 16 * 1024;

/// Whether what entity code prints is held.
static HOLDS: AtomicBool = AtomicBool::new(false);

thread_local! {
    static OUTPUT: RefCell<Output> = RefCell::default();
}

/// What the transaction of a thread has written, and what it does.
#[derive(Default)]
struct Output {
    application: Option<Arc<Application>>,
    transaction: u64,
    doing: Option<Doing>,
    /// Whether there are lines of this transaction in the log.
    has_lines: bool,
    /// What has no line end yet, for each stream.
    open_lines: [String; 2],
}

/// What entity code is running.
pub(crate) enum Doing {
    Function(FunctionId, Option<EntityId>),
    Initialize(OperatorId),
}

/// From now on this thread runs that transaction.
pub(crate) fn begin_transaction(application: &Arc<Application>, transaction: TransactionNumber) {
    OUTPUT.with_borrow_mut(|output| {
        output.transaction = transaction.get();
        output.has_lines = false;
        output.doing = None;
        if !output.application.as_ref().is_some_and(|it| Arc::ptr_eq(it, application)) {
            output.application = Some(Arc::clone(application));
        }
    });
}

/// From now on this thread does what has `context`.
pub(crate) fn announce_step(context: &TransactionContext) {
    if HOLDS.load(Ordering::Relaxed) {
        held_output::announce_step(context);
    }
}

/// Runs `work`, which is what entity code does now.
pub(crate) fn while_doing<R>(doing: Doing, work: impl FnOnce() -> R) -> R {
    if HOLDS.load(Ordering::Relaxed) {
        held_output::begin_step();
    }
    OUTPUT.with_borrow_mut(|output| output.doing = Some(doing));
    let result = work();
    OUTPUT.with_borrow_mut(|output| output.doing = None);
    result
}

/// The transaction of this thread is undone.
pub(crate) fn abort_transaction() {
    OUTPUT.with_borrow_mut(|output| {
        output.end_lines();
        if output.has_lines {
            let transaction = output.transaction;
            tracing::info!(transaction, "aborted: what this transaction said was undone");
        }
    });
}

/// The transaction of this thread ends.
pub(crate) fn end_transaction() {
    OUTPUT.with_borrow_mut(Output::end_lines);
}

impl Output {
    fn write(&mut self, stream: Stream, text: &str) {
        let mut open = std::mem::take(&mut self.open_lines[stream as usize]);
        for part in text.split_inclusive('\n') {
            open.push_str(part.strip_suffix('\n').unwrap_or(part));
            if part.ends_with('\n') || open.len() > LINE_BYTES_MAX {
                self.line(stream, &open);
                open.clear();
            }
        }
        self.open_lines[stream as usize] = open;
    }

    fn end_lines(&mut self) {
        for stream in [Stream::Stdout, Stream::Stderr] {
            let open = std::mem::take(&mut self.open_lines[stream as usize]);
            if !open.is_empty() {
                self.line(stream, &open);
            }
        }
    }

    fn line(&mut self, stream: Stream, text: &str) {
        self.has_lines = true;
        let (transaction, stream) = (self.transaction, stream.name());
        let (method, key) = self.place();
        tracing::info!(transaction, method, key, stream, "{}", OneLine(text));
    }

    fn record(&mut self, level: u32, logger: &str, text: &str) {
        self.has_lines = true;
        let transaction = self.transaction;
        let (method, key) = self.place();
        let text = OneLine(text);
        match Level::of(level) {
            Level::Error => tracing::error!(transaction, method, key, logger, "{text}"),
            Level::Warning => tracing::warn!(transaction, method, key, logger, "{text}"),
            Level::Info => tracing::info!(transaction, method, key, logger, "{text}"),
            Level::Debug => tracing::debug!(transaction, method, key, logger, "{text}"),
        }
    }

    /// The method, and the key of the entity that it belongs to.
    fn place(&self) -> (Option<String>, Option<String>) {
        let Some(application) = &self.application else { return (None, None) };
        let program = application.program();
        match &self.doing {
            None => (None, None),
            Some(Doing::Initialize(operator)) => {
                (Some(format!("{}.__init__", program.operator(*operator).name)), None)
            }
            Some(Doing::Function(function, entity)) => {
                let function = program.function(*function);
                let name = match function.operator {
                    Some(operator) => {
                        format!("{}.{}", program.operator(operator).name, function.name)
                    }
                    None => function.name.clone(),
                };
                (Some(name), entity.as_ref().map(|entity| shown_key(&entity.key)))
            }
        }
    }
}

fn shown_key(message: &[u8]) -> String {
    match wire::decode(message) {
        Ok(Value::Str(key)) => key,
        Ok(Value::Int(key)) => key.to_string(),
        Ok(key) => format!("{key:?}"),
        Err(error) => format!("<{error}>"),
    }
}

/// Text without control characters, so that a line stays one and cannot be forged.
struct OneLine<'a>(&'a str);

impl Display for OneLine<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(index) = rest.find(breaks_lines) {
            let (before, after) = rest.split_at(index);
            let mut after = after.chars();
            let control = after.next().expect("it was found");
            write!(formatter, "{before}{}", control.escape_default())?;
            rest = after.as_str();
        }
        formatter.write_str(rest)
    }
}

fn breaks_lines(character: char) -> bool {
    (character.is_control() && character != '\t') || matches!(character, '\u{2028}' | '\u{2029}')
}

/// Levels of the log.
enum Level {
    Error,
    Warning,
    Info,
    Debug,
}

impl Level {
    /// For a number of Python's `logging`.
    fn of(number: u32) -> Self {
        match number {
            40.. => Self::Error,
            30.. => Self::Warning,
            20.. => Self::Info,
            _ => Self::Debug,
        }
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

/// What becomes of what entity code prints.
#[derive(Clone, Copy)]
enum Destination {
    Log,
    /// See [`crate::held_output`].
    Held,
}

/// What stands in for `sys.stdout` or `sys.stderr`.
#[pyclass(frozen, module = "anabranch._native")]
struct EntityOutput {
    stream: Stream,
    destination: Destination,
    original: Py<PyAny>,
}

#[pymethods]
impl EntityOutput {
    fn write<'py>(&self, text: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
        let py = text.py();
        if !in_entity_code() {
            return self.original.bind(py).call_method1("write", (text,));
        }
        let written = text.to_string_lossy();
        match self.destination {
            Destination::Log => {
                OUTPUT.with_borrow_mut(|output| output.write(self.stream, &written));
            }
            Destination::Held => held_output::hold(self.stream, &written),
        }
        Ok(text.len()?.into_pyobject(py)?.into_any())
    }

    fn writelines(&self, lines: &Bound<'_, PyAny>) -> PyResult<()> {
        for line in lines.try_iter()? {
            self.write(line?.cast::<PyString>()?)?;
        }
        Ok(())
    }

    fn flush(&self, py: Python<'_>) -> PyResult<()> {
        if !in_entity_code() {
            self.original.bind(py).call_method0("flush")?;
        }
        Ok(())
    }

    fn __getattr__<'py>(&self, name: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
        self.original.bind(name.py()).getattr(name)
    }
}

/// Writes a record of Python's `logging` to the log.
#[pyfunction]
pub(crate) fn log_record(level: u32, logger: &str, text: &str) {
    if in_entity_code() {
        return OUTPUT.with_borrow_mut(|output| output.record(level, logger, text));
    }
    let text = OneLine(text);
    match Level::of(level) {
        Level::Error => tracing::error!(logger, "{text}"),
        Level::Warning => tracing::warn!(logger, "{text}"),
        Level::Info => tracing::info!(logger, "{text}"),
        Level::Debug => tracing::debug!(logger, "{text}"),
    }
}

/// Lets what entity code prints go to the log of this process. To be called before the application
/// is imported, which may keep the streams that it finds then.
///
/// # Errors
/// Python is out of memory.
pub fn send_output_to_log() -> Result<(), ImportError> {
    stand_in(Destination::Log)
}

/// Holds what entity code prints until [`HeldOutput`](crate::HeldOutput) lets it go. To be called before
/// the application is imported, which may keep the streams that it finds then.
///
/// # Errors
/// Python is out of memory.
pub fn hold_output() -> Result<(), ImportError> {
    HOLDS.store(true, Ordering::Relaxed);
    stand_in(Destination::Held)
}

/// Puts something in the place of the streams that entity code prints to.
fn stand_in(destination: Destination) -> Result<(), ImportError> {
    in_python(|py| {
        let sys = py.import("sys")?;
        for stream in [Stream::Stdout, Stream::Stderr] {
            let original = sys.getattr(stream.name())?.unbind();
            let output = EntityOutput { stream, destination, original };
            sys.setattr(stream.name(), Bound::new(py, output)?)?;
        }
        Ok(())
    })
}

/// Lets records of Python's `logging` go to the log of this process, if the application, which has
/// been imported, has set nothing up for them.
///
/// # Errors
/// The `anabranch` package cannot be imported.
pub fn send_records_to_log() -> Result<(), ImportError> {
    in_python(|py| py.import("anabranch._log")?.call_method0("install").map(drop))
}

fn in_python(work: impl FnOnce(Python<'_>) -> PyResult<()>) -> Result<(), ImportError> {
    Python::attach(|py| {
        work(py).map_err(|error| ImportError::Mismatch(error.value(py).to_string()))
    })
}
