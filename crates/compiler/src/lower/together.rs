//! Actions that are handed over together.
//!
//! Several actions in one expression, or in each element of a comprehension, are performed one after
//! another. Where all that the later ones need is at hand before the first, the function may hand them
//! over at once and wait for them once ([`Terminator::Together`]). The code that performs them stays as
//! it is: the interpreter answers it with the outcomes, each where its action is performed, so that
//! exceptions come in Python's order and nothing else moves.
//!
//! An expression is read as a list of [`Event`]s in the order of evaluation. What an action needs is
//! *early* if evaluating it twice, and before its time, makes no difference: names, literals, attributes
//! that `self` and other objects here have themselves, and arithmetic on plain values. Everything else that is
//! evaluated between two actions may raise an exception, or do anything but suspend. That is for the
//! interpreter to consider, which knows the receivers: see [`anabranch_ir`].

use anabranch_ir::{Exit, JointAction, JointMember, Turns};
use ruff_python_ast::{
    CmpOp, Comprehension, Expr, ExprAttribute, ExprCall, InterpolatedStringElement, Operator,
    UnaryOp,
};
use ruff_text_size::{Ranged, TextRange};

use super::call::argument_parts;
use super::expression::{UNNUMBERED, operator};
use super::sequence::Part;
use super::{Lowering, start_of};
use crate::cfg::{self, Code, Terminator};
use crate::effects::Action;
use crate::emit::{ELEMENTS, FIELD, PLAIN};
use crate::names::targets;

/// The groups of actions in the expression that was looked at last.
#[derive(Default)]
pub(super) struct Groups {
    looked_at: TextRange,
    /// With the range of the first action.
    found: Vec<(TextRange, Group)>,
}

/// Actions that may be handed over together.
struct Group {
    actions: Vec<JointAction>,
    code: Code,
    /// So many of them have nothing between them.
    free: usize,
}

/// What happens when an expression is evaluated.
enum Event {
    /// An action that needs nothing but what is early.
    Action { action: JointAction, code: Code, range: TextRange },
    /// Anything that does not suspend.
    Code,
    /// Another suspension, or one that not every evaluation comes to.
    Other,
}

impl<'a> Lowering<'_, 'a> {
    /// Looks for groups in `expression`, unless it is part of one that was looked at.
    pub(super) fn look_for_groups(&mut self, expression: &'a Expr) {
        let range = expression.range();
        if self.groups.looked_at.contains_range(range) {
            return;
        }
        self.groups = Groups { looked_at: range, found: Vec::new() };
        if !self.suspensions.several_in_expression(expression) || self.binds_a_name(expression) {
            return;
        }
        let mut events = Vec::new();
        self.events(expression, &mut events);
        events.push(Event::Other);
        let mut first = None;
        let mut group = Group::new(start_of(expression));
        let mut is_free = true;
        for event in events {
            match event {
                Event::Action { action, code, range } => {
                    first.get_or_insert(range);
                    group.add(action, code);
                    group.free += usize::from(is_free);
                }
                Event::Code => is_free &= first.is_none(),
                Event::Other => {
                    let begun = std::mem::replace(&mut group, Group::new(start_of(expression)));
                    if let Some(first) = first.take()
                        && begun.actions.len() > 1
                        && begun.is_likely_remote()
                    {
                        self.groups.found.push((first, begun));
                    }
                    is_free = true;
                }
            }
        }
    }

    /// Before `expression`, an action, is performed: hands it over with those that follow, if it is the
    /// first of a group.
    pub(super) fn hand_over(&mut self, expression: &'a Expr) {
        let range = expression.range();
        let found = self.groups.found.iter().find(|(first, _)| *first == range);
        let Some((_, Group { actions, code, free })) = found else { return };
        let actions = actions.clone();
        let mut fields = Code::new(format!("{free}, (("), start_of(expression));
        fields.append(code.clone());
        fields.push("),)");
        self.hand_over_actions(fields, actions, Turns::Once);
    }

    /// Before a comprehension goes through `iterator`: hands over the actions of all elements. Nothing
    /// but actions comes between the parts of an element and those of the next if `is_free`.
    pub(super) fn hand_over_elements(
        &mut self,
        generators: &'a [Comprehension],
        iterator: &str,
        (parts, is_free): (&[&'a Expr], bool),
    ) {
        let [generator] = generators else { return };
        let Some(count) = part_count(&generator.target) else { return };
        if !parts.iter().any(|part| self.suspends(part))
            || parts
                .iter()
                .chain(&generator.ifs.iter().collect::<Vec<_>>())
                .any(|part| self.binds_a_name(part))
        {
            return;
        }
        self.inference.enter_generator(generator);
        let mut events = Vec::new();
        parts.iter().for_each(|part| self.events(part, &mut events));
        let conditions: Option<Vec<Code>> =
            generator.ifs.iter().map(|condition| self.early_condition(condition)).collect();
        self.inference.leave();
        let Some(conditions) = conditions else { return };
        let origin = start_of(parts[0]);
        let mut group = Group::new(origin);
        let mut is_free_so_far = conditions.is_empty();
        for event in events {
            match event {
                Event::Action { action, code, .. } => {
                    group.add(action, code);
                    group.free += usize::from(is_free_so_far);
                }
                Event::Code => is_free_so_far = false,
                Event::Other => return,
            }
        }
        if !group.is_likely_remote() {
            return;
        }
        let free = match is_free && is_free_so_far {
            true => "None".to_owned(),
            false => group.free.to_string(),
        };
        let mut fields = Code::new(format!("{free}, [("), origin);
        fields.append(group.code);
        fields.push(") for ");
        fields.append(self.loop_target(&generator.target));
        fields.push(&format!(" in {ELEMENTS}({iterator}, {count})"));
        for condition in conditions {
            fields.push(" if ");
            fields.append(condition);
        }
        fields.push("]");
        for target in targets(&generator.target) {
            if let Some(variable) = self.variable(target) {
                fields.reads.remove(&variable);
            }
        }
        fields.reads.insert(iterator.to_owned());
        fields.binds.clear();
        self.hand_over_actions(fields, group.actions, Turns::Each);
    }

    fn hand_over_actions(&mut self, fields: Code, actions: Vec<JointAction>, turns: Turns) {
        let next = self.block();
        let exit = Exit::Together { resume: UNNUMBERED, actions, turns };
        let action = cfg::Action { word: "together", fields, exit };
        self.end(Terminator::Together { action, next });
        self.begin(next);
    }

    /// What happens when `expression` is evaluated, in order.
    fn events(&mut self, expression: &'a Expr, events: &mut Vec<Event>) {
        if !self.suspends(expression) {
            if !expression.is_literal_expr() {
                events.push(Event::Code);
            }
            return;
        }
        if let Expr::Attribute(_) | Expr::Call(_) = expression
            && let Some(action) = self.action(expression)
        {
            return self.events_of_action(expression, &action, events);
        }
        let parts = match expression {
            Expr::Call(node) if self.consumes_generator(node) => {
                return events.push(Event::Other);
            }
            Expr::FString(node) => {
                for element in node.value.elements() {
                    let InterpolatedStringElement::Interpolation(field) = element else { continue };
                    self.events(&field.expression, events);
                    events.push(match field.format_spec {
                        None => Event::Code,
                        Some(_) => Event::Other,
                    });
                }
                return;
            }
            Expr::Compare(node) if node.ops.len() > 1 => return events.push(Event::Other),
            Expr::Tuple(_) | Expr::List(_) => {
                let parts = self.parts(expression);
                return self.events_of_parts(&parts, events);
            }
            Expr::Call(_)
            | Expr::Attribute(_)
            | Expr::BinOp(_)
            | Expr::UnaryOp(_)
            | Expr::Compare(_)
            | Expr::Subscript(_)
            | Expr::Set(_)
            | Expr::Dict(_) => self.parts(expression),
            _ => return events.push(Event::Other),
        };
        if expression.is_call_expr() {
            // Methods of Python's own types are looked up before the arguments are evaluated.
            self.events_of_parts(&parts[..1], events);
            events.push(Event::Code);
            self.events_of_parts(&parts[1..], events);
        } else {
            self.events_of_parts(&parts, events);
        }
        events.push(Event::Code);
    }

    fn events_of_parts(&mut self, parts: &[Part<'a>], events: &mut Vec<Event>) {
        for part in parts {
            self.events(part.expression, events);
            if part.is_starred() {
                events.push(Event::Code);
            }
        }
    }

    fn events_of_action(&mut self, expression: &'a Expr, action: &Action, events: &mut Vec<Event>) {
        if let Some((action, code)) = self.joint_action(expression, action) {
            return events.push(Event::Action { action, code, range: expression.range() });
        }
        let mut parts = Vec::new();
        if let Expr::Call(node) = expression {
            match &*node.func {
                Expr::Attribute(attribute) => self.events(&attribute.value, events),
                other => self.events(other, events),
            }
            events.push(Event::Code);
            parts = argument_parts(&node.arguments);
        } else if let Expr::Attribute(node) = expression {
            parts = vec![Part::new(&node.value)];
        }
        self.events_of_parts(&parts, events);
        events.push(Event::Other);
    }

    /// The action of `expression` as part of a group, if all that it needs is early.
    fn joint_action(
        &mut self,
        expression: &'a Expr,
        action: &Action,
    ) -> Option<(JointAction, Code)> {
        match (expression, action) {
            (Expr::Attribute(node), Action::Get { receiver }) => {
                let name = self.mangled(node.attr.as_str());
                let mut code = Code::new("(\"get\", ", start_of(expression));
                code.append(self.early(&node.value)?);
                code.push(&format!(", \"{name}\")"));
                let receiver = operator(*receiver);
                Some((JointAction { receiver, member: JointMember::Get(name) }, code))
            }
            (Expr::Call(node), Action::Call { receiver }) => {
                let Expr::Attribute(attribute) = &*node.func else { return None };
                let name = self.mangled(attribute.attr.as_str());
                let mut code = Code::new("(\"call\", ", start_of(expression));
                code.append(self.early(&attribute.value)?);
                code.push(&format!(", \"{name}\", "));
                code.append(self.early_arguments(node)?);
                code.push(")");
                let receiver = operator(*receiver);
                Some((JointAction { receiver, member: JointMember::Call(name) }, code))
            }
            _ => None,
        }
    }

    fn early_arguments(&mut self, node: &'a ExprCall) -> Option<Code> {
        let is_plain = |name: &str| !name.starts_with("__");
        let arguments = &node.arguments;
        let names = arguments.keywords.iter().map(|keyword| keyword.arg.as_deref());
        if !names.into_iter().all(|name| name.is_some_and(is_plain)) {
            return None;
        }
        let parts = argument_parts(arguments);
        let codes: Option<Vec<Code>> = parts
            .iter()
            .map(|part| if part.is_starred() { None } else { self.early(part.expression) })
            .collect();
        Some(self.arguments(&arguments.args, arguments, codes?))
    }

    /// `expression`, if it is early.
    fn early(&mut self, expression: &'a Expr) -> Option<Code> {
        let code = match expression {
            Expr::Name(_)
            | Expr::NumberLiteral(_)
            | Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_) => {
                let code = self.verbatim(expression);
                self.is_stable(expression, &code, &[]).then_some(code)?
            }
            Expr::Attribute(node) if !self.suspends(expression) => self.early_attribute(node)?,
            Expr::UnaryOp(node) if matches!(node.op, UnaryOp::USub | UnaryOp::UAdd) => {
                let mut code = Code::new(node.op.as_str(), start_of(node));
                code.append(self.plain(&node.operand)?);
                code
            }
            Expr::BinOp(node)
                if matches!(node.op, Operator::Add | Operator::Sub | Operator::Mult) =>
            {
                let mut code = self.plain(&node.left)?;
                code.push(&format!(" {} ", node.op.as_str()));
                code.append(self.plain(&node.right)?);
                code
            }
            Expr::Tuple(node) => {
                let mut code = Code::new("(", start_of(node));
                for element in &node.elts {
                    code.append(self.early(element)?);
                    code.push(", ");
                }
                code.push(")");
                code
            }
            _ => return None,
        };
        (!code.is_multiline()).then_some(code)
    }

    /// The value of an attribute that an object of this process has itself.
    fn early_attribute(&mut self, node: &'a ExprAttribute) -> Option<Code> {
        if self.inference.binding(&node.value).is_some() {
            return None;
        }
        let mut code = Code::new(format!("{FIELD}("), start_of(node));
        code.append(self.early(&node.value)?);
        code.push(&format!(", \"{}\")", self.mangled(node.attr.as_str())));
        Some(code)
    }

    /// `expression` as an operand of an operator that must not run code of the user's.
    fn plain(&mut self, expression: &'a Expr) -> Option<Code> {
        let code = self.early(expression)?;
        match expression {
            Expr::NumberLiteral(_) => Some(code),
            Expr::UnaryOp(_) | Expr::BinOp(_) => Some(code.parenthesized()),
            _ => {
                let mut checked = Code::new(format!("{PLAIN}("), start_of(expression));
                checked.append(code);
                checked.push(")");
                Some(checked)
            }
        }
    }

    /// A condition of a comprehension, if it is early.
    fn early_condition(&mut self, condition: &'a Expr) -> Option<Code> {
        let Expr::Compare(node) = condition else { return self.plain(condition) };
        let ([operator], [right_node]) = (&*node.ops, &*node.comparators) else { return None };
        let (left, right) = match operator {
            CmpOp::Is | CmpOp::IsNot => (self.early(&node.left)?, self.early(right_node)?),
            CmpOp::In | CmpOp::NotIn => return None,
            _ => (self.plain(&node.left)?, self.plain(right_node)?),
        };
        let mut code = operand(&node.left, left);
        code.push(&format!(" {} ", operator.as_str()));
        code.append(operand(right_node, right));
        Some(code)
    }
}

impl Group {
    fn new(origin: ruff_text_size::TextSize) -> Self {
        Self { actions: Vec::new(), code: Code::new("", origin), free: 0 }
    }

    /// Whether any of the receivers is known to be an entity. Most of which nothing is known are none,
    /// and the code would be there for nothing.
    fn is_likely_remote(&self) -> bool {
        self.actions.iter().any(|action| action.receiver.is_some())
    }

    fn add(&mut self, action: JointAction, code: Code) {
        match self.actions.len() {
            0 => {}
            1 => self.code.push(" "),
            _ => self.code.push(", "),
        }
        self.actions.push(action);
        self.code.append(code);
        // One alone must have it.
        if self.actions.len() == 1 {
            self.code.push(",");
        }
    }
}

/// `code` of `expression` beside a comparison.
fn operand(expression: &Expr, code: Code) -> Code {
    match expression {
        Expr::UnaryOp(_) | Expr::BinOp(_) => code.parenthesized(),
        _ => code,
    }
}

/// Of how many parts the elements must be that are assigned to `target`: zero if it takes them whole.
fn part_count(target: &Expr) -> Option<usize> {
    match target {
        Expr::Name(_) => Some(0),
        Expr::Tuple(node) if node.elts.iter().all(Expr::is_name_expr) => Some(node.elts.len()),
        _ => None,
    }
}
