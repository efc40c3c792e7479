//! The segments of functions that can suspend.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Place, Violations, code, names};
use crate::{
    Body, Exit, Function, FunctionId, JointAction, JointMember, ModuleId, OperatorId, Program,
    Segment, SegmentId, Turns,
};

pub(super) fn check(program: &Program, violations: &mut Violations) {
    let ids = (0..program.functions.len()).map(FunctionId::from_index);
    let callable: HashMap<String, Option<OperatorId>> =
        ids.map(|id| (program.call_name(id), program.function(id).operator)).collect();
    let mut taken: HashSet<(ModuleId, &Option<String>, &str)> = HashSet::new();
    for (index, function) in program.functions.iter().enumerate() {
        let id = FunctionId::from_index(index);
        let Body::Segments(segments) = &function.body else { continue };
        check_entry(id, function, segments, violations);
        check_ways(id, segments, violations);
        for (index, segment) in segments.iter().enumerate() {
            let place = Place::Segment(id, SegmentId::from_index(index));
            if !taken.insert((function.module, &function.class, &segment.name)) {
                violations.add(place, format!("another segment is called {}", segment.name));
            }
            check_names(place, segment, violations);
            check_exits(place, function, segment, &callable, violations);
            code::check(place, function, segments, segment, violations);
        }
    }
}

fn check_entry(
    id: FunctionId,
    function: &Function,
    segments: &[Segment],
    violations: &mut Violations,
) {
    let Some(entry) = segments.first() else {
        return violations.add(Place::Function(id), "there is no segment to start with");
    };
    let place = Place::Segment(id, SegmentId(0));
    let parameters = function.signature.parameters.iter().map(|parameter| &parameter.name);
    if !entry.live.iter().eq(parameters) {
        violations.add(place, "the first segment does not take the parameters of the function");
    }
    if entry.input.is_some() || entry.catches {
        violations.add(place, "the first segment follows no action, but takes its result");
    }
}

/// Who leads to whom.
fn check_ways(id: FunctionId, segments: &[Segment], violations: &mut Violations) {
    let mut reached = BTreeSet::from([SegmentId(0)]);
    let mut pending = vec![SegmentId(0)];
    while let Some(segment) = pending.pop().and_then(|from| segments.get(from.index())) {
        let targets = segment.exits.iter().filter_map(Exit::target);
        pending.extend(targets.filter(|target| reached.insert(*target)));
    }
    let exits = segments.iter().flat_map(|segment| &segment.exits);
    let actions = exits.filter(|exit| !matches!(exit, Exit::Jump(_)));
    let resumed: BTreeSet<SegmentId> = actions.filter_map(Exit::target).collect();
    for (index, segment) in segments.iter().enumerate() {
        let from = SegmentId::from_index(index);
        let place = Place::Segment(id, from);
        if !reached.contains(&from) {
            violations.add(place, "nothing leads to this segment");
        } else if segment.catches && from != SegmentId(0) && !resumed.contains(&from) {
            violations.add(place, "it catches, but follows no action");
        }
        for exit in &segment.exits {
            if let Exit::Jump(target) = exit
                && segments[target.index()].input.is_some()
            {
                violations.add(place, format!("a jump leads to {target}, which takes a result"));
            }
            if let Exit::Together { resume, .. } = exit
                && segments[resume.index()].input.is_some()
            {
                let message = format!("actions together lead to {resume}, which takes a result");
                violations.add(place, message);
            }
            if exit.target() == Some(SegmentId(0)) {
                violations.add(place, "an exit leads back to seg0");
            }
        }
    }
}

fn check_names(place: Place, segment: &Segment, violations: &mut Violations) {
    names::check_identifier(place, "segment", &segment.name, violations);
    let variables = segment.live.iter().chain(&segment.input).map(|name| &**name);
    names::check(place, "variable", variables, violations);
}

/// So many exits are compared one by one.
const FEW_EXITS: usize = 8;

fn check_exits(
    place: Place,
    function: &Function,
    segment: &Segment,
    callable: &HashMap<String, Option<OperatorId>>,
    violations: &mut Violations,
) {
    // Most segments have few exits, which are compared faster than put into a table.
    let is_short = segment.exits.len() <= FEW_EXITS;
    let mut seen = HashSet::new();
    for (index, exit) in segment.exits.iter().enumerate() {
        let is_new = match is_short {
            true => !segment.exits[..index].contains(exit),
            false => seen.insert(exit),
        };
        if !is_new {
            violations.add(place, "an exit is there twice");
        }
        match exit {
            Exit::Call { method: name, .. }
            | Exit::Get { attribute: name, .. }
            | Exit::Set { attribute: name, .. } => {
                names::check_identifier(place, "member", name, violations);
            }
            Exit::Function { function: name, .. } => match callable.get(name) {
                None => violations.add(place, format!("there is no function {name}")),
                Some(Some(operator)) if function.operator != Some(*operator) => {
                    violations.add(place, format!("{name} is a method of another operator"));
                }
                Some(_) => {}
            },
            Exit::Together { actions, turns, .. } => {
                if actions.is_empty() || (*turns == Turns::Once && actions.len() < 2) {
                    violations
                        .add(place, "there are not several actions to be handed over together");
                }
                for JointAction { member, .. } in actions {
                    let (JointMember::Call(name) | JointMember::Get(name)) = member;
                    names::check_identifier(place, "member", name, violations);
                }
            }
            _ => {}
        }
    }
}
