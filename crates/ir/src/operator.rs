//! One entity class.

use crate::{Expression, FunctionId, Hint, ModuleId, Signature, Span};

/// The dataflow vertex of one entity class, partitioned by key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operator {
    /// The class name, unique in the application.
    pub name: String,
    pub module: ModuleId,
    /// What `__key__` returns, as annotated.
    pub key: Hint,
    /// The parameters of `__init__`, without `self`.
    pub constructor: Signature,
    /// The key of a new entity in terms of the constructor's arguments, where it follows from them.
    pub new_key: Option<Expression>,
    /// Attributes that the class's own code assigns, in source order.
    pub attributes: Vec<Attribute>,
    /// The methods that can be called from outside the class body, in source order; neither
    /// `__init__` nor `__key__`.
    pub methods: Vec<FunctionId>,
    /// The class's docstring, cleaned as `inspect.cleandoc` does.
    pub documentation: Option<String>,
    pub span: Span,
}

/// An attribute of an entity's state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attribute {
    pub name: String,
    pub hint: Hint,
}
