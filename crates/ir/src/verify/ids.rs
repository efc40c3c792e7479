//! Ids index their tables.

use super::{Place, Violations};
use crate::{
    Body, Callee, Classes, Effects, Exit, Expression, FunctionId, ModuleId, OperatorId, Program,
    SegmentId, Span,
};

pub(super) fn check(program: &Program, violations: &mut Violations) {
    let mut ids = Ids { program, violations };
    for (index, operator) in program.operators.iter().enumerate() {
        let place = Place::Operator(OperatorId::from_index(index));
        ids.module(place, operator.module);
        ids.span(place, operator.span);
        for method in operator.methods.iter().chain(&operator.overridden) {
            ids.function(place, *method);
        }
        operator.new_key.iter().for_each(|key| ids.expression(place, key));
        for base in &operator.bases {
            ids.module(place, base.module);
        }
    }
    for (index, function) in program.functions.iter().enumerate() {
        let id = FunctionId::from_index(index);
        let place = Place::Function(id);
        ids.module(place, function.module);
        ids.span(place, function.span);
        ids.operator(place, function.operator);
        ids.effects(place, &function.effects);
        let Body::Segments(segments) = &function.body else { continue };
        for (index, segment) in segments.iter().enumerate() {
            let place = Place::Segment(id, SegmentId::from_index(index));
            for exit in &segment.exits {
                ids.exit(place, exit, segments.len());
            }
        }
    }
    for (index, edge) in program.edges.iter().enumerate() {
        ids.function(Place::Edge(index), edge.from);
        ids.operator(Place::Edge(index), edge.to);
    }
}

struct Ids<'p, 'v> {
    program: &'p Program,
    violations: &'v mut Violations,
}

impl Ids<'_, '_> {
    fn exit(&mut self, place: Place, exit: &Exit, segment_count: usize) {
        if let Some(target) = exit.target()
            && target.index() >= segment_count
        {
            self.violations.add(place, format!("an exit leads to {target}, which does not exist"));
        }
        match exit {
            Exit::Call { receiver, .. }
            | Exit::Get { receiver, .. }
            | Exit::Set { receiver, .. } => self.operator(place, *receiver),
            Exit::Create { operator, .. } => self.operator(place, Some(*operator)),
            _ => {}
        }
    }

    fn effects(&mut self, place: Place, effects: &Effects) {
        for member in effects.reads.iter().chain(&effects.writes) {
            self.operator(place, member.operator);
        }
        let Effects { exists, creates, deletes, changes, calls, .. } = effects;
        let classes = [exists, creates, deletes, changes].into_iter().filter_map(Classes::listed);
        for operator in classes.flatten() {
            self.operator(place, Some(*operator));
        }
        for callee in calls {
            if let Callee::Method(method) = callee {
                self.function(place, *method);
            }
        }
        for access in &effects.access.accesses {
            self.operator(place, Some(access.operator));
            self.expression(place, &access.entity);
        }
        for reason in &effects.access.reasons {
            self.span(place, reason.span);
        }
    }

    fn expression(&mut self, place: Place, expression: &Expression) {
        if let Expression::Key { operator, .. } | Expression::Reference { operator, .. } =
            expression
        {
            self.operator(place, Some(*operator));
        }
        for part in expression.parts() {
            self.expression(place, part);
        }
    }

    fn span(&mut self, place: Place, span: Span) {
        self.module(place, span.module);
    }

    fn module(&mut self, place: Place, id: ModuleId) {
        if id.index() >= self.program.modules.len() {
            self.violations.add(place, format!("{id} does not exist"));
        }
    }

    fn operator(&mut self, place: Place, id: Option<OperatorId>) {
        if let Some(id) = id.filter(|id| id.index() >= self.program.operators.len()) {
            self.violations.add(place, format!("{id} does not exist"));
        }
    }

    fn function(&mut self, place: Place, id: FunctionId) {
        if id.index() >= self.program.functions.len() {
            self.violations.add(place, format!("{id} does not exist"));
        }
    }
}
