//! `match` statements that suspend.
//!
//! Patterns never suspend (a pattern that looks at an attribute of a reference fails clearly), so a
//! `match` statement of Python's own finds the case that fits and binds its names; it only notes the
//! number of the case. Where a guard suspends, the search goes on behind it if the guard is false.

use ruff_python_ast::{MatchCase, Pattern, StmtMatch};
use ruff_text_size::Ranged;

use super::{Lowering, start_of};
use crate::cfg::{BlockId, Code, Step, StepKind, Terminator};
use crate::names::pattern_occurrences;

impl<'a> Lowering<'_, 'a> {
    pub(super) fn match_statement(&mut self, node: &'a StmtMatch) {
        let subject = self.operand(&node.subject);
        let after = self.block();
        self.cases(&node.cases, &subject, after);
        self.begin(after);
    }

    /// Runs the first of `cases` that fits, if any, and goes on at `after`.
    fn cases(&mut self, cases: &'a [MatchCase], subject: &Code, after: BlockId) {
        let Some(first) = cases.first() else {
            self.end(Terminator::Goto(after));
            return;
        };
        // All cases up to the first guard that suspends are searched in one go.
        let is_last =
            |case: &MatchCase| case.guard.as_deref().is_some_and(|guard| self.suspends(guard));
        let count = cases.iter().position(is_last).map_or(cases.len(), |index| index + 1);
        let (searched, rest) = cases.split_at(count);
        let behind = self.block();
        let number = self.temporary();
        self.assign(&number, Code::new("-1", start_of(first)));
        let search = self.search(searched, subject, &number);
        self.graph.block_mut(self.current).steps.push(search);
        for (index, case) in searched.iter().enumerate() {
            let (fits, next) = (self.block(), self.block());
            let mut test = Code::variable(number.clone(), start_of(case));
            test.push(&format!(" == {index}"));
            self.end(Terminator::Branch { test, then: fits, otherwise: next });
            self.begin(fits);
            self.note_bound(&case.pattern);
            let guard = case.guard.as_deref().filter(|guard| self.suspends(guard));
            if let Some(guard) = guard {
                let then = self.block();
                self.test(guard, then, behind);
                self.begin(then);
            }
            self.body(&case.body);
            self.end(Terminator::Goto(after));
            self.begin(next);
        }
        self.flow_into(behind);
        self.cases(rest, subject, after);
    }

    /// The names of `pattern` have values here. They come with the branch, inside of one segment.
    fn note_bound(&mut self, pattern: &'a Pattern) {
        let stores = pattern_occurrences(pattern).into_iter();
        let stores = stores.filter(|occurrence| occurrence.context.is_store());
        let bound = stores.filter_map(|occurrence| self.variable(occurrence.name)).collect();
        self.step(Code::default(), bound);
    }

    /// A `match` that sets the variable `number` to that of the case that fits.
    fn search(&mut self, cases: &'a [MatchCase], subject: &Code, number: &str) -> Step {
        let mut code = Code::new("match ", subject.origin());
        code.append(subject.clone());
        code.push(":");
        for (index, case) in cases.iter().enumerate() {
            let found = pattern_occurrences(&case.pattern);
            let pattern = self.slice(case.pattern.range(), found, Vec::new());
            code.begin_line(1, start_of(case));
            code.push("case ");
            code.append(if pattern.is_multiline() { pattern.parenthesized() } else { pattern });
            if let Some(guard) = case.guard.as_deref().filter(|guard| !self.suspends(guard)) {
                code.push(" if ");
                code.append(self.standalone(guard, self.verbatim(guard)));
            }
            code.push(":");
            code.begin_line(2, start_of(case));
            code.push(&format!("{number} = {index}"));
        }
        code.binds.insert(number.to_owned());
        Step {
            code,
            surely_binds: Default::default(),
            unbinds: Default::default(),
            kind: StepKind::Statement,
        }
    }
}
