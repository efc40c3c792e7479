//! What a host program needs of Python around the interpreter.

use std::sync::Arc;

use anabranch_kernel::Engine;
use pyo3::prelude::*;

use crate::application::ImportError;
use crate::backend::EngineBackend;

/// Makes `engine` what driver code in this process uses.
///
/// # Errors
/// The `anabranch` package cannot be imported.
pub fn install_backend(engine: Arc<dyn Engine>) -> Result<(), ImportError> {
    Python::attach(|py| {
        EngineBackend::install(py, engine)
            .map_err(|error| ImportError::Mismatch(error.value(py).to_string()))
    })
}

/// Keeps collections of cyclic garbage from stopping this process for long, however much it has in
/// memory; see `anabranch._garbage`. Call it once.
///
/// # Errors
/// The `anabranch` package cannot be imported.
pub fn collect_garbage_in_small_steps() -> Result<(), ImportError> {
    Python::attach(|py| {
        let module = py.import("anabranch._garbage");
        let installed = module.and_then(|it| it.call_method0("collect_in_small_steps"));
        installed.map(drop).map_err(|error| ImportError::Mismatch(error.value(py).to_string()))
    })
}

/// Whether a module of this dotted name belongs to Python's standard library or to Anabranch, so
/// that an application's own would hide it or be hidden by it.
pub fn is_reserved_module(name: &str) -> bool {
    let top = name.split('.').next().unwrap_or(name);
    Python::attach(|py| {
        let names = py.import("sys").and_then(|sys| sys.getattr("stdlib_module_names"));
        let is_standard = names.and_then(|names| names.contains(top)).unwrap_or(false);
        is_standard || top == "anabranch"
    })
}

/// The program that runs this Python: `sys.executable`.
///
/// # Errors
/// Python does not know it.
pub fn executable() -> PyResult<String> {
    Python::attach(|py| py.import("sys")?.getattr("executable")?.extract())
}
