//! Values as JSON and back.
//!
//! A value leaves as *natural* JSON, which says nothing about its Python type (see
//! [`write::natural`]); it comes back guided by a type hint (see [`read::value`]).
//!
//! | Python | JSON |
//! | --- | --- |
//! | `None`, `bool`, `str` | `null`, `true`, `"…"` (a lone surrogate leaves as U+FFFD) |
//! | `int` | a number without fraction or exponent, of any size |
//! | `float` | a number; `"NaN"`, `"Infinity"`, `"-Infinity"` |
//! | `bytes` | a string in Base64 |
//! | `list`, `tuple`, `set`, `frozenset` | an array |
//! | `dict` | an object if all keys are `str`, else an array of `[key, value]` pairs |
//! | `date`, `time`, `datetime`, `timedelta` | a string in ISO 8601; a named zone as in RFC 9557 |
//! | `Decimal`, `UUID` | a string (a number is also taken for a `Decimal`) |
//! | enum | the member's value if that is a literal `str` or `int`, else its name |
//! | dataclass | an object |
//! | reference | `{"$ref": ["Item", key]}`; where the hint names the class, the bare key is taken too |
//! | exception | `{"type": …, "args": […], "attributes": {…}}`; leaves only |
//! | any other object | `{"$opaque": size in bytes}`; leaves only |

pub(crate) mod instants;
pub(crate) mod read;
pub(crate) mod references;
pub(crate) mod scalars;
pub(crate) mod write;

/// JSON as data.
pub(crate) type Json = serde_json::Value;

/// An object of JSON, in the order of the text.
pub(crate) type JsonObject = serde_json::Map<String, Json>;
