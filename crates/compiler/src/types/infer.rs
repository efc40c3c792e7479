//! The inference: types of attributes, variables and expressions.

mod call;
mod inherited;
mod memo;
mod table;
mod variables;

use std::collections::BTreeMap;

use ruff_python_ast::{Comprehension, Expr, Number, Operator, UnaryOp};

use super::{FunctionScope, Name, Type};
use crate::resolve::{Application, Binding};

pub use inherited::Way;
pub(super) use memo::Memo;
pub use table::{Assigning, Typing};

/// Types of the expressions of one function.
#[derive(Clone, Debug)]
pub struct Inference<'t, 'a> {
    pub typing: &'t Typing<'a>,
    pub scope: &'t FunctionScope<'a>,
    /// Variables of the comprehensions and lambdas around, innermost last.
    overlays: Vec<Overlay<'a>>,
}

/// The variables of a comprehension or lambda.
#[derive(Clone, Debug)]
struct Overlay<'a> {
    variables: BTreeMap<&'a str, Type>,
    memo: Memo,
}

impl<'t, 'a> Inference<'t, 'a> {
    pub fn new(typing: &'t Typing<'a>, scope: &'t FunctionScope<'a>) -> Self {
        Self { typing, scope, overlays: Vec::new() }
    }

    pub fn application(&self) -> &'t Application<'a> {
        self.typing.application
    }

    /// Enters a scope inside the function, whose variables have these types.
    pub fn enter(&mut self, variables: BTreeMap<&'a str, Type>) {
        self.overlays.push(Overlay { variables, memo: Memo::default() });
    }

    /// Leaves the scope entered last.
    pub fn leave(&mut self) {
        self.overlays.pop();
    }

    /// Enters the scope of `generator`, whose iterable is evaluated outside of it.
    pub fn enter_generator(&mut self, generator: &'a Comprehension) {
        let element = self.infer(&generator.iter).element();
        let mut variables = BTreeMap::new();
        variables::bind(&generator.target, element, &mut |name, kind| {
            variables.insert(name, kind);
        });
        self.enter(variables);
    }

    /// What `name` refers to here; a variable of a scope inside the function counts as local.
    pub fn name(&self, name: &str) -> Name<'t> {
        if self.is_of_inner_scope(name) {
            return Name::Local;
        }
        self.scope.name(self.application(), name)
    }

    /// What an expression of names and attributes refers to, if that is known at compile time.
    pub fn binding(&self, expression: &Expr) -> Option<Binding> {
        match expression {
            Expr::Name(name) => match self.name(name.id.as_str()) {
                Name::Bound(binding) => Some(binding.clone()),
                Name::Local | Name::Builtin => None,
            },
            Expr::Attribute(attribute) => {
                // Most begin at a variable, which has nothing that is known at compile time.
                let Expr::Name(first) = chain_start(expression) else { return None };
                let name = self.name(first.id.as_str());
                if !matches!(name, Name::Bound(Binding::Module(_) | Binding::External(_))) {
                    return None;
                }
                if let Some(known) = self.memo().binding(expression) {
                    return known;
                }
                let base = self.binding(&attribute.value);
                let name = attribute.attr.as_str();
                let binding = base.and_then(|base| self.application().member(&base, name));
                self.memo().set_binding(expression, binding.clone());
                binding
            }
            _ => None,
        }
    }

    /// Whether a comprehension or lambda around has a variable of that name.
    fn is_of_inner_scope(&self, name: &str) -> bool {
        self.overlays.iter().any(|overlay| overlay.variables.contains_key(name))
    }

    /// The name, if `expression` is one that nothing in the application defines.
    pub fn builtin<'e>(&self, expression: &'e Expr) -> Option<&'e str> {
        let Expr::Name(name) = expression else { return None };
        (self.name(name.id.as_str()) == Name::Builtin).then_some(name.id.as_str())
    }

    /// What is known with the variables that are in sight here.
    fn memo(&self) -> &Memo {
        self.overlays.last().map_or(&self.scope.memo, |overlay| &overlay.memo)
    }

    /// The type of `expression`.
    pub fn infer(&mut self, expression: &'a Expr) -> Type {
        if let Expr::Name(name) = expression {
            return self.infer_name(name.id.as_str());
        }
        if expression.is_literal_expr() {
            return self.infer_anew(expression);
        }
        if let Some(known) = self.memo().kind(expression) {
            return known;
        }
        let kind = self.infer_anew(expression);
        self.memo().set_kind(expression, kind.clone());
        kind
    }

    fn infer_anew(&mut self, expression: &'a Expr) -> Type {
        match expression {
            Expr::Name(name) => self.infer_name(name.id.as_str()),
            Expr::Attribute(node) => self.infer_attribute(node),
            Expr::Call(node) => self.infer_call(node),
            Expr::NoneLiteral(_) => Type::None,
            Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::FString(_)
            | Expr::TString(_)
            | Expr::Compare(_) => Type::Plain,
            Expr::Lambda(_) => Type::Local,
            Expr::Named(node) => self.infer(&node.value),
            Expr::If(node) => self.infer(&node.body).join(self.infer(&node.orelse)),
            Expr::BoolOp(node) => {
                node.values.iter().fold(Type::Never, |joined, value| joined.join(self.infer(value)))
            }
            Expr::UnaryOp(node) => match node.op {
                UnaryOp::Not => Type::Plain,
                _ => operator_result(&[self.infer(&node.operand)]),
            },
            Expr::BinOp(node) => self.infer_binary(node),
            Expr::List(node) => Type::List(Box::new(self.infer_elements(&node.elts))),
            Expr::Set(node) => Type::Set(Box::new(self.infer_elements(&node.elts))),
            Expr::Tuple(node) => self.infer_tuple(&node.elts),
            Expr::Dict(node) => {
                let (mut key, mut value) = (Type::Never, Type::Never);
                for item in &node.items {
                    let (item_key, item_value) = match &item.key {
                        Some(key) => (self.infer(key), self.infer(&item.value)),
                        None => match self.infer(&item.value) {
                            Type::Dict(key, value) => (*key, *value),
                            _ => (Type::Unknown, Type::Unknown),
                        },
                    };
                    key = key.join(item_key);
                    value = value.join(item_value);
                }
                Type::Dict(Box::new(key), Box::new(value))
            }
            Expr::ListComp(node) => {
                Type::List(Box::new(self.infer_inside(&node.generators, &node.elt)))
            }
            Expr::Generator(node) => {
                Type::List(Box::new(self.infer_inside(&node.generators, &node.elt)))
            }
            Expr::SetComp(node) => {
                Type::Set(Box::new(self.infer_inside(&node.generators, &node.elt)))
            }
            Expr::DictComp(node) => {
                let key = match &node.key {
                    Some(key) => self.infer_inside(&node.generators, key),
                    None => Type::Unknown,
                };
                let value = self.infer_inside(&node.generators, &node.value);
                Type::Dict(Box::new(key), Box::new(value))
            }
            Expr::Subscript(node) => {
                let container = self.infer(&node.value);
                match &*node.slice {
                    Expr::Slice(_) => match container {
                        Type::Tuple(_) => Type::TupleOf(Box::new(container.element())),
                        other => other,
                    },
                    index => container.item(constant_index(index)),
                }
            }
            Expr::Starred(node) => self.infer(&node.value),
            Expr::Slice(_) => Type::Plain,
            Expr::Await(_) | Expr::Yield(_) | Expr::YieldFrom(_) | Expr::IpyEscapeCommand(_) => {
                Type::Unknown
            }
        }
    }

    fn infer_name(&self, name: &str) -> Type {
        for overlay in self.overlays.iter().rev() {
            if let Some(kind) = overlay.variables.get(name) {
                return kind.clone();
            }
        }
        match self.scope.name(self.application(), name) {
            Name::Local => {
                if let (Some(owner), true) = (self.scope.owner, self.scope.self_name == Some(name))
                {
                    return Type::SelfEntity(owner);
                }
                self.scope.types.get(name).cloned().unwrap_or(Type::Never)
            }
            Name::Bound(Binding::Variable) => Type::Unknown,
            Name::Bound(_) | Name::Builtin => Type::Local,
        }
    }

    fn infer_attribute(&mut self, node: &'a ruff_python_ast::ExprAttribute) -> Type {
        let name = node.attr.as_str();
        if let Some((function, Way::Super)) = self.inherited(node) {
            return self.typing.member_type(function);
        }
        if let Some(base) = self.binding(&node.value) {
            return match (&base, self.application().member(&base, name)) {
                (Binding::Enum(_), _) => Type::Plain,
                (_, Some(Binding::External(_) | Binding::Variable)) => Type::Unknown,
                (_, Some(_)) => Type::Local,
                (_, None) => Type::Unknown,
            };
        }
        match self.infer(&node.value) {
            Type::Reference(entity) | Type::SelfEntity(entity) => {
                let name = self.scope.member_name(name);
                match self.application().member_from(entity, 0, &name) {
                    Some(function) => self.typing.member_type(function),
                    None => {
                        self.scope.consulted.borrow_mut().insert(entity);
                        self.typing.attribute(entity, &name)
                    }
                }
            }
            Type::Record(record) => self.typing.field(record, name),
            Type::Plain => Type::Plain,
            _ => Type::Unknown,
        }
    }

    /// Infers each operand once: chains of operators nest deep.
    fn infer_binary(&mut self, node: &'a ruff_python_ast::ExprBinOp) -> Type {
        match (node.op, self.infer(&node.left), self.infer(&node.right)) {
            (Operator::Add, Type::List(a), Type::List(b)) => Type::List(Box::new(a.join(*b))),
            (Operator::Mult, Type::List(a), _) => Type::List(a),
            (Operator::Mod, Type::Plain, _) if node.left.is_string_literal_expr() => Type::Plain,
            (_, left, right) => operator_result(&[left, right]),
        }
    }

    fn infer_elements(&mut self, elements: &'a [Expr]) -> Type {
        elements.iter().fold(Type::Never, |joined, element| {
            let kind = self.infer(element);
            joined.join(if element.is_starred_expr() { kind.element() } else { kind })
        })
    }

    fn infer_tuple(&mut self, elements: &'a [Expr]) -> Type {
        if elements.iter().any(Expr::is_starred_expr) {
            return Type::TupleOf(Box::new(self.infer_elements(elements)));
        }
        Type::Tuple(elements.iter().map(|element| self.infer(element)).collect())
    }

    fn infer_inside(&mut self, generators: &'a [Comprehension], element: &'a Expr) -> Type {
        for generator in generators {
            self.enter_generator(generator);
        }
        let kind = self.infer(element);
        for _ in generators {
            self.leave();
        }
        kind
    }
}

/// What the attributes of `expression`, if it is one, are taken from.
fn chain_start(mut expression: &Expr) -> &Expr {
    while let Expr::Attribute(node) = expression {
        expression = &node.value;
    }
    expression
}

/// The result of an operator. A class of the user's may define it to be anything.
fn operator_result(operands: &[Type]) -> Type {
    let is_plain = |kind: &Type| matches!(kind, Type::Plain | Type::None);
    let is_container = |kind: &Type| matches!(kind, Type::List(_) | Type::Set(_) | Type::Dict(..));
    if operands.iter().all(is_plain) {
        Type::Plain
    } else if operands.iter().all(is_container) {
        Type::Local
    } else {
        Type::Unknown
    }
}

fn constant_index(expression: &Expr) -> Option<usize> {
    let Expr::NumberLiteral(literal) = expression else { return None };
    let Number::Int(index) = &literal.value else { return None };
    index.as_usize()
}
