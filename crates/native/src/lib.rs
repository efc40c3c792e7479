//! The private Python module `anabranch._native`: the command line, and what the package needs of
//! the interpreter and of the binary protocol.

mod protocol;

use pyo3::prelude::*;

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
