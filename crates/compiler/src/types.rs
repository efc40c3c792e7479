//! Stage 4: local inference: which expressions may be references.
//!
//! The lattice answers one question: can this value be a reference, and if so of which class?
//! [`Type::Unknown`] always may; such an access becomes a run-time test, so a missing or imprecise
//! type costs time, not correctness. A hint that lies makes a remote access look local: it then
//! fails with `RemoteAccessError` when it runs, and is never taken for a local one.
//!
//! Inference is flow-insensitive: a variable has one type in its whole function, the join of all
//! that is assigned to it.
//!
//! Attributes of entities come first, from the functions that assign any ([`Typing::new`]); then each
//! function's variables, one function after another ([`Assigning::scopes`]).

mod infer;
mod scope;

pub use infer::{Assigning, Inference, Typing, Way};
pub use scope::{ClassPlace, FunctionScope, Name};

/// What is known of a value. Indices are into the tables of
/// [`Application`](crate::resolve::Application).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Type {
    /// No value reaches here, as far as seen: the element of `[]`. May turn out to be anything.
    Never,
    Unknown,
    None,
    /// Neither a reference nor anything that contains one: numbers, text, dates.
    Plain,
    /// Not a reference; what it contains is unknown.
    Local,
    /// A reference to an entity of this class (or `None`).
    Reference(usize),
    /// The live entity itself, inside its own methods.
    SelfEntity(usize),
    Record(usize),
    List(Box<Type>),
    Set(Box<Type>),
    Dict(Box<Type>, Box<Type>),
    Tuple(Vec<Type>),
    TupleOf(Box<Type>),
}

impl Type {
    /// The type of a value that is one or the other.
    #[must_use]
    pub fn join(self, other: Type) -> Type {
        match (self, other) {
            (a, b) if a == b => a,
            (Type::Never | Type::None, other) | (other, Type::Never | Type::None) => other,
            (Type::Unknown, _) | (_, Type::Unknown) => Type::Unknown,
            (Type::List(a), Type::List(b)) => Type::List(Box::new(a.join(*b))),
            (Type::Set(a), Type::Set(b)) => Type::Set(Box::new(a.join(*b))),
            (Type::Dict(ka, va), Type::Dict(kb, vb)) => {
                Type::Dict(Box::new(ka.join(*kb)), Box::new(va.join(*vb)))
            }
            (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => {
                Type::Tuple(a.into_iter().zip(b).map(|(a, b)| a.join(b)).collect())
            }
            (a, b) if a.may_be_reference() || b.may_be_reference() => Type::Unknown,
            _ => Type::Local,
        }
    }

    /// The type of a value that has got a name: what a container holds may change through another
    /// name, unless it is a reference, which is tested when it is used in any case.
    #[must_use]
    pub fn shared(self) -> Type {
        let element = |kind: Box<Type>| match *kind {
            Type::Never | Type::Reference(_) => kind,
            _ => Box::new(Type::Unknown),
        };
        match self {
            Type::List(kind) => Type::List(element(kind)),
            Type::Set(kind) => Type::Set(element(kind)),
            Type::Dict(key, value) => Type::Dict(element(key), element(value)),
            Type::Tuple(parts) => Type::Tuple(parts.into_iter().map(Type::shared).collect()),
            Type::TupleOf(kind) => Type::TupleOf(Box::new(kind.shared())),
            other => other,
        }
    }

    /// The type of a variable of this type after `variable += value`.
    #[must_use]
    pub fn augmented(self, value: Type) -> Type {
        match (self, value) {
            (Type::List(before), value) => Type::List(Box::new(before.join(value.element()))),
            (Type::Plain | Type::Never, Type::Plain) => Type::Plain,
            _ => Type::Unknown,
        }
    }

    /// Whether an access to such a value can be remote.
    pub fn may_be_reference(&self) -> bool {
        matches!(self, Type::Never | Type::Unknown | Type::Reference(_))
    }

    /// The class of the entity, if it is a reference for all that is known.
    pub fn referenced_class(&self) -> Option<usize> {
        match self {
            Type::Reference(entity) => Some(*entity),
            _ => None,
        }
    }

    /// What iterating over such a value yields.
    pub fn element(&self) -> Type {
        match self {
            Type::List(element) | Type::Set(element) | Type::TupleOf(element) => {
                (**element).clone()
            }
            Type::Dict(key, _) => (**key).clone(),
            Type::Tuple(elements) => elements.iter().cloned().fold(Type::Never, Type::join),
            Type::Plain => Type::Plain,
            _ => Type::Unknown,
        }
    }

    /// What `value[index]` yields, for an index that is not a slice.
    pub fn item(&self, constant_index: Option<usize>) -> Type {
        match (self, constant_index) {
            (Type::Dict(_, value), _) => (**value).clone(),
            (Type::Tuple(elements), Some(index)) if index < elements.len() => {
                elements[index].clone()
            }
            _ => self.element(),
        }
    }
}
