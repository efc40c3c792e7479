//! Methods of entities and helper functions.

use crate::{Effects, Hint, ModuleId, OperatorId, Segment, Span};

/// A method of an entity class, or a module-level function that can reach a remote call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Function {
    /// The plain name: `buy_item`.
    pub name: String,
    /// The entity class of a method; `None` for a helper function.
    pub operator: Option<OperatorId>,
    /// The class of `module` in whose body a method stands: that of the operator, or one of its bases.
    pub class: Option<String>,
    pub module: ModuleId,
    pub signature: Signature,
    pub body: Body,
    pub effects: Effects,
    /// The docstring, cleaned as `inspect.cleandoc` does.
    pub documentation: Option<String>,
    pub span: Span,
}

/// How a function runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Body {
    /// It can never suspend: the interpreter calls the user's own function.
    Native,
    /// It can suspend: a state machine that starts at `seg0`.
    Segments(Vec<Segment>),
}

/// Parameters (without `self`) and result of a function.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Signature {
    pub parameters: Vec<Parameter>,
    pub returns: Option<Hint>,
}

/// One parameter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parameter {
    pub name: String,
    pub kind: ParameterKind,
    pub hint: Hint,
    /// Whether the parameter may be left out. `*args` and `**kwargs` always may.
    pub has_default: bool,
}

/// The five kinds of parameter, as in `inspect.Parameter`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParameterKind {
    PositionalOnly,
    PositionalOrKeyword,
    VarPositional,
    KeywordOnly,
    VarKeyword,
}
