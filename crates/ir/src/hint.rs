//! Type hints of the user's signatures and attributes.

use std::fmt;

/// How deep hints nest at most. Bounds the stack of everything that walks them.
pub const DEPTH_MAX: usize = 100;

/// A type hint, as far as a value can be checked against it. What the compiler cannot express
/// becomes [`Hint::Any`]: hints are never needed for correctness (design §2).
///
/// Class names are in the form `module:QualifiedName`; entity classes go by their plain name,
/// which is unique in an application.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Hint {
    Any,
    None,
    Bool,
    Int,
    Float,
    Str,
    Bytes,
    List(Box<Hint>),
    Set(Box<Hint>),
    FrozenSet(Box<Hint>),
    /// `tuple[A, B]`: exactly these elements.
    Tuple(Vec<Hint>),
    /// `tuple[A, ...]`: any number of elements.
    TupleOf(Box<Hint>),
    Dict(Box<Hint>, Box<Hint>),
    Union(Vec<Hint>),
    /// A reference to an entity of this class.
    Entity(String),
    /// A dataclass of the application.
    Record(String),
    /// An `enum.Enum` of the application.
    Enum(String),
    Date,
    Time,
    DateTime,
    TimeDelta,
    Decimal,
    Uuid,
}

impl Hint {
    /// How many levels the hint has; one for `int`.
    pub fn depth(&self) -> usize {
        1 + self.parts().iter().map(|part| part.depth()).max().unwrap_or(0)
    }

    /// The hint, or `Any` if it nests deeper than [`DEPTH_MAX`].
    #[must_use]
    pub fn bounded(self) -> Self {
        if self.depth() > DEPTH_MAX { Hint::Any } else { self }
    }

    /// Whether some value that this hint allows can be the key of an entity, and all its parts can.
    pub fn can_be_key(&self) -> bool {
        match self {
            Hint::Any | Hint::Int | Hint::Str | Hint::Bytes | Hint::Uuid => true,
            Hint::Tuple(elements) => !elements.is_empty() && elements.iter().all(Hint::can_be_key),
            Hint::TupleOf(element) => element.can_be_key(),
            Hint::Union(members) => members.iter().all(Hint::can_be_key),
            _ => false,
        }
    }

    /// The hints inside this one.
    pub fn parts(&self) -> Vec<&Hint> {
        match self {
            Hint::List(element)
            | Hint::Set(element)
            | Hint::FrozenSet(element)
            | Hint::TupleOf(element) => vec![element],
            Hint::Dict(key, value) => vec![key, value],
            Hint::Tuple(hints) | Hint::Union(hints) => hints.iter().collect(),
            _ => Vec::new(),
        }
    }
}

/// As Python would write it, classes by their last name: for messages.
impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Hint::Any => f.write_str("Any"),
            Hint::None => f.write_str("None"),
            Hint::Bool => f.write_str("bool"),
            Hint::Int => f.write_str("int"),
            Hint::Float => f.write_str("float"),
            Hint::Str => f.write_str("str"),
            Hint::Bytes => f.write_str("bytes"),
            Hint::List(element) => write!(f, "list[{element}]"),
            Hint::Set(element) => write!(f, "set[{element}]"),
            Hint::FrozenSet(element) => write!(f, "frozenset[{element}]"),
            Hint::Tuple(elements) if elements.is_empty() => f.write_str("tuple[()]"),
            Hint::Tuple(elements) => {
                f.write_str("tuple[")?;
                write_separated(f, elements, ", ")?;
                f.write_str("]")
            }
            Hint::TupleOf(element) => write!(f, "tuple[{element}, ...]"),
            Hint::Dict(key, value) => write!(f, "dict[{key}, {value}]"),
            Hint::Union(members) => write_separated(f, members, " | "),
            Hint::Entity(name) => f.write_str(name),
            Hint::Record(name) | Hint::Enum(name) => {
                f.write_str(name.rsplit(':').next().unwrap_or(name))
            }
            Hint::Date => f.write_str("date"),
            Hint::Time => f.write_str("time"),
            Hint::DateTime => f.write_str("datetime"),
            Hint::TimeDelta => f.write_str("timedelta"),
            Hint::Decimal => f.write_str("Decimal"),
            Hint::Uuid => f.write_str("UUID"),
        }
    }
}

fn write_separated(f: &mut fmt::Formatter<'_>, hints: &[Hint], separator: &str) -> fmt::Result {
    for (index, hint) in hints.iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        write!(f, "{hint}")?;
    }
    Ok(())
}
