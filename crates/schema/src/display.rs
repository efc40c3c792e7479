//! Keys as Python would write them.

use anabranch_kernel::Value;
use anabranch_kernel::value::wire;

/// The entity of `class` whose key has this message: `Account('alice')`.
pub fn entity(class: &str, key: &[u8]) -> String {
    match wire::decode(key) {
        Ok(Value::Tuple(parts)) => {
            let parts: Vec<String> = parts.iter().map(part).collect();
            format!("{class}(({}))", parts.join(", "))
        }
        Ok(key) => format!("{class}({})", part(&key)),
        Err(_) => format!("{class}(…)"),
    }
}

fn part(value: &Value) -> String {
    match value {
        Value::Str(text) => format!("'{}'", text.escape_debug()),
        Value::Int(number) => number.to_string(),
        Value::BigInt(number) => number.to_string(),
        Value::Bytes(bytes) => format!("b'{}'", bytes.escape_ascii()),
        Value::Uuid(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("UUID('{digits}')")
        }
        _ => "…".to_owned(),
    }
}
