//! Members that code reaches past the entity class: `super().name` and `Base.name`.

use ruff_python_ast::{Expr, ExprAttribute, ExprCall};

use super::Inference;
use crate::resolve::FunctionKind;
use crate::types::Name;

/// How a member of a base class is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// `super().name`: bound to the entity.
    Super,
    /// `Base.name`: a call passes the entity as its first argument.
    Class,
}

impl Inference<'_, '_> {
    /// The function that `node` means, if it is reached past the entity class.
    pub fn inherited(&self, node: &ExprAttribute) -> Option<(usize, Way)> {
        let place = self.scope.class?;
        // By far the most common, and a local name is no class.
        if self.is_self(&node.value) {
            return None;
        }
        let name = self.scope.member_name(node.attr.as_str());
        if let Some(level) = self.super_level(&node.value) {
            let found = self.application().member_from(place.entity, level, &name)?;
            return Some((found, Way::Super));
        }
        let class = self.binding(&node.value)?;
        let class = self.application().class_of(&class)?;
        let found = self.application().member_of(place.entity, class, &name)?;
        Some((found, Way::Class))
    }

    /// The method that `node` calls on this very entity, past its class.
    pub fn inherited_call(&self, node: &ExprCall) -> Option<(usize, Way)> {
        let Expr::Attribute(attribute) = &*node.func else { return None };
        let (function, way) = self.inherited(attribute)?;
        let is_on_itself = match way {
            Way::Super => true,
            Way::Class => node.arguments.args.first().is_some_and(|first| self.is_self(first)),
        };
        let is_method = self.application().functions[function].kind == FunctionKind::Method;
        (is_on_itself && is_method).then_some((function, way))
    }

    /// Whether `expression` is a call of Python's own `super`.
    pub fn is_super(&self, expression: &Expr) -> bool {
        let Expr::Call(node) = expression else { return false };
        self.builtin(&node.func) == Some("super")
    }

    /// If `expression` is `super()` or `super(Class, self)` of this very entity: the first of its bodies
    /// that Python looks into. Without arguments `super` means nothing in a scope inside the function.
    pub fn super_level(&self, expression: &Expr) -> Option<usize> {
        let Expr::Call(node) = expression else { return None };
        if !self.is_super(expression) || !node.arguments.keywords.is_empty() {
            return None;
        }
        let place = self.scope.class?;
        match &*node.arguments.args {
            [] if self.scope.self_name.is_some() && self.overlays.is_empty() => {
                Some(place.level + 1)
            }
            [class, own_self] if self.is_self(own_self) => {
                let class = self.application().class_of(&self.binding(class)?)?;
                let bodies = &self.application().entities[place.entity].bodies;
                let level = bodies.iter().position(|body| body.class == class)?;
                Some(level + 1)
            }
            _ => None,
        }
    }

    /// Whether `expression` is the name of the entity itself.
    pub fn is_self(&self, expression: &Expr) -> bool {
        let Expr::Name(name) = expression else { return false };
        let name = name.id.as_str();
        self.scope.self_name == Some(name)
            && !self.is_of_inner_scope(name)
            && self.name(name) == Name::Local
    }
}
