//! Generator expressions that are used up where they stand.
//!
//! `sum(item.price for item in items)` runs the generator to its end before it returns, so it may as
//! well be a loop. That holds if nothing else that the call evaluates can tell the difference.

use ruff_python_ast::{Expr, ExprCall, ExprGenerator};

use crate::types::{Inference, Type};

/// Builtins that use up the iterable that is their first argument before they return.
const CONSUMERS: &[&str] =
    &["all", "any", "dict", "frozenset", "list", "max", "min", "set", "sorted", "sum", "tuple"];

/// The generator that `call` uses up, if it is sure to.
pub fn consumed_generator<'a>(
    inference: &mut Inference<'_, 'a>,
    call: &'a ExprCall,
) -> Option<&'a ExprGenerator> {
    let (first, rest) = call.arguments.args.split_first()?;
    let Expr::Generator(generator) = first else { return None };
    let keywords = call.arguments.keywords.iter();
    let mut others = rest.iter().chain(keywords.map(|keyword| &keyword.value));
    // They are evaluated before the generator runs, but stand behind it.
    let is_harmless =
        |other: &Expr| other.is_literal_expr() || other.is_name_expr() || other.is_lambda_expr();
    let is_async = generator.generators.iter().any(|generator| generator.is_async);
    (others.all(is_harmless) && !is_async && consumes(inference, &call.func)).then_some(generator)
}

fn consumes<'a>(inference: &mut Inference<'_, 'a>, callee: &'a Expr) -> bool {
    match callee {
        Expr::Name(_) => inference.builtin(callee).is_some_and(|name| CONSUMERS.contains(&name)),
        Expr::Attribute(node) => {
            node.attr.as_str() == "join" && inference.infer(&node.value) == Type::Plain
        }
        _ => false,
    }
}
