//! What builtins do with each element of a generator that a segment runs in their place.

use pyo3::exceptions::PySystemError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyComplex, PyFloat, PyInt, PyList};

use crate::well_known;

/// Takes `element` as the builtin `consumer` does before it asks for the next one: so it fails, and
/// has effects, at that element. What it needs of the elements so far is in `taken`.
///
/// - `sum`: the total of some, and numbers to be added, together with it, by Python's own `sum`;
/// - `max`, `min`: the best element, and what its `key` says of it;
/// - `dict`: a dict, and how many elements there were;
/// - `frozenset`: all elements.
#[pyfunction]
#[pyo3(signature = (consumer, taken, element, key=None))]
pub(crate) fn take(
    consumer: &str,
    taken: &Bound<'_, PyList>,
    element: &Bound<'_, PyAny>,
    key: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    match consumer {
        "sum" => add(taken, element),
        "max" | "min" => compare(consumer, taken, element, key),
        "dict" => put(taken, element),
        "frozenset" => {
            element.hash()?;
            taken.append(element)
        }
        other => Err(PySystemError::new_err(format!(
            "this is a bug in Anabranch: nothing is known of the consumer {other}"
        ))),
    }
}

fn add(taken: &Bound<'_, PyList>, element: &Bound<'_, PyAny>) -> PyResult<()> {
    let total = taken.get_item(0)?;
    if is_number(&total) && is_number(element) {
        // Nobody can tell when they are added, and of floats `sum` loses less than `+`.
        return taken.append(element);
    }
    let numbers = taken.get_slice(1, taken.len());
    let total = well_known::builtins_sum(taken.py())?.call1((numbers, total))?.add(element)?;
    replace(taken, &[total])
}

fn is_number(value: &Bound<'_, PyAny>) -> bool {
    value.is_exact_instance_of::<PyInt>()
        || value.is_exact_instance_of::<PyFloat>()
        || value.is_exact_instance_of::<PyBool>()
        || value.is_exact_instance_of::<PyComplex>()
}

fn put(taken: &Bound<'_, PyList>, element: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = taken.py();
    let count: usize = taken.get_item(1)?.extract()?;
    let update = taken.get_item(0)?.getattr(intern!(py, "update"))?;
    update.call1(([element],)).map_err(|error| numbered(py, error, count))?;
    taken.set_item(1, count + 1)
}

/// Python names the number of the element that is no pair.
fn numbered(py: Python<'_>, error: PyErr, number: usize) -> PyErr {
    let text = error.value(py).to_string();
    let words = "dictionary update sequence element #";
    let Some((before, after)) = text.split_once(&format!("{words}0 ")) else { return error };
    let text = format!("{before}{words}{number} {after}");
    PyErr::from_type(error.get_type(py), (text,))
}

fn compare(
    consumer: &str,
    taken: &Bound<'_, PyList>,
    element: &Bound<'_, PyAny>,
    key: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    let value = match key {
        Some(key) => key.call1((element,))?,
        None => element.clone(),
    };
    let is_best = match taken.get_item(1) {
        Err(_) => true,
        Ok(best) if consumer == "max" => value.gt(best)?,
        Ok(best) => value.lt(best)?,
    };
    if is_best { replace(taken, &[element.clone(), value]) } else { Ok(()) }
}

fn replace(taken: &Bound<'_, PyList>, elements: &[Bound<'_, PyAny>]) -> PyResult<()> {
    let elements = PyList::new(taken.py(), elements)?;
    taken.set_slice(0, taken.len(), elements.as_any())
}
