//! Hints.

use crate::Hint;
use crate::hint::DEPTH_MAX;
use crate::text::ParseError;
use crate::text::cursor::Cursor;
use crate::text::word::is_name_character;

/// Reads a hint.
pub(super) fn hint(line: &mut Cursor<'_>) -> Result<Hint, ParseError> {
    union(line, 0)
}

/// The hints that are one word.
pub(in crate::text) fn simple_hint(word: &str) -> Option<Hint> {
    Some(match word {
        "Any" => Hint::Any,
        "None" => Hint::None,
        "bool" => Hint::Bool,
        "int" => Hint::Int,
        "float" => Hint::Float,
        "str" => Hint::Str,
        "bytes" => Hint::Bytes,
        "date" => Hint::Date,
        "time" => Hint::Time,
        "datetime" => Hint::DateTime,
        "timedelta" => Hint::TimeDelta,
        "Decimal" => Hint::Decimal,
        "UUID" => Hint::Uuid,
        _ => return None,
    })
}

/// Alternatives between `|`.
fn union(line: &mut Cursor<'_>, depth: usize) -> Result<Hint, ParseError> {
    let first = alternative(line, depth)?;
    if !line.eat("|") {
        return Ok(first);
    }
    let mut members = vec![first, alternative(line, depth)?];
    while line.eat("|") {
        members.push(alternative(line, depth)?);
    }
    Ok(Hint::Union(members))
}

fn alternative(line: &mut Cursor<'_>, depth: usize) -> Result<Hint, ParseError> {
    if depth == DEPTH_MAX {
        return Err(line.error(format!("hints nest deeper than {DEPTH_MAX} levels")));
    }
    let depth = depth + 1;
    if line.eat("(") {
        let inner = union(line, depth)?;
        line.expect(")")?;
        return Ok(inner);
    }
    let before = line.clone();
    let word = line.bare(is_name_character);
    if let Some(simple) = simple_hint(word) {
        return Ok(simple);
    }
    match word {
        "list" => Ok(Hint::List(Box::new(one(line, depth)?))),
        "set" => Ok(Hint::Set(Box::new(one(line, depth)?))),
        "frozenset" => Ok(Hint::FrozenSet(Box::new(one(line, depth)?))),
        "dict" => {
            line.expect("[")?;
            let key = union(line, depth)?;
            line.expect(",")?;
            let value = union(line, depth)?;
            line.expect("]")?;
            Ok(Hint::Dict(Box::new(key), Box::new(value)))
        }
        "tuple" => tuple(line, depth),
        "Union" => {
            line.expect("[")?;
            let mut members = Vec::new();
            while !line.eat("]") {
                if !members.is_empty() {
                    line.expect(",")?;
                }
                members.push(union(line, depth)?);
            }
            Ok(Hint::Union(members))
        }
        "record" => Ok(Hint::Record(line.path()?)),
        "enum" => Ok(Hint::Enum(line.path()?)),
        "entity" => Ok(Hint::Entity(line.name()?)),
        _ => {
            *line = before;
            Ok(Hint::Entity(line.name()?))
        }
    }
}

fn one(line: &mut Cursor<'_>, depth: usize) -> Result<Hint, ParseError> {
    line.expect("[")?;
    let element = union(line, depth)?;
    line.expect("]")?;
    Ok(element)
}

fn tuple(line: &mut Cursor<'_>, depth: usize) -> Result<Hint, ParseError> {
    line.expect("[")?;
    if line.eat("()") {
        line.expect("]")?;
        return Ok(Hint::Tuple(Vec::new()));
    }
    let first = union(line, depth)?;
    if line.eat(", ...") {
        line.expect("]")?;
        return Ok(Hint::TupleOf(Box::new(first)));
    }
    let mut elements = vec![first];
    while !line.eat("]") {
        line.expect(",")?;
        elements.push(union(line, depth)?);
    }
    Ok(Hint::Tuple(elements))
}
