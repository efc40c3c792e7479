//! What a function does to attributes by itself, and which functions run within it.
//!
//! Whether an object changes cannot always be seen, so the walk looks for everything that may change
//! one (assignments to parts, methods, code that is not looked into) and asks where that object may
//! come from ([`super::roots`]). What the call itself made is nobody's state; an attribute of `self`
//! counts as written; an argument's caller is told; anything else changes the entity somehow.

use std::rc::Rc;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Comprehension, Expr, ExprCall, ExprContext, Stmt};

use super::class_sets::Members;
use super::classes::ApplicationClasses;
use super::roots::{Root, RootSet, Variables, is_immutable};
use crate::comprehension::comprehension_parts;
use crate::resolve::Binding;
use crate::types::{FunctionScope, Inference, Type, Typing, Way};

/// What a function does by itself.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnChanges {
    pub(super) reads: Members,
    pub(super) writes: Members,
    /// It may change its own entity in another way.
    pub(super) changes_itself: bool,
    /// It may change objects that it is given.
    pub(super) changes_arguments: bool,
    /// It may do something that is no part of the transaction.
    pub(super) outside: bool,
    /// Functions of the application that run within it, with the roots of their arguments.
    pub(super) callees: Vec<(usize, Rc<RootSet>)>,
}

/// Methods of containers that change nothing.
const READING_METHODS: &[&str] = &[
    "copy",
    "count",
    "difference",
    "get",
    "index",
    "intersection",
    "isdisjoint",
    "issubset",
    "issuperset",
    "items",
    "keys",
    "symmetric_difference",
    "union",
    "values",
];

/// Builtins that change nothing of what they are given, unless it is an iterator.
const READING_BUILTINS: &[&str] = &[
    "abs",
    "all",
    "any",
    "bool",
    "bytes",
    "chr",
    "dict",
    "divmod",
    "enumerate",
    "filter",
    "float",
    "format",
    "frozenset",
    "hash",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "map",
    "max",
    "min",
    "ord",
    "pow",
    "print",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "slice",
    "sorted",
    "str",
    "sum",
    "tuple",
    "type",
    "zip",
];

/// Those of them that do not go through what they are given: an iterator stays as it is.
const LOOKING_BUILTINS: &[&str] = &[
    "abs",
    "bool",
    "chr",
    "divmod",
    "float",
    "format",
    "hash",
    "int",
    "isinstance",
    "issubclass",
    "len",
    "ord",
    "pow",
    "print",
    "range",
    "repr",
    "round",
    "slice",
    "str",
    "type",
];

/// Modules whose functions and classes change nothing of what they are given.
const READING_MODULES: &[&str] =
    &["datetime.", "decimal.", "fractions.", "math.", "time.", "uuid.", "anabranch.", "random."];

/// Whether a builtin acts on the world outside, or runs code that is not looked into.
fn acts_outside(builtin: &str) -> bool {
    matches!(
        builtin,
        "__import__" | "breakpoint" | "compile" | "eval" | "exec" | "input" | "open" | "print"
    )
}

/// Modules beside [`READING_MODULES`] that do nothing outside.
const QUIET_MODULES: &[&str] = &[
    "abc.",
    "base64.",
    "bisect.",
    "collections.",
    "copy.",
    "dataclasses.",
    "enum.",
    "functools.",
    "hashlib.",
    "heapq.",
    "itertools.",
    "json.",
    "operator.",
    "re.",
    "statistics.",
    "string.",
    "typing.",
    "zoneinfo.",
];

pub(super) fn own_changes<'a>(
    typing: &Typing<'a>,
    scope: &FunctionScope<'a>,
    classes: &ApplicationClasses,
) -> OwnChanges {
    let mut walk = Walk {
        inference: Inference::new(typing, scope),
        variables: Variables::of(typing, scope),
        classes,
        is_nested: false,
        found: OwnChanges::default(),
    };
    walk.visit_body(&scope.node.body);
    walk.found
}

struct Walk<'t, 'a> {
    inference: Inference<'t, 'a>,
    variables: Variables<'a>,
    classes: &'t ApplicationClasses,
    /// Inside a lambda or a nested function, whose variables are not the function's.
    is_nested: bool,
    found: OwnChanges,
}

impl<'a> Walk<'_, 'a> {
    /// The object that `expression` gives may change, and all that it contains.
    fn change(&mut self, expression: &'a Expr) {
        if self.is_nested {
            self.found.changes_itself |= !expression.is_literal_expr();
            return;
        }
        let roots = self.variables.roots(&mut self.inference, expression);
        self.change_roots(roots);
    }

    /// The object itself may change, but not what it contains.
    fn change_shallow(&mut self, expression: &'a Expr) {
        if self.is_nested {
            self.found.changes_itself = true;
            return;
        }
        let roots = self.variables.shallow(&mut self.inference, expression);
        self.change_roots(roots);
    }

    fn change_roots(&mut self, roots: RootSet) {
        for root in roots {
            match root {
                Root::State((entity, name)) => {
                    self.found.writes.insert(self.classes.names.number(&name), entity);
                }
                Root::Argument => self.found.changes_arguments = true,
                Root::Itself | Root::Unknown => self.found.changes_itself = true,
            }
        }
    }

    /// One of the functions, or several, run as part of this one.
    fn callees(&mut self, functions: &[usize], arguments: &[&'a Expr]) {
        if functions.is_empty() {
            return;
        }
        let mut roots = RootSet::new();
        for argument in arguments {
            if self.is_nested {
                roots.insert(Root::Unknown);
            } else {
                roots.extend(self.variables.roots(&mut self.inference, argument));
            }
        }
        let roots = Rc::new(roots);
        self.found.callees.extend(functions.iter().map(|it| (*it, Rc::clone(&roots))));
    }

    /// Going through it, which uses an iterator up.
    fn iterate(&mut self, iterable: &'a Expr) {
        let kind = self.inference.infer(iterable);
        let is_container = matches!(
            kind,
            Type::List(_) | Type::Set(_) | Type::Dict(..) | Type::Tuple(_) | Type::TupleOf(_)
        );
        if !is_container && !is_immutable(&kind) {
            self.change(iterable);
        }
    }

    /// Reading or writing an attribute may run a function of the class.
    fn attribute(&mut self, node: &'a ruff_python_ast::ExprAttribute) {
        if let Some((function, _)) = self.inference.inherited(node) {
            self.run([function].into_iter());
            return;
        }
        if self.inference.binding(&node.value).is_some() {
            return;
        }
        let name = &*self.inference.scope.member_name(node.attr.as_str());
        let is_load = node.ctx == ExprContext::Load;
        let application = self.inference.application();
        let kind = self.inference.infer(&node.value);
        match kind {
            Type::SelfEntity(entity) | Type::Reference(entity) => {
                let functions = self.classes.members_of(application, entity, name);
                if functions.is_empty() {
                    let attributes =
                        if is_load { &mut self.found.reads } else { &mut self.found.writes };
                    attributes.insert(self.classes.names.number(name), entity);
                }
                self.run(functions.iter().copied());
            }
            ref kind if kind.may_be_reference() => self.attribute_anywhere(name, is_load),
            _ => {}
        }
        if !is_load && !matches!(kind, Type::SelfEntity(_) | Type::Reference(_)) {
            self.change_shallow(&node.value);
        }
    }

    /// Attribute `name` of an entity of any class is read or written.
    fn attribute_anywhere(&mut self, name: &str, is_load: bool) {
        let (typing, classes) = (self.inference.typing, self.classes);
        let number = classes.names.number(name);
        let members = classes.members(name);
        let has_function =
            |class: usize| !members.functions_of(typing.application, class).is_empty();
        if is_load {
            let having = typing.having_attribute(name).iter().copied();
            self.found.reads.insert_all(number, having.filter(|class| !has_function(*class)));
            self.run(members.readable().iter().copied());
        } else {
            let all = 0..typing.application.entities.len();
            self.found.writes.insert_all(number, all.filter(|class| !has_function(*class)));
            self.run(members.callees().iter().copied());
        }
    }

    /// Python runs some of the functions, of a property for example. Which ones is not looked at.
    fn run(&mut self, functions: impl Iterator<Item = usize>) {
        let unknown = Rc::new(RootSet::from([Root::Unknown]));
        self.found.callees.extend(functions.map(|function| (function, Rc::clone(&unknown))));
    }

    fn target(&mut self, target: &'a Expr) {
        match target {
            Expr::Attribute(node) => {
                self.attribute(node);
                self.base(&node.value);
            }
            Expr::Subscript(node) => {
                self.change_shallow(&node.value);
                self.visit_expr(&node.value);
                self.visit_expr(&node.slice);
            }
            Expr::Tuple(node) => node.elts.iter().for_each(|part| self.target(part)),
            Expr::List(node) => node.elts.iter().for_each(|part| self.target(part)),
            Expr::Starred(node) => self.target(&node.value),
            _ => {}
        }
    }

    /// What stands before a dot. `self` goes nowhere there.
    fn base(&mut self, expression: &'a Expr) {
        if !expression.is_name_expr() {
            self.visit_expr(expression);
        }
    }

    /// The function's own entity becomes part of its state, where it would be changed unseen.
    fn store(&mut self, target: &'a Expr, value: &'a Expr) {
        if target.is_name_expr() {
            return;
        }
        let is_itself = self.is_nested
            || self.variables.roots(&mut self.inference, value).contains(&Root::Itself);
        self.found.changes_itself |= is_itself;
    }
}

impl<'a> Visitor<'a> for Walk<'_, 'a> {
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Assign(node) => {
                self.visit_expr(&node.value);
                for target in &node.targets {
                    self.store(target, &node.value);
                    if !target.is_name_expr()
                        && !matches!(target, Expr::Attribute(_) | Expr::Subscript(_))
                    {
                        self.iterate(&node.value);
                    }
                    self.target(target);
                }
            }
            Stmt::AnnAssign(node) => {
                if let Some(value) = &node.value {
                    self.visit_expr(value);
                    self.store(&node.target, value);
                    self.target(&node.target);
                }
            }
            Stmt::AugAssign(node) => {
                self.visit_expr(&node.value);
                self.store(&node.target, &node.value);
                if let Expr::Attribute(target) = &*node.target {
                    let kind = self.inference.infer(&target.value);
                    if let Type::SelfEntity(entity) | Type::Reference(entity) = kind {
                        let name = self.inference.scope.member_name(target.attr.as_str());
                        self.found.reads.insert(self.classes.names.number(&name), entity);
                    }
                }
                if !is_immutable(&self.inference.infer(&node.target)) {
                    self.change_shallow(&node.target);
                }
                self.target(&node.target);
            }
            Stmt::Delete(node) => node.targets.iter().for_each(|target| self.target(target)),
            Stmt::For(node) => {
                self.visit_expr(&node.iter);
                self.iterate(&node.iter);
                self.target(&node.target);
                self.visit_body(&node.body);
                self.visit_body(&node.orelse);
            }
            Stmt::With(node) => {
                for item in &node.items {
                    self.visit_expr(&item.context_expr);
                    self.change(&item.context_expr);
                    item.optional_vars.iter().for_each(|target| self.target(target));
                }
                self.visit_body(&node.body);
            }
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {
                let outer = std::mem::replace(&mut self.is_nested, true);
                visitor::walk_stmt(self, statement);
                self.is_nested = outer;
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Some((generators, elements)) = comprehension_parts(expression) {
            return self.comprehension(generators, &elements);
        }
        if let Some(Binding::Function(function)) = self.inference.binding(expression) {
            self.run([function].into_iter());
        }
        match expression {
            Expr::Attribute(node) => {
                self.attribute(node);
                self.base(&node.value);
            }
            Expr::Call(node) => self.call(node),
            Expr::Name(node) => {
                // Somebody may call it.
                self.found.outside |= acts_outside(node.id.as_str());
            }
            Expr::Subscript(node) => {
                self.visit_expr(&node.value);
                self.visit_expr(&node.slice);
                let is_known = match self.inference.infer(&node.value) {
                    Type::List(_) | Type::Tuple(_) | Type::TupleOf(_) | Type::Plain => true,
                    Type::Dict(..) => !self.classes.has_default_dicts,
                    _ => false,
                };
                if !is_known {
                    self.change(&node.value);
                }
            }
            Expr::Lambda(_) => {
                let outer = std::mem::replace(&mut self.is_nested, true);
                visitor::walk_expr(self, expression);
                self.is_nested = outer;
            }
            Expr::Starred(node) => {
                self.visit_expr(&node.value);
                self.iterate(&node.value);
            }
            Expr::Await(_) | Expr::Yield(_) | Expr::YieldFrom(_) => {
                self.found.changes_itself = true;
                visitor::walk_expr(self, expression);
            }
            _ => visitor::walk_expr(self, expression),
        }
    }
}

impl<'a> Walk<'_, 'a> {
    fn comprehension(&mut self, generators: &'a [Comprehension], elements: &[&'a Expr]) {
        for generator in generators {
            self.visit_expr(&generator.iter);
            self.iterate(&generator.iter);
            self.inference.enter_generator(generator);
            self.target(&generator.target);
            generator.ifs.iter().for_each(|test| self.visit_expr(test));
        }
        elements.iter().for_each(|element| self.visit_expr(element));
        for _ in generators {
            self.inference.leave();
        }
    }

    fn call(&mut self, node: &'a ExprCall) {
        let keywords = node.arguments.keywords.iter().map(|keyword| &keyword.value);
        let arguments: Vec<&Expr> = node.arguments.args.iter().chain(keywords).collect();
        arguments.iter().for_each(|argument| self.visit_expr(argument));
        if let Some((function, way)) = self.inference.inherited_call(node) {
            let own = usize::from(way == Way::Class);
            return self.callees(&[function], &arguments[own..]);
        }
        if let Some(binding) = self.inference.binding(&node.func) {
            return self.bound_call(&binding, &arguments);
        }
        if let Some(name) = self.inference.builtin(&node.func) {
            let is_exception = name.starts_with(|first: char| first.is_uppercase());
            self.found.outside |= acts_outside(name);
            if name == "super" {
                // In a function inside this one, of whom is not looked at.
                self.found.changes_itself |= self.is_nested;
            } else if LOOKING_BUILTINS.contains(&name)
                || matches!(name, "min" | "max") && node.arguments.args.len() > 1
            {
                // Nothing happens to them.
            } else if READING_BUILTINS.contains(&name) {
                arguments.iter().for_each(|argument| self.iterate_through(argument));
            } else if !is_exception {
                arguments.iter().for_each(|argument| self.change(argument));
            }
            return;
        }
        let Expr::Attribute(attribute) = &*node.func else {
            self.found.outside = true;
            self.visit_expr(&node.func);
            self.change(&node.func);
            arguments.iter().for_each(|argument| self.change(argument));
            return;
        };
        self.base(&attribute.value);
        self.method_call(node, attribute, &arguments);
    }

    /// A builtin goes through what it is given, or only looks at it.
    fn iterate_through(&mut self, argument: &'a Expr) {
        let is_reference = self.inference.infer(argument).referenced_class().is_some();
        let is_function = argument.is_lambda_expr() || self.inference.binding(argument).is_some();
        let is_itself = matches!(self.inference.infer(argument), Type::SelfEntity(_));
        if !is_reference && !is_function && !is_itself {
            self.iterate(argument);
        }
    }

    fn bound_call(&mut self, binding: &Binding, arguments: &[&'a Expr]) {
        self.found.outside |= match binding {
            Binding::External(name) => {
                let is_listed = |modules: &[&str]| modules.iter().any(|it| name.starts_with(it));
                !is_listed(READING_MODULES) && !is_listed(QUIET_MODULES)
            }
            Binding::PlainClass(class) => self.has_constructor(*class),
            Binding::Variable | Binding::Module(_) => true,
            Binding::Record(record) => !self.classes.has_plain_constructor(*record),
            Binding::Entity(_) | Binding::Function(_) | Binding::Enum(_) => false,
        };
        match binding {
            // What goes to another entity is copied.
            Binding::Entity(_) | Binding::Enum(_) => {}
            Binding::Function(function) => self.callees(&[*function], arguments),
            Binding::Record(record) if self.classes.has_plain_constructor(*record) => {}
            Binding::External(name)
                if READING_MODULES.iter().any(|module| name.starts_with(module)) => {}
            _ => arguments.iter().for_each(|argument| self.change(argument)),
        }
    }

    /// Whether making an object of a class may run code of the application.
    fn has_constructor(&self, class: usize) -> bool {
        let application = self.inference.application();
        let definition = &application.classes[class];
        let own = definition.node.body.iter().any(|statement| match statement {
            Stmt::FunctionDef(node) => matches!(node.name.as_str(), "__init__" | "__new__"),
            _ => false,
        });
        own || definition.node.bases().iter().any(|base| {
            // A class that inherits from itself is refused elsewhere.
            let base = application.resolve(definition.module, base);
            match base {
                Some(Binding::PlainClass(base)) => base >= class || self.has_constructor(base),
                Some(_) => true,
                None => false,
            }
        })
    }

    fn method_call(
        &mut self,
        node: &'a ExprCall,
        attribute: &'a ruff_python_ast::ExprAttribute,
        arguments: &[&'a Expr],
    ) {
        let name = &*self.inference.scope.member_name(attribute.attr.as_str());
        let application = self.inference.application();
        let function = |entity: usize| application.member_from(entity, 0, name);
        match self.inference.infer(&attribute.value) {
            Type::SelfEntity(entity) => match function(entity) {
                Some(function) => self.callees(&[function], arguments),
                None => {
                    self.found.reads.insert(self.classes.names.number(name), entity);
                    self.found.changes_itself = true;
                    arguments.iter().for_each(|argument| self.change(argument));
                }
            },
            // What goes to another entity is copied; not so if it is this one after all, or if the
            // method belongs to the class.
            Type::Reference(entity) => match function(entity) {
                Some(function) => {
                    let is_bound_to_class = application.accessor(entity, name).is_some();
                    let base = self.variables.roots(&mut self.inference, &attribute.value);
                    let owner = self.inference.scope.owner;
                    let may_be_itself =
                        !base.is_empty() && owner.is_none_or(|owner| owner == entity);
                    if is_bound_to_class || may_be_itself || self.is_nested {
                        self.callees(&[function], arguments);
                    }
                }
                None => arguments.iter().for_each(|argument| self.change(argument)),
            },
            Type::Plain => {}
            Type::List(_) | Type::Set(_) | Type::Dict(..) | Type::Tuple(_) | Type::TupleOf(_) => {
                if !READING_METHODS.contains(&name) {
                    self.change_shallow(&attribute.value);
                }
                for argument in arguments {
                    self.iterate_through_container(argument);
                }
            }
            Type::Record(record) if self.classes.only_reads(record, name) => {}
            _ => {
                self.found.outside = true;
                // `Base.method(entity)` may mean one that another of the same name hides.
                self.callees(self.classes.members(name).callees(), arguments);
                if node.func.is_attribute_expr() {
                    self.change(&attribute.value);
                }
                arguments.iter().for_each(|argument| self.change(argument));
            }
        }
    }

    /// What a method of a container is given: an element, a key, or something to go through.
    fn iterate_through_container(&mut self, argument: &'a Expr) {
        let kind = self.inference.infer(argument);
        // An iterator of the user's own could be given to `extend`; a reference cannot.
        if matches!(kind, Type::Local) && !argument.is_lambda_expr() {
            self.change(argument);
        }
    }
}
