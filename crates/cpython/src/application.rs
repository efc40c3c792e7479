//! A user's application in this process: its modules, its entity classes and its functions.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use anabranch_ir::{FunctionId, OperatorId, Program, verify};
use anabranch_kernel::EntityId;
use pyo3::exceptions::PyModuleNotFoundError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyModule, PyString, PyType};
use thiserror::Error;

use crate::initial::InitialValues;
use crate::instance::check_layout;
use crate::key_attributes::key_attributes;
use crate::loader::{self, LoadedFunction};
use crate::name_table::NameTable;
use crate::reference::Reference;
use crate::{exception, well_known};

/// An application that was imported for an engine.
pub struct Application {
    program: Arc<Program>,
    operators: Vec<LoadedOperator>,
    /// By the address of the class.
    operators_by_class: HashMap<usize, OperatorId>,
    functions: Vec<LoadedFunction>,
    /// Functions as `function` exits call them.
    by_call_name: NameTable<FunctionId>,
}

struct LoadedOperator {
    class: Py<PyType>,
    initial_values: InitialValues,
    /// The attributes that make up the key, if it is made of attributes alone.
    key_attributes: Option<Vec<String>>,
    methods: NameTable<FunctionId>,
}

/// Why an application cannot run.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The user's code raised.
    #[error("cannot import {module}:\n\n{traceback}")]
    Raised { module: String, traceback: String },
    /// A module that the user's code imports is not there.
    #[error(
        "cannot import {module}: {message} ({place}); correct the name, or install the package"
    )]
    ModuleNotFound { module: String, message: String, place: String },
    /// What is in the process is not what was compiled, or what was compiled makes no sense.
    #[error("{0}")]
    Mismatch(String),
}

impl Application {
    /// Imports the modules of `program` for an engine. `root` is where its import names start.
    ///
    /// # Errors
    /// The user's code raises, or is not what was compiled.
    pub fn import(root: &Path, program: Arc<Program>) -> Result<Self, ImportError> {
        refuse_malformed(&program)?;
        Python::attach(|py| {
            prepare_imports(py, root, Mode::Engine).map_err(|error| mismatch(py, &error))?;
            let mut modules = Vec::with_capacity(program.modules.len());
            for module in &program.modules {
                modules.push(import_module(py, &module.name)?);
            }
            Self::load(py, root, program, &modules).map_err(|error| mismatch(py, &error))
        })
    }

    fn load(
        py: Python<'_>,
        root: &Path,
        program: Arc<Program>,
        modules: &[Bound<'_, PyModule>],
    ) -> PyResult<Self> {
        let mut classes = Vec::with_capacity(program.operators.len());
        for operator in &program.operators {
            let class = well_known::registered_entity_class(py)?.call1((&operator.name,))?;
            let class = class.cast_into::<PyType>()?;
            check_layout(&class)?;
            loader::check_bases(&program, operator, &class)?;
            classes.push(class);
        }
        well_known::prepare_modules(py)?.call1((PyList::new(py, modules)?,))?;
        well_known::suspension_prepare(py)?.call1((PyList::new(py, modules)?,))?;
        let functions = loader::load(py, &program, modules, &classes, root)?;
        let mut operators = Vec::with_capacity(classes.len());
        let mut operators_by_class = HashMap::new();
        for (index, (operator, class)) in program.operators.iter().zip(&classes).enumerate() {
            operators_by_class.insert(class.as_ptr() as usize, OperatorId::from_index(index));
            let methods = operator.methods.iter();
            let methods = methods.map(|id| (program.function(*id).name.as_str(), *id));
            let key_attributes = key_attributes(operator, class);
            let class = class.clone().unbind();
            let initial_values = InitialValues::new(operator, &modules[operator.module.index()])?;
            let methods = NameTable::new(py, methods);
            operators.push(LoadedOperator { class, initial_values, key_attributes, methods });
        }
        let names = call_names(&program);
        let by_call_name = NameTable::new(py, names.iter().map(|(name, id)| (name.as_str(), *id)));
        Ok(Self { program, operators, operators_by_class, functions, by_call_name })
    }

    /// The program that this application was compiled to.
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    pub(crate) fn function(&self, id: FunctionId) -> &LoadedFunction {
        &self.functions[id.index()]
    }

    pub(crate) fn class<'py>(&self, py: Python<'py>, id: OperatorId) -> &Bound<'py, PyType> {
        self.operators[id.index()].class.bind(py)
    }

    pub(crate) fn initial_values(&self, id: OperatorId) -> &InitialValues {
        &self.operators[id.index()].initial_values
    }

    /// The attributes that make up the key of a class, if it is made of attributes alone.
    pub(crate) fn key_attributes(&self, id: OperatorId) -> Option<&[String]> {
        self.operators[id.index()].key_attributes.as_deref()
    }

    pub(crate) fn operator_of(&self, class: &Bound<'_, PyAny>) -> Option<OperatorId> {
        self.operators_by_class.get(&(class.as_ptr() as usize)).copied()
    }

    /// What `reference` refers to.
    ///
    /// # Errors
    /// Its class is not part of the application.
    pub(crate) fn entity_id(&self, py: Python<'_>, reference: &Reference) -> PyResult<EntityId> {
        let class = reference.class().bind(py);
        let operator = self.operator_of(class).ok_or_else(|| {
            exception::anabranch(py, format!("{class} is not an entity class of the application"))
        })?;
        Ok(EntityId { operator, key: reference.message().clone() })
    }

    pub(crate) fn method(
        &self,
        operator: OperatorId,
        name: &Bound<'_, PyString>,
    ) -> Option<FunctionId> {
        self.operators[operator.index()].methods.get(name)
    }

    pub(crate) fn called(&self, name: &Bound<'_, PyString>) -> Option<FunctionId> {
        self.by_call_name.get(name)
    }

    /// The entity class called `name`.
    pub(crate) fn entity_class<'py>(
        &self,
        py: Python<'py>,
        name: &str,
    ) -> Option<Bound<'py, PyType>> {
        let id = self.program.operator_named(name)?;
        Some(self.class(py, id).clone())
    }
}

/// A program may come from elsewhere than this version's compiler; what runs it relies on its sense.
fn refuse_malformed(program: &Program) -> Result<(), ImportError> {
    let violations = verify(program);
    if violations.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = violations.iter().map(|it| format!("  {it}")).collect();
    Err(ImportError::Mismatch(format!(
        "this is a bug in Anabranch: the program is malformed\n{}",
        lines.join("\n")
    )))
}

/// What `function` exits call the functions of the program.
fn call_names(program: &Program) -> Vec<(String, FunctionId)> {
    let ids = (0..program.functions.len()).map(FunctionId::from_index);
    ids.map(|id| (program.call_name(id), id)).collect()
}

/// What `@entity` makes of classes; see `anabranch._mode`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Ordinary Python classes.
    Plain,
    /// Classes for an engine.
    Engine,
}

/// Makes the modules under `root` importable and decides what `@entity` does.
pub(crate) fn prepare_imports(py: Python<'_>, root: &Path, mode: Mode) -> PyResult<()> {
    let path = py.import("sys")?.getattr(intern!(py, "path"))?;
    if !path.contains(root.as_os_str())? {
        path.call_method1(intern!(py, "insert"), (0, root.as_os_str()))?;
    }
    if mode == Mode::Engine {
        py.import("anabranch._mode")?.call_method0("set_engine_mode")?;
    }
    Ok(())
}

pub(crate) fn import_module<'py>(
    py: Python<'py>,
    name: &str,
) -> Result<Bound<'py, PyModule>, ImportError> {
    py.import(name).map_err(|error| {
        let module = name.to_owned();
        let raised = error.value(py).as_any();
        if error.is_instance_of::<PyModuleNotFoundError>(py)
            && let Some(place) = exception::place(raised)
        {
            return ImportError::ModuleNotFound {
                module,
                message: error.value(py).to_string(),
                place,
            };
        }
        ImportError::Raised { module, traceback: exception::traceback_text(raised) }
    })
}

fn mismatch(py: Python<'_>, error: &PyErr) -> ImportError {
    ImportError::Mismatch(error.value(py).to_string())
}
