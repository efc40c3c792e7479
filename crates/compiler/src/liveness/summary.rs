//! What blocks do to variables.

use rustc_hash::{FxHashMap, FxHashSet};

use super::bits::Bits;
use crate::cfg::{Block, Graph, RegionKind, Step, Terminator};

/// The variables of a graph, numbered in the order of their names.
#[derive(Debug)]
pub(super) struct Variables<'g> {
    names: Vec<&'g str>,
    numbers: FxHashMap<&'g str, usize>,
}

impl<'g> Variables<'g> {
    pub(super) fn of(graph: &'g Graph, parameters: &[&'g str]) -> Self {
        let mut names = parameters.to_vec();
        for id in graph.ids() {
            let block = graph.block(id);
            for step in &block.steps {
                let sets = [&step.code.reads, &step.surely_binds, &step.unbinds];
                names.extend(sets.into_iter().flatten().map(String::as_str));
            }
            names.extend(read_at_end(&block.terminator));
            names.extend(bound_on_edge(&block.terminator));
        }
        names.extend(graph.regions().map(|region| match &region.kind {
            RegionKind::Try { exception, .. } | RegionKind::Handling { exception } => &**exception,
        }));
        let distinct: FxHashSet<&str> = names.iter().copied().collect();
        let mut names: Vec<&str> = distinct.into_iter().collect();
        names.sort_unstable();
        let numbers = names.iter().enumerate().map(|(number, name)| (*name, number)).collect();
        Self { names, numbers }
    }

    pub(super) fn count(&self) -> usize {
        self.names.len()
    }

    pub(super) fn name(&self, number: usize) -> &'g str {
        self.names[number]
    }

    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.numbers.get(name).copied()
    }

    /// Puts into `bound` what `step` binds, and takes out what it unbinds.
    pub(super) fn run(&self, step: &Step, bound: &mut Bits) {
        self.numbers(&step.surely_binds).for_each(|number| bound.insert(number));
        self.numbers(&step.unbinds).for_each(|number| bound.remove(number));
    }

    fn numbers<'n>(
        &self,
        names: impl IntoIterator<Item = &'n String>,
    ) -> impl Iterator<Item = usize> {
        names.into_iter().filter_map(|name| self.number(name))
    }
}

/// What a block does to variables, all of its steps taken together.
#[derive(Debug, Default)]
pub(super) struct Summary {
    /// Seen from the start of the block.
    pub(super) needed: Needed,
    /// Each with whether it is bound when all steps have run: those of which that is known.
    outcomes: Vec<(usize, bool)>,
    /// What some step may unbind.
    pub(super) unbinds: Vec<usize>,
    /// What is bound on the way out: the target of a loop into its body, the result of a call.
    pub(super) edge_binds: Vec<usize>,
}

/// What is read before it is bound, and what is bound before it is read.
#[derive(Debug, Default)]
pub(super) struct Needed {
    pub(super) reads: Vec<usize>,
    pub(super) binds: Vec<usize>,
}

impl Summary {
    /// Puts into `bound` what the steps bind, and takes out what they unbind.
    pub(super) fn run(&self, bound: &mut Bits) {
        for (number, is_bound) in &self.outcomes {
            if *is_bound { bound.insert(*number) } else { bound.remove(*number) }
        }
    }
}

/// By block.
pub(super) fn summaries(graph: &Graph, variables: &Variables<'_>) -> Vec<Summary> {
    graph.ids().map(|id| summary(graph.block(id), variables)).collect()
}

fn summary(block: &Block, variables: &Variables<'_>) -> Summary {
    let mut summary = Summary::default();
    // From the end to the start: what comes earlier in the block hides what comes later.
    let mut is_read: Vec<(usize, bool)> = Vec::new();
    for name in read_at_end(&block.terminator) {
        is_read.extend(variables.number(name).map(|number| (number, true)));
    }
    for step in block.steps.iter().rev() {
        is_read.extend(variables.numbers(&step.surely_binds).map(|number| (number, false)));
        is_read.extend(variables.numbers(&step.code.reads).map(|number| (number, true)));
    }
    // Of several that follow each other the last counts.
    is_read.sort_by_key(|(number, _)| *number);
    for (index, (number, reads)) in is_read.iter().enumerate() {
        if is_read.get(index + 1).is_none_or(|(next, _)| next != number) {
            let list = if *reads { &mut summary.needed.reads } else { &mut summary.needed.binds };
            list.push(*number);
        }
    }
    for step in &block.steps {
        let bound = variables.numbers(&step.surely_binds).map(|number| (number, true));
        summary.outcomes.extend(bound);
        let unbound = variables.numbers(&step.unbinds).map(|number| (number, false));
        summary.outcomes.extend(unbound);
        summary.unbinds.extend(variables.numbers(&step.unbinds));
    }
    let on_edge = bound_on_edge(&block.terminator);
    summary.edge_binds = on_edge.filter_map(|name| variables.number(name)).collect();
    summary
}

/// What the end of a block reads. The target of a loop may read on the way into the body.
fn read_at_end(terminator: &Terminator) -> impl Iterator<Item = &str> {
    let (reads, more) = match terminator {
        Terminator::Unreachable | Terminator::Goto(_) => (None, None),
        Terminator::Branch { test, .. } => (Some(&test.reads), None),
        Terminator::Next { iterator, target, .. } => (Some(&target.reads), Some(iterator)),
        Terminator::Return(value) => (Some(&value.reads), None),
        Terminator::Suspend { action, .. } | Terminator::Together { action, .. } => {
            (Some(&action.fields.reads), None)
        }
    };
    reads.into_iter().flatten().chain(more).map(String::as_str)
}

fn bound_on_edge(terminator: &Terminator) -> impl Iterator<Item = &str> {
    let (binds, more) = match terminator {
        Terminator::Next { target, .. } => (Some(&target.binds), None),
        Terminator::Suspend { result, .. } => (None, result.as_ref()),
        _ => (None, None),
    };
    binds.into_iter().flatten().chain(more).map(String::as_str)
}
