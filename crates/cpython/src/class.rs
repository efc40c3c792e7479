//! What the class of a value means for encoding and copying.
//!
//! Each thread remembers what it found, by the address of the class; it keeps the class alive, so
//! that the address stays its own.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use pyo3::exceptions::PyBaseException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyModule, PyString, PyType};

use crate::well_known;

/// A class and what it means.
pub(crate) struct Class {
    pub(crate) object: Py<PyType>,
    /// As messages name it; `None` where it cannot be found by name, as a class in a function.
    pub(crate) name: Option<String>,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Entity,
    /// A dataclass whose attributes say all about an instance.
    Record,
    Enum,
    Exception,
    Date,
    Time,
    DateTime,
    TimeDelta,
    Decimal,
    Uuid,
    /// Anything else: known to `pickle` and `copy` at best.
    Other,
}

thread_local! {
    static CLASSES: RefCell<HashMap<usize, Rc<Class>>> = RefCell::default();
}

/// The class of `object`.
pub(crate) fn class_of(object: &Bound<'_, PyAny>) -> PyResult<Rc<Class>> {
    let address = object.get_type_ptr() as usize;
    match CLASSES.with_borrow(|classes| classes.get(&address).cloned()) {
        Some(class) => Ok(class),
        None => describe(&object.get_type()),
    }
}

fn known(class: &Bound<'_, PyType>) -> PyResult<Rc<Class>> {
    let address = class.as_ptr() as usize;
    match CLASSES.with_borrow(|classes| classes.get(&address).cloned()) {
        Some(class) => Ok(class),
        None => describe(class),
    }
}

/// Finds out what `class` means.
fn describe(class: &Bound<'_, PyType>) -> PyResult<Rc<Class>> {
    let kind = kind_of(class)?;
    let name = match kind {
        Kind::Entity => Some(class.getattr(intern!(class.py(), "__name__"))?.extract()?),
        _ => importable_name(class)?,
    };
    let nameless = name.is_none();
    let described = Rc::new(Class { object: class.clone().unbind(), name, kind });
    // A class without a name may get one, when its module has been imported to the end.
    if !nameless {
        let address = class.as_ptr() as usize;
        CLASSES.with_borrow_mut(|classes| classes.insert(address, described.clone()));
    }
    Ok(described)
}

fn kind_of(class: &Bound<'_, PyType>) -> PyResult<Kind> {
    let py = class.py();
    let own = class.getattr(intern!(py, "__dict__"))?;
    if own.contains(intern!(py, "__anabranch_entity__"))? {
        return Ok(Kind::Entity);
    }
    for (known, kind) in [
        (well_known::date(py)?, Kind::Date),
        (well_known::time(py)?, Kind::Time),
        (well_known::date_time(py)?, Kind::DateTime),
        (well_known::time_delta(py)?, Kind::TimeDelta),
        (well_known::decimal(py)?, Kind::Decimal),
        (well_known::uuid(py)?, Kind::Uuid),
    ] {
        if class.is(known) {
            return Ok(kind);
        }
    }
    if class.is_subclass(well_known::enum_class(py)?)? {
        return Ok(Kind::Enum);
    }
    if class.is_subclass_of::<PyBaseException>()? {
        return Ok(Kind::Exception);
    }
    if is_record(class)? { Ok(Kind::Record) } else { Ok(Kind::Other) }
}

/// Whether `class` is a dataclass without hooks for pickling or copying, so that its attributes
/// say all about an instance.
fn is_record(class: &Bound<'_, PyType>) -> PyResult<bool> {
    let py = class.py();
    if !class.hasattr(intern!(py, "__dataclass_fields__"))? {
        return Ok(false);
    }
    let object = py.get_type::<PyAny>();
    for hook in [intern!(py, "__new__"), intern!(py, "__reduce__"), intern!(py, "__reduce_ex__")] {
        if !class.getattr(hook)?.is(object.getattr(hook)?) {
            return Ok(false);
        }
    }
    for hook in [intern!(py, "__deepcopy__"), intern!(py, "__getnewargs_ex__")] {
        if class.hasattr(hook)? {
            return Ok(false);
        }
    }
    // A dataclass with slots has these two made by `@dataclass`.
    let getstate = class.getattr(intern!(py, "__getstate__"))?;
    if getstate.is(well_known::dataclass_getstate(py)?) {
        return Ok(true);
    }
    let plain = object.getattr(intern!(py, "__getstate__"))?;
    Ok(getstate.is(&plain) && !class.hasattr(intern!(py, "__setstate__"))?)
}

/// `module:QualifiedName`, if that leads to `class`.
fn importable_name(class: &Bound<'_, PyType>) -> PyResult<Option<String>> {
    let py = class.py();
    let module = class.getattr(intern!(py, "__module__"))?;
    let qualified = class.getattr(intern!(py, "__qualname__"))?;
    let (Ok(module), Ok(qualified)) = (module.extract::<String>(), qualified.extract::<String>())
    else {
        return Ok(None);
    };
    let Some(found) = loaded(py, &module, &qualified)? else {
        return Ok(None);
    };
    Ok(found.is(class).then(|| format!("{module}:{qualified}")))
}

/// Where a class named in a message may come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// Only modules that are loaded: a message must not make this process import anything.
    Loaded,
    /// Any module; it is imported if need be.
    Importing,
}

/// The class that messages call `name`; `None` if there is none.
pub(crate) fn class_named(
    py: Python<'_>,
    name: &str,
    lookup: Lookup,
) -> PyResult<Option<Rc<Class>>> {
    let Some((module, qualified)) = name.split_once(':') else {
        return Ok(None);
    };
    if lookup == Lookup::Importing {
        py.import(module)?;
    }
    let Some(found) = loaded(py, module, qualified)? else {
        return Ok(None);
    };
    let Ok(class) = found.cast_into::<PyType>() else {
        return Ok(None);
    };
    let class = known(&class)?;
    Ok((class.name.as_deref() == Some(name)).then_some(class))
}

/// What `qualified` names in the module, if the module is loaded.
fn loaded<'py>(
    py: Python<'py>,
    module: &str,
    qualified: &str,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let modules = well_known::modules(py)?.cast::<PyDict>()?;
    let Some(mut object) = modules.get_item(module)? else {
        return Ok(None);
    };
    if object.cast::<PyModule>().is_err() {
        return Ok(None);
    }
    for name in qualified.split('.') {
        match object.getattr_opt(PyString::new(py, name))? {
            Some(attribute) => object = attribute,
            None => return Ok(None),
        }
    }
    Ok(Some(object))
}
