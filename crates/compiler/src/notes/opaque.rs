//! Attributes whose values are stored as pickles, as far as hints and assignments tell: only the
//! same code can read those again.

use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use crate::resolve::{Application, Binding};
use crate::{Code, Diagnostic};

/// Modules whose names in hints are no classes of values.
const HINT_MODULES: &[&str] = &["typing.", "typing_extensions.", "collections.abc.", "types."];

/// Classes outside the application that have an encoding of their own.
const ENCODED: &[&str] = &[
    "datetime.date",
    "datetime.datetime",
    "datetime.time",
    "datetime.timedelta",
    "datetime.timezone",
    "decimal.Decimal",
    "enum.Enum",
    "uuid.UUID",
    "zoneinfo.ZoneInfo",
];

/// Library classes that are often made on the spot.
const OPAQUE: &[&str] = &[
    "collections.Counter",
    "collections.OrderedDict",
    "collections.defaultdict",
    "collections.deque",
    "fractions.Fraction",
    "pathlib.Path",
];

/// Adds a note for each attribute of an entity that may be stored as a pickle.
pub(super) fn notes(application: &Application<'_>, found: &mut Vec<Diagnostic>) {
    for entity in &application.entities {
        let mut attributes =
            Attributes { application, module: entity.module, in_class_body: true, found };
        attributes.visit_body(&entity.node.body);
    }
}

struct Attributes<'t, 'a> {
    application: &'t Application<'a>,
    module: usize,
    in_class_body: bool,
    found: &'t mut Vec<Diagnostic>,
}

impl<'s> StatementVisitor<'s> for Attributes<'_, '_> {
    fn visit_stmt(&mut self, statement: &'s Stmt) {
        match statement {
            Stmt::AnnAssign(node)
                if self.in_class_body || matches!(&*node.target, Expr::Attribute(_)) =>
            {
                self.hint(&node.annotation);
            }
            Stmt::Assign(node)
                if node.targets.iter().any(|target| matches!(target, Expr::Attribute(_))) =>
            {
                self.value(&node.value);
            }
            Stmt::FunctionDef(_) => {
                let before = std::mem::replace(&mut self.in_class_body, false);
                walk_stmt(self, statement);
                self.in_class_body = before;
                return;
            }
            _ => {}
        }
        walk_stmt(self, statement);
    }
}

impl Attributes<'_, '_> {
    /// Every class that the hint names.
    fn hint(&mut self, hint: &Expr) {
        struct Names<'h>(Vec<&'h Expr>);
        impl<'h> Visitor<'h> for Names<'h> {
            fn visit_expr(&mut self, expression: &'h Expr) {
                if matches!(expression, Expr::Name(_) | Expr::Attribute(_)) {
                    self.0.push(expression);
                } else {
                    visitor::walk_expr(self, expression);
                }
            }
        }
        let mut names = Names(Vec::new());
        names.visit_expr(hint);
        for name in names.0 {
            let is_opaque = match self.application.resolve(self.module, name) {
                Some(Binding::PlainClass(_)) => true,
                Some(Binding::External(dotted)) => {
                    let is_hint = HINT_MODULES.iter().any(|module| dotted.starts_with(module));
                    !is_hint && !ENCODED.contains(&dotted.as_str())
                }
                _ => false,
            };
            if is_opaque {
                self.note(name);
            }
        }
    }

    /// A class that is called where the value is assigned.
    fn value(&mut self, value: &Expr) {
        let Expr::Call(call) = value else { return };
        let is_opaque = match self.application.resolve(self.module, &call.func) {
            Some(Binding::PlainClass(_)) => true,
            Some(Binding::External(dotted)) => OPAQUE.contains(&dotted.as_str()),
            _ => false,
        };
        if is_opaque {
            self.note(&call.func);
        }
    }

    fn note(&mut self, class: &Expr) {
        let name = self.application.loaded.files[self.module].slice(class.range());
        let message = format!("values of `{name}` may be stored as pickles");
        self.found.push(
            Diagnostic::new(Code::OpaqueState, message)
                .at(self.module, class.range(), "neither a dataclass nor an enum")
                .why("a pickle can be read only with the class as it was when it was stored")
                .help("make it a dataclass, or store what it is made of"),
        );
    }
}
