//! The access set: the entities that a call may touch, as a function of its receiver and arguments.
//!
//! The function is data, an [`Expression`] for each access, so that whoever plans a call (a kernel, a
//! sequencer) can evaluate it on wire values without running user code. `anabranch_kernel::access`
//! does that, and is the meaning of an expression: where a value is not what the compiler took it for,
//! the evaluation has no result, and the call is one without an access set.

use crate::{OperatorId, Span};

/// How deep expressions nest at most.
pub const EXPRESSION_DEPTH_MAX: usize = 8;

/// The entities that a call may touch.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AccessSet {
    /// Sorted by entity; each entity once, with the strongest mode.
    pub accesses: Vec<Access>,
    /// Why there may be more. With none, the accesses are all there are.
    pub reasons: Vec<Reason>,
}

/// Entities that may be touched.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Access {
    /// Their class.
    pub operator: OperatorId,
    /// Which ones.
    pub entity: Expression,
    pub mode: AccessMode,
}

/// How entities are touched; each mode allows what those before it allow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum AccessMode {
    /// Nothing is changed.
    Read,
    /// The state may be changed.
    Write,
    /// It may come into being, or cease to be.
    CreateOrDelete,
}

/// A value, or several of which each may be the one, in terms of a call.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Expression {
    /// The reference to the entity that the method is called on.
    Receiver,
    /// The argument for the parameter of this name.
    Parameter(String),
    None,
    Int(i64),
    Str(String),
    /// Each element of a list, tuple or set; each key and each value of a dict.
    Each(Box<Expression>),
    /// A field of a dataclass of this `module:QualifiedName`.
    Field {
        value: Box<Expression>,
        record: String,
        field: String,
    },
    /// The key of a reference to an entity of this class.
    Key {
        operator: OperatorId,
        entity: Box<Expression>,
    },
    /// The reference to the entity of this class and key.
    Reference {
        operator: OperatorId,
        key: Box<Expression>,
    },
    Tuple(Vec<Expression>),
    /// What `f"{a}{b}"` gives, of strings and integers.
    Text(Vec<Expression>),
}

/// Why an access set is not complete.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Reason {
    /// In words for the user: `the reference is kept in an attribute, `cart``.
    pub text: String,
    /// What in the source shows it.
    pub span: Span,
}

impl AccessSet {
    /// The access set of what touches its own entity only.
    pub fn of_receiver(operator: OperatorId, mode: AccessMode) -> Self {
        let access = Access { operator, entity: Expression::Receiver, mode };
        Self { accesses: vec![access], reasons: Vec::new() }
    }

    /// Whether a call touches nothing else.
    pub fn is_complete(&self) -> bool {
        self.reasons.is_empty()
    }
}

impl Expression {
    /// How many levels the expression has; one for a parameter.
    pub fn depth(&self) -> usize {
        1 + self.parts().into_iter().map(Expression::depth).max().unwrap_or(0)
    }

    /// The expressions inside this one.
    pub fn parts(&self) -> Vec<&Expression> {
        match self {
            Expression::Each(value)
            | Expression::Field { value, .. }
            | Expression::Key { entity: value, .. }
            | Expression::Reference { key: value, .. } => vec![value],
            Expression::Tuple(parts) | Expression::Text(parts) => parts.iter().collect(),
            _ => Vec::new(),
        }
    }
}
