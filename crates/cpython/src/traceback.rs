//! The calling entities in a traceback.
//!
//! A suspended call has no Python frame that an exception could pass through. So a frame is made
//! for it: code that does nothing but raise, under the name, file and line where the call stands.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::loader::{LoadedSegment, move_to_origin};
use crate::well_known;

/// Raises `exception` where the function that goes on with `segment` was suspended.
pub(crate) fn raise_at(
    py: Python<'_>,
    segment: &LoadedSegment,
    exception: &Bound<'_, PyAny>,
) -> PyErr {
    let raise = || -> PyResult<()> {
        let code = segment.raising.get_or_try_init(py, || raising_code(py, segment))?;
        let globals = PyDict::new(py);
        globals.set_item(intern!(py, "exception"), exception)?;
        well_known::builtins_exec(py)?.call1((code, globals))?;
        Ok(())
    };
    raise().err().unwrap_or_else(|| PyErr::from_value(exception.clone()))
}

/// Code that raises what its global `exception` is, in the place of `segment`.
fn raising_code(py: Python<'_>, segment: &LoadedSegment) -> PyResult<Py<PyAny>> {
    let place = segment.callable.bind(py).getattr(intern!(py, "__code__"))?;
    let tree = well_known::ast_parse(py)?.call1(("raise exception",))?;
    for node in well_known::ast_walk(py)?.call1((&tree,))?.try_iter()? {
        move_to_origin(&node?, &[1])?;
    }
    let code = well_known::builtins_compile(py)?.call1((tree, "", "exec"))?;
    let changes = PyDict::new(py);
    for attribute in ["co_filename", "co_name", "co_qualname", "co_firstlineno"] {
        changes.set_item(attribute, place.getattr(attribute)?)?;
    }
    Ok(code.call_method(intern!(py, "replace"), (), Some(&changes))?.unbind())
}
