//! Keys: which attribute is the key, and how a new entity's key follows from its arguments.

use anabranch_ir::Expression;
use ruff_python_ast::{Expr, ExprCall, ExprContext, ParameterWithDefault, Stmt, StmtFunctionDef};

use super::classes::ApplicationClasses;
use crate::names::{bound_names, mangled, parameter_names, statement_occurrences};
use crate::resolve::{Application, FunctionDefinition};

/// How a call passes the first parameter of the function.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Passed {
    /// As the receiver of a method, which is not among the arguments.
    Implicitly,
    AsArgument,
}

/// What a call passes for a parameter.
pub(super) enum Argument<'a> {
    Given(&'a Expr),
    /// Left out; the default stands in the function's own source.
    Default(&'a Expr),
    /// In a starred argument, or collected by `*args` or `**kwargs`.
    Unclear,
}

/// What `call` of `function` passes for the parameter `name`.
pub(super) fn argument<'a>(
    function: &'a StmtFunctionDef,
    first: Passed,
    call: &'a ExprCall,
    name: &str,
) -> Argument<'a> {
    let has_stars = call.arguments.args.iter().any(Expr::is_starred_expr)
        || call.arguments.keywords.iter().any(|keyword| keyword.arg.is_none());
    if has_stars {
        return Argument::Unclear;
    }
    if let Some(keyword) = call.arguments.find_keyword(name) {
        return Argument::Given(&keyword.value);
    }
    let parameters = &function.parameters;
    let positional = parameters.posonlyargs.iter().chain(&parameters.args);
    let mut positional = positional.skip(usize::from(first == Passed::Implicitly));
    let is_named = |parameter: &&ParameterWithDefault| parameter.name().as_str() == name;
    let position = positional.position(|parameter| is_named(&parameter));
    if let Some(given) = position.and_then(|position| call.arguments.args.get(position)) {
        return Argument::Given(given);
    }
    let found = parameters.iter_non_variadic_params().find(is_named);
    match found.and_then(|parameter| parameter.default.as_deref()) {
        Some(default) => Argument::Default(default),
        None => Argument::Unclear,
    }
}

/// The attribute that is the key of an entity class, where `__key__` returns one as it is.
///
/// By the name that Python stores.
pub(super) fn key_attribute(
    application: &Application<'_>,
    classes: &ApplicationClasses,
    entity: usize,
) -> Option<String> {
    let (method, key) = plain_key(application, classes, entity)?;
    own_attribute(application, method, key)
}

/// The key of a new entity of a class, in terms of the constructor's parameters.
pub(super) fn new_key(
    application: &Application<'_>,
    classes: &ApplicationClasses,
    entity: usize,
) -> Option<Expression> {
    let (method, key) = plain_key(application, classes, entity)?;
    // The first of them runs; whether it calls the others is looked at with it.
    let constructor = application.entities[entity].constructor()?;
    if !constructor.node.decorator_list.is_empty() || constructor.node.is_async {
        return None;
    }
    let attribute = |part: &Expr| {
        let attribute = own_attribute(application, method, part)?;
        let class = application.body_of(constructor)?.name;
        let is_defined = |name: &str| application.is_in_class(entity, &mangled(Some(class), name));
        initial_value(constructor.node, class, &attribute, &is_defined).map(Expression::Parameter)
    };
    match key {
        Expr::Tuple(node) => {
            node.elts.iter().map(attribute).collect::<Option<_>>().map(Expression::Tuple)
        }
        Expr::FString(node) => {
            let parts = super::expression::text_parts(node)?;
            let parts = parts.into_iter().map(|part| match part {
                Ok(text) => Some(Expression::Str(text)),
                Err(field) => attribute(field),
            });
            parts.collect::<Option<_>>().map(Expression::Text)
        }
        part => attribute(part),
    }
}

/// `__key__` and what it returns, if that is all it does and nothing can interfere.
fn plain_key<'t, 'a>(
    application: &'t Application<'a>,
    classes: &ApplicationClasses,
    entity: usize,
) -> Option<(&'t FunctionDefinition<'a>, &'a Expr)> {
    let has_hooks = ["__getattribute__", "__setattr__", "__getattr__"]
        .iter()
        .any(|hook| application.method(entity, hook).is_some());
    let key = application.entities[entity].key()?;
    if has_hooks || classes.is_reflective || !key.node.decorator_list.is_empty() {
        return None;
    }
    let is_text = |statement: &&Stmt| !matches!(statement, Stmt::Expr(node) if node.value.is_string_literal_expr());
    let mut statements = key.node.body.iter().filter(is_text);
    match (statements.next(), statements.next()) {
        (Some(Stmt::Return(node)), None) => Some((key, node.value.as_deref()?)),
        _ => None,
    }
}

/// What a method calls its own entity.
pub(super) fn own_name(function: &StmtFunctionDef) -> Option<&str> {
    let parameters = &function.parameters;
    let mut positional = parameters.posonlyargs.iter().chain(&parameters.args);
    positional.next().map(|parameter| parameter.name().as_str())
}

/// The attribute in `self.attribute`, by the name that Python stores, if it is state and nothing else:
/// no property, and nothing that a class body defines.
fn own_attribute(
    application: &Application<'_>,
    method: &FunctionDefinition<'_>,
    expression: &Expr,
) -> Option<String> {
    let Expr::Attribute(node) = expression else { return None };
    let entity = method.owner?;
    let name = mangled(Some(application.body_of(method)?.name), node.attr.as_str());
    let own = own_name(method.node)?;
    let is_own = matches!(&*node.value, Expr::Name(base) if base.id.as_str() == own);
    (is_own && !application.is_in_class(entity, &name)).then_some(name)
}

/// The parameter that `constructor`, in the body of `class`, puts into the attribute that Python stores
/// as `attribute`, by its only assignment.
fn initial_value(
    constructor: &StmtFunctionDef,
    class: &str,
    attribute: &str,
    is_defined: &dyn Fn(&str) -> bool,
) -> Option<String> {
    let own = own_name(constructor)?;
    let mut found = None;
    for statement in &constructor.body {
        let (target, value) = match statement {
            Stmt::Assign(node) => match &node.targets[..] {
                [target] => (target, Some(&*node.value)),
                _ => continue,
            },
            Stmt::AnnAssign(node) => (&*node.target, node.value.as_deref()),
            _ => continue,
        };
        if let (Expr::Attribute(node), Some(Expr::Name(value))) = (target, value)
            && mangled(Some(class), node.attr.as_str()) == attribute
            && matches!(&*node.value, Expr::Name(base) if base.id.as_str() == own)
        {
            found = Some(value.id.as_str());
        }
    }
    let parameter = found?;
    let is_parameter = parameter_names(&constructor.parameters).contains(&parameter);
    let is_rebound = bound_names(&constructor.body).contains(&parameter);
    // Whoever gets hold of `self` could assign it again.
    let uses = Uses::of(constructor, own, (class, attribute), is_defined);
    let is_plain = is_parameter && parameter != own && !is_rebound;
    (is_plain && uses.assignments == 1 && !uses.own_escapes).then(|| parameter.to_owned())
}

/// What a constructor does with `self`.
struct Uses<'s> {
    own: &'s str,
    class: &'s str,
    attribute: &'s str,
    /// Whether the body of a class defines an attribute: it may be a property.
    is_defined: &'s dyn Fn(&str) -> bool,
    assignments: usize,
    /// `self` is used other than as `self.attribute`, or something that the class defines is.
    own_escapes: bool,
}

impl<'s> Uses<'s> {
    fn of(
        constructor: &'s StmtFunctionDef,
        own: &'s str,
        (class, attribute): (&'s str, &'s str),
        is_defined: &'s dyn Fn(&str) -> bool,
    ) -> Self {
        use ruff_python_ast::visitor::Visitor;
        let mut uses =
            Self { own, class, attribute, is_defined, assignments: 0, own_escapes: false };
        uses.visit_body(&constructor.body);
        let stores = constructor.body.iter().flat_map(statement_occurrences);
        uses.own_escapes |=
            stores.into_iter().any(|found| found.name == own && found.context != ExprContext::Load);
        uses
    }
}

impl<'s> ruff_python_ast::visitor::Visitor<'s> for Uses<'s> {
    fn visit_expr(&mut self, expression: &'s Expr) {
        let is_own = |expression: &Expr| matches!(expression, Expr::Name(name) if name.id.as_str() == self.own);
        match expression {
            Expr::Attribute(node) if is_own(&node.value) => {
                let is_assigned = node.ctx != ExprContext::Load
                    && mangled(Some(self.class), node.attr.as_str()) == self.attribute;
                self.assignments += usize::from(is_assigned);
                self.own_escapes |= (self.is_defined)(node.attr.as_str());
            }
            Expr::Call(node) => {
                let calls_own = match &*node.func {
                    Expr::Attribute(attribute) => is_own(&attribute.value),
                    Expr::Name(name) => name.id.as_str() == "super",
                    _ => false,
                };
                self.own_escapes |= calls_own;
                ruff_python_ast::visitor::walk_expr(self, expression);
            }
            Expr::Name(name) => self.own_escapes |= name.id.as_str() == self.own,
            _ => ruff_python_ast::visitor::walk_expr(self, expression),
        }
    }
}
