//! Comprehensions and generator expressions, which differ in what they make and in nothing else.

use ruff_python_ast::{Comprehension, Expr};

/// The generators of a comprehension, and what it evaluates for each element, in order; `None` for
/// any other expression.
pub(crate) fn comprehension_parts(expression: &Expr) -> Option<(&[Comprehension], Vec<&Expr>)> {
    Some(match expression {
        Expr::ListComp(node) => (&node.generators, vec![&*node.elt]),
        Expr::SetComp(node) => (&node.generators, vec![&*node.elt]),
        Expr::Generator(node) => (&node.generators, vec![&*node.elt]),
        Expr::DictComp(node) => {
            (&node.generators, node.key.as_deref().into_iter().chain([&*node.value]).collect())
        }
        _ => return None,
    })
}
