//! Type hints.

use std::collections::BTreeSet;

use super::{Place, Violations};
use crate::hint::DEPTH_MAX;
use crate::{Hint, Program};

/// The classes that hints can name.
pub(super) struct Classes<'p> {
    entities: BTreeSet<&'p str>,
    records: BTreeSet<&'p str>,
    enums: BTreeSet<&'p str>,
}

impl<'p> Classes<'p> {
    pub(super) fn new(program: &'p Program) -> Self {
        Self {
            entities: program.operators.iter().map(|operator| &*operator.name).collect(),
            records: program.records.iter().map(|record| &*record.name).collect(),
            enums: program.enums.iter().map(|class| &*class.name).collect(),
        }
    }

    pub(super) fn check(&self, place: Place, hint: &Hint, violations: &mut Violations) {
        if hint.depth() > DEPTH_MAX {
            violations.add(place, format!("a hint nests deeper than {DEPTH_MAX} levels"));
        } else {
            self.check_parts(place, hint, violations);
        }
    }

    fn check_parts(&self, place: Place, hint: &Hint, violations: &mut Violations) {
        let unknown = match hint {
            Hint::Entity(name) if !self.entities.contains(&**name) => Some(("entity class", name)),
            Hint::Record(name) if !self.records.contains(&**name) => Some(("record", name)),
            Hint::Enum(name) if !self.enums.contains(&**name) => Some(("enum", name)),
            _ => None,
        };
        if let Some((kind, name)) = unknown {
            violations.add(place, format!("a hint names the unknown {kind} {name}"));
        }
        if let Hint::Union(members) = hint
            && !is_flat(members)
        {
            violations.add(place, format!("the union {hint} is not flat, or could be simpler"));
        }
        for part in hint.parts() {
            self.check_parts(place, part, violations);
        }
    }
}

fn is_flat(members: &[Hint]) -> bool {
    let is_single = |member: &Hint| !matches!(member, Hint::Union(_) | Hint::Any);
    let is_new = |index: usize| !members[..index].contains(&members[index]);
    members.len() > 1 && members.iter().all(is_single) && (0..members.len()).all(is_new)
}
