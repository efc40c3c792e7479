//! What a suspended function waits for, as seen in the syntax tree.

use ruff_python_ast::{Expr, ExprCall};

use crate::resolve::Binding;
use crate::types::{Inference, Type, Way};

/// How surely an access suspends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Certainty {
    /// Only if the receiver turns out to be a reference.
    Maybe,
    Surely,
}

/// An expression (or assignment target) at which a function can suspend. Class and function
/// indices are into the tables of the application.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// `receiver.attribute`
    Get { receiver: Option<usize> },
    /// `receiver.attribute = value`
    Set { receiver: Option<usize> },
    /// `receiver.method(…)`
    Call { receiver: Option<usize> },
    /// `self.method(…)` of a method that can suspend itself.
    SelfCall { method: usize, certainty: Certainty },
    /// `super().method(…)` or `Base.method(self, …)` of a method that can suspend itself.
    InheritedCall { method: usize, way: Way, certainty: Certainty },
    /// `helper(…)` of a function that can suspend itself.
    Function { function: usize, certainty: Certainty },
    /// `Item(…)`
    Create { entity: usize },
    /// `exists(Item, key)`
    Exists,
    /// `delete(item)`
    Delete,
}

impl Action {
    /// The function of the application that is called on the spot, without a remote call.
    pub fn callee(&self) -> Option<usize> {
        match self {
            Action::SelfCall { method: callee, .. }
            | Action::InheritedCall { method: callee, .. }
            | Action::Function { function: callee, .. } => Some(*callee),
            _ => None,
        }
    }

    pub fn certainty(&self) -> Certainty {
        match self {
            Action::Get { receiver } | Action::Set { receiver } | Action::Call { receiver } => {
                if receiver.is_some() {
                    Certainty::Surely
                } else {
                    Certainty::Maybe
                }
            }
            Action::SelfCall { certainty, .. }
            | Action::InheritedCall { certainty, .. }
            | Action::Function { certainty, .. } => *certainty,
            Action::Create { .. } | Action::Exists | Action::Delete => Certainty::Surely,
        }
    }
}

/// The action of `expression` itself, not of its parts. `suspends` says of each function whether it
/// can suspend.
pub fn action_of<'a>(
    inference: &mut Inference<'_, 'a>,
    suspends: &[Option<Certainty>],
    expression: &'a Expr,
) -> Option<Action> {
    match expression {
        Expr::Attribute(node) if node.ctx.is_load() => {
            if inference.binding(&node.value).is_some() {
                return None;
            }
            receiver_action(inference, &node.value, |receiver| Action::Get { receiver })
        }
        Expr::Call(node) => call_action(inference, suspends, node),
        _ => None,
    }
}

/// The action of assigning to `target` itself.
pub fn target_action<'a>(inference: &mut Inference<'_, 'a>, target: &'a Expr) -> Option<Action> {
    let Expr::Attribute(node) = target else { return None };
    if inference.binding(&node.value).is_some() {
        return None;
    }
    receiver_action(inference, &node.value, |receiver| Action::Set { receiver })
}

fn receiver_action<'a>(
    inference: &mut Inference<'_, 'a>,
    receiver: &'a Expr,
    make: impl FnOnce(Option<usize>) -> Action,
) -> Option<Action> {
    let kind = inference.infer(receiver);
    kind.may_be_reference().then(|| make(kind.referenced_class()))
}

fn call_action<'a>(
    inference: &mut Inference<'_, 'a>,
    suspends: &[Option<Certainty>],
    node: &'a ExprCall,
) -> Option<Action> {
    if let Some((method, way)) = inference.inherited_call(node) {
        let certainty = suspends[method]?;
        return Some(Action::InheritedCall { method, way, certainty });
    }
    if let Some(binding) = inference.binding(&node.func) {
        return match binding {
            Binding::Entity(entity) => Some(Action::Create { entity }),
            Binding::Function(function) => {
                let certainty = suspends[function]?;
                Some(Action::Function { function, certainty })
            }
            Binding::External(name) if name == "anabranch.exists" => Some(Action::Exists),
            Binding::External(name) if name == "anabranch.delete" => Some(Action::Delete),
            _ => None,
        };
    }
    let Expr::Attribute(attribute) = &*node.func else { return None };
    if inference.binding(&attribute.value).is_some() {
        return None;
    }
    if let Type::SelfEntity(entity) = inference.infer(&attribute.value) {
        let name = inference.scope.member_name(attribute.attr.as_str());
        let method = inference.application().method(entity, &name)?;
        let certainty = suspends[method]?;
        return Some(Action::SelfCall { method, certainty });
    }
    receiver_action(inference, &attribute.value, |receiver| Action::Call { receiver })
}
