//! Effects and access sets.

use std::fmt;

use crate::text::names::Names;
use crate::text::word::{Name, Path, Quoted};
use crate::{
    Access, AccessMode, Callee, Classes, Effects, Expression, Function, Member, OperatorId, Program,
};

/// Writes the lines of a function's effects.
pub(super) fn write(
    f: &mut fmt::Formatter<'_>,
    program: &Program,
    names: &Names<'_>,
    function: &Function,
) -> fmt::Result {
    let Effects { reads, writes, exists, creates, deletes, changes, calls, outside, access } =
        &function.effects;
    for (word, members) in [("reads", reads), ("writes", writes)] {
        let texts = members.iter().map(|Member { operator, name }| {
            format!("{}.{}", names.receiver(program, *operator), Name(name))
        });
        write_list(f, word, texts)?;
    }
    for (word, classes) in
        [("exists", exists), ("creates", creates), ("deletes", deletes), ("changes", changes)]
    {
        match classes {
            Classes::Listed(listed) => {
                let class = |id: &OperatorId| names.operator(program, *id);
                write_list(f, word, listed.iter().map(class))?;
            }
            Classes::Any => writeln!(f, "  {word} ?")?,
        }
    }
    let callee = |callee: &Callee| match callee {
        Callee::Method(method) => method.to_string(),
        Callee::OfAnyClass(name) => format!("?.{}", Name(name)),
    };
    write_list(f, "calls", calls.iter().map(callee))?;
    if *outside {
        writeln!(f, "  outside")?;
    }
    for Access { operator, entity, mode } in &access.accesses {
        let mode = match mode {
            AccessMode::Read => "read",
            AccessMode::Write => "write",
            AccessMode::CreateOrDelete => "create",
        };
        let class = names.operator(program, *operator);
        writeln!(f, "  access {mode} {class}: {}", expression_text(program, names, entity))?;
    }
    for reason in &access.reasons {
        write!(f, "  because {}", Quoted(&reason.text))?;
        writeln!(f, "{}", super::Place(function.module, reason.span).elsewhere())?;
    }
    Ok(())
}

fn write_list(
    f: &mut fmt::Formatter<'_>,
    word: &str,
    items: impl Iterator<Item = String>,
) -> fmt::Result {
    let items: Vec<String> = items.collect();
    if items.is_empty() { Ok(()) } else { writeln!(f, "  {word} {}", items.join(", ")) }
}

/// `ref(Item, text(prefix, "-", number))`
pub(super) fn expression_text(
    program: &Program,
    names: &Names<'_>,
    expression: &Expression,
) -> String {
    let inner = |expression: &Expression| expression_text(program, names, expression);
    let all = |parts: &[Expression]| parts.iter().map(inner).collect::<Vec<_>>().join(", ");
    let class = |id: &OperatorId| names.operator(program, *id);
    match expression {
        Expression::Receiver => "self()".to_owned(),
        Expression::Parameter(name) => Name(name).to_string(),
        Expression::None => "none()".to_owned(),
        Expression::Int(number) => format!("int({number})"),
        Expression::Str(text) => format!("str({})", Quoted(text)),
        Expression::Each(value) => format!("each({})", inner(value)),
        Expression::Field { value, record, field } => {
            format!("field({}, {}, {})", inner(value), Path(record), Name(field))
        }
        Expression::Key { operator, entity } => {
            format!("key({}, {})", class(operator), inner(entity))
        }
        Expression::Reference { operator, key } => {
            format!("ref({}, {})", class(operator), inner(key))
        }
        Expression::Tuple(parts) => format!("tuple({})", all(parts)),
        Expression::Text(parts) => format!("text({})", all(parts)),
    }
}
