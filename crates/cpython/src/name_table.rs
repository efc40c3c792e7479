//! Tables from names in segments to ids.
//!
//! Names in code are interned, so nearly every look-up is a comparison of addresses.

use std::collections::HashMap;

use pyo3::prelude::*;
use pyo3::types::PyString;

/// Ids by name.
pub(crate) struct NameTable<T> {
    by_address: HashMap<usize, T>,
    /// Keeps the names alive, so that their addresses stay their own.
    names: Vec<(Py<PyString>, T)>,
}

impl<T: Copy> NameTable<T> {
    pub(crate) fn new<'a>(py: Python<'_>, entries: impl Iterator<Item = (&'a str, T)>) -> Self {
        let intern = |(name, id)| (PyString::intern(py, name).unbind(), id);
        let names: Vec<_> = entries.map(intern).collect();
        let by_address = names.iter().map(|(name, id)| (name.as_ptr() as usize, *id)).collect();
        Self { by_address, names }
    }

    pub(crate) fn get(&self, name: &Bound<'_, PyString>) -> Option<T> {
        if let Some(id) = self.by_address.get(&(name.as_ptr() as usize)) {
            return Some(*id);
        }
        // A name that was put together at run time.
        let py = name.py();
        let same = |known: &&(Py<PyString>, T)| known.0.bind(py).as_any().eq(name).unwrap_or(false);
        self.names.iter().find(same).map(|(_, id)| *id)
    }
}
