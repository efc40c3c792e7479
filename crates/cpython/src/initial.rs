//! Attributes that an entity lacks because it was stored before its class had them.

use std::ffi::CString;

use anabranch_ir::{Initial, Operator};
use anabranch_kernel::value::wire::DecodeError;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::code::PyCodeInput;
use pyo3::types::{PyCode, PyCodeMethods, PyDict, PyModule, PyString};

use crate::copy::copy;

/// What the entities of one class get.
pub(crate) struct InitialValues {
    values: Vec<InitialValue>,
    globals: Py<PyDict>,
}

struct InitialValue {
    attribute: String,
    name: Py<PyString>,
    text: String,
    code: Py<PyCode>,
}

impl InitialValues {
    /// Those of `operator`, whose class is in `module`.
    ///
    /// # Errors
    /// The program has an expression that is none.
    pub(crate) fn new(operator: &Operator, module: &Bound<'_, PyModule>) -> PyResult<Self> {
        let py = module.py();
        let file = CString::new(format!("<default in {}>", operator.name))?;
        let mut values = Vec::new();
        for attribute in &operator.attributes {
            let Initial::Constant(text) = &attribute.initial else { continue };
            // It may go over several lines.
            let source = CString::new(format!("({text}\n)"))
                .map_err(|_| PyValueError::new_err("a default has a zero byte"))?;
            let code = PyCode::compile(py, &source, &file, PyCodeInput::Eval)?;
            let name = PyString::intern(py, &attribute.name).unbind();
            let (attribute, text) = (attribute.name.clone(), text.clone());
            values.push(InitialValue { attribute, name, text, code: code.unbind() });
        }
        Ok(Self { values, globals: module.dict().unbind() })
    }

    /// How many of the values are for an attribute of this name: one or none.
    pub(crate) fn count(&self, name: &str) -> usize {
        usize::from(self.values.iter().any(|value| value.attribute == name))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// Adds what is not in `attributes`, fresh values for each.
    pub(crate) fn complete(&self, attributes: &Bound<'_, PyDict>) -> Result<(), DecodeError> {
        let py = attributes.py();
        let globals = self.globals.bind(py);
        for InitialValue { attribute, name, text, code } in &self.values {
            let add = || -> PyResult<()> {
                if !attributes.contains(name)? {
                    // What a global name means is not the entity's own.
                    let value = copy(&code.bind(py).run(Some(globals), None)?)?;
                    attributes.set_item(name, value)?;
                }
                Ok(())
            };
            add().map_err(|error| {
                let message =
                    format!("the default {text} of {attribute} cannot be evaluated: {error}");
                DecodeError::Unbuildable(message)
            })?;
        }
        Ok(())
    }
}
