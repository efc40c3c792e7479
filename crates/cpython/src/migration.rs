//! Migrations: functions of the user that make new states of old ones.

use std::path::Path;
use std::sync::Arc;

use anabranch_ir::OperatorId;
use anabranch_kernel::value::state::StateWriter;
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyAny, PyDict, PyEllipsis, PyString};

use crate::application::{Application, ImportError};
use crate::decode::{Source, new_instance, set_attribute};
use crate::exception::traceback_text;
use crate::state::{read, write};
use crate::well_known;

/// An application's classes, and what a migration says about their stored entities.
pub struct Migration {
    application: Arc<Application>,
    /// The names of the migration's module.
    names: Py<PyDict>,
}

/// A migrated entity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Migrated {
    /// The wire message of its key.
    pub key: Vec<u8>,
    pub state: Vec<u8>,
}

impl Migration {
    /// Runs the migration's file; without one, entities only lose and get attributes.
    ///
    /// # Errors
    /// The file raises.
    pub fn load(application: Arc<Application>, file: Option<&Path>) -> Result<Self, ImportError> {
        Python::attach(|py| {
            let names = match file {
                None => Ok(PyDict::new(py)),
                Some(file) => run_file(py, file),
            };
            let names = names.map_err(|error| ImportError::Raised {
                module: file.map(|file| file.display().to_string()).unwrap_or_default(),
                traceback: traceback_text(error.value(py).as_any()),
            })?;
            Ok(Self { application, names: names.unbind() })
        })
    }

    /// Whether the migration says `name = True`.
    pub fn is_true(&self, name: &str) -> bool {
        Python::attach(|py| {
            let value = self.names.bind(py).get_item(name).ok().flatten();
            value.is_some_and(|value| value.is_truthy().unwrap_or(false))
        })
    }

    /// Whether the migration has this function.
    pub fn has_function(&self, name: &str) -> bool {
        Python::attach(|py| self.names.bind(py).contains(name).unwrap_or(false))
    }

    /// Migrates one entity: the attributes `dropped` go, unless the migration's function looks at
    /// them before; what is missing gets its default; the key is computed anew.
    ///
    /// # Errors
    /// What the migration raises, or why its result is none; for people.
    pub fn migrate(
        &self,
        operator: OperatorId,
        state: &[u8],
        dropped: &[&str],
    ) -> Result<Migrated, String> {
        Python::attach(|py| {
            let attributes = PyDict::new(py);
            let source = Source::Migration;
            let set = |name: &str, value: Bound<'_, PyAny>| {
                crate::decode::built(attributes.set_item(name, value))
            };
            read(py, state, source, &self.application, set).map_err(|error| error.to_string())?;
            let migrated = self.apply(py, operator, attributes, dropped);
            migrated.map_err(|error| {
                if error.is_instance_of::<Unfinished>(py) {
                    error.value(py).to_string()
                } else {
                    traceback_text(error.value(py).as_any()).trim_end().to_owned()
                }
            })
        })
    }

    fn apply(
        &self,
        py: Python<'_>,
        operator: OperatorId,
        attributes: Bound<'_, PyDict>,
        dropped: &[&str],
    ) -> PyResult<Migrated> {
        let class = &self.application.program().operator(operator).name;
        let function = format!("migrate_{class}");
        let attributes = match self.names.bind(py).get_item(&function)? {
            None => attributes,
            Some(migrate) => {
                let result = migrate.call1((attributes,))?;
                checked_result(&function, result)?
            }
        };
        for name in dropped {
            if attributes.contains(name)? {
                attributes.del_item(name)?;
            }
        }
        let failed = |error: anabranch_kernel::value::wire::DecodeError| {
            PyTypeError::new_err(error.to_string())
        };
        self.application.initial_values(operator).complete(&attributes).map_err(failed)?;
        let live = new_instance(self.application.class(py, operator)).map_err(failed)?;
        for (name, value) in attributes.iter() {
            set_attribute(&live, name.cast::<PyString>()?.to_str()?, &value).map_err(failed)?;
        }
        let key = live.call_method0(intern!(py, "__key__"))?;
        let mut state = StateWriter::new();
        write(&attributes, &mut state).map_err(crate::encode::Refusal::into_error)?;
        Ok(Migrated { key: crate::key::encode_key(&key)?, state: state.bytes().to_vec() })
    }
}

pyo3::create_exception!(anabranch, Unfinished, PyTypeError);

/// The dict that the function returned.
fn checked_result<'py>(function: &str, result: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    let unfinished = |what: String| Err(Unfinished::new_err(what));
    let Ok(attributes) = result.cast_into::<PyDict>() else {
        return unfinished(format!("{function} must return a dict of attributes"));
    };
    for (name, value) in attributes.iter() {
        let Ok(name) = name.cast::<PyString>() else {
            return unfinished(format!("{function} must return a dict of attributes by name"));
        };
        if value.is_instance_of::<PyEllipsis>() {
            return unfinished(format!("{function} is not complete: {name} is still an ellipsis"));
        }
    }
    Ok(attributes)
}

fn run_file<'py>(py: Python<'py>, file: &Path) -> PyResult<Bound<'py, PyDict>> {
    let names = well_known::run_path(py)?.call1((file.as_os_str(),))?;
    Ok(names.cast_into::<PyDict>()?)
}
