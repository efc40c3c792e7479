//! Stage 7: a function that can suspend becomes a control-flow graph.
//!
//! Statements that cannot suspend stay as they are, as slices of the user's source. The others are
//! taken apart until each suspension stands alone: everything that Python evaluates before it is a
//! step before it, saved in a temporary variable unless nothing can change it meanwhile.
//!
//! # Layout
//! - [`text`]: slices of the source with edits, and the variables they read and bind.
//! - [`sequence`]: parts of an expression in the order of evaluation.
//! - [`expression`], [`call`], [`choice`], [`fstring`], [`comprehension`]: expressions.
//! - [`together`]: actions that are handed over together.
//! - [`statement`], [`assignment`], [`loops`], [`exceptions`], [`matching`], [`native`]: statements.

mod assignment;
mod call;
mod choice;
mod comprehension;
mod exceptions;
mod expression;
mod fstring;
mod loops;
mod matching;
mod native;
mod sequence;
mod statement;
mod text;
mod together;

use std::collections::{BTreeMap, BTreeSet};

use anabranch_ir::Exit;
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::{Ranged, TextRange, TextSize};

use crate::cfg::{Action, BlockId, Code, Graph, RegionId, Step, StepKind, Terminator};
use crate::effects::{Effects, Suspensions};
use crate::liveness::drop_needless_checks;
use crate::names::{body_occurrences, parameter_names};
use crate::node_ranges::NodeRanges;
use crate::types::{FunctionScope, Inference, Name, Typing};
use crate::{Diagnostic, SourceFile};

/// Lowers `function`, whose scope is `scope`. The diagnostics are about what it cannot express.
pub fn lower<'a>(
    typing: &Typing<'a>,
    scope: &FunctionScope<'a>,
    effects: &Effects<'a>,
    function: usize,
) -> (Graph, Vec<Diagnostic>) {
    let loaded = typing.application.loaded;
    let mut lowering = Lowering {
        inference: Inference::new(typing, scope),
        effects,
        suspensions: Suspensions::of(effects.spots(function)),
        bindings: sequence::bindings(&scope.node.body),
        source: &loaded.files[scope.module],
        graph: Graph::default(),
        current: Graph::ENTRY,
        scopes: Vec::new(),
        region: None,
        renames: Vec::new(),
        temporaries: BTreeSet::new(),
        prefix: temporary_prefix(scope, loaded.files[scope.module].slice(scope.node.range())),
        groups: together::Groups::default(),
        diagnostics: Vec::new(),
    };
    lowering.current = lowering.block();
    // Segments hand on variables that may have no value with its help.
    lowering.builtin("locals", scope.node.name.range());
    lowering.body(without_docstring(&scope.node.body));
    lowering.end(Terminator::Return(Code::new("None", scope.node.range().start())));
    let mut graph = lowering.graph;
    drop_needless_checks(&mut graph, &parameter_names(&scope.node.parameters));
    (graph, lowering.diagnostics)
}

struct Lowering<'t, 'a> {
    inference: Inference<'t, 'a>,
    effects: &'t Effects<'a>,
    suspensions: Suspensions,
    /// Where it binds variables with `:=`.
    bindings: NodeRanges,
    source: &'t SourceFile,
    graph: Graph,
    /// Where the next step goes.
    current: BlockId,
    /// What `break`, `continue` and `return` have to do with, innermost last.
    scopes: Vec<Scope<'a>>,
    /// Where new blocks belong.
    region: Option<RegionId>,
    /// New names for the variables of comprehensions around, innermost last.
    renames: Vec<BTreeMap<&'a str, String>>,
    temporaries: BTreeSet<String>,
    /// What the names of temporaries start with.
    prefix: String,
    groups: together::Groups,
    diagnostics: Vec<Diagnostic>,
}

/// A statement around that has been taken apart.
#[derive(Clone, Copy)]
enum Scope<'a> {
    /// Where `continue` and `break` lead.
    Loop { header: BlockId, after: BlockId },
    /// What runs on every way out, in the region around the whole `try` statement.
    Finally { body: &'a [Stmt], outside: Option<RegionId> },
    /// An `except` clause with the name of its exception, which is deleted on every way out.
    Clause { name: &'a str, end: TextSize },
}

impl<'a> Lowering<'_, 'a> {
    /// A new block in the current region.
    fn block(&mut self) -> BlockId {
        self.graph.add(self.region)
    }

    fn step(&mut self, code: Code, surely_binds: BTreeSet<String>) {
        let step = Step { code, surely_binds, unbinds: BTreeSet::new(), kind: StepKind::Statement };
        self.graph.block_mut(self.current).steps.push(step);
    }

    /// Fails, when it runs, if `variable` has no value.
    fn check_bound(&mut self, variable: String, origin: TextSize) {
        let surely_binds = BTreeSet::from([variable.clone()]);
        self.check(Code::variable(variable, origin), surely_binds);
    }

    /// `code` as a step that has no effect if the variables that it reads have values.
    fn check(&mut self, code: Code, surely_binds: BTreeSet<String>) {
        let step = Step { code, surely_binds, unbinds: BTreeSet::new(), kind: StepKind::Check };
        self.graph.block_mut(self.current).steps.push(step);
    }

    /// Ends the current block. What follows until the next `begin` cannot be reached.
    fn end(&mut self, terminator: Terminator) {
        self.graph.block_mut(self.current).terminator = terminator;
        self.current = self.block();
    }

    /// Goes on in `block`.
    fn begin(&mut self, block: BlockId) {
        self.current = block;
    }

    /// Ends the current block with a jump to `block` and goes on there.
    fn flow_into(&mut self, block: BlockId) {
        self.graph.block_mut(self.current).terminator = Terminator::Goto(block);
        self.current = block;
    }

    /// A variable of the compiler's own.
    fn temporary(&mut self) -> String {
        let name = format!("{}{}", self.prefix, self.temporaries.len() + 1);
        self.temporaries.insert(name.clone());
        name
    }

    /// `name = code` as a step.
    fn assign(&mut self, name: &str, code: Code) {
        let mut whole = Code::new(format!("{name} = "), code.origin());
        whole.append(code);
        whole.binds.insert(name.to_owned());
        self.step(whole, BTreeSet::from([name.to_owned()]));
    }

    /// Evaluates `code` now; the result names its value.
    fn save(&mut self, code: Code) -> Code {
        let name = self.temporary();
        let origin = code.origin();
        self.assign(&name, code);
        Code::variable(name, origin)
    }

    /// Suspends; `result` takes the action's result.
    fn suspend(&mut self, word: &'static str, fields: Code, exit: Exit, result: Option<String>) {
        assert!(fields.binds.is_empty(), "this is a bug in Anabranch: live variables change");
        let next = self.block();
        let action = Action { word, fields, exit };
        self.graph.block_mut(self.current).terminator =
            Terminator::Suspend { action, result, next };
        self.current = next;
    }

    fn suspends(&self, expression: &'a Expr) -> bool {
        self.suspensions.in_expression(expression)
    }

    fn statement_suspends(&self, statement: &'a Stmt) -> bool {
        self.suspensions.in_statement(statement)
    }

    fn target_suspends(&self, target: &'a Expr) -> bool {
        self.suspensions.in_expression(target)
    }

    /// Reports something that this stage cannot express.
    fn refuse(&mut self, range: TextRange, message: &str, help: &str) {
        self.diagnostics.push(
            Diagnostic::new(crate::Code::RemoteUnsupported, message)
                .at(self.inference.scope.module, range, "not compiled yet")
                .help(help),
        );
    }

    /// The builtin `name`, which the emitted text uses; refused if the user gave it another meaning.
    fn builtin(&mut self, name: &'static str, range: TextRange) -> &'static str {
        if self.inference.name(name) != Name::Builtin {
            let message = format!("the name `{name}` hides Python's own `{name}`");
            self.refuse(range, &message, "rename yours: this construct needs Python's own");
        }
        name
    }

    /// The name as Python stores it: a private name in a class body is mangled (Python reference,
    /// 6.2.1).
    fn mangled(&self, name: &str) -> String {
        self.inference.scope.member_name(name).into_owned()
    }
}

fn without_docstring(body: &[Stmt]) -> &[Stmt] {
    match body {
        [Stmt::Expr(first), rest @ ..] if first.value.is_string_literal_expr() => rest,
        _ => body,
    }
}

/// A prefix for temporaries that no name in the function, whose source is `text`, starts with, followed
/// by a digit.
fn temporary_prefix(scope: &FunctionScope<'_>, text: &str) -> String {
    let mut prefix = "_".to_owned();
    // Python writes names that are not ASCII in another way before it looks at them.
    let is_numbered = |pair: &[u8]| pair[0] == b'_' && pair[1].is_ascii_digit();
    if text.is_ascii() && !text.as_bytes().windows(2).any(is_numbered) {
        return prefix;
    }
    let used = body_occurrences(&scope.node.body).into_iter();
    let names: BTreeSet<&str> =
        used.map(|occurrence| occurrence.name).chain(scope.variables.iter().copied()).collect();
    let is_taken = |prefix: &str| {
        names.iter().any(|name| {
            let rest = name.strip_prefix(prefix);
            rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
        })
    };
    while is_taken(&prefix) {
        prefix.push_str("t_");
    }
    prefix
}

/// The start of a node, as the origin of made-up text.
fn start_of(node: &impl Ranged) -> TextSize {
    node.range().start()
}
