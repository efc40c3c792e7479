//! Stage 8: which variables each block needs, and which may be unbound there.
//!
//! Two data-flow analyses over the graph, each to its fixpoint: live variables backward, definite
//! assignment forward. What a block does is summed up first; then the blocks are gone through in an
//! order in which most others that they depend on come before them, until nothing changes.

mod bits;
mod order;
mod summary;

use crate::cfg::{BlockId, Graph, RegionKind, StepKind, Terminator};

use bits::Bits;
use order::forward_order;
use summary::{Summary, Variables};

/// What is known of the variables at the start of each block.
#[derive(Debug)]
pub struct Liveness<'g> {
    variables: Variables<'g>,
    summaries: Vec<Summary>,
    /// By block.
    live: Vec<Bits>,
    /// By block: bound on every path; `None` for a block that cannot be reached.
    bound: Vec<Option<Bits>>,
}

/// A set of variables of a [`Liveness`].
#[derive(Debug)]
pub struct VariableSet<'l, 'g> {
    variables: &'l Variables<'g>,
    bits: Bits,
}

impl VariableSet<'_, '_> {
    pub fn contains(&self, variable: &str) -> bool {
        self.variables.number(variable).is_some_and(|number| self.bits.contains(number))
    }
}

impl<'g> Liveness<'g> {
    /// The variables that the code from `block` on may read, in the order of their names.
    pub fn live(&self, block: BlockId) -> impl Iterator<Item = &'g str> {
        self.live[block.0 as usize].iter().map(|number| self.variables.name(number))
    }

    /// Whether the code from `block` on may read `variable`.
    pub fn is_live(&self, block: BlockId, variable: &str) -> bool {
        let number = self.variables.number(variable);
        number.is_some_and(|number| self.live[block.0 as usize].contains(number))
    }

    /// Whether `variable` has a value on every path to `block`.
    pub fn is_bound(&self, block: BlockId, variable: &str) -> bool {
        let number = self.variables.number(variable);
        let bound = self.bound[block.0 as usize].as_ref();
        bound.is_none_or(|bound| number.is_some_and(|number| bound.contains(number)))
    }

    /// The variables with a value on every path to `block`.
    pub fn bound_before(&self, block: BlockId) -> VariableSet<'_, 'g> {
        let bits = self.bound[block.0 as usize].clone();
        let bits = bits.unwrap_or_else(|| Bits::empty(self.variables.count()));
        VariableSet { variables: &self.variables, bits }
    }

    /// The variables bound when the steps of `block` have run.
    pub fn bound_after(&self, block: BlockId) -> VariableSet<'_, 'g> {
        let mut after = self.bound_before(block);
        self.summaries[block.0 as usize].run(&mut after.bits);
        after
    }
}

/// Analyses `graph`, a function with these parameters.
pub fn liveness<'g>(graph: &'g Graph, parameters: &[&'g str]) -> Liveness<'g> {
    let variables = Variables::of(graph, parameters);
    let summaries = summary::summaries(graph, &variables);
    let order = forward_order(graph);
    let live = live_variables(graph, &variables, &summaries, &order);
    let bound = bound_variables(graph, parameters, &variables, &summaries, &order);
    Liveness { variables, summaries, live, bound }
}

/// Takes out the checks of variables that surely have a value.
pub fn drop_needless_checks(graph: &mut Graph, parameters: &[&str]) {
    let is_check = |kind| kind == StepKind::Check;
    let has_checks = |id| graph.block(id).steps.iter().any(|step| is_check(step.kind));
    let blocks: Vec<BlockId> = graph.ids().filter(|id| has_checks(*id)).collect();
    if blocks.is_empty() {
        return;
    }
    let variables = Variables::of(graph, parameters);
    let summaries = summary::summaries(graph, &variables);
    let order = forward_order(graph);
    let bound = bound_variables(graph, parameters, &variables, &summaries, &order);
    let mut needless: Vec<Vec<bool>> = Vec::new();
    for id in &blocks {
        let mut bound =
            bound[id.0 as usize].clone().unwrap_or_else(|| Bits::empty(variables.count()));
        let steps = graph.block(*id).steps.iter();
        let is_needless = steps.map(|step| {
            let mut reads = step.code.reads.iter().filter_map(|name| variables.number(name));
            let is_needless = is_check(step.kind) && reads.all(|number| bound.contains(number));
            variables.run(step, &mut bound);
            is_needless
        });
        needless.push(is_needless.collect());
    }
    for (id, needless) in blocks.iter().zip(needless) {
        let mut needless = needless.into_iter();
        graph.block_mut(*id).steps.retain(|_| needless.next() == Some(false));
    }
}

fn live_variables(
    graph: &Graph,
    variables: &Variables<'_>,
    summaries: &[Summary],
    order: &[BlockId],
) -> Vec<Bits> {
    let mut live = vec![Bits::empty(variables.count()); summaries.len()];
    let mut changed = true;
    while changed {
        changed = false;
        for id in order.iter().rev() {
            let before = live_before(graph, *id, variables, &summaries[id.0 as usize], &live);
            // What is known of other blocks only grows, and so does what follows from it.
            changed |= live[id.0 as usize].extend(&before);
        }
    }
    live
}

fn live_before(
    graph: &Graph,
    id: BlockId,
    variables: &Variables<'_>,
    summary: &Summary,
    live: &[Bits],
) -> Bits {
    let of = |id: &BlockId| &live[id.0 as usize];
    let mut needed = match &graph.block(id).terminator {
        Terminator::Unreachable | Terminator::Return(_) => Bits::empty(variables.count()),
        Terminator::Goto(next) | Terminator::Together { next, .. } => of(next).clone(),
        Terminator::Suspend { next, .. } => {
            let mut needed = of(next).clone();
            summary.edge_binds.iter().for_each(|number| needed.remove(*number));
            needed
        }
        Terminator::Branch { then, otherwise, .. } => {
            let mut needed = of(then).clone();
            needed.extend(of(otherwise));
            needed
        }
        Terminator::Next { body, exhausted, .. } => {
            let mut needed = of(body).clone();
            // The target is bound on the way into the body only.
            summary.edge_binds.iter().for_each(|number| needed.remove(*number));
            needed.extend(of(exhausted));
            needed
        }
    };
    summary.needed.binds.iter().for_each(|number| needed.remove(*number));
    summary.needed.reads.iter().for_each(|number| needed.insert(*number));
    add_needed_by_regions(graph, id, variables, live, &mut needed);
    needed
}

/// What handlers may read, wherever in the block an exception occurs, and the exceptions that are
/// being handled there.
fn add_needed_by_regions(
    graph: &Graph,
    id: BlockId,
    variables: &Variables<'_>,
    live: &[Bits],
    needed: &mut Bits,
) {
    let mut around = graph.block(id).region;
    while let Some(region) = around {
        let region = graph.region(region);
        match &region.kind {
            RegionKind::Try { handler, exception } => {
                let exception = variables.number(exception);
                let is_needed = exception.is_some_and(|number| needed.contains(number));
                needed.extend(&live[handler.0 as usize]);
                exception.filter(|_| !is_needed).iter().for_each(|number| needed.remove(*number));
            }
            RegionKind::Handling { exception } => {
                variables.number(exception).iter().for_each(|number| needed.insert(*number));
            }
        }
        around = region.parent;
    }
}

fn bound_variables(
    graph: &Graph,
    parameters: &[&str],
    variables: &Variables<'_>,
    summaries: &[Summary],
    order: &[BlockId],
) -> Vec<Option<Bits>> {
    let mut bound: Vec<Option<Bits>> = vec![None; summaries.len()];
    let mut first = Bits::empty(variables.count());
    for number in parameters.iter().filter_map(|name| variables.number(name)) {
        first.insert(number);
    }
    bound[0] = Some(first);
    let mut changed = true;
    while changed {
        changed = false;
        for id in order {
            let Some(before) = bound[id.0 as usize].clone() else { continue };
            let summary = &summaries[id.0 as usize];
            let mut arrive = |next: BlockId, arriving: Bits| {
                let slot = &mut bound[next.0 as usize];
                let is_new = match slot {
                    Some(known) => known.retain(&arriving),
                    None => {
                        *slot = Some(arriving);
                        true
                    }
                };
                changed |= is_new;
            };
            if let Some((handler, exception)) = graph.handler(*id) {
                // The exception may occur before anything is bound, and after anything is unbound.
                let mut arriving = before.clone();
                summary.unbinds.iter().for_each(|number| arriving.remove(*number));
                variables.number(exception).iter().for_each(|number| arriving.insert(*number));
                arrive(handler, arriving);
            }
            let mut after = before;
            summary.run(&mut after);
            let terminator = &graph.block(*id).terminator;
            for next in terminator.successors() {
                let mut arriving = after.clone();
                let binds = match terminator {
                    Terminator::Next { body, .. } => next == *body,
                    _ => true,
                };
                if binds {
                    summary.edge_binds.iter().for_each(|number| arriving.insert(*number));
                }
                arrive(next, arriving);
            }
        }
    }
    bound
}
