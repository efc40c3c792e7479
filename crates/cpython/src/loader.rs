//! Makes the functions of a program callable.
//!
//! Segments arrive as one Python text per module with a line table. The text is parsed, every node
//! gets the line of the user's file that it comes from, and the tree is compiled under the name of
//! that file: tracebacks and breakpoints show the user's own lines. Columns are dropped, because
//! they would mark the wrong places. What the text takes from the transaction (time, randomness) is
//! rewritten as in the user's own functions: see `python/anabranch/_substitution.py`.

use std::path::Path;

use anabranch_ir::{Body, Function, ModuleId, Operator, Program, Segment, python};
use pyo3::exceptions::{PySystemError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyFunction, PyModule, PyString, PyType};

use crate::consumption::take;
use crate::exception::matches;
use crate::method::{method, method_if_any};
use crate::together::{elements, field, plain, together};
use crate::unbound::Unbound;
use crate::well_known;

/// A function of the program in this process.
pub(crate) enum LoadedFunction {
    /// The user's own function, called by name on the entity.
    NativeMethod(Py<PyString>),
    /// The user's own module-level function.
    NativeHelper(Py<PyAny>),
    Segments(Vec<LoadedSegment>),
}

/// A segment in this process.
pub(crate) struct LoadedSegment {
    pub(crate) callable: Py<PyAny>,
    /// Whether the result of the suspended action is the last argument.
    pub(crate) takes_input: bool,
    /// Whether an exception of the suspended action is one more argument.
    pub(crate) catches: bool,
    /// Raises in the place of the segment; made when it is needed first.
    pub(crate) raising: PyOnceLock<Py<PyAny>>,
}

/// The functions of `program` by id.
///
/// # Errors
/// The user's modules or the emitted text are not what the program says.
pub(crate) fn load(
    py: Python<'_>,
    program: &Program,
    modules: &[Bound<'_, PyModule>],
    classes: &[Bound<'_, PyType>],
    root: &Path,
) -> PyResult<Vec<LoadedFunction>> {
    let mut scopes = Vec::with_capacity(modules.len());
    for (index, module) in modules.iter().enumerate() {
        scopes.push(execute(py, program, ModuleId::from_index(index), module, root)?);
    }
    let load_one = |function: &Function| {
        let index = function.module.index();
        let module = &modules[index];
        let class = match function.operator {
            Some(operator) => Some(defining_class(program, function, &classes[operator.index()])?),
            None => None,
        };
        match &function.body {
            Body::Native => load_native(function, module, class.as_ref()),
            Body::Segments(segments) => {
                load_segments(function, segments, module, class.as_ref(), &scopes[index])
            }
        }
    };
    program.functions.iter().map(load_one).collect()
}

/// The class in whose body a method of the entity class `class` stands: that class or a base.
fn defining_class<'py>(
    program: &Program,
    function: &Function,
    class: &Bound<'py, PyType>,
) -> PyResult<Bound<'py, PyType>> {
    let module = &program.module(function.module).name;
    let wanted = function.class.as_deref().map(|name| (module.clone(), name.to_owned()));
    for candidate in class.mro().iter() {
        let candidate = candidate.cast_into::<PyType>()?;
        if Some(origin(&candidate)?) == wanted {
            return Ok(candidate);
        }
    }
    Err(changed(class))
}

/// Makes sure that Python looks for the methods of an entity class where the compiler did.
///
/// # Errors
/// The bases of `class` are not those of `operator`.
pub(crate) fn check_bases(
    program: &Program,
    operator: &Operator,
    class: &Bound<'_, PyType>,
) -> PyResult<()> {
    let mut expected = operator.bases.iter();
    for base in class.mro().iter().skip(1) {
        let origin = origin(base.cast::<PyType>()?)?;
        if STATELESS_BASES.contains(&(&*origin.0, &*origin.1)) {
            continue;
        }
        let compiled = expected.next();
        let compiled =
            compiled.map(|base| (program.module(base.module).name.clone(), base.name.clone()));
        if Some(origin) != compiled {
            return Err(changed(class));
        }
    }
    if expected.next().is_some() { Err(changed(class)) } else { Ok(()) }
}

/// Classes from outside the application that entity classes may inherit from.
const STATELESS_BASES: [(&str, &str); 4] =
    [("builtins", "object"), ("abc", "ABC"), ("typing", "Generic"), ("typing", "Protocol")];

/// The module that defines `class`, and its name there.
fn origin(class: &Bound<'_, PyType>) -> PyResult<(String, String)> {
    let py = class.py();
    let module = class.getattr(intern!(py, "__module__"))?.extract()?;
    Ok((module, class.getattr(intern!(py, "__qualname__"))?.extract()?))
}

fn changed(class: &Bound<'_, PyType>) -> PyErr {
    PyTypeError::new_err(format!(
        "{class} inherits from other classes than those in its source; define its bases once, and do \
         not assign to `__bases__`"
    ))
}

/// Runs the emitted text of a module and returns what it defines.
fn execute<'py>(
    py: Python<'py>,
    program: &Program,
    id: ModuleId,
    module: &Bound<'py, PyModule>,
    root: &Path,
) -> PyResult<Bound<'py, PyDict>> {
    let (text, lines) = python::module_text(program, id);
    let tree = well_known::ast_parse(py)?.call1((text,))?;
    well_known::rewrite_emitted(py)?.call1((&tree, module))?;
    for node in well_known::ast_walk(py)?.call1((&tree,))?.try_iter()? {
        move_to_origin(&node?, &lines)?;
    }
    let file = root.join(&program.module(id).path);
    let code = well_known::builtins_compile(py)?.call1((tree, file.as_os_str(), "exec"))?;
    let globals = module.dict();
    globals.set_item("__anabranch_unbound__", Unbound::instance(py)?)?;
    globals.set_item("__anabranch_matches__", wrap_pyfunction!(matches, py)?)?;
    globals.set_item("__anabranch_method__", wrap_pyfunction!(method, py)?)?;
    globals.set_item("__anabranch_method_if_any__", wrap_pyfunction!(method_if_any, py)?)?;
    globals.set_item("__anabranch_take__", wrap_pyfunction!(take, py)?)?;
    globals.set_item("__anabranch_together__", wrap_pyfunction!(together, py)?)?;
    globals.set_item("__anabranch_elements__", wrap_pyfunction!(elements, py)?)?;
    globals.set_item("__anabranch_field__", wrap_pyfunction!(field, py)?)?;
    globals.set_item("__anabranch_plain__", wrap_pyfunction!(plain, py)?)?;
    let scope = PyDict::new(py);
    well_known::builtins_exec(py)?.call1((code, globals, &scope))?;
    Ok(scope)
}

/// Gives a node the user's line, and no columns.
pub(crate) fn move_to_origin(node: &Bound<'_, PyAny>, lines: &[u32]) -> PyResult<()> {
    let py = node.py();
    let Some(line) = node.getattr_opt(intern!(py, "lineno"))? else {
        return Ok(());
    };
    let origin = |line: Bound<'_, PyAny>| -> PyResult<u32> {
        let line: usize = line.extract()?;
        Ok(lines[line - 1])
    };
    let first = origin(line)?;
    let last = origin(node.getattr(intern!(py, "end_lineno"))?)?;
    node.setattr(intern!(py, "lineno"), first)?;
    // Lines of the user's file may come in another order than in the text.
    node.setattr(intern!(py, "end_lineno"), last.max(first))?;
    node.setattr(intern!(py, "col_offset"), -1)?;
    node.setattr(intern!(py, "end_col_offset"), -1)
}

fn load_native(
    function: &Function,
    module: &Bound<'_, PyModule>,
    class: Option<&Bound<'_, PyType>>,
) -> PyResult<LoadedFunction> {
    match class {
        Some(_) => {
            Ok(LoadedFunction::NativeMethod(PyString::intern(module.py(), &function.name).unbind()))
        }
        None => Ok(LoadedFunction::NativeHelper(module.getattr(&function.name)?.unbind())),
    }
}

fn load_segments(
    function: &Function,
    segments: &[Segment],
    module: &Bound<'_, PyModule>,
    class: Option<&Bound<'_, PyType>>,
    scope: &Bound<'_, PyDict>,
) -> PyResult<LoadedFunction> {
    let original = match class {
        Some(class) => class.getattr(&*function.name)?,
        None => module.getattr(&function.name)?,
    };
    check_source(function, &original)?;
    let mut loaded = Vec::with_capacity(segments.len());
    for (index, segment) in segments.iter().enumerate() {
        let callable = match class {
            Some(class) => {
                let wrapper = defined(scope, &class.name()?.to_string())?;
                wrapper.getattr(&*segment.name)?
            }
            None => defined(scope, &segment.name)?,
        };
        let callable = callable.cast_into::<PyFunction>()?;
        take_identity(&callable, &original)?;
        if index == 0 {
            take_defaults(&callable, &original)?;
        }
        if let Some(class) = class {
            take_class(&callable, class)?;
        }
        let takes_input = segment.input.is_some();
        let callable = callable.into_any().unbind();
        let (catches, raising) = (segment.catches, PyOnceLock::new());
        loaded.push(LoadedSegment { callable, takes_input, catches, raising });
    }
    Ok(LoadedFunction::Segments(loaded))
}

/// Makes sure that `original` is what was compiled, and nothing that was put in its place.
fn check_source(function: &Function, original: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = original.py();
    let code = original.getattr_opt(intern!(py, "__code__"))?;
    let line = match code {
        Some(code) => Some(code.getattr(intern!(py, "co_firstlineno"))?.extract::<u32>()?),
        None => None,
    };
    let span = function.span;
    if line.is_some_and(|line| (span.line..=span.end_line).contains(&line)) {
        return Ok(());
    }
    let name = &function.name;
    Err(PyTypeError::new_err(format!(
        "{name} is another function than the one at line {} of its source; write what it does there, \
         and do not assign to it",
        span.line
    )))
}

fn defined<'py>(scope: &Bound<'py, PyDict>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    scope.get_item(name)?.ok_or_else(|| {
        PySystemError::new_err(format!("this is a bug in Anabranch: no {name} in the emitted text"))
    })
}

/// Gives a segment the names of the user's function, for tracebacks and binding errors.
fn take_identity(segment: &Bound<'_, PyFunction>, original: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = segment.py();
    let name = original.getattr(intern!(py, "__name__"))?;
    let qualified = original.getattr(intern!(py, "__qualname__"))?;
    let changes = PyDict::new(py);
    changes.set_item("co_name", &name)?;
    changes.set_item("co_qualname", &qualified)?;
    let code = segment.getattr(intern!(py, "__code__"))?;
    let code = code.call_method(intern!(py, "replace"), (), Some(&changes))?;
    segment.setattr(intern!(py, "__code__"), code)?;
    segment.setattr(intern!(py, "__name__"), name)?;
    segment.setattr(intern!(py, "__qualname__"), qualified)
}

/// Gives the first segment the default values of the user's function.
fn take_defaults(segment: &Bound<'_, PyFunction>, original: &Bound<'_, PyAny>) -> PyResult<()> {
    for defaults in ["__defaults__", "__kwdefaults__"] {
        segment.setattr(defaults, original.getattr(defaults)?)?;
    }
    Ok(())
}

/// Lets `super()` and `__class__` mean the user's class, not the wrapper in the emitted text.
fn take_class(segment: &Bound<'_, PyFunction>, class: &Bound<'_, PyType>) -> PyResult<()> {
    let py = segment.py();
    let names: Vec<String> =
        segment.getattr(intern!(py, "__code__"))?.getattr(intern!(py, "co_freevars"))?.extract()?;
    if let Some(index) = names.iter().position(|name| name == "__class__") {
        let cell = segment.getattr(intern!(py, "__closure__"))?.get_item(index)?;
        cell.setattr(intern!(py, "cell_contents"), class)?;
    }
    Ok(())
}
