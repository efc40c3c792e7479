//! Which entities a function reaches where it can suspend.

use std::borrow::Cow;

use anabranch_ir::{AccessMode, Expression, ModuleId, OperatorId, Reason, Span};
use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::Ranged;

use super::expression::{Follow, constant, substituted};
use super::keys::{Argument, Passed, argument};
use super::members::NamedMembers;
use super::{ACCESSES_MAX, Footprint, add_all};
use crate::effects::{Action, Spot};
use crate::resolve::{Binding, FunctionKind};
use crate::types::{Inference, Way};

/// One function, with what is known of the others so far.
pub(super) struct Reach<'t, 'a> {
    pub(super) follow: Follow<'t, 'a>,
    pub(super) functions: &'t [Option<Footprint>],
    pub(super) found: Footprint,
}

/// A call of a function of the application.
struct Called<'e, 'a> {
    /// The entity whose method it is, if that is known.
    receiver: Option<&'e Expression>,
    first: Passed,
    node: &'a ExprCall,
}

impl<'a> Called<'_, 'a> {
    /// `entity.method(…)` of an entity that is not known.
    fn new(node: &'a ExprCall) -> Self {
        Self { receiver: None, first: Passed::Implicitly, node }
    }
}

impl<'a> Reach<'_, 'a> {
    pub(super) fn finished(mut self) -> Footprint {
        if self.found.has_too_many || self.found.accesses.len() > ACCESSES_MAX {
            self.found.has_too_many = true;
            self.found.accesses.retain(|(_, entity), _| *entity == Expression::Receiver);
            let name = &self.follow.scope.node.name;
            self.because(name, "it reaches too many different entities to list".to_owned());
        }
        self.found
    }

    fn because(&mut self, place: &impl Ranged, text: String) {
        let scope = self.follow.scope;
        let source = &self.follow.typing.application.loaded.files[scope.module];
        let module = ModuleId::from_index(scope.module);
        let range = place.range();
        let (line, end_line) = (source.line(range.start()), source.line(range.end()));
        self.found.reasons.insert(Reason { text, span: Span { module, line, end_line } });
    }

    fn classes(&self) -> std::ops::Range<usize> {
        0..self.follow.typing.application.entities.len()
    }

    pub(super) fn spot(&mut self, spot: &Spot<'a>) {
        match (&spot.action, spot.node) {
            (Action::Get { receiver }, Expr::Attribute(node)) => {
                let name = self.stored_name(spot);
                // Without a class no entity is listed.
                let mode = receiver.map_or(AccessMode::Read, |class| self.getting(class, &name));
                self.touch(*receiver, &node.value, mode, spot);
            }
            (Action::Set { receiver }, Expr::Attribute(node)) => {
                let name = self.follow.classes.names.number(&self.stored_name(spot));
                match receiver {
                    Some(class) => self.found.writes.insert(name, *class),
                    // It may be any of them, and may get a new attribute.
                    None => self.found.writes.insert_all(name, self.classes()),
                }
                self.touch(*receiver, &node.value, AccessMode::Write, spot);
            }
            (Action::Call { receiver }, Expr::Call(node)) => self.call(*receiver, node, spot),
            (Action::SelfCall { method, .. }, Expr::Call(node)) => {
                let called = Called { receiver: Some(&Expression::Receiver), ..Called::new(node) };
                self.callee(*method, &called, spot);
            }
            (Action::InheritedCall { method, way, .. }, Expr::Call(node)) => {
                let first = match way {
                    Way::Super => Passed::Implicitly,
                    Way::Class => Passed::AsArgument,
                };
                let receiver = Some(&Expression::Receiver);
                self.callee(*method, &Called { receiver, first, node }, spot);
            }
            (Action::Function { function, .. }, Expr::Call(node)) => {
                let called = Called { first: Passed::AsArgument, ..Called::new(node) };
                self.callee(*function, &called, spot);
            }
            (Action::Create { entity }, Expr::Call(node)) => {
                self.found.creates.insert((), *entity);
                match self.follow.created(*entity, node, &spot.elements) {
                    Ok(made) => self.access(*entity, made, AccessMode::CreateOrDelete, spot),
                    Err(text) => self.because(spot.node, text),
                }
            }
            (Action::Exists, Expr::Call(node)) => self.exists(node, spot),
            (Action::Delete, Expr::Call(node)) => self.delete(node, spot),
            _ => self.because(spot.node, "what it does here cannot be followed".to_owned()),
        }
    }

    /// The name by which Python stores the member at `spot`.
    fn stored_name<'n>(&self, spot: &Spot<'n>) -> Cow<'n, str> {
        self.follow.scope.member_name(spot.member)
    }

    /// How reading an attribute of the class touches its entity: a property may do more than read.
    fn getting(&self, class: usize, name: &str) -> AccessMode {
        let application = self.follow.typing.application;
        let changes = |function: usize| {
            self.functions[function].as_ref().is_none_or(|footprint| !is_reading(footprint))
        };
        let mut hooks = ["__getattr__", "__getattribute__"].into_iter();
        let any_changes = application.accessor(class, name).is_some_and(changes)
            || hooks.any(|hook| application.method(class, hook).is_some_and(changes));
        if any_changes { AccessMode::Write } else { AccessMode::Read }
    }

    fn call(&mut self, receiver: Option<usize>, node: &'a ExprCall, spot: &Spot<'a>) {
        let Expr::Attribute(attribute) = &*node.func else {
            return self.because(spot.node, "what it calls is only known when it runs".to_owned());
        };
        let application = self.follow.typing.application;
        let name = self.stored_name(spot);
        if let Some(class) = receiver {
            let origin = self.touch(receiver, &attribute.value, AccessMode::Read, spot);
            match application.method(class, &name) {
                Some(method) => {
                    self.found.calls.insert(self.follow.classes.names.number(&name), class);
                    let called = Called { receiver: origin.as_ref(), ..Called::new(node) };
                    self.callee(method, &called, spot);
                }
                // A static method belongs to no entity.
                None if application.accessor(class, &name).is_some() => {}
                None => {
                    let text = "what it calls is only known when it runs".to_owned();
                    self.because(spot.node, text);
                }
            }
            return;
        }
        // Only a method of that name can be called on an entity; on anything else it is plain Python.
        let members = self.follow.classes.members(&name);
        if members.has_methods() {
            self.call_any(&name, members);
            let text = format!("which `{}` is called is only known when it runs", spot.member);
            self.because(spot.node, text);
        }
    }

    /// Takes over what the methods do that are called `name`, one of which is called.
    fn call_any(&mut self, name: &str, members: &NamedMembers) {
        let application = self.follow.typing.application;
        let number = self.follow.classes.names.number(name);
        if let Some(footprint) = members.crowd().and_then(|crowd| self.functions[crowd].as_ref()) {
            self.found.calls.insert_any(number);
            self.found.merge_effects(footprint);
            return;
        }
        for class in application.defining(name) {
            let Some(method) = application.method(*class, name) else { continue };
            self.found.calls.insert(number, *class);
            if let Some(footprint) = &self.functions[method] {
                self.found.merge_elsewhere(footprint, application.functions[method].owner);
            }
        }
    }

    fn exists(&mut self, node: &'a ExprCall, spot: &Spot<'a>) {
        let arguments = &*node.arguments.args;
        let inference = Inference::new(self.follow.typing, self.follow.scope);
        let class = arguments.first().and_then(|class| inference.binding(class));
        match (class, arguments) {
            (Some(Binding::Entity(entity)), [_, key]) => {
                self.found.exists.insert((), entity);
                match self.follow.value(key, &spot.elements) {
                    Ok(key) => {
                        let operator = OperatorId::from_index(entity);
                        let entity_of_key = Expression::Reference { operator, key: Box::new(key) };
                        self.access(entity, entity_of_key, AccessMode::Read, spot);
                    }
                    Err(text) => self.because(spot.node, text),
                }
            }
            _ => {
                self.found.exists.insert_all((), self.classes());
                let text = "what it asks for is only known when it runs".to_owned();
                self.because(spot.node, text);
            }
        }
    }

    fn delete(&mut self, node: &'a ExprCall, spot: &Spot<'a>) {
        let [entity] = &*node.arguments.args else {
            self.found.deletes.insert_all((), self.classes());
            let text = "what it deletes is only known when it runs".to_owned();
            return self.because(spot.node, text);
        };
        let mut inference = Inference::new(self.follow.typing, self.follow.scope);
        let class = match inference.infer(entity) {
            crate::types::Type::SelfEntity(class) => Some(class),
            kind => kind.referenced_class(),
        };
        match class {
            Some(class) => self.found.deletes.insert((), class),
            None => self.found.deletes.insert_all((), self.classes()),
        }
        self.touch(class, entity, AccessMode::CreateOrDelete, spot);
    }

    /// Notes that the entity which `expression` refers to is touched; gives it.
    fn touch(
        &mut self,
        class: Option<usize>,
        expression: &'a Expr,
        mode: AccessMode,
        spot: &Spot<'a>,
    ) -> Option<Expression> {
        match (self.follow.value(expression, &spot.elements), class) {
            (Ok(value), Some(class)) => {
                self.access(class, value.clone(), mode, spot);
                Some(value)
            }
            (Ok(_), None) => {
                let source = &self.follow.typing.application.loaded.files;
                let text = source[self.follow.scope.module].slice(expression.range());
                let text = text.lines().next().unwrap_or_default();
                let text = format!("whether `{text}` is an entity is only known when it runs");
                self.because(spot.node, text);
                None
            }
            (Err(text), _) => {
                self.because(spot.node, text);
                None
            }
        }
    }

    fn access(&mut self, class: usize, value: Expression, mode: AccessMode, spot: &Spot<'a>) {
        match self.follow.checked(value) {
            Ok(value) => self.found.access(class, value, mode),
            Err(text) => self.because(spot.node, text),
        }
    }

    /// Takes over what `callee` touches, in this function's terms.
    fn callee(&mut self, callee: usize, called: &Called<'_, 'a>, spot: &Spot<'a>) {
        let Called { receiver, first, node: call } = *called;
        let Some(footprint) = &self.functions[callee] else { return };
        let definition = &self.follow.typing.application.functions[callee];
        let is_method = definition.kind == FunctionKind::Method;
        if is_method && receiver != Some(&Expression::Receiver) {
            self.found.merge_elsewhere(footprint, definition.owner);
        } else {
            self.found.merge_effects(footprint);
            self.found.changes_itself |= footprint.changes_itself;
        }
        add_all(&mut self.found.reasons, &footprint.reasons);
        for ((operator, entity), mode) in &footprint.accesses {
            let is_own = *entity == Expression::Receiver;
            // Where the receiver itself is unknown, that has been said.
            if is_method && receiver.is_none() && mentions_receiver(entity) {
                continue;
            }
            let passed = |name: &str| match argument(definition.node, first, call, name) {
                Argument::Given(given) => self.follow.value(given, &spot.elements),
                Argument::Default(default) => constant(default).ok_or_else(|| {
                    format!("the default of `{name}` is computed when it is defined")
                }),
                Argument::Unclear => {
                    Err(format!("what it passes as `{name}` is only known when it runs"))
                }
            };
            match substituted(entity, receiver, &passed) {
                Ok(value) => self.access(operator.index(), value, *mode, spot),
                Err(text) if !is_own => self.because(spot.node, text),
                Err(_) => {}
            }
        }
    }
}

fn is_reading(footprint: &Footprint) -> bool {
    footprint.writes.is_empty() && footprint.changes.is_empty() && !footprint.changes_itself
}

fn mentions_receiver(entity: &Expression) -> bool {
    *entity == Expression::Receiver || entity.parts().into_iter().any(mentions_receiver)
}
