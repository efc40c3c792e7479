//! What entity classes inherit from.

use ruff_text_size::Ranged;

use crate::resolve::classes::abstract_methods;
use crate::resolve::inheritance::{Finding, Obstacle};
use crate::resolve::{Application, EntityClass};
use crate::{Code, Diagnostic};

/// Reports what stands in the way of inheriting, and abstract methods that are left.
pub(super) fn check(
    application: &Application<'_>,
    class: &EntityClass<'_>,
    found: &mut Vec<Diagnostic>,
) {
    for finding in &class.findings {
        found.push(refusal(application, class, finding));
    }
    for index in abstract_methods(application, class) {
        let method = &application.functions[index];
        let message =
            format!("`{}` does not define the abstract method `{}`", class.name, method.name);
        found.push(
            Diagnostic::new(Code::AbstractEntity, message)
                .at(class.module, class.node.name.range(), "no entity of this class can be created")
                .also(method.module, method.node.name.range(), "abstract")
                .why("Python makes no instance of a class that has abstract methods")
                .help(format!("define `{}` in the entity class", method.name)),
        );
    }
}

fn refusal(
    application: &Application<'_>,
    class: &EntityClass<'_>,
    finding: &Finding,
) -> Diagnostic {
    let name = class.name;
    let (message, label, why, help) = match &finding.obstacle {
        Obstacle::Entity(other) => return entity_base(application, name, *other, finding),
        Obstacle::Record(other) => (
            format!("the entity class `{name}` inherits from the dataclass `{other}`"),
            "a dataclass",
            "`@dataclass` defines how instances are compared and shown, which entities have their own way of",
            "use an ordinary class with an `__init__`".to_owned(),
        ),
        Obstacle::Enum(other) => (
            format!("the entity class `{name}` inherits from the enum `{other}`"),
            "an enum",
            "an enum has a fixed set of members",
            "keep the member in an attribute".to_owned(),
        ),
        Obstacle::Library(other) => (
            format!("the entity class `{name}` inherits from `{other}`, which is not part of the application"),
            "from outside the application",
            "its methods are not compiled, and it may keep state where it is neither stored nor undone",
            "keep an instance in an attribute, or copy what is needed into a class of the application"
                .to_owned(),
        ),
        Obstacle::Unknown => (
            format!("what the entity class `{name}` inherits from is only known when it runs"),
            "not the name of one class",
            "the methods of the bases are compiled with the class, so they must be known before",
            "name a class that is defined once, at the top level of a module of the application"
                .to_owned(),
        ),
        Obstacle::Keyword(keyword) => (
            format!("the entity class `{name}` is made with `{keyword}=…`"),
            "changes how the class is made",
            "a metaclass, or a hook for the keyword, may make anything of the class",
            "leave it out; `metaclass=ABCMeta` alone is fine".to_owned(),
        ),
        Obstacle::Decorator(other) => (
            format!("the base class `{other}` of the entity class `{name}` has a decorator"),
            "may make anything of the class",
            "the methods of a base are compiled as they are written",
            "leave the decorator out, or inherit from a class without one".to_owned(),
        ),
        Obstacle::Slots(other) => (
            format!("`{other}`, which the entity class `{name}` is made of, has `__slots__`"),
            "attributes kept apart",
            "the state of an entity is its `__dict__`; what is in slots would not be stored",
            "leave `__slots__` out; an empty one is fine".to_owned(),
        ),
        Obstacle::Replaced { class: other, member } => (
            format!("`{other}.{member}` is not defined by `def {member}` alone"),
            "something else has this name as well",
            "what creates an entity must be known before it runs",
            format!("write one `def {member}(self, …)` in the class"),
        ),
        Obstacle::Protocol(other) => (
            format!("the protocol class `{other}` hides the `__init__` of the entity class `{name}`"),
            "a protocol",
            "Python gives a protocol class an `__init__` that does nothing",
            format!("write an `__init__` into `{name}`, or put the protocol last"),
        ),
        Obstacle::Inconsistent => (
            format!("Python finds no order for the base classes of the entity class `{name}`"),
            "the bases contradict each other",
            "each class comes before its bases, and bases keep the order in which they are listed",
            "list a class before those that it inherits from".to_owned(),
        ),
    };
    Diagnostic::new(Code::UnsupportedBase, message)
        .at(finding.module, finding.range, label)
        .why(why)
        .help(help)
}

fn entity_base(
    application: &Application<'_>,
    name: &str,
    other: usize,
    finding: &Finding,
) -> Diagnostic {
    let other = application.entities[other].name;
    let message = format!("the entity class `{name}` inherits from the entity class `{other}`");
    Diagnostic::new(Code::EntityBaseClass, message)
        .at(finding.module, finding.range, "an entity class")
        .why("a reference names exactly one class, and the same key may be taken in both")
        .help(format!(
            "move what both share into a class without `@entity`, or let `{name}` hold a reference to \
             its `{other}`"
        ))
}
