//! The private Python module `anabranch._native`: the command line, and what the package needs of
//! the interpreter and of the binary protocol.

mod allocator;
mod protocol;

use allocator::BySize;
use pyo3::prelude::*;

#[global_allocator]
static ALLOCATOR: BySize = BySize;

/// Runs the command line and returns its exit code.
#[pyfunction]
fn main(py: Python<'_>, argv: Vec<String>) -> i32 {
    // Only for the command line: a program that imports the client keeps its own settings.
    allocator::set_up_system_allocator();
    allocator::set_up_mimalloc();
    // Threads of an engine or server need the interpreter meanwhile.
    py.detach(|| anabranch_cli::main(argv))
}

#[pymodule(name = "_native")]
fn native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(main, module)?)?;
    protocol::add_to_module(module)?;
    anabranch_cpython::add_to_module(module)
}
