//! Type hints in annotations: as [`Hint`]s, against which values are checked at the borders, and as
//! [`Type`]s, which tell the compiler what is surely not a reference.

use anabranch_ir::Hint;
use ruff_python_ast::{Expr, Operator};
use ruff_python_parser::parse_expression;

use crate::resolve::{Application, Binding};
use crate::types::Type;

/// Reads the annotation `expression`, which stands in `module`. What cannot be expressed becomes
/// [`Hint::Any`] and [`Type::Unknown`].
pub fn annotation(application: &Application<'_>, module: usize, expression: &Expr) -> (Hint, Type) {
    match expression {
        Expr::NoneLiteral(_) => (Hint::None, Type::None),
        Expr::StringLiteral(literal) => match parse_expression(literal.value.to_str()) {
            Ok(parsed) => annotation(application, module, parsed.expr()),
            Err(_) => UNKNOWN,
        },
        Expr::BinOp(node) if node.op == Operator::BitOr => {
            union(application, module, &[&node.left, &node.right])
        }
        Expr::Subscript(node) => {
            let Some(name) = type_name(application, module, &node.value) else { return UNKNOWN };
            let arguments: Vec<&Expr> = match &*node.slice {
                Expr::Tuple(tuple) => tuple.elts.iter().collect(),
                other => vec![other],
            };
            generic(application, module, &name, &arguments)
        }
        Expr::Name(_) | Expr::Attribute(_) => {
            match application.resolve(module, expression) {
                Some(Binding::Entity(entity)) => {
                    let name = application.entities[entity].name.to_owned();
                    return (Hint::Entity(name), Type::Reference(entity));
                }
                Some(Binding::Record(record)) => {
                    let class = &application.records[record];
                    let name = class_name(application, class.module, class.name);
                    return (Hint::Record(name), Type::Record(record));
                }
                Some(Binding::Enum(index)) => {
                    let class = &application.enums[index];
                    let name = class_name(application, class.module, class.name);
                    return (Hint::Enum(name), Type::Plain);
                }
                // An entity may inherit from it.
                Some(Binding::PlainClass(class)) if application.may_be_entity(class) => {
                    return UNKNOWN;
                }
                Some(Binding::PlainClass(_)) => return (Hint::Any, Type::Local),
                _ => {}
            }
            match type_name(application, module, expression) {
                Some(name) => simple(&name),
                None => UNKNOWN,
            }
        }
        _ => UNKNOWN,
    }
}

/// `module:QualifiedName`
pub fn class_name(application: &Application<'_>, module: usize, name: &str) -> String {
    format!("{}:{name}", application.loaded.modules[module].name)
}

const UNKNOWN: (Hint, Type) = (Hint::Any, Type::Unknown);

/// The dotted name of a type from outside the application; builtins go by their plain name.
fn type_name(application: &Application<'_>, module: usize, expression: &Expr) -> Option<String> {
    match (application.resolve(module, expression), expression) {
        (Some(Binding::External(name)), _) => Some(name),
        (None, Expr::Name(name)) => Some(name.id.to_string()),
        _ => None,
    }
}

/// The last part of names that several modules export: `typing.List`, `collections.abc.Sequence`.
fn generic_name(name: &str) -> &str {
    let prefixes = ["typing.", "typing_extensions.", "collections.abc."];
    prefixes.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
}

fn simple(name: &str) -> (Hint, Type) {
    let plain = |hint| (hint, Type::Plain);
    let any = || Box::new(Hint::Any);
    let unknown = || Box::new(Type::Unknown);
    match generic_name(name) {
        "None" => (Hint::None, Type::None),
        "bool" => plain(Hint::Bool),
        "int" => plain(Hint::Int),
        "float" => plain(Hint::Float),
        "str" => plain(Hint::Str),
        "bytes" => plain(Hint::Bytes),
        "complex" | "bytearray" => plain(Hint::Any),
        "list" | "List" => (Hint::List(any()), Type::List(unknown())),
        "set" | "Set" => (Hint::Set(any()), Type::Set(unknown())),
        "frozenset" | "FrozenSet" => (Hint::FrozenSet(any()), Type::Set(unknown())),
        "dict" | "Dict" => (Hint::Dict(any(), any()), Type::Dict(unknown(), unknown())),
        "tuple" | "Tuple" => (Hint::TupleOf(any()), Type::TupleOf(unknown())),
        "datetime.date" => plain(Hint::Date),
        "datetime.time" => plain(Hint::Time),
        "datetime.datetime" => plain(Hint::DateTime),
        "datetime.timedelta" => plain(Hint::TimeDelta),
        "datetime.timezone" | "zoneinfo.ZoneInfo" => plain(Hint::Any),
        "decimal.Decimal" => plain(Hint::Decimal),
        "fractions.Fraction" => plain(Hint::Any),
        "uuid.UUID" => plain(Hint::Uuid),
        "Callable" => (Hint::Any, Type::Local),
        "Iterable" | "Iterator" | "Sequence" | "Collection" | "MutableSequence" => {
            (Hint::Any, Type::List(unknown()))
        }
        "Mapping" | "MutableMapping" => (Hint::Any, Type::Dict(unknown(), unknown())),
        _ => UNKNOWN,
    }
}

fn generic(
    application: &Application<'_>,
    module: usize,
    name: &str,
    arguments: &[&Expr],
) -> (Hint, Type) {
    let argument = |index: usize| {
        arguments.get(index).map_or(UNKNOWN, |hint| annotation(application, module, hint))
    };
    let one = |make_hint: fn(Box<Hint>) -> Hint, make_type: fn(Box<Type>) -> Type| {
        let (hint, element) = argument(0);
        (make_hint(Box::new(hint)), make_type(Box::new(element)))
    };
    match generic_name(name) {
        "list" | "List" => one(Hint::List, Type::List),
        "set" | "Set" => one(Hint::Set, Type::Set),
        "frozenset" | "FrozenSet" => one(Hint::FrozenSet, Type::Set),
        "Iterable" | "Iterator" | "Sequence" | "Collection" | "MutableSequence" => {
            (Hint::Any, Type::List(Box::new(argument(0).1)))
        }
        "dict" | "Dict" | "defaultdict" | "collections.defaultdict" => {
            let ((key_hint, key), (value_hint, value)) = (argument(0), argument(1));
            let hint = Hint::Dict(Box::new(key_hint), Box::new(value_hint));
            (hint, Type::Dict(Box::new(key), Box::new(value)))
        }
        "Mapping" | "MutableMapping" => {
            (Hint::Any, Type::Dict(Box::new(argument(0).1), Box::new(argument(1).1)))
        }
        "tuple" | "Tuple" => match arguments {
            [_, Expr::EllipsisLiteral(_)] => one(Hint::TupleOf, Type::TupleOf),
            // `tuple[()]`
            [Expr::Tuple(empty)] if empty.elts.is_empty() => {
                (Hint::Tuple(Vec::new()), Type::Tuple(Vec::new()))
            }
            _ => {
                let elements = arguments.iter().map(|hint| annotation(application, module, hint));
                let (hints, types) = elements.unzip();
                (Hint::Tuple(hints), Type::Tuple(types))
            }
        },
        "Optional" => {
            let (hint, inner) = argument(0);
            (joined_hint(vec![hint, Hint::None]), inner)
        }
        "Union" => union(application, module, arguments),
        "Final" | "ClassVar" | "Annotated" => argument(0),
        "Literal" => (Hint::Any, Type::Plain),
        "Callable" => (Hint::Any, Type::Local),
        _ => UNKNOWN,
    }
}

fn union(application: &Application<'_>, module: usize, members: &[&Expr]) -> (Hint, Type) {
    let mut hints = Vec::new();
    let mut joined = Type::Never;
    for member in members {
        let (hint, inner) = annotation(application, module, member);
        hints.push(hint);
        joined = joined.join(inner);
    }
    (joined_hint(hints), joined)
}

/// A union without nesting and repetition; one that allows anything is `Any`.
fn joined_hint(members: Vec<Hint>) -> Hint {
    let mut flat: Vec<Hint> = Vec::new();
    for member in members {
        let inner = match member {
            Hint::Union(inner) => inner,
            other => vec![other],
        };
        for hint in inner {
            if !flat.contains(&hint) {
                flat.push(hint);
            }
        }
    }
    if flat.contains(&Hint::Any) {
        return Hint::Any;
    }
    match flat.len() {
        0 => Hint::Any,
        1 => flat.remove(0),
        _ => Hint::Union(flat),
    }
}
