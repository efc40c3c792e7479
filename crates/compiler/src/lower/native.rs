//! Statements that cannot suspend: slices of the user's source.
//!
//! Only what leaves the statement is rewritten: a `return` says that it is one, and a `break` or
//! `continue` of an enclosing loop that has been taken apart notes which of them it is and leaves
//! the statement by a `break`, so that every `finally` on the way runs before the segment goes on.
//! So does a `return` through a `finally` clause that has been taken apart.

use std::collections::BTreeSet;

use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
use ruff_python_ast::{Expr, ExprContext, Stmt};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::Lowering;
use super::text::Edit;
use crate::cfg::{Code, Step, StepKind, Terminator};
use crate::emit::RETURN;
use crate::names::{bound_names, statement_occurrences, targets};

impl<'a> Lowering<'_, 'a> {
    pub(super) fn native(&mut self, statement: &'a Stmt) {
        let ways_out = WaysOut::of(statement);
        let mut edits: Vec<Edit> = Vec::new();
        let mut leaves = ways_out.leaves;
        let through_finally = self.is_in_finally();
        let value = (through_finally && !ways_out.returns.is_empty()).then(|| self.temporary());
        let is_left = !leaves.is_empty() || value.is_some();
        let way = is_left.then(|| self.temporary());
        let mut left_loops: BTreeSet<InnerLoop> = BTreeSet::new();
        for Return { range, value: returned, loops } in ways_out.returns {
            let Some(value) = &value else {
                edits.extend(self.return_edits(range, returned));
                continue;
            };
            left_loops.extend(loops);
            leaves.push((range, WayOut::Return));
            edits.extend(self.saved_return_edits(range, returned, value, way.as_deref()));
        }
        for (range, leaf) in leaves.iter().filter(|(_, leaf)| *leaf != WayOut::Return) {
            let text = leave_by(way.as_deref(), *leaf);
            edits.push(Edit::code(*range, Code::new(text, range.start())));
        }
        if let Some(way) = &way {
            edits = self.leave_loops(&left_loops, &ways_out.breaks, way, edits);
        }
        let mut code = self.edited_statement(statement, edits);
        let mut surely_binds = self.variables(surely_bound(statement));
        if let Some(way) = &way {
            // An exception on the way out may be caught within the statement, which then ends as if
            // nobody had wanted to leave it.
            code.begin_line(0, statement.end());
            code.push(&format!("{way} = None"));
            code.binds.insert(way.clone());
            surely_binds.insert(way.clone());
        }
        let step = Step {
            surely_binds,
            unbinds: self.unbound_by(statement),
            kind: if way.is_some() { StepKind::LeftByBreak } else { StepKind::Statement },
            code,
        };
        let Some(way) = way else {
            self.graph.block_mut(self.current).steps.push(step);
            if statement.is_raise_stmt() {
                self.end(Terminator::Unreachable);
            }
            return;
        };
        if let Some(value) = &value {
            self.assign(value, Code::new("None", statement.range().start()));
        }
        self.graph.block_mut(self.current).steps.push(step);
        self.go_the_way(statement, &way, value.as_deref(), &leaves);
    }

    /// Branches to where the variable `way` says that the statement before was left for.
    fn go_the_way(
        &mut self,
        statement: &Stmt,
        way: &str,
        value: Option<&str>,
        leaves: &[(TextRange, WayOut)],
    ) {
        let origin = statement.range().start();
        for kind in [WayOut::Continue, WayOut::Break, WayOut::Return] {
            if leaves.iter().any(|(_, leaf)| *leaf == kind) {
                let mut test = Code::variable(way, origin);
                test.push(&format!(" == \"{}\"", kind.word()));
                let (then, otherwise) = (self.block(), self.block());
                self.end(Terminator::Branch { test, then, otherwise });
                self.begin(then);
                if kind == WayOut::Return {
                    let value = value.expect("this is a bug in Anabranch: made for returns");
                    self.leave(0, Terminator::Return(Code::variable(value, origin)));
                } else {
                    let (number, header, after) = self.innermost_loop();
                    let target = if kind == WayOut::Break { after } else { header };
                    self.leave(number + 1, Terminator::Goto(target));
                }
                self.begin(otherwise);
            }
        }
    }

    fn variables(&self, names: BTreeSet<&str>) -> BTreeSet<String> {
        names.into_iter().filter_map(|name| self.variable(name)).collect()
    }

    fn unbound_by(&self, statement: &'a Stmt) -> BTreeSet<String> {
        let found = statement_occurrences(statement).into_iter();
        let deleted = found.filter(|occurrence| occurrence.context == ExprContext::Del);
        self.variables(deleted.map(|occurrence| occurrence.name).collect())
    }

    /// `return value` → `return "return", (value)`
    fn return_edits(&self, range: TextRange, value: Option<&'a Expr>) -> Vec<Edit> {
        let keyword = TextRange::at(range.start(), TextSize::of("return"));
        let Some(value) = value else {
            return vec![Edit::code(range, Code::new(format!("{RETURN} None"), range.start()))];
        };
        let needs_parentheses = match value {
            Expr::Tuple(node) => !node.parenthesized,
            Expr::Yield(_) | Expr::YieldFrom(_) | Expr::Named(_) => true,
            _ => false,
        };
        let word = Code::new(RETURN, range.start());
        if !needs_parentheses {
            return vec![Edit::code(keyword, word)];
        }
        let mut open = word;
        open.push(" (");
        let end = TextRange::empty(range.end());
        vec![Edit::code(keyword, open), Edit::code(end, Code::new(")", range.end()))]
    }

    /// `return value` → `saved = (value); way = "return"; break`
    fn saved_return_edits(
        &self,
        range: TextRange,
        value: Option<&'a Expr>,
        saved: &str,
        way: Option<&str>,
    ) -> Vec<Edit> {
        let leave = leave_by(way, WayOut::Return);
        if value.is_none() {
            let text = format!("{saved} = None; {leave}");
            return vec![Edit::code(range, Code::new(text, range.start()))];
        }
        let keyword = TextRange::at(range.start(), TextSize::of("return"));
        let mut open = Code::new(format!("{saved} = ("), range.start());
        open.binds.insert(saved.to_owned());
        let close = Code::new(format!("); {leave}"), range.end());
        vec![Edit::code(keyword, open), Edit::code(TextRange::empty(range.end()), close)]
    }

    /// Adds to `edits` what makes a `return` that leaves `loops` by a `break` leave what is around them,
    /// too: who comes out of a loop that way breaks off there. Nobody does who has noted a way and then
    /// ends the loop otherwise, because of a `finally` clause or an exception.
    fn leave_loops(
        &self,
        loops: &BTreeSet<InnerLoop>,
        breaks: &[(TextRange, InnerLoop)],
        way: &str,
        edits: Vec<Edit>,
    ) -> Vec<Edit> {
        let insert = |at, text| Edit::code(TextRange::empty(at), Code::new(text, at));
        // Edits of one place stay in this order.
        let mut before: Vec<Edit> = Vec::new();
        let mut behind: Vec<Edit> = Vec::new();
        // Where several end, the innermost is left first.
        for inner in loops.iter().rev() {
            let own_breaks = breaks.iter().filter(|(_, broken)| broken == inner);
            let forget = own_breaks.map(|(it, _)| insert(it.start(), format!("{way} = None; ")));
            before.extend(forget);
            let indentation = self.text_before(inner.start);
            let mut leave = format!("\n{indentation}if {way} is not None: break");
            match inner.orelse {
                Some(orelse) => {
                    let margin = self.text_before(orelse);
                    let is_margin = margin.chars().all(char::is_whitespace);
                    let end = if is_margin { format!("\n{margin}") } else { "; ".to_owned() };
                    before.push(insert(orelse, format!("{way} = None{end}")));
                }
                None => leave.insert_str(0, &format!("\n{indentation}else: {way} = None")),
            }
            behind.push(insert(inner.end, leave));
        }
        before.into_iter().chain(edits).chain(behind).collect()
    }

    /// What stands before `at` on its line.
    fn text_before(&self, at: TextSize) -> &str {
        let before = &self.source.text[..usize::from(at)];
        let line = before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
        &before[line..]
    }
}

/// Notes the way in a variable and leaves the statement.
fn leave_by(way: Option<&str>, leaf: WayOut) -> String {
    let way = way.expect("this is a bug in Anabranch: made for these");
    format!("{way} = \"{}\"; break", leaf.word())
}

/// How a statement is left for something around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WayOut {
    Continue,
    Break,
    Return,
}

impl WayOut {
    fn word(self) -> &'static str {
        match self {
            WayOut::Continue => "continue",
            WayOut::Break => "break",
            WayOut::Return => "return",
        }
    }
}

/// Whether `statement` has a `break` or `continue` of a loop around it.
pub(super) fn leaves_loop(statement: &Stmt) -> bool {
    !WaysOut::of(statement).leaves.is_empty()
}

/// Whether `statement` has a `return` of the function around it.
pub(super) fn returns(statement: &Stmt) -> bool {
    !WaysOut::of(statement).returns.is_empty()
}

/// A `return` in a statement.
struct Return<'s> {
    range: TextRange,
    value: Option<&'s Expr>,
    /// The loops around it inside the statement.
    loops: Vec<InnerLoop>,
}

/// A loop inside a statement.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct InnerLoop {
    start: TextSize,
    end: TextSize,
    /// Where the first statement of its `else` begins.
    orelse: Option<TextSize>,
}

/// Statements that leave the visited one.
struct WaysOut<'s> {
    /// Loops around, inside the visited statement, outermost first.
    loops: Vec<InnerLoop>,
    returns: Vec<Return<'s>>,
    /// The `break`s of loops inside.
    breaks: Vec<(TextRange, InnerLoop)>,
    /// `break` and `continue` of loops around the statement.
    leaves: Vec<(TextRange, WayOut)>,
}

impl<'s> StatementVisitor<'s> for WaysOut<'s> {
    fn visit_stmt(&mut self, statement: &'s Stmt) {
        match statement {
            Stmt::Return(node) => self.returns.push(Return {
                range: node.range(),
                value: node.value.as_deref(),
                loops: self.loops.clone(),
            }),
            Stmt::Break(_) | Stmt::Continue(_) => {
                let is_break = statement.is_break_stmt();
                match self.loops.last() {
                    Some(inner) if is_break => self.breaks.push((statement.range(), *inner)),
                    Some(_) => {}
                    None => {
                        let way = if is_break { WayOut::Break } else { WayOut::Continue };
                        self.leaves.push((statement.range(), way));
                    }
                }
            }
            Stmt::For(node) => self.visit_loop(node.range(), &node.body, &node.orelse),
            Stmt::While(node) => self.visit_loop(node.range(), &node.body, &node.orelse),
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            _ => walk_stmt(self, statement),
        }
    }
}

impl<'s> WaysOut<'s> {
    fn of(statement: &'s Stmt) -> Self {
        let mut ways_out = WaysOut {
            loops: Vec::new(),
            returns: Vec::new(),
            breaks: Vec::new(),
            leaves: Vec::new(),
        };
        ways_out.visit_stmt(statement);
        ways_out
    }

    fn visit_loop(&mut self, range: TextRange, body: &'s [Stmt], orelse: &'s [Stmt]) {
        let orelse_start = orelse.first().map(Ranged::start);
        self.loops.push(InnerLoop { start: range.start(), end: range.end(), orelse: orelse_start });
        self.visit_body(body);
        self.loops.pop();
        self.visit_body(orelse);
    }
}

/// The names that are bound for sure when `statement` has run to its end.
fn surely_bound(statement: &Stmt) -> BTreeSet<&str> {
    match statement {
        Stmt::Assign(node) => node.targets.iter().flat_map(targets).collect(),
        Stmt::AugAssign(node) => targets(&node.target).into_iter().collect(),
        Stmt::AnnAssign(node) if node.value.is_some() => {
            targets(&node.target).into_iter().collect()
        }
        Stmt::Import(_) | Stmt::ImportFrom(_) => {
            bound_names(std::slice::from_ref(statement)).into_iter().collect()
        }
        Stmt::FunctionDef(node) => BTreeSet::from([node.name.as_str()]),
        Stmt::ClassDef(node) => BTreeSet::from([node.name.as_str()]),
        Stmt::With(node) => {
            // `__exit__` may swallow an exception from the body, from a later item, and from the
            // unpacking of its own value.
            let first = node.items.first().and_then(|item| item.optional_vars.as_deref());
            let name = first.and_then(|target| target.as_name_expr());
            name.into_iter().map(|name| name.id.as_str()).collect()
        }
        Stmt::If(node) => {
            let mut bound = surely_bound_by(&node.body);
            let has_else = node.elif_else_clauses.last().is_some_and(|last| last.test.is_none());
            for clause in &node.elif_else_clauses {
                let clause = surely_bound_by(&clause.body);
                bound.retain(|name| clause.contains(name));
            }
            if has_else { bound } else { BTreeSet::new() }
        }
        _ => BTreeSet::new(),
    }
}

fn surely_bound_by(body: &[Stmt]) -> BTreeSet<&str> {
    let mut bound = BTreeSet::new();
    for statement in body {
        bound.extend(surely_bound(statement));
        // What comes later may unbind it again.
        for occurrence in statement_occurrences(statement) {
            if occurrence.context == ExprContext::Del {
                bound.remove(occurrence.name);
            }
        }
    }
    bound
}
