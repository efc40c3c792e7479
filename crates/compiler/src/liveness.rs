//! Stage 8: which variables each block needs, and which may be unbound there.
//!
//! Two data-flow analyses over the graph, each to its fixpoint: live variables backward, definite
//! assignment forward.

use std::collections::BTreeSet;

use crate::cfg::{BlockId, Graph, RegionKind, Step, StepKind, Terminator};

/// A set of variables for each block.
type VariablesByBlock = Vec<BTreeSet<String>>;

/// What is known of the variables at the start of each block.
#[derive(Debug)]
pub struct Liveness {
    live: VariablesByBlock,
    /// Bound on every path; `None` for a block that cannot be reached.
    bound: Vec<Option<BTreeSet<String>>>,
}

impl Liveness {
    /// The variables that the code from `block` on may read.
    pub fn live(&self, block: BlockId) -> &BTreeSet<String> {
        &self.live[block.0 as usize]
    }

    /// Whether `variable` has a value on every path to `block`.
    pub fn is_bound(&self, block: BlockId, variable: &str) -> bool {
        self.bound[block.0 as usize].as_ref().is_none_or(|bound| bound.contains(variable))
    }

    /// The variables with a value on every path to `block`.
    pub fn bound_before(&self, block: BlockId) -> BTreeSet<String> {
        self.bound[block.0 as usize].clone().unwrap_or_default()
    }

    /// The variables bound when the steps of `block` have run.
    pub fn bound_after(&self, graph: &Graph, block: BlockId) -> BTreeSet<String> {
        let mut bound = self.bound[block.0 as usize].clone().unwrap_or_default();
        for step in &graph.block(block).steps {
            apply(step, &mut bound);
        }
        bound
    }
}

/// Analyses `graph`, a function with these parameters.
pub fn liveness(graph: &Graph, parameters: &[&str]) -> Liveness {
    Liveness { live: live_variables(graph), bound: bound_variables(graph, parameters) }
}

/// Takes out the checks of variables that surely have a value.
pub fn drop_needless_checks(graph: &mut Graph, parameters: &[&str]) {
    let bound = bound_variables(graph, parameters);
    for (id, bound) in graph.ids().zip(bound) {
        let mut bound = bound.unwrap_or_default();
        graph.block_mut(id).steps.retain(|step| {
            let is_needless = step.kind == StepKind::Check && step.code.reads.is_subset(&bound);
            apply(step, &mut bound);
            !is_needless
        });
    }
}

fn live_variables(graph: &Graph) -> VariablesByBlock {
    let mut live: VariablesByBlock = graph.ids().map(|_| BTreeSet::new()).collect();
    let mut changed = true;
    while changed {
        changed = false;
        for id in graph.ids().rev() {
            let after = live_before(graph, id, &live);
            let slot = &mut live[id.0 as usize];
            if after != *slot {
                *slot = after;
                changed = true;
            }
        }
    }
    live
}

fn live_before(graph: &Graph, id: BlockId, live: &VariablesByBlock) -> BTreeSet<String> {
    let block = graph.block(id);
    let of = |id: &BlockId| live[id.0 as usize].clone();
    let mut needed = match &block.terminator {
        Terminator::Unreachable => BTreeSet::new(),
        Terminator::Goto(next) => of(next),
        Terminator::Branch { test, then, otherwise } => {
            let mut needed = of(then);
            needed.extend(of(otherwise));
            needed.extend(test.reads.iter().cloned());
            needed
        }
        Terminator::Next { iterator, target, body, exhausted } => {
            let mut needed = of(body);
            // The target is bound on the way into the body only.
            needed.retain(|variable| !target.binds.contains(variable));
            needed.extend(target.reads.iter().cloned());
            needed.extend(of(exhausted));
            needed.insert(iterator.clone());
            needed
        }
        Terminator::Return(value) => value.reads.clone(),
        Terminator::Suspend { action, result, next } => {
            let mut needed = of(next);
            if let Some(result) = result {
                needed.remove(result);
            }
            needed.extend(action.fields.reads.iter().cloned());
            needed
        }
    };
    for step in block.steps.iter().rev() {
        needed.retain(|variable| !step.surely_binds.contains(variable));
        needed.extend(step.code.reads.iter().cloned());
    }
    needed.extend(needed_by_regions(graph, id, live));
    needed
}

/// What handlers may read, wherever in the block an exception occurs, and the exceptions that are
/// being handled there.
fn needed_by_regions(graph: &Graph, id: BlockId, live: &VariablesByBlock) -> BTreeSet<String> {
    let mut needed = BTreeSet::new();
    for region in graph.regions_around(id) {
        match &graph.region(region).kind {
            RegionKind::Try { handler, exception } => {
                let handler = live[handler.0 as usize].iter();
                needed.extend(handler.filter(|variable| *variable != exception).cloned());
            }
            RegionKind::Handling { exception } => {
                needed.insert(exception.clone());
            }
        }
    }
    needed
}

fn apply(step: &Step, bound: &mut BTreeSet<String>) {
    bound.extend(step.surely_binds.iter().cloned());
    bound.retain(|variable| !step.unbinds.contains(variable));
}

fn bound_variables(graph: &Graph, parameters: &[&str]) -> Vec<Option<BTreeSet<String>>> {
    let mut bound: Vec<Option<BTreeSet<String>>> = graph.ids().map(|_| None).collect();
    bound[0] = Some(parameters.iter().map(|name| (*name).to_owned()).collect());
    let mut pending = vec![Graph::ENTRY];
    while let Some(id) = pending.pop() {
        let before = bound[id.0 as usize].clone().expect("only reached blocks are pending");
        for (next, arriving) in arrivals(graph, id, before) {
            let slot = &mut bound[next.0 as usize];
            let met = match slot.as_ref() {
                None => arriving,
                Some(known) => known.intersection(&arriving).cloned().collect(),
            };
            if slot.as_ref() != Some(&met) {
                *slot = Some(met);
                pending.push(next);
            }
        }
    }
    bound
}

/// Where control can go from a block that starts with `before` bound, and what is bound there.
fn arrivals(
    graph: &Graph,
    id: BlockId,
    before: BTreeSet<String>,
) -> Vec<(BlockId, BTreeSet<String>)> {
    let block = graph.block(id);
    let mut arrivals = Vec::new();
    if let Some((handler, exception)) = graph.handler(id) {
        // The exception may occur before anything is bound, and after anything is unbound.
        let mut arriving = before.clone();
        for step in &block.steps {
            arriving.retain(|variable| !step.unbinds.contains(variable));
        }
        arriving.insert(exception.to_owned());
        arrivals.push((handler, arriving));
    }
    let mut after = before;
    for step in &block.steps {
        apply(step, &mut after);
    }
    for next in block.terminator.successors() {
        let mut arriving = after.clone();
        match &block.terminator {
            Terminator::Next { target, body, .. } if next == *body => {
                arriving.extend(target.binds.iter().cloned());
            }
            Terminator::Suspend { result: Some(result), .. } => {
                arriving.insert(result.clone());
            }
            _ => {}
        }
        arrivals.push((next, arriving));
    }
    arrivals
}
