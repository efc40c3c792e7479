//! The names inside one function.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
use ruff_python_ast::{ExprContext, Stmt, StmtFunctionDef};
use ruff_text_size::Ranged;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Type;
use super::infer::Memo;
use crate::names::{body_occurrences, bound_names, mangled, parameter_names};
use crate::resolve::{Application, Binding, FunctionDefinition};

/// What a name inside a function refers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Name<'s> {
    /// A variable of the function (or of a comprehension inside of it).
    Local,
    /// Something with a meaning known at compile time: of the module, or imported in the function.
    Bound(&'s Binding),
    /// Neither: a builtin, or a name that only the run can tell.
    Builtin,
}

/// A place in the body of a class that an entity class is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClassPlace<'a> {
    /// The entity class.
    pub entity: usize,
    /// Which of its bodies.
    pub level: usize,
    /// What that class is called.
    pub name: &'a str,
}

/// One function's variables and their types.
#[derive(Clone, Debug)]
pub struct FunctionScope<'a> {
    pub module: usize,
    /// The entity class of a method.
    pub owner: Option<usize>,
    /// The class in whose body the function stands.
    pub class: Option<ClassPlace<'a>>,
    pub node: &'a StmtFunctionDef,
    /// The names that its body binds, in order of appearance.
    pub bound: Vec<&'a str>,
    /// The first parameter of a method.
    pub self_name: Option<&'a str>,
    /// Whether that is a variable, as it is unless a statement of the function says otherwise.
    is_self_variable: bool,
    /// All variables, parameters included.
    pub variables: FxHashSet<&'a str>,
    /// Variables that only an import statement binds, with what they mean.
    imports: BTreeMap<&'a str, Binding>,
    pub types: FxHashMap<&'a str, Type>,
    /// The entity classes whose attributes had a say in what is known.
    pub(super) consulted: RefCell<BTreeSet<usize>>,
    /// What is known of the function's expressions.
    pub(super) memo: Memo,
}

impl<'a> FunctionScope<'a> {
    pub fn new(application: &Application<'a>, definition: &FunctionDefinition<'a>) -> Self {
        let FunctionDefinition { module, node, level, .. } = *definition;
        let owner = definition.self_class();
        let class = definition.owner.map(|entity| {
            let name = application.entities[entity].bodies[level].name;
            ClassPlace { entity, level, name }
        });
        let parameters = parameter_names(&node.parameters);
        let self_name = owner.and_then(|_| {
            let mut positional = node.parameters.posonlyargs.iter().chain(&node.parameters.args);
            positional.next().map(|parameter| parameter.name().as_str())
        });
        let bound = bound_names(&node.body);
        let mut variables: FxHashSet<&str> = bound.iter().copied().collect();
        let mut imports = BTreeMap::new();
        collect_imports(application, module, &node.body, &mut imports);
        if !imports.is_empty() {
            let mut otherwise_bound = BTreeSet::new();
            collect_other_bindings(&node.body, &mut otherwise_bound);
            imports.retain(|name, _| !otherwise_bound.contains(name) && !parameters.contains(name));
        }
        variables.extend(parameters);
        for name in crate::rules::global_names(&node.body) {
            variables.remove(name);
        }
        let is_self_variable =
            self_name.is_some_and(|name| variables.contains(name) && !imports.contains_key(name));
        Self {
            module,
            owner,
            class,
            node,
            bound,
            self_name,
            is_self_variable,
            variables,
            imports,
            types: FxHashMap::default(),
            consulted: RefCell::default(),
            memo: Memo::default(),
        }
    }

    /// Gives the memory back for what is known of the function's expressions: whoever asks for it again
    /// waits for it again.
    pub fn forget_expressions(&self) {
        self.memo.forget();
    }

    /// The name by which Python stores the attribute that the function calls `attribute`.
    pub fn member_name<'n>(&self, attribute: &'n str) -> Cow<'n, str> {
        mangled(self.class.map(|class| class.name), attribute)
    }

    /// Whether one of the words may stand in the function, as a keyword or a name.
    pub fn may_mention(&self, application: &Application<'a>, words: &[&str]) -> bool {
        let text = application.loaded.files[self.module].slice(self.node.range());
        // Python writes names that are not ASCII in another way before it looks at them.
        words.iter().any(|word| text.contains(word)) || !text.is_ascii()
    }

    /// What `name` means in the function.
    pub fn name<'s>(&'s self, application: &'s Application<'a>, name: &str) -> Name<'s> {
        // The most common of all.
        if self.is_self_variable && self.self_name == Some(name) {
            return Name::Local;
        }
        if !self.imports.is_empty()
            && let Some(binding) = self.imports.get(name)
        {
            return Name::Bound(binding);
        }
        if self.variables.contains(name) {
            return Name::Local;
        }
        match application.binding(self.module, name) {
            Some(binding) => Name::Bound(binding),
            None => Name::Builtin,
        }
    }
}

/// The imports among the function's own statements.
fn collect_imports<'a>(
    application: &Application<'a>,
    module: usize,
    body: &'a [Stmt],
    imports: &mut BTreeMap<&'a str, Binding>,
) {
    for statement in import_statements(body) {
        match statement {
            Stmt::Import(node) => {
                for alias in &node.names {
                    let name = alias.name.as_str();
                    let top = name.split('.').next().unwrap_or(name);
                    let (local, target) = match &alias.asname {
                        Some(local) => (local.as_str(), name),
                        None => (top, top),
                    };
                    let binding = match application.loaded.named(target) {
                        Some(module) => Binding::Module(module),
                        None => Binding::External(target.to_owned()),
                    };
                    insert_import(imports, local, binding);
                }
            }
            Stmt::ImportFrom(node) => {
                let Some(from) = application.loaded.absolute_name(module, node) else { continue };
                let base = match application.loaded.named(&from) {
                    Some(module) => Binding::Module(module),
                    None => Binding::External(from),
                };
                for alias in &node.names {
                    let local = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                    let binding = application.member(&base, alias.name.as_str());
                    insert_import(imports, local, binding.unwrap_or(Binding::Variable));
                }
            }
            _ => {}
        }
    }
}

/// A name imported twice with different meanings is only known at run time.
fn insert_import<'a>(imports: &mut BTreeMap<&'a str, Binding>, name: &'a str, binding: Binding) {
    let is_same = imports.get(name).is_none_or(|previous| *previous == binding);
    imports.insert(name, if is_same { binding } else { Binding::Variable });
}

/// Names bound by anything but an import statement.
fn collect_other_bindings<'a>(body: &'a [Stmt], names: &mut BTreeSet<&'a str>) {
    let imports = import_statements(body);
    let stores = body_occurrences(body).into_iter().filter(|occurrence| {
        occurrence.context != ExprContext::Load
            && !occurrence.is_captured
            && !imports.iter().any(|import| import.range().contains_range(occurrence.range))
    });
    names.extend(stores.map(|occurrence| occurrence.name));
}

/// The import statements in `body`, at any depth but not in functions and classes inside of it.
fn import_statements(body: &[Stmt]) -> Vec<&Stmt> {
    struct Imports<'s>(Vec<&'s Stmt>);
    impl<'s> StatementVisitor<'s> for Imports<'s> {
        fn visit_stmt(&mut self, statement: &'s Stmt) {
            match statement {
                Stmt::Import(_) | Stmt::ImportFrom(_) => self.0.push(statement),
                Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
                _ => walk_stmt(self, statement),
            }
        }
    }
    let mut imports = Imports(Vec::new());
    imports.visit_body(body);
    imports.0
}
