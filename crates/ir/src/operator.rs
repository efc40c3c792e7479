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
    /// What `__key__` computes, as source text: tells whether it changed.
    pub key_text: Option<String>,
    /// The classes of the application that the class inherits from, in the order in which Python looks
    /// for methods.
    pub bases: Vec<BaseClass>,
    /// The parameters of `__init__`, without `self`.
    pub constructor: Signature,
    /// The key of a new entity in terms of the constructor's arguments, where it follows from them.
    pub new_key: Option<Expression>,
    /// Attributes that the code of the class and of its bases assigns, in source order.
    pub attributes: Vec<Attribute>,
    /// The methods that can be called from outside the class body, inherited ones last; neither
    /// `__init__` nor `__key__`.
    pub methods: Vec<FunctionId>,
    /// Methods of base classes that another one of the same name hides: only `super()` and
    /// `Base.method(self)` lead there. Those that cannot suspend are left out.
    pub overridden: Vec<FunctionId>,
    /// The class's docstring, cleaned as `inspect.cleandoc` does.
    pub documentation: Option<String>,
    pub span: Span,
}

/// A class of the application, no entity class itself, that entity classes inherit from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BaseClass {
    pub name: String,
    pub module: ModuleId,
}

/// An attribute of an entity's state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attribute {
    pub name: String,
    /// As annotated, else as what `__init__` assigns looks like.
    pub hint: Hint,
    pub initial: Initial,
}

/// What gives an entity the attribute: a new one, and one that was stored before the class had it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Initial {
    /// Nothing: a method assigns it later, if at all.
    Unset,
    /// The class has a value for all entities that have none of their own.
    Class,
    /// `__init__` assigns this Python expression, which has the same value for all entities. It is
    /// evaluated in the class's module.
    Constant(String),
    /// `__init__` computes it.
    Computed,
}
