//! Results of calls.

use ruff_python_ast::{Expr, ExprCall};

use super::Inference;
use crate::resolve::Binding;
use crate::types::Type;

/// Builtins whose results contain no reference, whatever the arguments are.
const PLAIN_BUILTINS: &[&str] = &[
    "abs",
    "all",
    "any",
    "ascii",
    "bin",
    "bool",
    "bytes",
    "callable",
    "chr",
    "divmod",
    "float",
    "format",
    "hasattr",
    "hash",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "len",
    "oct",
    "ord",
    "print",
    "range",
    "repr",
    "round",
    "str",
];

/// Modules whose functions and classes give values without references.
const PLAIN_MODULES: &[&str] =
    &["datetime.", "decimal.", "fractions.", "math.", "time.", "uuid.", "zoneinfo."];

impl<'a> Inference<'_, 'a> {
    pub(super) fn infer_call(&mut self, node: &'a ExprCall) -> Type {
        if let Some((function, _)) = self.inherited_call(node) {
            return self.typing.result(function);
        }
        if let Some(binding) = self.binding(&node.func) {
            return self.infer_bound_call(&binding, node);
        }
        if let Some(name) = self.builtin(&node.func) {
            return self.infer_builtin(name, node);
        }
        let Expr::Attribute(attribute) = &*node.func else { return Type::Unknown };
        let receiver = self.infer(&attribute.value);
        self.infer_method(receiver, attribute.attr.as_str(), node)
    }

    /// What the functions among the arguments of `node` are called with: the elements of what the
    /// call goes through. Only where that is known to be so.
    pub fn callback_element(&mut self, node: &'a ExprCall) -> Option<Type> {
        let iterable = match (self.builtin(&node.func), &*node.func) {
            (Some("sorted" | "min" | "max"), _) => node.arguments.args.first()?,
            (Some("map" | "filter"), _) => match &*node.arguments.args {
                [_, iterable] => iterable,
                _ => return None,
            },
            (_, Expr::Attribute(attribute)) if attribute.attr.as_str() == "sort" => {
                &attribute.value
            }
            _ => return None,
        };
        match self.infer(iterable).element() {
            Type::Never => None,
            element => Some(element),
        }
    }

    fn infer_bound_call(&mut self, binding: &Binding, node: &'a ExprCall) -> Type {
        match binding {
            Binding::Entity(entity) => Type::Reference(*entity),
            Binding::Record(record) => Type::Record(*record),
            Binding::Enum(_) => Type::Plain,
            Binding::PlainClass(_) => Type::Local,
            Binding::Function(function) => self.typing.result(*function),
            Binding::External(name) => match name.as_str() {
                "anabranch.ref" => match node.arguments.args.first() {
                    Some(class) => match self.binding(class) {
                        Some(Binding::Entity(entity)) => Type::Reference(entity),
                        _ => Type::Unknown,
                    },
                    None => Type::Unknown,
                },
                "anabranch.exists" | "anabranch.delete" => Type::Plain,
                name if PLAIN_MODULES.iter().any(|module| name.starts_with(module)) => Type::Plain,
                name => {
                    // By convention a class; its instances are not references.
                    let last = name.rsplit('.').next().unwrap_or(name);
                    let is_class = last.starts_with(|first: char| first.is_uppercase());
                    let is_container = matches!(last, "defaultdict" | "deque");
                    if is_class || is_container { Type::Local } else { Type::Unknown }
                }
            },
            Binding::Module(_) | Binding::Variable => Type::Unknown,
        }
    }

    fn infer_builtin(&mut self, name: &str, node: &'a ExprCall) -> Type {
        let arguments = &node.arguments.args;
        let element = |this: &mut Self| match arguments.first() {
            Some(iterable) => this.infer(iterable).element(),
            None => Type::Never,
        };
        match name {
            "list" | "sorted" | "reversed" | "iter" => Type::List(Box::new(element(self))),
            "set" | "frozenset" => Type::Set(Box::new(element(self))),
            "tuple" => Type::TupleOf(Box::new(element(self))),
            "next" => element(self),
            "enumerate" => Type::List(Box::new(Type::Tuple(vec![Type::Plain, element(self)]))),
            "zip" if node.arguments.args.iter().all(|argument| !argument.is_starred_expr()) => {
                let elements = arguments.iter().map(|iterable| self.infer(iterable).element());
                Type::List(Box::new(Type::Tuple(elements.collect())))
            }
            "min" | "max" => match &**arguments {
                [Expr::Starred(_)] => Type::Unknown,
                [iterable] => self.infer(iterable).element(),
                several => several
                    .iter()
                    .fold(Type::Never, |joined, argument| joined.join(self.infer(argument))),
            },
            "sum" => match element(self) {
                Type::Plain => Type::Plain,
                _ => Type::Unknown,
            },
            "filter" => match arguments.get(1) {
                Some(iterable) => Type::List(Box::new(self.infer(iterable).element())),
                None => Type::Unknown,
            },
            "dict" | "object" | "slice" | "bytearray" | "memoryview" | "open" | "super" => {
                Type::Local
            }
            name if PLAIN_BUILTINS.contains(&name) => Type::Plain,
            // An exception class.
            name if name.starts_with(|first: char| first.is_uppercase()) => Type::Local,
            _ => Type::Unknown,
        }
    }

    fn infer_method(&mut self, receiver: Type, method: &str, node: &'a ExprCall) -> Type {
        match receiver {
            Type::Reference(entity) | Type::SelfEntity(entity) => {
                let name = self.scope.member_name(method);
                let function = self.application().member_from(entity, 0, &name);
                function.map_or(Type::Unknown, |function| self.typing.result(function))
            }
            Type::Plain => Type::Plain,
            Type::List(element) => match method {
                "pop" => *element,
                "copy" => Type::List(element),
                "index" | "count" => Type::Plain,
                _ => Type::None,
            },
            Type::Set(element) => match method {
                "pop" => *element,
                "isdisjoint" | "issubset" | "issuperset" => Type::Plain,
                "copy" | "difference" | "intersection" => Type::Set(element),
                _ => Type::Local,
            },
            Type::Dict(key, value) => match method {
                "get" | "pop" | "setdefault" => {
                    let default = match node.arguments.args.get(1) {
                        Some(default) => self.infer(default),
                        None => Type::Never,
                    };
                    value.join(default)
                }
                "keys" => Type::List(key),
                "values" => Type::List(value),
                "items" => Type::List(Box::new(Type::Tuple(vec![*key, *value]))),
                "popitem" => Type::Tuple(vec![*key, *value]),
                "copy" => Type::Dict(key, value),
                _ => Type::Local,
            },
            _ => Type::Unknown,
        }
    }
}
