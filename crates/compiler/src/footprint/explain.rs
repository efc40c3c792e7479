//! Footprints in words that an application developer understands.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use super::{Footprint, Origin};
use crate::resolve::Application;

/// What is said of one method.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// `User.buy_item`
    pub method: String,
    /// Lines of a heading and a text.
    lines: Vec<(&'static str, String)>,
}

impl Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.method)?;
        for (heading, text) in &self.lines {
            writeln!(f, "  {heading:<8} {text}")?;
        }
        Ok(())
    }
}

/// Explains every method of every entity class, inherited ones last.
pub fn explain(
    application: &Application<'_>,
    footprints: &BTreeMap<usize, Footprint>,
) -> Vec<Explanation> {
    let mut explanations = Vec::new();
    for entity in &application.entities {
        for index in &entity.methods {
            let Some(footprint) = footprints.get(index) else { continue };
            explanations.push(Explanation {
                method: format!("{}.{}", entity.name, application.functions[*index].name),
                lines: lines(application, footprint),
            });
        }
    }
    explanations
}

fn lines(application: &Application<'_>, footprint: &Footprint) -> Vec<(&'static str, String)> {
    let class = |entity: usize| application.entities[entity].name;
    let attributes = |set: &std::collections::BTreeSet<(usize, String)>| {
        joined(set.iter().map(|(entity, name)| format!("{}.{name}", class(*entity))))
    };
    let classes = |set: &std::collections::BTreeSet<usize>| {
        joined(set.iter().map(|entity| class(*entity).to_owned()))
    };
    let mut lines = Vec::new();
    let mut add = |heading: &'static str, text: String| {
        if !text.is_empty() {
            lines.push((heading, text));
        }
    };
    add("reads", attributes(&footprint.reads));
    if footprint.may_change_anything {
        add("writes", "perhaps anything: `self` or an unknown call is used as a value".to_owned());
    } else {
        add("writes", attributes(&footprint.writes));
    }
    add("creates", classes(&footprint.creates));
    add("deletes", classes(&footprint.deletes));
    add("calls", attributes(&footprint.calls));
    if footprint.is_read_only() {
        add("changes", "nothing: it only reads".to_owned());
    }
    add("touches", touched(application, footprint));
    for reason in &footprint.unknown {
        let path = &application.loaded.files[reason.file].path;
        add("because", format!("{} ({path}:{})", reason.text, reason.line));
    }
    lines
}

fn touched(application: &Application<'_>, footprint: &Footprint) -> String {
    let entities = footprint.touches.iter().map(|(class, origin)| match (origin, class) {
        (Origin::Receiver, _) => "itself".to_owned(),
        (Origin::Parameter(name), _) => format!("`{name}`"),
        (Origin::Element(name), _) => format!("each of `{name}`"),
        (Origin::Key(key), Some(class)) => {
            format!("the {} with key `{key}`", application.entities[*class].name)
        }
        (Origin::Key(key), None) => format!("the entity with key `{key}`"),
    });
    let entities = joined(entities);
    if footprint.unknown.is_empty() {
        format!("{entities}: known before it runs")
    } else {
        format!("{entities}, and others that are only known when it runs")
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
