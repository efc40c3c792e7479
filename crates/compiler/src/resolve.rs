//! Stage 3: what each module-level name means.

pub mod classes;

use ruff_python_ast::{Expr, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::Ranged;
use rustc_hash::FxHashMap;

use crate::load::Modules;
use crate::names::target_names;
use crate::{Code, Diagnostic};

/// What a name at module level refers to. Indices are into the tables of [`Application`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Binding {
    Entity(usize),
    /// A function of the application.
    Function(usize),
    Record(usize),
    Enum(usize),
    /// A class of the application that is none of the above.
    PlainClass,
    /// A module of the application.
    Module(usize),
    /// Something outside the application, by its dotted name: `datetime.datetime`.
    External(String),
    /// Anything else: only the run-time test can tell.
    Variable,
}

/// An entity class.
#[derive(Debug)]
pub struct EntityClass<'a> {
    pub name: &'a str,
    pub module: usize,
    pub node: &'a StmtClassDef,
    pub constructor: Option<&'a StmtFunctionDef>,
    pub key: Option<&'a StmtFunctionDef>,
    /// Indices into [`Application::functions`].
    pub methods: Vec<usize>,
    /// Properties, static methods and class methods: they run as plain Python.
    pub accessors: Vec<usize>,
}

/// What a function of the application is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FunctionKind {
    /// An ordinary method of an entity class: it can be called remotely, and can suspend.
    Method,
    /// A getter, setter or deleter of a property.
    Property,
    StaticMethod,
    ClassMethod,
    /// A module-level function: it can suspend.
    Helper,
}

/// A function of the application: in an entity class or at module level.
#[derive(Debug)]
pub struct FunctionDefinition<'a> {
    pub name: &'a str,
    pub module: usize,
    pub kind: FunctionKind,
    /// Index into [`Application::entities`].
    pub owner: Option<usize>,
    pub node: &'a StmtFunctionDef,
}

impl FunctionDefinition<'_> {
    /// The entity class whose instance is the function's first parameter.
    pub fn self_class(&self) -> Option<usize> {
        match self.kind {
            FunctionKind::Method | FunctionKind::Property => self.owner,
            FunctionKind::StaticMethod | FunctionKind::ClassMethod | FunctionKind::Helper => None,
        }
    }

    /// Whether the function can be split into segments.
    pub fn is_splittable(&self) -> bool {
        matches!(self.kind, FunctionKind::Method | FunctionKind::Helper)
    }
}

/// A dataclass of the application.
#[derive(Debug)]
pub struct RecordClass<'a> {
    pub name: &'a str,
    pub module: usize,
    pub node: &'a StmtClassDef,
}

/// An enum of the application.
#[derive(Debug)]
pub struct EnumDefinition<'a> {
    pub name: &'a str,
    pub module: usize,
    pub node: &'a StmtClassDef,
}

/// The application with its names resolved.
#[derive(Debug)]
pub struct Application<'a> {
    pub loaded: &'a Modules,
    pub entities: Vec<EntityClass<'a>>,
    pub functions: Vec<FunctionDefinition<'a>>,
    pub records: Vec<RecordClass<'a>>,
    pub enums: Vec<EnumDefinition<'a>>,
    scopes: Vec<FxHashMap<&'a str, Binding>>,
}

impl<'a> Application<'a> {
    /// What `name` means at the top level of `module`; `None` for a builtin or an unknown name.
    pub fn binding(&self, module: usize, name: &str) -> Option<&Binding> {
        self.scopes[module].get(name)
    }

    /// What an expression of names and attributes refers to: `User`, `models.User`,
    /// `datetime.datetime`. Only looks at module level.
    pub fn resolve(&self, module: usize, expression: &Expr) -> Option<Binding> {
        match expression {
            Expr::Name(name) => self.binding(module, name.id.as_str()).cloned(),
            Expr::Attribute(attribute) => {
                let base = self.resolve(module, &attribute.value)?;
                self.member(&base, attribute.attr.as_str())
            }
            _ => None,
        }
    }

    /// What `base.name` refers to.
    pub fn member(&self, base: &Binding, name: &str) -> Option<Binding> {
        match base {
            Binding::Module(module) => {
                if let Some(binding) = self.binding(*module, name) {
                    return Some(binding.clone());
                }
                let submodule = format!("{}.{name}", self.loaded.modules[*module].name);
                self.loaded.named(&submodule).map(Binding::Module)
            }
            Binding::External(base) => Some(Binding::External(format!("{base}.{name}"))),
            _ => None,
        }
    }

    /// The property, static method or class method `name` of entity class `entity`.
    pub fn accessor(&self, entity: usize, name: &str) -> Option<usize> {
        let accessors = &self.entities[entity].accessors;
        accessors.iter().copied().find(|accessor| self.functions[*accessor].name == name)
    }

    /// The function `name` among the methods of entity class `entity`.
    pub fn method(&self, entity: usize, name: &str) -> Option<usize> {
        let methods = &self.entities[entity].methods;
        methods.iter().copied().find(|method| self.functions[*method].name == name)
    }
}

/// Resolves the names of all modules.
pub fn resolve<'a>(loaded: &'a Modules, diagnostics: &mut Vec<Diagnostic>) -> Application<'a> {
    let mut application = Application {
        loaded,
        entities: Vec::new(),
        functions: Vec::new(),
        records: Vec::new(),
        enums: Vec::new(),
        scopes: vec![FxHashMap::default(); loaded.modules.len()],
    };
    // Imports and functions first: what a decorator or a base class means depends on them.
    let mut links = Vec::new();
    let mut classes = Vec::new();
    for (index, module) in loaded.modules.iter().enumerate() {
        let mut collector =
            Collector { application: &mut application, module: index, links, classes };
        collector.statements(&module.body);
        Collector { links, classes, .. } = collector;
    }
    link_imports(&mut application, &links, diagnostics);
    for (module, node) in &classes {
        classes::define(&mut application, *module, node, diagnostics);
    }
    for function in application.functions.iter().filter(|function| function.owner.is_none()) {
        let body = &function.node.body;
        classes::refuse_nested(&application, function.module, body, diagnostics);
    }
    // Entity classes are known now, also to the modules that import them.
    link_imports(&mut application, &links, &mut Vec::new());
    classes::check_names(&application, diagnostics);
    application
}

/// `from module import name as local` between two modules of the application.
struct Link<'a> {
    importer: usize,
    local: &'a str,
    exporter: usize,
    name: &'a str,
    node: &'a ruff_python_ast::Alias,
}

fn link_imports(
    application: &mut Application<'_>,
    links: &[Link<'_>],
    diagnostics: &mut Vec<Diagnostic>,
) {
    // A name may pass through several modules; each round takes it one further.
    for _ in 0..=links.len().min(application.loaded.modules.len()) {
        let mut changed = false;
        for link in links {
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
struct Collector<'a, 'b> {
    application: &'b mut Application<'a>,
    module: usize,
    links: Vec<Link<'a>>,
    classes: Vec<(usize, &'a StmtClassDef)>,
}

impl<'a> Collector<'a, '_> {
    fn statements(&mut self, body: &'a [Stmt]) {
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
                    node,
                });
                // A decorated function is whatever the decorator makes of it.
                let is_plain = node.decorator_list.is_empty();
                let binding = if is_plain { Binding::Function(index) } else { Binding::Variable };
                self.bind(node.name.as_str(), binding);
            }
            Stmt::ClassDef(node) => {
                self.bind(node.name.as_str(), Binding::PlainClass);
                self.classes.push((self.module, node));
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
                Some(exporter) => {
                    self.bind(local, Binding::Variable);
                    let importer = self.module;
                    self.links.push(Link { importer, local, exporter, name, node: alias });
                }
                None => self.bind(local, Binding::External(format!("{module}.{name}"))),
            }
        }
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

    /// A name with two different meanings is only known at run time.
    fn bind(&mut self, name: &'a str, binding: Binding) {
        let scope = &mut self.application.scopes[self.module];
        let is_first = scope.get(name).is_none_or(|previous| *previous == binding);
        scope.insert(name, if is_first { binding } else { Binding::Variable });
    }
}

impl Application<'_> {
    pub(crate) fn rebind(&mut self, module: usize, class: &StmtClassDef, binding: Binding) {
        if let Some(slot) = self.scopes[module].get_mut(class.name.as_str()) {
            // Defined twice: which one counts is known at run time only.
            if *slot == Binding::PlainClass {
                *slot = binding;
            }
        }
    }
}
