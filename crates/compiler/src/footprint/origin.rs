//! Where a reference comes from.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprContext, Stmt};
use rustc_hash::FxHashMap;

use crate::names::{bound_names, parameter_names, statement_occurrences};
use crate::resolve::Binding;
use crate::types::{FunctionScope, Inference, Name, Typing};

/// Where a reference comes from, in terms of a call.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Origin {
    /// The entity that the method is called on.
    Receiver,
    /// The argument of this name.
    Parameter(String),
    /// Each element of the argument of this name.
    Element(String),
    /// The entity whose key is this expression of the arguments.
    Key(String),
}

/// How far assignments to variables are followed.
const DEPTH_MAX: usize = 8;

/// Where the value of `expression` comes from. `elements` are the variables of comprehensions around.
///
/// # Errors
/// It depends on state: how, in words.
pub(super) fn origin<'a>(
    typing: &Typing<'a>,
    scope: &FunctionScope<'a>,
    assigned: &Assigned<'a>,
    expression: &'a Expr,
    elements: &[(&'a str, &'a Expr)],
) -> Result<Origin, String> {
    follow(typing, scope, assigned, expression, elements, DEPTH_MAX)
}

fn follow<'a>(
    typing: &Typing<'a>,
    scope: &FunctionScope<'a>,
    assigned: &Assigned<'a>,
    expression: &'a Expr,
    elements: &[(&'a str, &'a Expr)],
    depth: usize,
) -> Result<Origin, String> {
    match expression {
        Expr::Name(name) => {
            let name = name.id.as_str();
            if let Some((_, iterable)) = elements.iter().rev().find(|(element, _)| *element == name)
            {
                return element_of(typing, scope, assigned, iterable, elements, depth);
            }
            if scope.self_name == Some(name) {
                return Ok(Origin::Receiver);
            }
            variable(typing, scope, assigned, name, elements, depth)
        }
        Expr::Named(node) => follow(typing, scope, assigned, &node.value, elements, depth),
        Expr::Attribute(node) => {
            Err(format!("the reference is kept in an attribute, `{}`", node.attr))
        }
        Expr::Call(node) => {
            let inference = Inference::new(typing, scope);
            let is_ref = matches!(
                inference.binding(&node.func),
                Some(Binding::External(name)) if name == "anabranch.ref"
            );
            match &*node.arguments.args {
                [_, key] if is_ref && follows_from_arguments(typing, scope, key) => {
                    let source = &typing.application.loaded.files[scope.module];
                    let key = source.slice(ruff_text_size::Ranged::range(key));
                    Ok(Origin::Key(key.to_owned()))
                }
                _ if is_ref => Err("the key of the reference is computed while it runs".to_owned()),
                _ => Err("the reference is the result of a call".to_owned()),
            }
        }
        Expr::Subscript(_) => Err("the reference is taken out of a container".to_owned()),
        _ => Err("the reference is computed while it runs".to_owned()),
    }
}

fn element_of<'a>(
    typing: &Typing<'a>,
    scope: &FunctionScope<'a>,
    assigned: &Assigned<'a>,
    iterable: &'a Expr,
    elements: &[(&'a str, &'a Expr)],
    depth: usize,
) -> Result<Origin, String> {
    match follow(typing, scope, assigned, iterable, elements, depth)? {
        Origin::Parameter(name) => Ok(Origin::Element(name)),
        _ => Err("the references are computed while it runs".to_owned()),
    }
}

fn variable<'a>(
    typing: &Typing<'a>,
    scope: &FunctionScope<'a>,
    assigned: &Assigned<'a>,
    name: &'a str,
    elements: &[(&'a str, &'a Expr)],
    depth: usize,
) -> Result<Origin, String> {
    let is_parameter = parameter_names(&scope.node.parameters).contains(&name);
    let bindings = assigned.get(name);
    let several = || format!("`{name}` is assigned in several places");
    let Some(depth) = depth.checked_sub(1) else { return Err(several()) };
    match (is_parameter, bindings.count, bindings.only) {
        (true, 0, _) => Ok(Origin::Parameter(name.to_owned())),
        (false, 1, Some(Only::Value(value))) => {
            follow(typing, scope, assigned, value, elements, depth)
        }
        (false, 1, Some(Only::Elements(iterable))) => {
            element_of(typing, scope, assigned, iterable, elements, depth)
        }
        (false, 0, _) => Err(format!("`{name}` is not a variable of this function")),
        _ => Err(several()),
    }
}

/// The assignments to one variable.
#[derive(Clone, Copy, Default)]
struct Bindings<'a> {
    count: usize,
    /// The assignment, if it is a simple one.
    only: Option<Only<'a>>,
}

#[derive(Clone, Copy)]
enum Only<'a> {
    Value(&'a Expr),
    /// The loop variable over this iterable.
    Elements(&'a Expr),
}

/// The assignments to the variables of a function.
pub(super) struct Assigned<'a> {
    by_name: FxHashMap<&'a str, Bindings<'a>>,
}

impl<'a> Assigned<'a> {
    pub(super) fn of(scope: &FunctionScope<'a>) -> Self {
        let mut assigned = Self { by_name: FxHashMap::default() };
        for found in scope.node.body.iter().flat_map(statement_occurrences) {
            if found.context != ExprContext::Load {
                assigned.by_name.entry(found.name).or_default().count += 1;
            }
        }
        assigned.visit_body(&scope.node.body);
        assigned
    }

    fn get(&self, name: &str) -> Bindings<'a> {
        self.by_name.get(name).copied().unwrap_or_default()
    }

    fn note(&mut self, target: &'a Expr, only: Option<Only<'a>>) {
        if let Expr::Name(name) = target {
            self.by_name.entry(name.id.as_str()).or_default().only = only;
        }
    }
}

impl<'a> Visitor<'a> for Assigned<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Assign(node) => {
                if let [target] = &node.targets[..] {
                    self.note(target, Some(Only::Value(&node.value)));
                }
            }
            Stmt::AnnAssign(node) => {
                self.note(&node.target, node.value.as_deref().map(Only::Value));
            }
            Stmt::For(node) => self.note(&node.target, Some(Only::Elements(&node.iter))),
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => return,
            _ => {}
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, _: &'a Expr) {}
}

/// Whether the value of `expression` is the same for equal arguments, whatever the state is.
pub(super) fn follows_from_arguments<'a>(
    typing: &Typing<'a>,
    scope: &FunctionScope<'a>,
    expression: &'a Expr,
) -> bool {
    let inference = Inference::new(typing, scope);
    let all =
        |parts: &[&'a Expr]| parts.iter().all(|part| follows_from_arguments(typing, scope, part));
    match expression {
        Expr::Name(name) => {
            let name = name.id.as_str();
            let is_parameter = parameter_names(&scope.node.parameters).contains(&name)
                && scope.self_name != Some(name);
            is_parameter && !bound_names(&scope.node.body).contains(&name)
                || inference.name(name) == Name::Builtin
        }
        Expr::BinOp(node) => all(&[&node.left, &node.right]),
        Expr::Tuple(node) => all(&node.elts.iter().collect::<Vec<_>>()),
        Expr::FString(node) => {
            let fields = node.value.elements().filter_map(|element| element.as_interpolation());
            fields.into_iter().all(|field| {
                field.format_spec.is_none()
                    && follows_from_arguments(typing, scope, &field.expression)
            })
        }
        Expr::Call(node) => {
            let is_pure = matches!(inference.builtin(&node.func), Some("str" | "int" | "len"));
            is_pure
                && node.arguments.keywords.is_empty()
                && all(&node.arguments.args.iter().collect::<Vec<_>>())
        }
        _ => expression.is_literal_expr(),
    }
}
