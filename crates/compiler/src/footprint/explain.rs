//! The effects of a program's methods in words that an application developer understands.

use std::fmt::{self, Display};

use anabranch_ir::{
    Access, AccessMode, Body, Callee, Classes, Effects, Exit, Expression, FunctionId, JointAction,
    JointMember, Member, OperatorId, Program, SourceLine, Turns,
};

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

/// Explains every method of every entity class, in source order, inherited ones last.
pub fn explain(program: &Program) -> Vec<Explanation> {
    let methods = program.operators.iter().flat_map(|operator| &operator.methods);
    let explained = methods.map(|method| Explanation {
        method: program.qualified_name(*method),
        lines: lines(program, *method),
    });
    explained.collect()
}

fn lines(program: &Program, method_id: FunctionId) -> Vec<(&'static str, String)> {
    let effects = &program.function(method_id).effects;
    let Effects { reads, writes, exists, creates, deletes, changes, calls, access, .. } = effects;
    let members = |members: &[Member]| {
        let name = |member: &Member| match member.operator {
            Some(operator) => format!("{}.{}", class(program, operator), member.name),
            None => format!("`{}` of any class", member.name),
        };
        joined(members.iter().map(name))
    };
    let classes = |classes: &Classes| match classes {
        Classes::Listed(listed) => {
            joined(listed.iter().map(|operator| class(program, *operator).to_owned()))
        }
        Classes::Any => "entities of any class".to_owned(),
    };
    let method = |callee: &Callee| match callee {
        Callee::Method(method) => program.qualified_name(*method),
        Callee::OfAnyClass(name) => format!("`{name}` of any class"),
    };
    let mut lines = Vec::new();
    let mut add = |heading: &'static str, text: String| {
        if !text.is_empty() {
            lines.push((heading, text));
        }
    };
    add("reads", members(reads));
    add("writes", members(writes));
    if !changes.is_empty() {
        let of = classes(changes);
        add(
            "writes",
            format!("perhaps more of {of}: it is handed to code that is not looked into"),
        );
    }
    add("creates", classes(creates));
    add("deletes", classes(deletes));
    add("looks for", classes(exists));
    add("calls", joined(calls.iter().map(method)));
    if effects.is_read_only() {
        add("changes", "nothing: it only reads".to_owned());
    }
    for text in together(program, method_id) {
        add("at once", text);
    }
    add("touches", touched(program, effects));
    for reason in &access.reasons {
        let path = &program.module(reason.span.module).path;
        add("because", format!("{} ({path}:{})", reason.text, reason.span.line));
    }
    lines
}

/// What the function sends together, each with its place.
fn together(program: &Program, function: FunctionId) -> Vec<String> {
    let function = program.function(function);
    let Body::Segments(segments) = &function.body else { return Vec::new() };
    let path = &program.module(function.module).path;
    let mut found: Vec<(u32, String)> = Vec::new();
    for segment in segments {
        for exit in &segment.exits {
            let Exit::Together { resume, actions, turns } = exit else { continue };
            let start = format!("return \"together\", {}, ", resume.0);
            let is_exit = |line: &&SourceLine| line.text.contains(&start);
            let line = segment.code.iter().find(is_exit).map_or(0, |line| line.origin);
            let text = in_one_round_trip(program, actions, *turns);
            found.push((line, format!("{text} ({path}:{line})")));
        }
    }
    // A `finally` clause is there once for each way out.
    found.sort();
    found.dedup();
    found.into_iter().map(|(_, text)| text).collect()
}

/// ``Item.price and Item.cost(): one round trip instead of 2, if …``
fn in_one_round_trip(program: &Program, actions: &[JointAction], turns: Turns) -> String {
    let action = |JointAction { receiver, member }: &JointAction| {
        let name = match member {
            JointMember::Call(name) => format!("{name}()"),
            JointMember::Get(name) => name.clone(),
        };
        match receiver {
            Some(operator) => format!("{}.{name}", class(program, *operator)),
            None => format!("`{name}` of any class"),
        }
    };
    let listed = joined(actions.iter().map(action));
    let condition = "where no call reaches what another one changes";
    match turns {
        Turns::Once => {
            format!("{listed}: one round trip instead of {}, {condition}", actions.len())
        }
        Turns::Each => format!("{listed} of each element: one round trip for all, {condition}"),
    }
}

fn class(program: &Program, operator: OperatorId) -> &str {
    &program.operator(operator).name
}

fn touched(program: &Program, effects: &Effects) -> String {
    let entities = effects.access.accesses.iter();
    // What is nobody is no entity.
    let entities = entities.filter(|access| access.entity != Expression::None);
    let entities: Vec<String> = entities.map(|access| entity(program, access)).collect();
    let others = entities.iter().any(|entity| !entity.starts_with("itself"));
    let listed = joined(entities.into_iter());
    match (effects.access.is_complete(), others) {
        (true, false) => format!("{listed}, and no other entity"),
        (true, true) => format!("{listed}: all known before it runs"),
        (false, _) if listed.is_empty() => "entities that are only known when it runs".to_owned(),
        (false, _) => format!("{listed}, and others that are only known when it runs"),
    }
}

/// ``the Item `item` (to change it)``
fn entity(program: &Program, access: &Access) -> String {
    let class = class(program, access.operator);
    let entity = match &access.entity {
        Expression::Receiver => "itself".to_owned(),
        Expression::Reference { key, .. } => {
            format!("the {class} with the key {}", value(program, key))
        }
        Expression::Each(container) => format!("each {class} in {}", value(program, container)),
        other => format!("the {class} {}", value(program, other)),
    };
    let mode = match access.mode {
        AccessMode::Read => "to read",
        AccessMode::Write => "to write",
        AccessMode::CreateOrDelete => "to create or delete",
    };
    format!("{entity} ({mode})")
}

/// A value as the user would write it, more or less.
fn value(program: &Program, expression: &Expression) -> String {
    match expression {
        Expression::Each(container) => format!("each of {}", value(program, container)),
        other => format!("`{}`", code(program, other)),
    }
}

fn code(program: &Program, expression: &Expression) -> String {
    let all = |parts: &[Expression]| joined(parts.iter().map(|part| code(program, part)));
    match expression {
        Expression::Receiver => "self".to_owned(),
        Expression::Parameter(name) => name.clone(),
        Expression::None => "None".to_owned(),
        Expression::Int(number) => number.to_string(),
        Expression::Str(text) => format!("{text:?}"),
        Expression::Each(container) => format!("{}[…]", code(program, container)),
        Expression::Field { value, field, .. } => format!("{}.{field}", code(program, value)),
        Expression::Key { entity, .. } => format!("{}.__key__()", code(program, entity)),
        Expression::Reference { operator, key } => {
            format!("ref({}, {})", class(program, *operator), code(program, key))
        }
        Expression::Tuple(parts) => format!("({})", all(parts)),
        Expression::Text(parts) => {
            let part = |part: &Expression| match part {
                Expression::Str(text) => text.clone(),
                other => format!("{{{}}}", code(program, other)),
            };
            format!("f\"{}\"", parts.iter().map(part).collect::<String>())
        }
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
