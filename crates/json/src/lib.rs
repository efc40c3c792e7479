//! Values as JSON and back, and keys in paths.
//!
//! There are two forms. [`exact`] keeps every type and every alias, so that what it writes comes back
//! as the same bytes: for exports. The other is for people and clients:
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
//!
//! # Layout
//! - [`write`](mod@write), [`read`]: natural JSON, with [`instants`], [`scalars`], [`references`].
//! - [`exact`]: the exact form.
//! - [`keys`]: keys of entities in paths and on the command line.
//! - [`mistakes`]: what is wrong with JSON, and where; [`hashing`]: what cannot be the key of a dict.
//!
//! Invariant: knows neither HTTP nor files, and never panics, whatever it is given.

pub mod exact;
pub mod hashing;
pub mod instants;
pub mod keys;
pub mod mistakes;
pub mod read;
pub mod references;
pub mod scalars;
pub mod write;

/// JSON as data.
pub type Json = serde_json::Value;

/// An object of JSON, in the order of the text.
pub type JsonObject = serde_json::Map<String, Json>;
