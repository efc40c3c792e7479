//! The names at the top level of modules, and how imports pass them on.

use ruff_python_ast::Stmt;
use ruff_text_size::Ranged;
use rustc_hash::FxHashMap;

use super::{Application, Binding, ClassDefinition, FunctionDefinition, FunctionKind};
use crate::names::target_names;
use crate::{Code, Diagnostic};

/// `from module import name as local` between two modules of the application.
pub(super) struct Link<'a> {
    importer: usize,
    local: &'a str,
    exporter: usize,
    name: &'a str,
    node: &'a ruff_python_ast::Alias,
    /// Nothing else in the importer binds the name.
    is_only: bool,
}

pub(super) fn link_imports(
    application: &mut Application<'_>,
    links: &[Link<'_>],
    diagnostics: &mut Vec<Diagnostic>,
) {
    // A name may pass through several modules; each round takes it one further.
    for _ in 0..=links.len().min(application.loaded.modules.len()) {
        let mut changed = false;
        for link in links.iter().filter(|link| link.is_only) {
            let found = application.member(&Binding::Module(link.exporter), link.name);
            let Some(found) = found else { continue };
            let slot = application.scopes[link.importer].get_mut(link.local);
            let slot = slot.expect("this is a bug in Anabranch: an import without a name");
            if *slot != found {
                *slot = found;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    for link in links {
        if application.member(&Binding::Module(link.exporter), link.name).is_none() {
            let exporter = &application.loaded.modules[link.exporter];
            if exporter.body.is_empty() {
                continue; // It has a syntax error, or is an empty package.
            }
            let message = format!("the module `{}` defines no `{}`", exporter.name, link.name);
            diagnostics.push(
                Diagnostic::new(Code::ImportedNameNotFound, message)
                    .at(link.importer, link.node.range(), "not defined there")
                    .help("correct the name, or define it in that module"),
            );
        }
    }
}

/// Collects the module-level names of one module.
pub(super) struct Collector<'a, 'b> {
    pub(super) application: &'b mut Application<'a>,
    pub(super) module: usize,
    pub(super) links: Vec<Link<'a>>,
    /// By the name that they bind in this module: indices into `links`.
    pub(super) linked: FxHashMap<&'a str, usize>,
}

impl<'a> Collector<'a, '_> {
    pub(super) fn statements(&mut self, body: &'a [Stmt]) {
        for statement in body {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(node) => {
                let index = self.application.functions.len();
                self.application.functions.push(FunctionDefinition {
                    name: node.name.as_str(),
                    module: self.module,
                    kind: FunctionKind::Helper,
                    owner: None,
                    level: 0,
                    node,
                });
                // A decorated function is whatever the decorator makes of it.
                let is_plain = node.decorator_list.is_empty();
                let binding = if is_plain { Binding::Function(index) } else { Binding::Variable };
                self.bind(node.name.as_str(), binding);
            }
            Stmt::ClassDef(node) => {
                let name = node.name.as_str();
                let class = self.application.classes.len();
                self.application.classes.push(ClassDefinition {
                    name,
                    module: self.module,
                    node,
                    is_redefined: false,
                    is_ancestor: false,
                });
                self.bind_class(name, class);
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    let name = alias.name.as_str();
                    let top = name.split('.').next().unwrap_or(name);
                    let (local, target) = match &alias.asname {
                        Some(local) => (local.as_str(), name),
                        None => (top, top),
                    };
                    let binding = match self.application.loaded.named(target) {
                        Some(module) => Binding::Module(module),
                        None => Binding::External(target.to_owned()),
                    };
                    self.bind(local, binding);
                }
            }
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::If(node) => {
                self.statements(&node.body);
                for clause in &node.elif_else_clauses {
                    self.statements(&clause.body);
                }
            }
            Stmt::Try(node) => {
                self.statements(&node.body);
                for handler in &node.handlers {
                    let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                    self.statements(&handler.body);
                }
                self.statements(&node.orelse);
                self.statements(&node.finalbody);
            }
            Stmt::With(node) => self.statements(&node.body),
            _ => {
                let mut names = Vec::new();
                target_names(statement, &mut names);
                for name in names {
                    self.bind(name, Binding::Variable);
                }
            }
        }
    }

    fn import_from(&mut self, import: &'a ruff_python_ast::StmtImportFrom) {
        let loaded = self.application.loaded;
        let Some(module) = loaded.absolute_name(self.module, import) else { return };
        let exporter = loaded.named(&module);
        for alias in &import.names {
            let name = alias.name.as_str();
            if name == "*" {
                if let Some(exporter) = exporter {
                    self.import_star(exporter);
                }
                continue;
            }
            let local = alias.asname.as_ref().map_or(name, |local| local.as_str());
            match exporter {
                Some(exporter) => self.link(local, exporter, name, alias),
                None => self.bind(local, Binding::External(format!("{module}.{name}"))),
            }
        }
    }

    fn link(
        &mut self,
        local: &'a str,
        exporter: usize,
        name: &'a str,
        node: &'a ruff_python_ast::Alias,
    ) {
        let earlier = self.linked.get(local).map(|index| &self.links[*index]);
        let is_same = earlier.is_some_and(|it| (it.exporter, it.name) == (exporter, name));
        let is_only = match earlier {
            Some(earlier) => is_same && earlier.is_only,
            None => !self.application.scopes[self.module].contains_key(local),
        };
        if !is_same {
            self.bind(local, Binding::Variable);
        }
        self.linked.insert(local, self.links.len());
        self.links.push(Link { importer: self.module, local, exporter, name, node, is_only });
    }

    /// The names may be anything: the run-time test decides on each use.
    fn import_star(&mut self, exporter: usize) {
        let loaded = self.application.loaded;
        let mut names = Vec::new();
        for statement in &loaded.modules[exporter].body {
            match statement {
                Stmt::FunctionDef(node) => names.push(node.name.as_str()),
                Stmt::ClassDef(node) => names.push(node.name.as_str()),
                other => target_names(other, &mut names),
            }
        }
        for name in names {
            self.bind(name, Binding::Variable);
        }
    }

    fn bind_class(&mut self, name: &'a str, class: usize) {
        let known = self.application.scopes[self.module].get(name);
        let Some(Binding::PlainClass(other)) = known else {
            return self.bind(name, Binding::PlainClass(class));
        };
        let other = *other;
        for class in [class, other] {
            self.application.classes[class].is_redefined = true;
        }
    }

    /// A name with two different meanings is only known at run time.
    fn bind(&mut self, name: &'a str, binding: Binding) {
        if let Some(link) = self.linked.get(name) {
            self.links[*link].is_only = false;
        }
        let scope = &mut self.application.scopes[self.module];
        let is_first = scope.get(name).is_none_or(|previous| *previous == binding);
        scope.insert(name, if is_first { binding } else { Binding::Variable });
    }
}
