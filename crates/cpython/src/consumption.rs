//! What builtins do with each element of a generator that a segment runs in their place.

use pyo3::exceptions::PySystemError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyComplex, PyDict, PyFloat, PyInt, PyList};

use crate::well_known;

/// Takes `element` as the builtin `consumer` does before it asks for the next one: so it fails, and
/// has effects, at that element. What it needs of the elements so far is in `taken`.
///
/// - `sum`: the total of some, and numbers to be added, together with it, by Python's own `sum`;
/// - `max`, `min`: the best element, and what its `key` says of it;
/// - `dict`, `frozenset`: all elements.
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
        "dict" => {
            taken.append(element)?;
            if let Err(error) = PyDict::from_sequence(PyList::new(taken.py(), [element])?.as_any())
            {
                // Python names the number of the element.
                PyDict::from_sequence(taken.as_any())?;
                return Err(error);
            }
            Ok(())
        }
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
