//! Stage 3: what each module-level name means.

pub mod classes;
pub mod inheritance;
pub mod members;
mod module_names;

use ruff_python_ast::{Expr, StmtClassDef, StmtFunctionDef};
use rustc_hash::FxHashMap;

use self::inheritance::{Ancestor, Finding};
pub use self::members::ClassBody;
use self::module_names::{Collector, link_imports};
use crate::Diagnostic;
use crate::load::Modules;
use crate::names::mangled;

/// What a name at module level refers to. Indices are into the tables of [`Application`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Binding {
    Entity(usize),
    /// A function of the application.
    Function(usize),
    Record(usize),
    Enum(usize),
    /// A class of the application that is none of the above.
    PlainClass(usize),
    /// A module of the application.
    Module(usize),
    /// Something outside the application, by its dotted name: `datetime.datetime`.
    External(String),
    /// Anything else: only the run-time test can tell.
    Variable,
}

/// A class at the top level of a module, whatever it is.
#[derive(Clone, Copy, Debug)]
pub struct ClassDefinition<'a> {
    pub name: &'a str,
    pub module: usize,
    pub node: &'a StmtClassDef,
    /// Another class of the module has the same name: which one is meant only the run can tell.
    pub is_redefined: bool,
    /// An entity class inherits from it, or is one.
    pub is_ancestor: bool,
}

/// An entity class.
#[derive(Debug)]
pub struct EntityClass<'a> {
    pub name: &'a str,
    pub module: usize,
    pub node: &'a StmtClassDef,
    /// Index into [`Application::classes`].
    pub class: usize,
    /// What it is made of, in the order in which Python looks for methods: its own body first.
    pub bodies: Vec<ClassBody<'a>>,
    /// The same order with classes from outside the application.
    pub ancestors: Vec<Ancestor>,
    /// What stands in the way of inheriting.
    pub findings: Vec<Finding>,
    /// Each `__init__`, in the order of the bodies: the first one runs.
    pub constructors: Vec<FunctionDefinition<'a>>,
    /// Each `__key__`, in the same way.
    pub keys: Vec<FunctionDefinition<'a>>,
    /// Indices into [`Application::functions`].
    pub methods: Vec<usize>,
    /// Methods of base classes that another one of the same name hides.
    pub overridden: Vec<usize>,
    /// Properties, static methods and class methods: they run as plain Python.
    pub accessors: Vec<usize>,
}

impl<'a> EntityClass<'a> {
    /// The `__init__` that runs.
    pub fn constructor(&self) -> Option<&FunctionDefinition<'a>> {
        self.constructors.first()
    }

    /// The `__key__` that runs.
    pub fn key(&self) -> Option<&FunctionDefinition<'a>> {
        self.keys.first()
    }
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
    /// `__init__` or `__key__`.
    Constructor,
    /// A module-level function: it can suspend.
    Helper,
}

/// A function of the application: at module level, or in a class that an entity class is made of. What
/// a base class defines is one function for each entity class that inherits it.
#[derive(Clone, Debug)]
pub struct FunctionDefinition<'a> {
    pub name: &'a str,
    pub module: usize,
    pub kind: FunctionKind,
    /// Index into [`Application::entities`].
    pub owner: Option<usize>,
    /// Which of the owner's bodies it stands in.
    pub level: usize,
    pub node: &'a StmtFunctionDef,
}

impl FunctionDefinition<'_> {
    /// The entity class whose instance is the function's first parameter.
    pub fn self_class(&self) -> Option<usize> {
        match self.kind {
            FunctionKind::Method | FunctionKind::Property | FunctionKind::Constructor => self.owner,
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
    /// All classes at the top level of modules, those of the other tables included.
    pub classes: Vec<ClassDefinition<'a>>,
    scopes: Vec<FxHashMap<&'a str, Binding>>,
    /// By the name that Python stores: the entity classes that define it, in order.
    defining: FxHashMap<String, Vec<usize>>,
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

    /// The property, static method or class method that entity class `entity` stores as `name`.
    pub fn accessor(&self, entity: usize, name: &str) -> Option<usize> {
        let found = self.member_from(entity, 0, name)?;
        (self.functions[found].kind != FunctionKind::Method).then_some(found)
    }

    /// The method that entity class `entity` stores as `name`.
    pub fn method(&self, entity: usize, name: &str) -> Option<usize> {
        let found = self.member_from(entity, 0, name)?;
        (self.functions[found].kind == FunctionKind::Method).then_some(found)
    }

    /// The function that `name` means from the `level`th body of `entity` on: for `super()`, from the
    /// one after the caller's.
    pub fn member_from(&self, entity: usize, level: usize, name: &str) -> Option<usize> {
        let bodies = self.entities[entity].bodies.get(level..)?;
        bodies.iter().find_map(|body| body.members.get(name)).copied().flatten()
    }

    /// The entity classes whose bodies, or those of classes that they inherit from, define `name`; in
    /// order.
    pub fn defining(&self, name: &str) -> &[usize] {
        self.defining.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether the body of `entity`, or of a class that it inherits from, defines `name`.
    pub fn is_in_class(&self, entity: usize, name: &str) -> bool {
        self.entities[entity].bodies.iter().any(|body| body.members.contains_key(name))
    }

    /// The function that `class.name` means on an entity of class `entity`, if that inherits from
    /// `class`.
    pub fn member_of(&self, entity: usize, class: usize, name: &str) -> Option<usize> {
        let order = inheritance::lineage(self, class).order;
        let bodies = &self.entities[entity].bodies;
        let classes = order.iter().filter_map(|ancestor| match ancestor {
            Ancestor::Class(class) => Some(*class),
            _ => None,
        });
        for class in classes {
            let body = bodies.iter().find(|body| body.class == class)?;
            if let Some(found) = body.members.get(name) {
                return *found;
            }
        }
        None
    }

    /// The class that `binding` means, entity class or not.
    pub fn class_of(&self, binding: &Binding) -> Option<usize> {
        match binding {
            Binding::Entity(entity) => Some(self.entities[*entity].class),
            Binding::PlainClass(class) => Some(*class),
            _ => None,
        }
    }

    /// Whether a value with this class as its hint can be an entity: one that inherits from it, or one
    /// that fits the protocol.
    pub fn may_be_entity(&self, class: usize) -> bool {
        let definition = &self.classes[class];
        let is_protocol = definition.node.bases().iter().any(|base| {
            let base = match base {
                Expr::Subscript(node) => &*node.value,
                other => other,
            };
            let found = self.resolve(definition.module, base);
            matches!(found, Some(Binding::External(name)) if name.ends_with(".Protocol"))
        });
        definition.is_ancestor || is_protocol
    }

    /// The class in whose body a function stands, if it does.
    pub fn body_of(&self, definition: &FunctionDefinition<'_>) -> Option<&ClassBody<'a>> {
        Some(&self.entities[definition.owner?].bodies[definition.level])
    }

    /// A function as [`Program::qualified_name`](anabranch_ir::Program::qualified_name) names it.
    pub fn qualified_name(&self, function: usize) -> String {
        let definition = &self.functions[function];
        let Some(owner) = definition.owner else { return definition.name.to_owned() };
        let entity = &self.entities[owner];
        let (body, name) = (&entity.bodies[definition.level], self.stored_name(definition));
        if entity.overridden.contains(&function) {
            format!("{}.{}.{name}", entity.name, body.name)
        } else {
            format!("{}.{name}", entity.name)
        }
    }

    /// The name by which Python stores a function.
    pub fn stored_name(&self, definition: &FunctionDefinition<'_>) -> String {
        mangled(self.body_of(definition).map(|body| body.name), definition.name)
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
        classes: Vec::new(),
        scopes: vec![FxHashMap::default(); loaded.modules.len()],
        defining: FxHashMap::default(),
    };
    // Imports and functions first: what a decorator or a base class means depends on them.
    let mut links = Vec::new();
    for (index, module) in loaded.modules.iter().enumerate() {
        let mut collector = Collector {
            application: &mut application,
            module: index,
            links,
            linked: FxHashMap::default(),
        };
        collector.statements(&module.body);
        Collector { links, .. } = collector;
    }
    link_imports(&mut application, &links, diagnostics);
    for class in 0..application.classes.len() {
        classes::define(&mut application, class, diagnostics);
    }
    for function in application.functions.iter().filter(|function| function.owner.is_none()) {
        let body = &function.node.body;
        classes::refuse_nested(&application, function.module, body, diagnostics);
    }
    // Entity classes are known now, also to the modules that import them.
    link_imports(&mut application, &links, &mut Vec::new());
    for entity in 0..application.entities.len() {
        classes::complete(&mut application, entity);
    }
    application.defining = defining(&application.entities);
    classes::check_names(&application, diagnostics);
    application
}

fn defining(entities: &[EntityClass<'_>]) -> FxHashMap<String, Vec<usize>> {
    let mut defining: FxHashMap<String, Vec<usize>> = FxHashMap::default();
    for (index, entity) in entities.iter().enumerate() {
        for name in entity.bodies.iter().flat_map(|body| body.members.keys()) {
            let classes = defining.entry(name.clone()).or_default();
            if classes.last() != Some(&index) {
                classes.push(index);
            }
        }
    }
    defining
}

impl Application<'_> {
    pub(crate) fn rebind(&mut self, module: usize, class: &StmtClassDef, binding: Binding) {
        if let Some(slot) = self.scopes[module].get_mut(class.name.as_str()) {
            // Defined twice: which one counts is known at run time only.
            if matches!(slot, Binding::PlainClass(_)) {
                *slot = binding;
            }
        }
    }
}
