//! Deep copies, as for values that cross from one entity to another.
//!
//! Values that cannot change are shared. Exact lists, dicts, sets, tuples and dataclasses are
//! copied here, everything else by `copy.deepcopy` with the same memo, so that aliasing survives
//! across both. As in [`crate::encode`], only objects that can occur again enter the memo.

use anabranch_kernel::value::wire::DEPTH_MAX;
use pyo3::exceptions::PyRecursionError;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyBytes, PyDict, PyFloat, PyFrozenSet, PyFunction, PyInt, PyList, PySet, PyString,
    PyTuple, PyType,
};

use crate::class::{Kind, class_of};
use crate::encode::{attributes, can_occur_again};
use crate::instance;
use crate::reference::Reference;
use crate::well_known;

/// A deep copy of `value`: references are shared, live entities become references.
///
/// # Errors
/// What a copying hook of the value raises.
pub fn copy<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    if cannot_change(value) {
        return Ok(value.clone());
    }
    let mut copier = Copier { memo: None, depth: 0, repeatable: false };
    // The clone is the second reference that the memo's rule counts on.
    copier.value(&value.clone())
}

struct Copier<'py> {
    /// As `copy.deepcopy` keeps it: copies by the address of the original.
    memo: Option<Bound<'py, PyDict>>,
    /// How many containers are under way.
    depth: usize,
    /// Whether the container under way may be copied again in full: a tuple or frozenset enters
    /// the memo only after its elements.
    repeatable: bool,
}

impl<'py> Copier<'py> {
    fn value(&mut self, object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if cannot_change(object) {
            return Ok(object.clone());
        }
        if self.depth > DEPTH_MAX {
            let message = format!("a value nests deeper than {DEPTH_MAX} levels");
            return Err(PyRecursionError::new_err(message));
        }
        let shared = self.repeatable || can_occur_again(object);
        let entered_late = object.is_exact_instance_of::<PyTuple>()
            || object.is_exact_instance_of::<PyFrozenSet>();
        let outer = std::mem::replace(&mut self.repeatable, shared && entered_late);
        self.depth += 1;
        let copy = self.container(object, shared);
        self.depth -= 1;
        self.repeatable = outer;
        copy
    }

    fn container(
        &mut self,
        object: &Bound<'py, PyAny>,
        shared: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = object.py();
        if shared
            && let Some(memo) = &self.memo
            && let Some(copy) = memo.get_item(object.as_ptr() as usize)?
        {
            return Ok(copy);
        }
        if let Ok(elements) = object.cast_exact::<PyTuple>() {
            self.tuple(elements, shared)
        } else if let Ok(elements) = object.cast_exact::<PyList>() {
            let copy = PyList::empty(py);
            self.remember(object, &copy, shared)?;
            let mut index = 0;
            // The list may change while hooks of its elements run.
            while index < elements.len() {
                copy.append(self.value(&elements.get_item(index)?)?)?;
                index += 1;
            }
            Ok(copy.into_any())
        } else if let Ok(pairs) = object.cast_exact::<PyDict>() {
            let copy = PyDict::new(py);
            self.remember(object, &copy, shared)?;
            self.pairs(pairs, |key, value| copy.set_item(key, value))?;
            Ok(copy.into_any())
        } else if object.is_exact_instance_of::<PySet>() {
            let copy = PySet::empty(py)?;
            self.remember(object, &copy, shared)?;
            for element in object.try_iter()? {
                copy.add(self.value(&element?)?)?;
            }
            Ok(copy.into_any())
        } else if object.is_exact_instance_of::<PyFrozenSet>() {
            self.frozen_set(object, shared)
        } else {
            self.instance(object, shared)
        }
    }

    fn remember(
        &mut self,
        object: &Bound<'py, PyAny>,
        copy: &Bound<'py, PyAny>,
        shared: bool,
    ) -> PyResult<()> {
        if shared {
            self.memo(object.py()).set_item(object.as_ptr() as usize, copy)?;
        }
        Ok(())
    }

    fn memo(&mut self, py: Python<'py>) -> &Bound<'py, PyDict> {
        self.memo.get_or_insert_with(|| PyDict::new(py))
    }

    fn pairs(
        &mut self,
        pairs: &Bound<'py, PyDict>,
        mut put: impl FnMut(Bound<'py, PyAny>, Bound<'py, PyAny>) -> PyResult<()>,
    ) -> PyResult<()> {
        // A list of the pairs, because hooks of the values may change the dict; taken apart at once,
        // because the pairs themselves count as references.
        let keys = pairs.keys();
        for key in keys.iter() {
            let Some(value) = pairs.get_item(&key)? else {
                continue;
            };
            let key = self.value(&key)?;
            put(key, self.value(&value)?)?;
        }
        Ok(())
    }

    /// The copy of a tuple; the tuple itself if nothing in it was copied.
    fn tuple(
        &mut self,
        elements: &Bound<'py, PyTuple>,
        shared: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = elements.py();
        if elements.iter_borrowed().all(|element| cannot_change(&element)) {
            return Ok(elements.clone().into_any());
        }
        let mut copies = Vec::with_capacity(elements.len());
        let mut same = true;
        for element in elements {
            let copy = self.value(&element)?;
            same &= copy.is(&element);
            copies.push(copy);
        }
        // A tuple that holds itself by way of a list was copied under way.
        if let Some(memo) = &self.memo
            && let Some(copy) = memo.get_item(elements.as_ptr() as usize)?
        {
            return Ok(copy);
        }
        if same {
            return Ok(elements.clone().into_any());
        }
        let copy = PyTuple::new(py, copies)?.into_any();
        self.remember(elements, &copy, shared)?;
        Ok(copy)
    }

    fn frozen_set(
        &mut self,
        elements: &Bound<'py, PyAny>,
        shared: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut copies = Vec::new();
        let mut same = true;
        for element in elements.try_iter()? {
            let element = element?;
            let copy = self.value(&element)?;
            same &= copy.is(&element);
            copies.push(copy);
        }
        if same {
            return Ok(elements.clone());
        }
        let copy = PyFrozenSet::new(elements.py(), copies)?.into_any();
        self.remember(elements, &copy, shared)?;
        Ok(copy)
    }

    fn instance(
        &mut self,
        object: &Bound<'py, PyAny>,
        shared: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = object.py();
        let class = class_of(object)?;
        match class.kind {
            Kind::Entity => Ok(Reference::of_live(object)?.into_any()),
            Kind::Enum
            | Kind::Date
            | Kind::Time
            | Kind::DateTime
            | Kind::TimeDelta
            | Kind::Decimal
            | Kind::Uuid => Ok(object.clone()),
            Kind::Record => {
                let copy = instance::allocate(class.object.bind(py))?;
                self.remember(object, &copy, shared)?;
                self.pairs(&attributes(object)?, |name, value| {
                    instance::set_attribute(&copy, name.cast::<PyString>()?, &value)
                })?;
                Ok(copy)
            }
            Kind::Exception | Kind::Other => {
                let memo = self.memo(py);
                well_known::deepcopy(py)?.call1((object, memo))
            }
        }
    }
}

/// Whether `object` is certain to be the same after any operation on it.
fn cannot_change(object: &Bound<'_, PyAny>) -> bool {
    object.is_none()
        || object.is_exact_instance_of::<PyString>()
        || object.is_exact_instance_of::<PyInt>()
        || object.is_exact_instance_of::<PyFloat>()
        || object.is_exact_instance_of::<PyBool>()
        || object.is_exact_instance_of::<Reference>()
        || object.is_exact_instance_of::<PyBytes>()
        || object.is_exact_instance_of::<PyType>()
        || object.is_exact_instance_of::<PyFunction>()
}
