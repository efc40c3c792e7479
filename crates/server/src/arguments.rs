//! Arguments of a request, bound to the parameters of what is called.
//!
//! Arguments by name ([`from_json`]) become positional as far as they have no gap, so that
//! positional-only parameters and `*args` can be given, and keywords after it. Arguments that a
//! Python client has encoded ([`check_message`]) are bound already; they are only checked, as
//! Python itself would bind them. All mistakes are found before anything runs.

mod admission;
mod binding;
mod by_name;
mod conformance;

use anabranch_ir::{Hint, Parameter, ParameterKind, Program, Signature};
use anabranch_kernel::Value;
use anabranch_kernel::value::wire::{self, DecodeError};

use anabranch_json::mistakes::Mistakes;
use anabranch_json::{Json, scalars};

pub(crate) use admission::is_key;

/// What the paths of mistakes start with.
const ROOT: &str = "arguments";

/// Why arguments are not taken.
#[derive(Debug)]
pub(crate) enum ArgumentError {
    /// The body is not a wire message.
    NotAMessage(DecodeError),
    /// They do not fit the parameters; one text per mistake.
    Mistakes(Vec<String>),
}

/// The wire message of the arguments in `json`, an object of arguments by name.
///
/// # Errors
/// All that does not fit `signature`.
pub(crate) fn from_json(
    program: &Program,
    signature: &Signature,
    json: &Json,
) -> Result<Vec<u8>, ArgumentError> {
    let mut mistakes = Mistakes::under(ROOT);
    let Json::Object(named) = json else {
        mistakes.expected("an object of arguments by name", scalars::description(json));
        return Err(ArgumentError::Mistakes(mistakes.into_texts()));
    };
    let bound = by_name::bind(program, signature, named, &mut mistakes);
    if !mistakes.is_empty() {
        return Err(ArgumentError::Mistakes(mistakes.into_texts()));
    }
    let keywords = bound.keywords.into_iter().map(|(name, value)| (Value::Str(name), value));
    let arguments =
        Value::Tuple(vec![Value::Tuple(bound.positional), Value::Dict(keywords.collect())]);
    Ok(wire::encode(&arguments))
}

/// Checks a wire message of arguments from a network client.
///
/// # Errors
/// The bytes are no message, or all that does not fit `signature`.
pub(crate) fn check_message(
    program: &Program,
    signature: &Signature,
    message: &[u8],
) -> Result<(), ArgumentError> {
    let arguments = wire::decode(message).map_err(ArgumentError::NotAMessage)?;
    let mut mistakes = Mistakes::under(ROOT);
    match split(&arguments) {
        None => mistakes.add("expected a tuple of positional arguments and a dict of keywords"),
        Some((positional, keywords)) => {
            admission::check_all(program, positional, &keywords, &mut mistakes);
            // A value that is not taken at all needs no second message for its type.
            if mistakes.is_empty() {
                binding::check(program, signature, positional, &keywords, &mut mistakes);
            }
        }
    }
    if mistakes.is_empty() { Ok(()) } else { Err(ArgumentError::Mistakes(mistakes.into_texts())) }
}

/// Keyword arguments of a decoded message.
type Keywords<'a> = Vec<(&'a str, &'a Value)>;

/// Positional and keyword arguments of a decoded message.
fn split(arguments: &Value) -> Option<(&[Value], Keywords<'_>)> {
    let Value::Tuple(parts) = arguments else {
        return None;
    };
    let [Value::Tuple(positional), Value::Dict(entries)] = parts.as_slice() else {
        return None;
    };
    let keywords = entries.iter().map(|(name, value)| match name {
        Value::Str(name) => Some((name.as_str(), value)),
        _ => None,
    });
    Some((positional, keywords.collect::<Option<_>>()?))
}

/// The `**kwargs` parameter.
fn collector(signature: &Signature) -> Option<&Parameter> {
    signature.parameters.iter().find(|parameter| parameter.kind == ParameterKind::VarKeyword)
}

fn missing(hint: &Hint) -> String {
    match hint {
        Hint::Any => "missing".to_owned(),
        _ => format!("missing, expected {hint}"),
    }
}

fn needs(gap: &str) -> String {
    format!("can be given only together with {gap:?}, which comes before it")
}

fn unknown(signature: &Signature) -> String {
    let names: Vec<_> =
        signature.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    match names.as_slice() {
        [] => "there is no such parameter; none is taken".to_owned(),
        _ => format!("there is no such parameter; there are {}", names.join(", ")),
    }
}
