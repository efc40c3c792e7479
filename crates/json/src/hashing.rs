//! Which values Python can hash, so that they may be in a set or the key of a dict.

use anabranch_kernel::Value;

/// The type of the part that cannot be hashed; `None` if `value` can be.
///
/// A dataclass is taken to be hashable: only the application knows whether it is.
pub fn unhashable_type(value: &Value) -> Option<&'static str> {
    match value {
        Value::List(_) => Some("list"),
        Value::Dict(_) => Some("dict"),
        Value::Set(_) => Some("set"),
        Value::Tuple(elements) => elements.iter().find_map(unhashable_type),
        _ => None,
    }
}
