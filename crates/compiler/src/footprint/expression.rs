//! Which value an expression has, in terms of the call: where a reference or a key comes from.

use anabranch_ir::access::EXPRESSION_DEPTH_MAX;
use anabranch_ir::{Expression, OperatorId};
use ruff_python_ast::statement_visitor::{self, StatementVisitor};
use ruff_python_ast::{Expr, ExprCall, ExprFString, Number, Stmt};

use rustc_hash::FxHashMap;

use super::classes::ApplicationClasses;
use super::keys::{Argument, Passed, argument, key_attribute};
use crate::names::{binding_occurrences, is_parameter, targets};
use crate::resolve::Binding;
use crate::types::{FunctionScope, Inference, Type, Typing};

/// How far assignments to variables are followed.
const DEPTH_MAX: usize = 12;

/// What the values of one function's expressions are followed through.
#[derive(Clone, Copy)]
pub(super) struct Follow<'t, 'a> {
    pub(super) typing: &'t Typing<'a>,
    pub(super) scope: &'t FunctionScope<'a>,
    pub(super) assigned: &'t Assigned<'a>,
    pub(super) classes: &'t ApplicationClasses,
    /// By entity class: the key of a new entity in terms of the constructor's parameters.
    pub(super) new_keys: &'t [Option<Expression>],
    /// Whether what is passed in is left as it is, so that looking into it before the call runs shows
    /// what the call will see.
    pub(super) leaves_arguments_alone: bool,
}

/// The variables of the comprehensions around an expression, with what they are taken from.
type Elements<'e, 'a> = &'e [(&'a str, &'a Expr)];

impl<'a> Follow<'_, 'a> {
    /// The value of `expression`, or any of several.
    ///
    /// # Errors
    /// It depends on more than the call: how, in words.
    pub(super) fn value(
        &self,
        expression: &'a Expr,
        elements: Elements<'_, 'a>,
    ) -> Result<Expression, String> {
        self.follow(expression, elements, DEPTH_MAX).and_then(|value| self.checked(value))
    }

    /// `value`, if it may be computed before the call runs.
    pub(super) fn checked(&self, value: Expression) -> Result<Expression, String> {
        if value.depth() > EXPRESSION_DEPTH_MAX {
            return Err("the way to the entity is too long to follow".to_owned());
        }
        match looked_into(&value) {
            Some(name) if !self.leaves_arguments_alone => {
                Err(format!("`{name}` may be changed before the call gets there"))
            }
            _ => Ok(value),
        }
    }

    fn inference(&self) -> Inference<'_, 'a> {
        Inference::new(self.typing, self.scope)
    }

    fn follow(
        &self,
        expression: &'a Expr,
        elements: Elements<'_, 'a>,
        depth: usize,
    ) -> Result<Expression, String> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err("the way to the entity is too long to follow".to_owned());
        };
        let follow = |part: &'a Expr| self.follow(part, elements, depth);
        match expression {
            Expr::Name(name) => {
                let name = name.id.as_str();
                if let Some(index) = elements.iter().rposition(|(element, _)| *element == name) {
                    return self.element_of(elements[index].1, &elements[..index], depth);
                }
                if self.scope.self_name == Some(name) {
                    return Ok(Expression::Receiver);
                }
                self.variable(name, depth)
            }
            Expr::Named(node) => follow(&node.value),
            Expr::NoneLiteral(_) => Ok(Expression::None),
            Expr::StringLiteral(node) => Ok(Expression::Str(node.value.to_str().to_owned())),
            Expr::NumberLiteral(node) => match &node.value {
                Number::Int(number) if number.as_i64().is_some() => {
                    Ok(Expression::Int(number.as_i64().unwrap_or_default()))
                }
                _ => Err("the entity follows from a value that is computed on the way".to_owned()),
            },
            Expr::Tuple(node) if !node.elts.iter().any(Expr::is_starred_expr) => {
                Ok(Expression::Tuple(node.elts.iter().map(follow).collect::<Result<_, _>>()?))
            }
            Expr::FString(node) => {
                let parts = text_parts(node).ok_or("the key is formatted on the way")?;
                let parts = parts.into_iter().map(|part| match part {
                    Ok(text) => Ok(Expression::Str(text)),
                    Err(field) => follow(field),
                });
                Ok(Expression::Text(parts.collect::<Result<_, _>>()?))
            }
            Expr::Attribute(node) => self.attribute(node, elements, depth),
            Expr::Call(node) => self.call(node, elements, depth),
            Expr::Subscript(node) if !node.slice.is_slice_expr() => {
                self.element_of(&node.value, elements, depth)
            }
            _ => Err("the entity follows from a value that is computed on the way".to_owned()),
        }
    }

    fn attribute(
        &self,
        node: &'a ruff_python_ast::ExprAttribute,
        elements: Elements<'_, 'a>,
        depth: usize,
    ) -> Result<Expression, String> {
        let name = node.attr.as_str();
        let kept = || Err(format!("the entity follows from state, the attribute `{name}`"));
        let mut inference = self.inference();
        if inference.binding(&node.value).is_some() {
            return Err(format!("`{name}` is not a variable of this function"));
        }
        for (element, iterable) in elements {
            let kind = inference.infer(iterable).element();
            inference.enter([(*element, kind)].into());
        }
        match inference.infer(&node.value) {
            Type::SelfEntity(entity) | Type::Reference(entity) => {
                let key = key_attribute(self.typing.application, self.classes, entity);
                if key.as_deref() != Some(&*self.scope.member_name(name)) {
                    return kept();
                }
                let of = self.follow(&node.value, elements, depth)?;
                let operator = OperatorId::from_index(entity);
                Ok(Expression::Key { operator, entity: Box::new(of) })
            }
            Type::Record(record) => {
                let class = &self.typing.application.records[record];
                let is_field = class.node.body.iter().any(|statement| {
                    matches!(statement, Stmt::AnnAssign(field)
                        if matches!(&*field.target, Expr::Name(field) if field.id.as_str() == name))
                });
                // A private name of one class means nothing in another.
                let is_private = self.scope.member_name(name) != name;
                if !is_field || is_private || !self.classes.is_fixed(name) {
                    return kept();
                }
                let module = &self.typing.application.loaded.modules[class.module].name;
                let record = format!("{module}:{}", class.name);
                let value = Box::new(self.follow(&node.value, elements, depth)?);
                Ok(Expression::Field { value, record, field: name.to_owned() })
            }
            _ => kept(),
        }
    }

    fn call(
        &self,
        node: &'a ExprCall,
        elements: Elements<'_, 'a>,
        depth: usize,
    ) -> Result<Expression, String> {
        let inference = self.inference();
        match (inference.binding(&node.func), &*node.arguments.args) {
            (Some(Binding::External(name)), [class, key]) if name == "anabranch.ref" => {
                let Some(Binding::Entity(entity)) = inference.binding(class) else {
                    return Err("the class of the entity is only known when it runs".to_owned());
                };
                self.reference(entity, self.follow(key, elements, depth)?)
            }
            (Some(Binding::Entity(entity)), _) => self.created(entity, node, elements),
            (None, [value]) if inference.builtin(&node.func) == Some("str") => {
                Ok(Expression::Text(vec![self.follow(value, elements, depth)?]))
            }
            _ => Err("the entity follows from the result of a call".to_owned()),
        }
    }

    fn reference(&self, entity: usize, key: Expression) -> Result<Expression, String> {
        let operator = OperatorId::from_index(entity);
        Ok(Expression::Reference { operator, key: Box::new(key) })
    }

    /// The reference to the entity that `call` of its class makes.
    pub(super) fn created(
        &self,
        entity: usize,
        call: &'a ExprCall,
        elements: Elements<'_, 'a>,
    ) -> Result<Expression, String> {
        let application = self.typing.application;
        let class = application.entities[entity].name;
        let unclear = || format!("the key of this {class} is computed while it is made");
        let key = self.new_keys[entity].as_ref().ok_or_else(unclear)?;
        let constructor = application.entities[entity].constructor().ok_or_else(unclear)?;
        let parameter =
            |name: &str| match argument(constructor.node, Passed::Implicitly, call, name) {
                Argument::Given(given) => self.value(given, elements),
                Argument::Default(default) => constant(default).ok_or_else(unclear),
                Argument::Unclear => Err(unclear()),
            };
        let key = substituted(key, None, &parameter)?;
        self.reference(entity, key)
    }

    /// What iterating over `iterable` gives.
    fn element_of(
        &self,
        iterable: &'a Expr,
        elements: Elements<'_, 'a>,
        depth: usize,
    ) -> Result<Expression, String> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err("the way to the entity is too long to follow".to_owned());
        };
        if let Expr::Call(node) = iterable {
            let inference = self.inference();
            let keeps_elements = matches!(
                inference.builtin(&node.func),
                Some("list" | "tuple" | "set" | "frozenset" | "sorted" | "reversed")
            );
            if let (true, Some(inner)) = (keeps_elements, node.arguments.args.first()) {
                return self.element_of(inner, elements, depth);
            }
            if let Expr::Attribute(attribute) = &*node.func
                && matches!(attribute.attr.as_str(), "keys" | "values")
                && node.arguments.is_empty()
            {
                return self.element_of(&attribute.value, elements, depth);
            }
        }
        let container = self.follow(iterable, elements, depth)?;
        Ok(Expression::Each(Box::new(container)))
    }

    fn variable(&self, name: &'a str, depth: usize) -> Result<Expression, String> {
        let is_parameter = is_parameter(&self.scope.node.parameters, name);
        let bindings = self.assigned.0.get(name).copied().unwrap_or_default();
        match (is_parameter, bindings.count, bindings.only) {
            (true, 0, _) => Ok(Expression::Parameter(name.to_owned())),
            (false, 1, Some(Only::Value(value))) => self.follow(value, &[], depth),
            (false, 1, Some(Only::Elements(iterable))) => self.element_of(iterable, &[], depth),
            (false, 0, _) => Err(format!("`{name}` is not a variable of this function")),
            _ => Err(format!("`{name}` gets its value in several ways")),
        }
    }
}

/// A literal as an expression.
pub(super) fn constant(expression: &Expr) -> Option<Expression> {
    match expression {
        Expr::NoneLiteral(_) => Some(Expression::None),
        Expr::StringLiteral(node) => Some(Expression::Str(node.value.to_str().to_owned())),
        Expr::NumberLiteral(node) => match &node.value {
            Number::Int(number) => number.as_i64().map(Expression::Int),
            _ => None,
        },
        _ => None,
    }
}

/// The texts and the fields of an f-string without formats; `None` if it has some.
pub(super) fn text_parts(node: &ExprFString) -> Option<Vec<Result<String, &Expr>>> {
    use ruff_python_ast::{FStringPart, InterpolatedStringElement};
    let mut parts = Vec::new();
    for part in &node.value {
        match part {
            FStringPart::Literal(text) => parts.push(Ok(text.as_str().to_owned())),
            FStringPart::FString(inner) => {
                for element in &inner.elements {
                    match element {
                        InterpolatedStringElement::Literal(text) => {
                            parts.push(Ok(text.value.to_string()));
                        }
                        InterpolatedStringElement::Interpolation(field) => {
                            let is_plain = field.format_spec.is_none()
                                && field.debug_text.is_none()
                                && field.conversion == ruff_python_ast::ConversionFlag::None;
                            if !is_plain {
                                return None;
                            }
                            parts.push(Err(&*field.expression));
                        }
                    }
                }
            }
        }
    }
    Some(parts)
}

/// The parameter that `expression` looks into, if it does.
fn looked_into(expression: &Expression) -> Option<&str> {
    match expression {
        Expression::Each(value) | Expression::Field { value, .. } => first_parameter(value),
        _ => expression.parts().into_iter().find_map(looked_into),
    }
}

fn first_parameter(expression: &Expression) -> Option<&str> {
    match expression {
        Expression::Parameter(name) => Some(name),
        _ => expression.parts().into_iter().find_map(first_parameter),
    }
}

/// `expression` of a callee in terms of its caller.
///
/// # Errors
/// What `parameter` says, or that there is no receiver.
pub(super) fn substituted(
    expression: &Expression,
    receiver: Option<&Expression>,
    parameter: &dyn Fn(&str) -> Result<Expression, String>,
) -> Result<Expression, String> {
    let inner = |part: &Expression| substituted(part, receiver, parameter);
    let all = |parts: &[Expression]| parts.iter().map(inner).collect::<Result<Vec<_>, _>>();
    Ok(match expression {
        Expression::Receiver => {
            receiver.cloned().ok_or_else(|| "whose method is called depends on state".to_owned())?
        }
        Expression::Parameter(name) => parameter(name)?,
        Expression::None | Expression::Int(_) | Expression::Str(_) => expression.clone(),
        Expression::Each(value) => Expression::Each(Box::new(inner(value)?)),
        Expression::Field { value, record, field } => Expression::Field {
            value: Box::new(inner(value)?),
            record: record.clone(),
            field: field.clone(),
        },
        Expression::Key { operator, entity } => {
            Expression::Key { operator: *operator, entity: Box::new(inner(entity)?) }
        }
        Expression::Reference { operator, key } => {
            Expression::Reference { operator: *operator, key: Box::new(inner(key)?) }
        }
        Expression::Tuple(parts) => Expression::Tuple(all(parts)?),
        Expression::Text(parts) => Expression::Text(all(parts)?),
    })
}

/// The assignments to the variables of a function.
#[derive(Debug, Default)]
pub(super) struct Assigned<'a>(FxHashMap<&'a str, Bindings<'a>>);

/// The assignments to one variable.
#[derive(Clone, Copy, Debug, Default)]
struct Bindings<'a> {
    count: usize,
    /// The assignment, if it is a simple one.
    only: Option<Only<'a>>,
}

#[derive(Clone, Copy, Debug)]
enum Only<'a> {
    Value(&'a Expr),
    /// The loop variable over this iterable.
    Elements(&'a Expr),
}

impl<'a> Assigned<'a> {
    pub(super) fn of(scope: &FunctionScope<'a>) -> Self {
        let mut assigned = Self::default();
        for found in binding_occurrences(&scope.node.body) {
            assigned.0.entry(found.name).or_default().count += 1;
        }
        assigned.visit_body(&scope.node.body);
        assigned
    }

    fn note(&mut self, name: &'a str, only: Option<Only<'a>>) {
        self.0.entry(name).or_default().only = only;
    }
}

impl<'a> StatementVisitor<'a> for Assigned<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Assign(node) => {
                if let [Expr::Name(name)] = &node.targets[..] {
                    self.note(name.id.as_str(), Some(Only::Value(&node.value)));
                }
            }
            Stmt::AnnAssign(node) => {
                if let Expr::Name(name) = &*node.target {
                    self.note(name.id.as_str(), node.value.as_deref().map(Only::Value));
                }
            }
            Stmt::For(node) => match &*node.target {
                Expr::Name(name) => self.note(name.id.as_str(), Some(Only::Elements(&node.iter))),
                // `for name, line in lines.items()`: any part of any pair will do.
                target @ Expr::Tuple(pair) if pair.elts.iter().all(Expr::is_name_expr) => {
                    if let Expr::Call(call) = &*node.iter
                        && let Expr::Attribute(attribute) = &*call.func
                        && attribute.attr.as_str() == "items"
                    {
                        for name in targets(target) {
                            self.note(name, Some(Only::Elements(&attribute.value)));
                        }
                    }
                }
                _ => {}
            },
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => return,
            _ => {}
        }
        statement_visitor::walk_stmt(self, statement);
    }
}
