//! Calls that suspend.

use std::collections::BTreeSet;

use anabranch_ir::{Exit, OperatorId};
use ruff_python_ast::{Arguments, Expr, ExprAttribute, ExprCall};
use ruff_text_size::Ranged;

use super::expression::{UNNUMBERED, operator};
use super::sequence::Part;
use super::{Lowering, start_of};
use crate::cfg::{Code, Terminator};
use crate::effects::Action;
use crate::emit::{METHOD, METHOD_IF_ANY};
use crate::types::Way;

/// The parts of a call's arguments in the order of their evaluation: positional ones first, then
/// keywords (Python reference, 6.3.4).
pub(super) fn argument_parts(arguments: &Arguments) -> Vec<Part<'_>> {
    let positional = arguments.args.iter().map(Part::new);
    positional.chain(arguments.keywords.iter().map(Part::keyword)).collect()
}

impl<'a> Lowering<'_, 'a> {
    /// Performs a call; `result` takes its value.
    pub(super) fn call(&mut self, node: &'a ExprCall, action: Action, result: Option<String>) {
        match action {
            Action::Call { receiver } => self.call_method(node, receiver, result),
            Action::SelfCall { .. } => {
                let owner = self.inference.scope.owner;
                self.call_known_method(node, owner, result);
            }
            Action::InheritedCall { method, way, .. } => {
                let positional = match way {
                    Way::Super => &node.arguments.args[..],
                    // The entity itself, which a method gets in any case.
                    Way::Class => &node.arguments.args[1..],
                };
                self.call_function(node, method, positional, result);
            }
            Action::Function { function, .. } => {
                self.check_root(&node.func);
                self.call_function(node, function, &node.arguments.args, result);
            }
            Action::Create { entity } => {
                self.check_root(&node.func);
                let func = self.verbatim(&node.func);
                let mut fields = self.standalone(&node.func, func);
                fields.push(", ");
                let codes = self.settled_sequence(&argument_parts(&node.arguments));
                fields.append(self.arguments(&node.arguments.args, &node.arguments, codes));
                let operator = OperatorId::from_index(entity);
                self.suspend(
                    "create",
                    fields,
                    Exit::Create { resume: UNNUMBERED, operator },
                    result,
                );
            }
            Action::Exists => {
                let exit = Exit::Exists { resume: UNNUMBERED };
                self.call_builtin(node, "exists", 2, exit, result);
            }
            Action::Delete => {
                let exit = Exit::Delete { resume: UNNUMBERED };
                self.call_builtin(node, "delete", 1, exit, result);
            }
            Action::Get { .. } | Action::Set { .. } => {
                unreachable!("this is a bug in Anabranch: not a call")
            }
        }
    }

    /// Calls a function of the program by its definition.
    fn call_function(
        &mut self,
        node: &'a ExprCall,
        function: usize,
        positional: &'a [Expr],
        result: Option<String>,
    ) {
        let application = self.inference.application();
        let definition = &application.functions[function];
        let module = &application.loaded.modules[definition.module].name;
        let function = format!("{module}:{}", application.qualified_name(function));
        let mut fields = Code::new(format!("\"{function}\", "), start_of(node));
        let mut parts: Vec<Part<'a>> = positional.iter().map(Part::new).collect();
        parts.extend(node.arguments.keywords.iter().map(Part::keyword));
        let codes = self.settled_sequence(&parts);
        fields.append(self.arguments(positional, &node.arguments, codes));
        let exit = Exit::Function { resume: UNNUMBERED, function };
        self.suspend("function", fields, exit, result);
    }

    /// Fails, when it runs, if the name that `callee` starts with has no value: one that the
    /// function imports itself.
    fn check_root(&mut self, callee: &'a Expr) {
        match callee {
            Expr::Attribute(node) => self.check_root(&node.value),
            _ => self.check_name(callee),
        }
    }

    /// Calls a method that the receiver has.
    fn call_known_method(
        &mut self,
        node: &'a ExprCall,
        class: Option<usize>,
        result: Option<String>,
    ) {
        let attribute = callee(node);
        let mut parts = vec![Part::new(&attribute.value)];
        parts.extend(argument_parts(&node.arguments));
        let mut codes = self.settled_sequence(&parts);
        let receiver = codes.remove(0);
        let receiver = self.standalone(&attribute.value, receiver);
        self.suspend_for_call(node, class, (receiver, codes), result);
    }

    /// Calls a method of what may be an entity, and should be one of `class`.
    fn call_method(&mut self, node: &'a ExprCall, class: Option<usize>, result: Option<String>) {
        let attribute = callee(node);
        let method = self.mangled(attribute.attr.as_str());
        let arguments = argument_parts(&node.arguments);
        // A hint may be wrong: effects of the arguments must not come before that shows.
        if class.is_some() && arguments.iter().all(|part| is_computed(part.expression)) {
            return self.call_known_method(node, class, result);
        }
        let receiver = if arguments.iter().all(|part| self.is_simple(part)) {
            self.looked_up_if_arguments_fail(attribute, &method, &arguments)
        } else if class.is_some() || self.every_entity_has(&method) {
            self.looked_up(attribute, &method)
        } else {
            self.looked_up_if_any(attribute, &method)
        };
        let codes = self.settled_sequence(&arguments);
        self.suspend_for_call(node, class, (receiver, codes), result);
    }

    /// Suspends for the call `node` of a method with these codes of its receiver and arguments.
    fn suspend_for_call(
        &mut self,
        node: &'a ExprCall,
        class: Option<usize>,
        (mut fields, codes): (Code, Vec<Code>),
        result: Option<String>,
    ) {
        let method = self.mangled(callee(node).attr.as_str());
        fields.push(&format!(", \"{method}\", "));
        fields.append(self.arguments(&node.arguments.args, &node.arguments, codes));
        let exit = Exit::Call { resume: UNNUMBERED, receiver: operator(class), method };
        self.suspend("call", fields, exit, result);
    }

    /// What to call the method of: Python looks it up before it evaluates the arguments. Of an
    /// entity nothing is looked up yet.
    fn looked_up(&mut self, attribute: &'a ExprAttribute, method: &str) -> Code {
        let receiver = self.expression(&attribute.value);
        let receiver = self.standalone(&attribute.value, receiver);
        let mut code = Code::new(format!("{METHOD}("), start_of(attribute));
        code.append(receiver);
        code.push(&format!(", \"{method}\")"));
        self.save(code)
    }

    fn every_entity_has(&self, method: &str) -> bool {
        let application = self.inference.application();
        let mut entities = 0..application.entities.len();
        entities.all(|entity| application.method(entity, method).is_some())
    }

    /// Like [`Self::looked_up`], for a receiver that may be an entity whose class lacks the method. The
    /// function then suspends for a call that fails, and the arguments are never evaluated.
    fn looked_up_if_any(&mut self, attribute: &'a ExprAttribute, method: &str) -> Code {
        let receiver = self.operand(&attribute.value);
        let mut code = Code::new(format!("{METHOD_IF_ANY}("), start_of(attribute));
        code.append(receiver.clone());
        code.push(&format!(", \"{method}\")"));
        let found = self.save(code);
        let (missing, after) = (self.block(), self.block());
        let mut test = found.clone();
        test.push(" is None");
        self.end(Terminator::Branch { test, then: missing, otherwise: after });
        self.begin(missing);
        let mut fields = receiver;
        fields.push(&format!(", \"{method}\", (), None"));
        let exit =
            Exit::Call { resume: UNNUMBERED, receiver: operator(None), method: method.to_owned() };
        self.suspend("call", fields, exit, None);
        self.end(Terminator::Unreachable);
        self.begin(after);
        found
    }

    /// What to call the method of, with names and literals as arguments. Only a name without a value
    /// can fail, and that must not come before a method that is missing.
    fn looked_up_if_arguments_fail(
        &mut self,
        attribute: &'a ExprAttribute,
        method: &str,
        arguments: &[Part<'a>],
    ) -> Code {
        let names = arguments.iter().filter_map(|part| part.expression.as_name_expr());
        let variables: BTreeSet<String> =
            names.filter_map(|name| self.variable(name.id.as_str())).collect();
        if variables.is_empty() {
            return self.settled(&attribute.value);
        }
        let receiver = match &*attribute.value {
            Expr::Name(_) => self.verbatim(&attribute.value),
            other => self.operand(other),
        };
        let stored = variables.iter().map(|name| format!("\"{}\"", self.mangled(name)));
        let stored: Vec<String> = stored.collect();
        let text = format!("{{{}}} <= locals().keys() or {METHOD}(", stored.join(", "));
        let mut code = Code::new(text, start_of(attribute));
        code.append(receiver.clone());
        code.push(&format!(", \"{method}\")"));
        code.reads.extend(variables);
        self.check(code, BTreeSet::new());
        receiver
    }

    /// `exists(class, key)` and `delete(entity)`.
    fn call_builtin(
        &mut self,
        node: &'a ExprCall,
        word: &'static str,
        count: usize,
        exit: Exit,
        result: Option<String>,
    ) {
        let parts = argument_parts(&node.arguments);
        let is_plain = parts.len() == count
            && node.arguments.keywords.is_empty()
            && !parts.iter().any(Part::is_starred);
        if !is_plain {
            let message = format!("`{word}` takes {count} positional argument(s)");
            let help = "write `exists(Item, key)` or `delete(item)`";
            self.refuse(node.range(), &message, help);
            return;
        }
        let codes = self.settled_sequence(&parts);
        let mut fields = Code::new("", start_of(node));
        for (index, (part, code)) in parts.iter().zip(codes).enumerate() {
            if index > 0 {
                fields.push(", ");
            }
            fields.append(self.standalone(part.expression, code));
        }
        self.suspend(word, fields, exit, result);
    }

    /// The arguments as two fields: a tuple of the positional ones, and a dict or `None`. `codes` are
    /// those of `positional` and then of the keywords.
    pub(super) fn arguments(
        &mut self,
        positional: &'a [Expr],
        arguments: &'a Arguments,
        codes: Vec<Code>,
    ) -> Code {
        let mut fields = Code::new("(", start_of(arguments));
        let mut codes = codes.into_iter();
        for (argument, code) in positional.iter().zip(codes.by_ref()) {
            let is_starred = argument.is_starred_expr();
            fields.append(if is_starred { code } else { self.standalone(argument, code) });
            fields.push(",");
            if positional.len() > 1 {
                fields.push(" ");
            }
        }
        fields = trimmed(fields, positional.len());
        fields.push("), ");
        if arguments.keywords.is_empty() {
            fields.push("None");
            return fields;
        }
        // `dict(…)` refuses a name that is given twice, and mangles private names.
        let is_plain = arguments
            .keywords
            .iter()
            .all(|keyword| keyword.arg.as_ref().is_some_and(|name| !name.starts_with("__")));
        let call = if is_plain { "" } else { self.builtin("dict", arguments.range()) };
        fields.push(if is_plain { "{" } else { call });
        if !is_plain {
            fields.push("(");
        }
        for (index, (keyword, code)) in arguments.keywords.iter().zip(codes).enumerate() {
            if index > 0 {
                fields.push(", ");
            }
            if let Some(name) = &keyword.arg {
                let text = if is_plain { format!("\"{name}\": ") } else { format!("{name}=") };
                fields.push(&text);
            }
            let is_starred = keyword.arg.is_none();
            fields.append(if is_starred { code } else { self.standalone(&keyword.value, code) });
        }
        fields.push(if is_plain { "}" } else { ")" });
        fields
    }
}

/// The method that `node` calls.
fn callee(node: &ExprCall) -> &ExprAttribute {
    let Expr::Attribute(attribute) = &*node.func else {
        unreachable!("this is a bug in Anabranch: a method call without a receiver")
    };
    attribute
}

/// Whether `expression` only computes something of names and literals.
fn is_computed(expression: &Expr) -> bool {
    match expression {
        Expr::Name(_) => true,
        Expr::UnaryOp(node) => is_computed(&node.operand),
        Expr::BinOp(node) => is_computed(&node.left) && is_computed(&node.right),
        Expr::Compare(node) => is_computed(&node.left) && node.comparators.iter().all(is_computed),
        Expr::Tuple(node) => node.elts.iter().all(is_computed),
        other => other.is_literal_expr(),
    }
}

/// Drops the comma and space after the last of several elements.
fn trimmed(mut code: Code, count: usize) -> Code {
    if count > 1
        && let Some(chunk) = code.chunks.last_mut()
        && let Some(text) = chunk.text.strip_suffix(", ")
    {
        chunk.text = text.to_owned();
    }
    code
}
