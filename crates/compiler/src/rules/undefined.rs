//! Names that nothing defines.
//!
//! A name that some comprehension or inner function of the same function binds is left to Python: whether
//! it means anything where it stands is a `NameError` that programs may count on.

use ruff_python_ast::{ExprContext, Stmt};

use crate::builtins::BUILTINS;
use crate::names::{Occurrence, body_occurrences, target_names};
use crate::similar::most_similar;
use crate::types::{FunctionScope, Inference, Name, Typing};
use crate::{Code, Diagnostic, SourceFile};

/// Further names that mean something everywhere: what every module and class body has, and what
/// Python's `site` adds for interactive use.
const SPECIAL_NAMES: &[&str] = &[
    "__annotations__",
    "__build_class__",
    "__builtins__",
    "__class__",
    "__dict__",
    "__doc__",
    "__file__",
    "__loader__",
    "__module__",
    "__name__",
    "__package__",
    "__path__",
    "__qualname__",
    "__spec__",
    "copyright",
    "credits",
    "exit",
    "license",
    "quit",
];

/// Whether names may come to be in the module in ways that cannot be seen, so that its functions are
/// not worth checking.
pub(super) fn may_define_anything(file: &SourceFile) -> bool {
    ["globals(", "exec(", "import *", "__builtins__", "builtins."]
        .iter()
        .any(|word| file.text.contains(word))
}

/// Reports names that nothing defines.
pub(super) fn check<'a>(
    typing: &Typing<'a>,
    scope: &FunctionScope<'a>,
    found: &mut Vec<Diagnostic>,
) {
    let application = typing.application;
    let module = &application.loaded.modules[scope.module];
    let inference = Inference::new(typing, scope);
    let occurrences = body_occurrences(&scope.node.body).into_iter();
    for occurrence in occurrences {
        let name = occurrence.name;
        if occurrence.context != ExprContext::Load
            || inference.name(name) != Name::Builtin
            || is_builtin(name)
            || is_global(&module.body, name)
            || is_bound_inside(&scope.node.body, name)
        {
            continue;
        }
        found.push(diagnostic(scope, &occurrence, &module.body));
    }
}

fn diagnostic(scope: &FunctionScope<'_>, occurrence: &Occurrence<'_>, body: &[Stmt]) -> Diagnostic {
    let name = occurrence.name;
    let message = format!("nothing defines the name `{name}`");
    let diagnostic = Diagnostic::new(Code::UndefinedName, message)
        .at(scope.module, occurrence.range, "not defined")
        .why("it is no variable of the function, no name of the module and no builtin");
    let mut known = Vec::new();
    for statement in body {
        target_names(statement, &mut known);
    }
    let known = known.into_iter().chain(scope.variables.iter().copied());
    match most_similar(name, known.chain(BUILTINS.iter().chain(SPECIAL_NAMES).copied())) {
        Some(similar) => diagnostic.help(format!("did you mean `{similar}`?")),
        None => diagnostic.help("import it, or define it at the top level of the module"),
    }
}

fn is_builtin(name: &str) -> bool {
    BUILTINS.binary_search(&name).is_ok()
        || SPECIAL_NAMES.contains(&name)
        // Newer versions of Python have further exceptions.
        || (name.starts_with(|first: char| first.is_ascii_uppercase())
            && ["Error", "Warning", "Exit"].iter().any(|ending| name.ends_with(ending)))
}

/// Whether some function declares `name` as a global variable, and so may define it.
fn is_global(body: &[Stmt], name: &str) -> bool {
    use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
    struct Globals<'n>(&'n str, bool);
    impl<'s> StatementVisitor<'s> for Globals<'_> {
        fn visit_stmt(&mut self, statement: &'s Stmt) {
            if let Stmt::Global(node) = statement {
                self.1 |= node.names.iter().any(|declared| declared.as_str() == self.0);
            }
            walk_stmt(self, statement);
        }
    }
    let mut globals = Globals(name, false);
    globals.visit_body(body);
    globals.1
}

/// Whether anything in `body`, scopes inside of it included, binds `name`.
fn is_bound_inside(body: &[Stmt], name: &str) -> bool {
    use ruff_python_ast::visitor::{Visitor, walk_expr, walk_parameter};
    use ruff_python_ast::{Expr, Parameter};
    struct Bound<'n>(&'n str, bool);
    impl<'s> Visitor<'s> for Bound<'_> {
        fn visit_expr(&mut self, expression: &'s Expr) {
            if let Expr::Name(node) = expression {
                self.1 |= node.ctx != ExprContext::Load && node.id.as_str() == self.0;
            }
            walk_expr(self, expression);
        }

        fn visit_parameter(&mut self, parameter: &'s Parameter) {
            self.1 |= parameter.name.as_str() == self.0;
            walk_parameter(self, parameter);
        }
    }
    let mut bound = Bound(name, false);
    bound.visit_body(body);
    bound.1
}
