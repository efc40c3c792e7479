//! Calls that suspend.

use anabranch_ir::{Exit, OperatorId};
use ruff_python_ast::{Arguments, Expr, ExprAttribute, ExprCall};
use ruff_text_size::Ranged;

use super::expression::{UNNUMBERED, operator};
use super::sequence::Part;
use super::{Lowering, start_of};
use crate::cfg::Code;
use crate::effects::Action;
use crate::emit::METHOD;
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
                self.call_method(node, owner, result);
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

    fn call_method(&mut self, node: &'a ExprCall, class: Option<usize>, result: Option<String>) {
        let Expr::Attribute(attribute) = &*node.func else {
            unreachable!("this is a bug in Anabranch: a method call without a receiver")
        };
        let method = self.mangled(attribute.attr.as_str());
        let arguments = argument_parts(&node.arguments);
        let (mut fields, codes) = if class.is_none() && !arguments.iter().all(Part::is_simple) {
            let receiver = self.looked_up(attribute, &method);
            (receiver, self.settled_sequence(&arguments))
        } else {
            let mut parts = vec![Part::new(&attribute.value)];
            parts.extend(arguments);
            let mut codes = self.settled_sequence(&parts);
            let receiver = codes.remove(0);
            (self.standalone(&attribute.value, receiver), codes)
        };
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
    fn arguments(
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
