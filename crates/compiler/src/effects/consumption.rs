//! Generator expressions that are used up where they stand.
//!
//! `sum(item.price for item in items)` runs the generator to its end before it returns, so it may as
//! well be a loop. That holds if nothing else that the call evaluates can tell the difference.

use ruff_python_ast::{Expr, ExprCall, ExprGenerator, Keyword};

use crate::names::occurrences;
use crate::types::{Inference, Type};

/// What uses up the generator that is its first argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Consumer {
    /// `list`, `tuple`, `sorted` and `join`, which look at the elements when they have all.
    Collecting,
    Set,
    /// `any` and `all`: the first element whose truth is this decides.
    Deciding(bool),
    /// `sum`, `max`, `min`, `dict` and `frozenset`, which do something with each element before they
    /// ask for the next one.
    Taking(&'static str),
}

/// A generator and what uses it up.
#[derive(Clone, Copy, Debug)]
pub struct Consumed<'a> {
    pub generator: &'a ExprGenerator,
    pub consumer: Consumer,
}

/// The generator that `call` uses up, if it is sure to.
pub fn consumed_generator<'a>(
    inference: &mut Inference<'_, 'a>,
    call: &'a ExprCall,
) -> Option<Consumed<'a>> {
    let (first, rest) = call.arguments.args.split_first()?;
    let Expr::Generator(generator) = first else { return None };
    if generator.generators.iter().any(|generator| generator.is_async) {
        return None;
    }
    let (consumer, positional, named) = consumer(inference, &call.func)?;
    let keywords = &call.arguments.keywords;
    let is_known = |keyword: &Keyword| {
        keyword.arg.as_ref().is_some_and(|name| match named {
            Named::Of(names) => names.contains(&name.as_str()),
            Named::Any => true,
        })
    };
    let mut others = rest.iter().chain(keywords.iter().map(|keyword| &keyword.value));
    let fits = rest.len() <= positional && keywords.iter().all(is_known);
    (fits && others.all(|other| is_harmless(first, other)))
        .then_some(Consumed { generator, consumer })
}

/// Whether it makes no difference that `other` is evaluated before the generator runs.
fn is_harmless(generator: &Expr, other: &Expr) -> bool {
    match other {
        Expr::Name(name) => occurrences(generator)
            .iter()
            .all(|occurrence| occurrence.name != name.id.as_str() || occurrence.context.is_load()),
        Expr::Lambda(node) => node.parameters.as_ref().is_none_or(|parameters| {
            parameters.iter_non_variadic_params().all(|parameter| parameter.default.is_none())
        }),
        other => other.is_literal_expr(),
    }
}

/// Which further arguments a consumer has by name.
enum Named {
    Of(&'static [&'static str]),
    Any,
}

/// What `callee` is, with how many further arguments by position, and which by name.
fn consumer<'a>(
    inference: &mut Inference<'_, 'a>,
    callee: &'a Expr,
) -> Option<(Consumer, usize, Named)> {
    if let Expr::Attribute(node) = callee {
        let is_join = node.attr.as_str() == "join" && inference.infer(&node.value) == Type::Plain;
        return is_join.then_some((Consumer::Collecting, 0, Named::Of(&[])));
    }
    if !callee.is_name_expr() {
        return None;
    }
    Some(match inference.builtin(callee)? {
        "list" | "tuple" => (Consumer::Collecting, 0, Named::Of(&[])),
        "sorted" => (Consumer::Collecting, 0, Named::Of(&["key", "reverse"])),
        "set" => (Consumer::Set, 0, Named::Of(&[])),
        "frozenset" => (Consumer::Taking("frozenset"), 0, Named::Of(&[])),
        "any" => (Consumer::Deciding(true), 0, Named::Of(&[])),
        "all" => (Consumer::Deciding(false), 0, Named::Of(&[])),
        "sum" => (Consumer::Taking("sum"), 1, Named::Of(&["start"])),
        "max" => (Consumer::Taking("max"), 0, Named::Of(&["key", "default"])),
        "min" => (Consumer::Taking("min"), 0, Named::Of(&["key", "default"])),
        "dict" => (Consumer::Taking("dict"), 0, Named::Any),
        _ => return None,
    })
}
