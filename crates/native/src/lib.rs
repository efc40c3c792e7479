//! The private Python module `anabranch._native`: the command line, and what the package needs of
//! the interpreter and of the binary protocol.

mod protocol;

use mimalloc::MiMalloc;
use pyo3::prelude::*;

/// Requests, writes and replies are made by one thread and dropped by another, for which the system's
/// allocator takes locks: with this one a transfer over the binary protocol costs a fifth less.
/// Python's own objects stay with Python's allocator.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Runs the command line and returns its exit code.
#[pyfunction]
fn main(py: Python<'_>, argv: Vec<String>) -> i32 {
    // Threads of an engine or server need the interpreter meanwhile.
    py.detach(|| anabranch_cli::main(argv))
}

#[pymodule(name = "_native")]
fn native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(main, module)?)?;
    protocol::add_to_module(module)?;
    anabranch_cpython::add_to_module(module)
}
