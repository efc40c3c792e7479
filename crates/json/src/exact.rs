//! Wire messages as JSON that loses nothing, for exports: what comes back is the same bytes.
//!
//! What JSON has stands for itself: `null`, `true`, `"text"`, `7` (`int`), `7.0` (`float`), an array
//! (`list`), an object (`dict` whose keys are `str` and do not start with `$`). Everything else is an
//! object with one member whose name starts with `$`:
//!
//! | | |
//! | --- | --- |
//! | `{"$tuple": […]}`, `{"$set": […]}`, `{"$frozenset": […]}` | |
//! | `{"$dict": [[key, value], …]}` | any other `dict` |
//! | `{"$bytes": "…"}`, `{"$opaque": "…"}` | Base64; the latter is a pickle |
//! | `{"$str": "…"}` | a string with lone surrogates: its UTF-8 with `surrogatepass`, in Base64 |
//! | `{"$float": "NaN"}` | also `Infinity`, `-Infinity`, and the 16 hexadecimal digits of another NaN |
//! | `{"$date": …}`, `{"$time": …}`, `{"$datetime": …}`, `{"$timedelta": …}` | ISO 8601 |
//! | `{"$time": {"clock": "12:00:00", "fold": true, "zone": …}}` | where ISO 8601 has no way to say it; a zone is `null`, an offset in microseconds or a name; `$datetime` has `date` too |
//! | `{"$decimal": "1.50"}`, `{"$uuid": "…"}` | |
//! | `{"$enum": ["module:Class", "MEMBER"]}` | |
//! | `{"$record": ["module:Class", {"field": value, …}]}` | a dataclass |
//! | `{"$ref": ["Class", key]}` | a reference |
//! | `{"$exception": ["module:Class", [args], {attributes}]}` | |
//! | `{"$shared": 3}` | a `list`, `dict`, `set` or dataclass of the same text again, counted from 0 in the order in which they start |

mod read;
mod write;

#[cfg(test)]
mod tests;

pub use read::{ExactError, to_message};
pub use write::to_json;

const TUPLE: &str = "$tuple";
const SET: &str = "$set";
const FROZEN_SET: &str = "$frozenset";
const DICT: &str = "$dict";
const BYTES: &str = "$bytes";
const OPAQUE: &str = "$opaque";
const STR: &str = "$str";
const FLOAT: &str = "$float";
const DATE: &str = "$date";
const TIME: &str = "$time";
const DATE_TIME: &str = "$datetime";
const TIME_DELTA: &str = "$timedelta";
const DECIMAL: &str = "$decimal";
const UUID: &str = "$uuid";
const ENUM: &str = "$enum";
const RECORD: &str = "$record";
const REFERENCE: &str = crate::references::REFERENCE_MEMBER;
const EXCEPTION: &str = "$exception";
const SHARED: &str = "$shared";

/// What the names of special members start with.
const MARK: char = '$';
