//! Keys that are attributes as they are: `return self.name`, `return self.shop, self.number`.
//!
//! Such a key is what it was as long as the stored values of these attributes are, so that
//! `__key__` need not run to see that.

use anabranch_ir::Operator;
use anabranch_kernel::value::state::{Attributes, StateView};
use pyo3::prelude::*;
use pyo3::types::PyType;

/// The attributes whose values are the key of an entity class; `None` if the key is more than that.
pub(crate) fn key_attributes(
    operator: &Operator,
    class: &Bound<'_, PyType>,
) -> Option<Vec<String>> {
    let text = operator.key_text.as_deref()?;
    let own = own_name(class)?;
    let parts = text.trim_start_matches('(').trim_end_matches(')').split(',');
    let parts: Vec<&str> = parts.map(str::trim).filter(|part| !part.is_empty()).collect();
    let attributes = parts.iter().map(|part| {
        let name = part.strip_prefix(&*own)?.strip_prefix('.')?;
        is_plain(class, name).then(|| name.to_owned())
    });
    attributes.collect::<Option<Vec<_>>>().filter(|attributes| !attributes.is_empty())
}

/// Whether all of `attributes` are in both states and did not change.
pub(crate) fn are_unchanged(attributes: &[String], before: &[u8], after: &[u8]) -> bool {
    let (Ok(StateView::Separate(before)), Ok(StateView::Separate(after))) =
        (StateView::new(before), StateView::new(after))
    else {
        return false;
    };
    attributes.iter().all(|name| {
        let found = message(before.clone(), name);
        found.is_some() && found == message(after.clone(), name)
    })
}

fn message<'a>(attributes: Attributes<'a>, name: &str) -> Option<&'a [u8]> {
    let mut known = attributes.map_while(Result::ok);
    known.find(|attribute| attribute.name == name).map(|attribute| attribute.message)
}

/// What `__key__` calls the entity.
fn own_name(class: &Bound<'_, PyType>) -> Option<String> {
    let code = class.getattr("__key__").ok()?.getattr("__code__").ok()?;
    code.getattr("co_varnames").ok()?.get_item(0).ok()?.extract().ok()
}

/// Whether `name` is an attribute that is read as it is stored.
fn is_plain(class: &Bound<'_, PyType>, name: &str) -> bool {
    let is_name = name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    // Private names are stored under others.
    let is_name = is_name && !name.starts_with("__");
    let computed = class.getattr(name).is_ok_and(|found| found.hasattr("__get__").unwrap_or(true));
    is_name && !computed && has_plain_access(class).unwrap_or(false)
}

/// Whether attributes of instances are looked up as Python's own objects do.
fn has_plain_access(class: &Bound<'_, PyType>) -> PyResult<bool> {
    let own = class.py().get_type::<PyAny>().getattr("__getattribute__")?;
    Ok(class.getattr("__getattribute__")?.is(&own) && !class.hasattr("__getattr__")?)
}

#[cfg(test)]
mod tests {
    use anabranch_kernel::value::Value;
    use anabranch_kernel::value::state::encode;

    use super::*;

    fn state(name: &str, balance: i64) -> Vec<u8> {
        let (name, balance) = (Value::Str(name.to_owned()), Value::Int(balance));
        encode([("name", &name), ("balance", &balance)].into_iter())
    }

    #[test]
    fn only_the_named_attributes_count() {
        let key = ["name".to_owned()];
        assert!(are_unchanged(&key, &state("a", 1), &state("a", 2)));
        assert!(!are_unchanged(&key, &state("a", 1), &state("b", 1)));
        assert!(!are_unchanged(&["other".to_owned()], &state("a", 1), &state("a", 1)));
        assert!(!are_unchanged(&key, &[0xFF], &state("a", 1)));
    }
}
