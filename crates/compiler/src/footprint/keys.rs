//! Which argument of a call is what.

use ruff_python_ast::{Expr, ExprCall, Stmt, StmtFunctionDef};

use crate::types::Typing;

/// How a call passes the first parameter of the function.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Passed {
    /// As the receiver of a method, which is not among the arguments.
    Implicitly,
    AsArgument,
}

/// The argument that `call` of `function` passes for the parameter `name`, if it is there to be
/// seen: not in a starred argument, not a default.
pub(super) fn argument<'a>(
    function: &StmtFunctionDef,
    first: Passed,
    call: &'a ExprCall,
    name: &str,
) -> Option<&'a Expr> {
    if call.arguments.args.iter().any(Expr::is_starred_expr) {
        return None;
    }
    if let Some(keyword) = call.arguments.find_keyword(name) {
        return Some(&keyword.value);
    }
    let parameters = &function.parameters;
    let positional = parameters.posonlyargs.iter().chain(&parameters.args);
    let mut positional = positional.skip(usize::from(first == Passed::Implicitly));
    let position = positional.position(|parameter| parameter.name().as_str() == name)?;
    call.arguments.args.get(position)
}

/// The argument of a creation that becomes the key: where `__key__` returns an attribute that
/// `__init__` sets to a parameter.
pub(super) fn key_argument<'a>(
    typing: &Typing<'a>,
    entity: usize,
    call: &'a ExprCall,
) -> Option<&'a Expr> {
    let class = &typing.application.entities[entity];
    // Another `__init__` may set it again.
    if class.constructors.len() > 1 {
        return None;
    }
    let attribute = match &class.key()?.node.body[..] {
        [Stmt::Return(node)] => self_attribute(node.value.as_deref()?)?,
        _ => return None,
    };
    let constructor = class.constructor()?.node;
    let parameter = constructor.body.iter().find_map(|statement| match statement {
        Stmt::Assign(node) => match (&node.targets[..], &*node.value) {
            ([target], Expr::Name(parameter)) if self_attribute(target) == Some(attribute) => {
                Some(parameter.id.as_str())
            }
            _ => None,
        },
        _ => None,
    })?;
    argument(constructor, Passed::Implicitly, call, parameter)
}

/// The attribute in `self.attribute`.
fn self_attribute(expression: &Expr) -> Option<&str> {
    let Expr::Attribute(node) = expression else { return None };
    matches!(&*node.value, Expr::Name(name) if name.id.as_str() == "self")
        .then_some(node.attr.as_str())
}
