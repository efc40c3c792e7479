//! The classes that entity classes inherit from, in Python's method resolution order.
//!
//! The order is computed as Python does (C3, Python's `mro.html`), over the classes of the application
//! and the few from outside that hold no state. Whoever loads the program compares it with the order
//! that Python found.

use ruff_python_ast::{Expr, StmtClassDef};
use ruff_text_size::{Ranged, TextRange};

use super::{Application, Binding};

/// A class in the method resolution order of an entity class; `object` is left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ancestor {
    /// Index into [`Application::classes`].
    Class(usize),
    /// `abc.ABC`
    AbstractBase,
    /// `typing.Generic`
    Generic,
    /// `typing.Protocol`
    Protocol,
}

/// Why a class cannot be a base of an entity class, or not be inherited from in this way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Obstacle {
    /// An entity class, by its index.
    Entity(usize),
    /// A dataclass of this name.
    Record(String),
    Enum(String),
    /// A class from outside the application.
    Library(String),
    /// A name with several meanings, or an expression that only the run can tell.
    Unknown,
    /// `metaclass=…` other than `ABCMeta`, or another keyword.
    Keyword(String),
    /// A decorator of a base class.
    Decorator(String),
    /// `__slots__` with attributes.
    Slots(String),
    /// A class attribute in the place of `__init__` or `__key__`.
    Replaced {
        class: String,
        member: &'static str,
    },
    /// A protocol class that hides the `__init__` of a class behind it.
    Protocol(String),
    /// Python finds no order.
    Inconsistent,
}

/// An [`Obstacle`] and where it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    pub obstacle: Obstacle,
    pub module: usize,
    pub range: TextRange,
}

/// What a class inherits from.
#[derive(Clone, Debug, Default)]
pub struct Lineage {
    /// The class itself first.
    pub order: Vec<Ancestor>,
    /// What stands in the way, the bases' own included.
    pub findings: Vec<Finding>,
}

/// The lineage of `class`.
pub fn lineage(application: &Application<'_>, class: usize) -> Lineage {
    let mut findings = Vec::new();
    let order = linearized(application, class, &mut Vec::new(), &mut findings);
    Lineage { order, findings }
}

/// `open` are the classes whose bases are being looked at.
fn linearized(
    application: &Application<'_>,
    class: usize,
    open: &mut Vec<usize>,
    findings: &mut Vec<Finding>,
) -> Vec<Ancestor> {
    let definition = &application.classes[class];
    if open.contains(&class) {
        return vec![Ancestor::Class(class)];
    }
    if !open.is_empty() {
        check_base(application, class, findings);
    }
    check_keywords(application, class, findings);
    open.push(class);
    let bases = bases(application, definition.module, definition.node, findings);
    let mut lists: Vec<Vec<Ancestor>> = bases
        .iter()
        .map(|base| match base {
            Ancestor::Class(class) => linearized(application, *class, open, findings),
            Ancestor::AbstractBase | Ancestor::Generic => vec![*base],
            Ancestor::Protocol => vec![Ancestor::Protocol, Ancestor::Generic],
        })
        .collect();
    open.pop();
    lists.push(bases);
    let mut order = vec![Ancestor::Class(class)];
    match merged(lists) {
        Some(rest) => order.extend(rest),
        None => findings.push(Finding {
            obstacle: Obstacle::Inconsistent,
            module: definition.module,
            range: definition.node.name.range(),
        }),
    }
    order
}

/// The merge of the C3 linearization; `None` if there is no order that keeps all of `lists`.
fn merged(mut lists: Vec<Vec<Ancestor>>) -> Option<Vec<Ancestor>> {
    let mut order = Vec::new();
    loop {
        lists.retain(|list| !list.is_empty());
        if lists.is_empty() {
            return Some(order);
        }
        let is_free =
            |candidate: &Ancestor| !lists.iter().any(|list| list[1..].contains(candidate));
        let next = lists.iter().map(|list| list[0]).find(is_free)?;
        order.push(next);
        for list in &mut lists {
            list.retain(|ancestor| *ancestor != next);
        }
    }
}

/// The direct bases as Python sees them (`__mro_entries__` of subscripted classes applied).
fn bases(
    application: &Application<'_>,
    module: usize,
    node: &StmtClassDef,
    findings: &mut Vec<Finding>,
) -> Vec<Ancestor> {
    let expressions = node.bases();
    let mut bases = Vec::new();
    for (index, expression) in expressions.iter().enumerate() {
        let (class, is_subscripted) = match expression {
            Expr::Subscript(node) => (&*node.value, true),
            other => (other, false),
        };
        let is_object = matches!(class, Expr::Name(name) if name.id.as_str() == "object");
        let obstacle = match application.resolve(module, class) {
            None if is_object => continue,
            None => match class {
                Expr::Name(name) => Obstacle::Library(name.id.to_string()),
                _ => Obstacle::Unknown,
            },
            Some(Binding::PlainClass(class)) if application.classes[class].is_redefined => {
                Obstacle::Unknown
            }
            Some(Binding::PlainClass(class)) => {
                bases.push(Ancestor::Class(class));
                continue;
            }
            Some(Binding::Entity(entity)) => {
                // Its members are known, so that nothing else is reported for want of them.
                bases.push(Ancestor::Class(application.entities[entity].class));
                Obstacle::Entity(entity)
            }
            Some(Binding::Record(record)) => {
                Obstacle::Record(application.records[record].name.to_owned())
            }
            Some(Binding::Enum(class)) => Obstacle::Enum(application.enums[class].name.to_owned()),
            Some(Binding::External(name)) => match name.as_str() {
                "abc.ABC" => {
                    bases.push(Ancestor::AbstractBase);
                    continue;
                }
                "typing.Protocol" => {
                    bases.push(Ancestor::Protocol);
                    continue;
                }
                "typing.Generic" => {
                    let later = expressions[index + 1..].iter().any(Expr::is_subscript_expr);
                    let is_implied = later || names_protocol(application, module, expressions);
                    if !(is_subscripted && is_implied) {
                        bases.push(Ancestor::Generic);
                    }
                    continue;
                }
                _ => Obstacle::Library(name),
            },
            Some(Binding::Function(_) | Binding::Module(_) | Binding::Variable) => {
                Obstacle::Unknown
            }
        };
        findings.push(Finding { obstacle, module, range: expression.range() });
    }
    if node.type_params.is_some() && !bases.contains(&Ancestor::Generic) {
        bases.push(Ancestor::Generic);
    }
    bases
}

fn names_protocol(application: &Application<'_>, module: usize, bases: &[Expr]) -> bool {
    bases.iter().any(|base| {
        let found = application.resolve(module, base);
        matches!(found, Some(Binding::External(name)) if name == "typing.Protocol")
    })
}

/// What a base class must not be.
fn check_base(application: &Application<'_>, class: usize, findings: &mut Vec<Finding>) {
    let definition = &application.classes[class];
    let module = definition.module;
    if application.entities.iter().any(|entity| entity.class == class) {
        return;
    }
    for decorator in &definition.node.decorator_list {
        let found = application.resolve(module, &decorator.expression);
        let is_harmless = matches!(
            found,
            Some(Binding::External(name))
                if matches!(name.as_str(), "typing.final" | "typing.runtime_checkable")
        );
        if !is_harmless {
            let obstacle = Obstacle::Decorator(definition.name.to_owned());
            findings.push(Finding { obstacle, module, range: decorator.range() });
        }
    }
}

fn check_keywords(application: &Application<'_>, class: usize, findings: &mut Vec<Finding>) {
    let definition = &application.classes[class];
    let module = definition.module;
    for keyword in definition.node.keywords() {
        if is_abstract_metaclass(application, module, keyword) {
            continue;
        }
        let obstacle = match &keyword.arg {
            Some(name) => Obstacle::Keyword(name.to_string()),
            None => Obstacle::Unknown,
        };
        findings.push(Finding { obstacle, module, range: keyword.range() });
    }
}

/// `metaclass=ABCMeta`
fn is_abstract_metaclass(
    application: &Application<'_>,
    module: usize,
    keyword: &ruff_python_ast::Keyword,
) -> bool {
    let value = application.resolve(module, &keyword.value);
    keyword.arg.as_ref().is_some_and(|name| name == "metaclass")
        && matches!(value, Some(Binding::External(name)) if name == "abc.ABCMeta")
}

/// Whether Python lets nobody make an instance while an abstract method is left.
pub(super) fn is_abstract(application: &Application<'_>, order: &[Ancestor]) -> bool {
    order.iter().any(|ancestor| match ancestor {
        Ancestor::Class(class) => {
            let definition = &application.classes[*class];
            let mut keywords = definition.node.keywords().iter();
            keywords.any(|it| is_abstract_metaclass(application, definition.module, it))
        }
        Ancestor::AbstractBase | Ancestor::Protocol => true,
        Ancestor::Generic => false,
    })
}
